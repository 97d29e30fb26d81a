"""The device's arithmetic: its numbers on the CPU against the reference, its shapes and devices without a card."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from convviz_core import mosaic
from convviz_core.arrays import ByteArray
from convviz_core.blocks import Reduce
from convviz_core.engines.cuda.kernels import (
    PackedBuffer,
    Scaling,
    TorchWork,
    WorkKey,
    packed_buffer,
    reduce_maps,
    responses,
)
from convviz_core.engines.cuda.slot import Work, copy_frame
from convviz_core.engines.reference import TorchEngine
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.gray import to_gray
from convviz_core.layer import Activation, Layer
from convviz_core.ranges import Limits, fixed_limits

CPU = torch.device("cpu")
RNG = np.random.default_rng(4)
STEPS = st.fractions(1, 9, max_denominator=3840)  # a canvas's pixels


def bank_of(count: int, *shape: int, sign: float = 0.0) -> FilterBank:
    kernels = RNG.normal(sign, 1, (count, *shape)).astype(np.float32)
    return FilterBank("random", tuple(Filter(f"filter {i}", kernel) for i, kernel in enumerate(kernels)))


F1 = np.array([[-1, -1, 1, 1]] * 4, np.float32)
EDGES = FilterBank("edges", tuple(Filter(str(i), k) for i, k in enumerate((F1, -F1, F1.T, -F1.T))))
BANKS = {
    "four edges": EDGES,
    "five 3x5": bank_of(5, 3, 5),
    "three RGB 2x3": bank_of(3, 3, 2, 3),
    "one": bank_of(1, 1, 1),
}
BIASED = FilterBank.from_array("biased", RNG.normal(size=(3, 3, 4)), np.array([0.5, -2.0, 10.0]))
GEOMETRIES = {  # no two of them alike in any of their words
    "stride": Layer(EDGES, "none", stride=(2, 3)),
    "zeros": Layer(EDGES, padding=(1, 2)),
    "reflect": Layer(bank_of(3, 3, 2, 3), "none", 2, (3, 1), "reflect"),
    "replicate": Layer(EDGES, "relu", 1, 4, "replicate", (2, 1)),
    "circular": Layer(bank_of(2, 3, 5), "none", (1, 2), 1, "circular", 2),
    "same": Layer(EDGES, "none", padding="same", padding_mode="reflect"),
    "bias": Layer(BIASED, "none", bias=True),
    "bias after ReLU": Layer(BIASED, "relu", 2, 2, bias=True),
    "bias left out": Layer(BIASED, "none", padding="same"),
}
LIMITS: tuple[Limits | None, ...] = (None, (-0.5, 1.25))


def answer_of(work: Work, key: WorkKey, frame: ByteArray, limits: Limits) -> PackedBuffer:
    allocate = partial(torch.zeros, dtype=torch.uint8)
    sent = packed_buffer(key.picture_shape, 2, allocate)
    answer = packed_buffer(key.grid.size_hw, 2 * len(key.bank) + 1, allocate)
    sent.picture.copy_(torch.from_numpy(frame))
    sent.numbers.copy_(torch.tensor(limits))
    work(sent, answer)
    return answer


def check_against_reference(
    make: Callable[[WorkKey, torch.device], Work], frame: ByteArray, layer: Layer, limits: Limits | None, reduce: Reduce
) -> None:
    scaling, sent = (Scaling.FRAME, (0.0, 0.0)) if limits is None else (Scaling.GIVEN, limits)
    reference = TorchEngine().run(frame, layer, limits or "frame", reduce)
    frame = to_gray(frame) if layer.bank.channels == 1 else frame  # as it is uploaded
    key = WorkKey(frame.shape, layer.weights, Activation(layer.activation), scaling, reduce, layer.conv)
    answer = answer_of(make(key, CPU), key, frame, sent)
    numbers = answer.numbers.numpy()
    assert np.abs(answer.picture.numpy().astype(int) - reference.mosaic).max() <= 1
    np.testing.assert_allclose(numbers[:-1].reshape(-1, 2), reference.ranges, rtol=0, atol=1e-5)
    assert numbers[-1] == pytest.approx(reference.peak, abs=1e-5)


CASES = [
    pytest.param(bank, activation, limits, reduce, colour, id=f"{name}-{activation}-{limits}-{reduce}-{colour}")
    for (name, bank), activation, limits, reduce, colour in product(
        BANKS.items(), Activation, LIMITS, (1, 4, (Fraction(8, 3), Fraction(20, 7))), ("gray", "BGR")
    )
]


@pytest.mark.parametrize(("bank", "activation", "limits", "reduce", "colour"), CASES)
def test_the_device_s_mosaic_ranges_and_peak_are_the_reference_s(
    bank: FilterBank, activation: Activation, limits: Limits | None, reduce: Reduce, colour: str
) -> None:
    shape = (11, 23) if colour == "gray" else (11, 23, 3)
    frame = RNG.integers(0, 256, shape, dtype=np.uint8)
    check_against_reference(TorchWork, frame, Layer(bank, activation), limits, reduce)


@pytest.mark.parametrize("layer", GEOMETRIES.values(), ids=GEOMETRIES)
@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("reduce", [1, 3])
def test_geometry_and_bias_are_the_reference_s(layer: Layer, limits: Limits | None, reduce: Reduce) -> None:
    for shape in ((11, 23), (11, 23, 3)):
        check_against_reference(TorchWork, RNG.integers(0, 256, shape, dtype=np.uint8), layer, limits, reduce)


def test_other_biases_are_taken_with_the_weights() -> None:
    frame, layer = RNG.integers(0, 256, (11, 23), dtype=np.uint8), Layer(BIASED, "none", bias=True)
    key = WorkKey(frame.shape, BIASED, Activation.NONE, Scaling.GIVEN)
    work = TorchWork(key, CPU)
    other = FilterBank.from_array("other", RNG.normal(size=(3, 3, 4)), RNG.normal(size=3))
    work.take_weights(other)
    expected = TorchEngine().run(frame, Layer(other, "none", bias=True), (-3.0, 3.0))
    mosaic = answer_of(work, key, frame, (-3.0, 3.0)).picture.numpy()
    assert np.abs(mosaic.astype(int) - expected.mosaic).max() <= 1
    assert layer.weights is BIASED


@pytest.mark.parametrize(("activation", "byte"), [("none", 128), ("relu", 0)])
@pytest.mark.parametrize("scaling", list(Scaling))
def test_a_covered_lens_gives_the_byte_of_zero_everywhere(activation: str, byte: int, scaling: Scaling) -> None:
    frame = np.full((9, 9), 77, np.uint8)
    limits = fixed_limits(Layer(EDGES, activation)) if scaling == Scaling.GIVEN else (0.0, 0.0)
    key = WorkKey(frame.shape, EDGES, Activation(activation), scaling)
    assert (answer_of(TorchWork(key, CPU), key, frame, limits).picture == byte).all()


def test_a_tile_without_a_map_stays_black() -> None:
    # Five maps in a grid of 3 columns and 2 rows; a 1x1 kernel of 0 makes each of them byte 128.
    bank = FilterBank("zero", tuple(Filter(str(i), np.zeros((1, 1), np.float32)) for i in range(5)))
    key = WorkKey((2, 2), bank, Activation.NONE, Scaling.GIVEN)
    answer = answer_of(TorchWork(key, CPU), key, np.zeros((2, 2), np.uint8), (-1.0, 1.0))
    assert answer.picture[:, :4].eq(128).all()
    assert answer.picture[:2, 4:].eq(128).all()
    assert answer.picture[2:, 4:].eq(0).all()


@pytest.mark.parametrize("bank", [EDGES, bank_of(2, 7, 7), bank_of(2, 31, 31), bank_of(1, 31, 31, sign=1.0)])
def test_the_convolution_is_float64_s_within_the_contract(bank: FilterBank) -> None:
    gray = RNG.integers(0, 256, (40, 50)).astype(np.uint8)
    unit = gray / 255.0
    conv = responses(torch.from_numpy(gray.astype(np.float32))[None], torch.from_numpy(bank.kernels.copy())).numpy()
    windows = np.lib.stride_tricks.sliding_window_view(unit, bank.kernel_hw)
    exact = np.einsum("yxij,nij->nyx", windows, bank.kernels[:, 0].astype(np.float64))
    allowed = 1e-5 * max(1.0, np.abs(bank.kernels).sum(axis=(1, 2, 3)).max() / 16)
    assert np.abs(conv - exact).max() <= allowed


def test_tf32_is_off_inside_a_convolution_and_the_process_s_setting_is_given_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    setting = torch.backends.cudnn.conv  # type: ignore[attr-defined]  # torch makes it at run time
    before = setting.fp32_precision
    seen = []

    def spy(planes: Tensor, _: Tensor, **_settings: object) -> Tensor:
        seen.append(setting.fp32_precision)
        return planes

    monkeypatch.setattr("torch.nn.functional.conv2d", spy)
    responses(torch.zeros(1, 4, 4), torch.zeros(1, 1, 2, 2))
    assert seen == ["ieee"]
    assert setting.fp32_precision == before


def test_block_means_round_halves_up_and_repeat_the_edge() -> None:
    # Blocks: (1+2+3+4)/4 = 2.5 -> 3; the column 5, 6 doubled = 5.5 -> 6.
    maps = torch.tensor([[[1, 2, 5], [3, 4, 6]]], dtype=torch.uint8)
    assert reduce_maps(maps, 2).tolist() == [[[3, 6]]]


@given(hw=st.tuples(st.integers(1, 30), st.integers(1, 30)), steps=st.tuples(STEPS, STEPS))
def test_block_means_on_the_card_are_those_of_the_definition(
    hw: tuple[int, int], steps: tuple[Fraction, Fraction]
) -> None:
    maps = np.random.default_rng(hw).integers(0, 256, (2, *hw), np.uint8)
    assert np.array_equal(reduce_maps(torch.from_numpy(maps), steps).numpy(), mosaic.reduce_maps(maps, steps))


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("into_gray", [False, True])
def test_any_strides_are_copied_as_they_are(mirrored: bool, into_gray: bool) -> None:
    base = RNG.integers(0, 256, (12, 20, 3), dtype=np.uint8)
    for view in (base, base[2:9, 3:17], base[::2, ::3], base[::-1]):
        frame = view[:, ::-1] if mirrored else view
        whole = np.ascontiguousarray(frame)
        expected = np.asarray(cv2.cvtColor(whole, cv2.COLOR_BGR2GRAY), np.uint8) if into_gray else whole
        into = np.zeros(expected.shape, np.uint8)
        copy_frame(frame, into)
        assert np.array_equal(into, expected)


@pytest.mark.parametrize("layer", [*map(Layer, BANKS.values()), *GEOMETRIES.values()], ids=[*BANKS, *GEOMETRIES])
@pytest.mark.parametrize("scaling", list(Scaling))
@pytest.mark.parametrize("reduce", [1, 3, (Fraction(13, 4), Fraction(5, 2))])
@pytest.mark.parametrize("colour", [False, True])
def test_everything_stays_on_the_card_as_bytes_in_the_end(
    monkeypatch: pytest.MonkeyPatch, layer: Layer, scaling: Scaling, reduce: Reduce, colour: bool
) -> None:
    bank = layer.weights
    if torch.version.cuda is None:
        # Tensor.copy_ wants the device's guard, which a build for the CPU does not have; the operator does not.
        monkeypatch.setattr(Tensor, "copy_", lambda target, source: torch.ops.aten.copy_.default(target, source))
    shape = (48, 64, 3) if colour and bank.channels == 3 else (48, 64)
    key = WorkKey(shape, bank, Activation.RELU, scaling, reduce, layer.conv)
    card = torch.device("cuda", 0)
    with FakeTensorMode():
        allocate = partial(torch.zeros, dtype=torch.uint8, device=card)
        frame, answer = packed_buffer(shape, 2, allocate), packed_buffer(key.grid.size_hw, 2 * len(bank) + 1, allocate)
        TorchWork(key, card)(frame, answer)  # an operation between host and card would raise
    assert (answer.picture.dtype, answer.picture.device, tuple(answer.picture.shape)) == (
        torch.uint8,
        card,
        key.grid.size_hw,
    )
    assert (answer.numbers.dtype, answer.numbers.device, answer.numbers.shape) == (
        torch.float32,
        card,
        (2 * len(bank) + 1,),
    )


def test_the_fused_kernel_computes_the_same_in_triton_s_interpreter() -> None:
    if importlib.util.find_spec("triton") is None:
        pytest.skip("needs triton, which comes with torch's CUDA builds for Linux")
    # Triton looks at the variable when it is imported: hence a process of its own.
    environment = os.environ | {"TRITON_INTERPRET": "1", "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    run = subprocess.run([sys.executable, __file__], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def check_fused_kernel() -> None:
    from convviz_core.engines.cuda.triton import TritonWork

    unequal = Fraction(2), Fraction(9, 4)
    sizes: list[tuple[Reduce, tuple[int, ...]]] = [(1, (7, 13)), (4, (7, 13, 3)), (unequal, (7, 13))]
    for bank, activation, limits, (reduce, shape) in product(BANKS.values(), Activation, LIMITS, sizes):
        frame = RNG.integers(0, 256, shape, dtype=np.uint8)
        check_against_reference(TritonWork, frame, Layer(bank, activation), limits, reduce)
    for layer, limits in product(GEOMETRIES.values(), LIMITS):
        check_against_reference(TritonWork, RNG.integers(0, 256, (11, 23, 3), dtype=np.uint8), layer, limits, 1)
    wide = RNG.integers(0, 256, (5, 1100), dtype=np.uint8)  # more than one block in a row
    check_against_reference(TritonWork, wide, Layer(EDGES), None, 1)


if __name__ == "__main__":
    check_fused_kernel()
