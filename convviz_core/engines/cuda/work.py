"""Which code does a plan's work on the card: the fused kernel where it can be trusted, else torch's operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from convviz_core.engines.cuda.errors import FATAL, first_line
from convviz_core.engines.cuda.kernels import TorchWork, WorkKey, packed_buffer
from convviz_core.engines.cuda.slot import Work
from convviz_core.ranges import fixed_limit

MakeWork = Callable[[WorkKey, torch.device], Work | None]


class WorkChoice:
    """Chooses for the card at `place`. `fused` makes the fused work, or None for a bank that it does not suit."""

    def __init__(self, place: torch.device, fused: MakeWork) -> None:
        """Nothing is tried yet."""
        self._place = place
        self._fused: MakeWork | None = fused
        self._why_not = ""

    def work(self, key: WorkKey) -> Work:
        """The fused work, once it has agreed with torch's operations; after one failure it is never tried again.

        The name of torch's work says why the fused one was not taken.
        """
        if self._fused is not None:
            try:
                work = self._fused(key, self._place)
                if work is None:
                    return TorchWork(key, self._place, "kernels too large for the fused one")
                if agrees(key, self._fused, self._place):
                    return work
                self._why_not = "the fused kernel gave another picture"
            except FATAL:
                raise
            except Exception as error:  # no Triton, no compiler for it, an unknown card: torch can do the same
                self._why_not = f"no fused kernel: {first_line(error)}"
            self._fused = None
        return TorchWork(key, self._place, self._why_not)


def agrees(key: WorkKey, make: MakeWork, place: torch.device) -> bool:
    """Whether this work gives, of a small picture of noise, what torch's operations give on the CPU."""
    geometry = key.layer.geometry
    (height, width), widest = geometry.extent_hw, max(geometry.margins)  # reflected padding needs as many pixels
    small = replace(key, picture_shape=(height + widest + 6, width + widest + 70, *key.picture_shape[2:]))
    picture = torch.randint(0, 256, small.picture_shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    limit = fixed_limit(key.bank, key.activation)
    limits = torch.tensor([-limit, limit])
    work = make(small, place)
    if work is None:
        return False
    mosaic, numbers = _answer(work, small, place, picture, limits)
    cpu = torch.device("cpu")
    other_mosaic, other_numbers = _answer(TorchWork(small, cpu), small, cpu, picture, limits)
    within_a_level = int((mosaic.to(torch.int16) - other_mosaic).abs().max()) <= 1
    return within_a_level and torch.allclose(numbers, other_numbers, rtol=1e-5, atol=1e-5 * limit)


def _answer(work: Work, key: WorkKey, place: torch.device, picture: Tensor, limits: Tensor) -> tuple[Tensor, Tensor]:
    allocate = partial(torch.zeros, dtype=torch.uint8, device=place)
    frame = packed_buffer(key.picture_shape, 2, allocate)
    answer = packed_buffer(key.grid.size_hw, 2 * len(key.bank) + 1, allocate)
    frame.picture.copy_(picture)
    frame.numbers.copy_(limits)
    work(frame, answer)
    return answer.picture.cpu(), answer.numbers.cpu()
