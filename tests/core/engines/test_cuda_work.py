"""The fused kernel is used where it agrees with torch's operations, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from convviz_core.engines.cuda.kernels import PackedBuffer, Scaling, TorchWork, WorkKey
from convviz_core.engines.cuda.slot import Work
from convviz_core.engines.cuda.work import MakeWork, WorkChoice
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.layer import Activation

CPU = torch.device("cpu")
BANK = FilterBank("two", tuple(Filter(str(i), np.full((2, 3), 0.5 - i, np.float32)) for i in range(2)))
KEY = WorkKey((48, 64), BANK, Activation.RELU, Scaling.FRAME)


class FusedWork(TorchWork):
    """Stands for the fused kernel: right, or wrong by `off` levels in one pixel of the mosaic."""

    name = "fused"
    off = 0

    def __call__(self, frame: PackedBuffer, answer: PackedBuffer) -> None:
        super().__call__(frame, answer)
        pixel = answer.picture.view(-1).narrow(0, 5, 1)
        pixel.copy_((pixel.to(torch.int16) + self.off).clamp(0, 255))


class WrongWork(FusedWork):
    off = 2


def names(fused: MakeWork, rounds: int = 2) -> list[str]:
    choice = WorkChoice(CPU, fused)
    return [choice.work(KEY).name for _ in range(rounds)]


@pytest.mark.parametrize("scaling", list(Scaling))
def test_a_fused_kernel_that_agrees_is_used(scaling: Scaling) -> None:
    key = WorkKey((48, 64), BANK, Activation.NONE, scaling, 2)
    assert WorkChoice(CPU, FusedWork).work(key).name == "fused"


def test_one_that_is_two_levels_off_in_one_pixel_is_not_and_is_not_tried_again() -> None:
    made = []

    def make(key: WorkKey, place: torch.device) -> Work:
        made.append(key)
        return WrongWork(key, place)

    assert names(make, rounds=3) == ["torch float32 (the fused kernel gave another picture)"] * 3
    assert len(made) == 2  # for the plan, and small for the trial


def test_one_that_cannot_be_had_or_breaks_is_not_used() -> None:
    def missing(_key: WorkKey, _place: torch.device) -> Work:
        raise ImportError("No module named 'triton'")

    assert names(missing) == ["torch float32 (no fused kernel: No module named 'triton')"] * 2


def test_a_bank_that_it_does_not_suit_does_not_end_its_use_for_others() -> None:
    def only_small_pictures(key: WorkKey, place: torch.device) -> Work | None:
        return FusedWork(key, place) if key.picture_shape[0] < 100 else None

    choice = WorkChoice(CPU, only_small_pictures)
    large = WorkKey((480, 640), BANK, Activation.RELU, Scaling.FRAME)
    without = "torch float32 (kernels too large for the fused one)"
    assert [choice.work(key).name for key in (large, KEY)] == [without, "fused"]


def test_a_card_that_has_failed_is_not_hidden_behind_torch() -> None:
    def lost(_key: WorkKey, _place: torch.device) -> Work:
        raise torch.AcceleratorError("CUDA error: unspecified launch failure")

    with pytest.raises(torch.AcceleratorError):
        WorkChoice(CPU, lost).work(KEY)
