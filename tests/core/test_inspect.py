"""The inspector's numbers are those of the reference engine's tensors and mosaic, and of arithmetic by hand."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from convviz_core import Filter, FilterBank, FrameSizeError, Inspection, Layer, inspect_pixel, load_bank
from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.engines.reference import TorchEngine
from convviz_core.geometry import Box
from convviz_core.inspect import answers_at, receptive_field, responses
from convviz_core.mosaic import MosaicGrid
from convviz_core.ranges import Limits


def make_bank(kernels: AnyArray) -> FilterBank:
    return FilterBank("test", tuple(Filter(f"filter {number + 1}", kernel) for number, kernel in enumerate(kernels)))


RISING = np.array([[-1, -1, 1, 1]] * 4)
SEED_BANK = make_bank(np.stack([RISING, -RISING, RISING.T, -RISING.T]))


def test_one_pixel_of_the_seed_bank_by_hand() -> None:
    frame = np.zeros((6, 7), np.uint8)
    frame[1, 2:6] = 51, 102, 153, 204  # 0.2, 0.4, 0.6, 0.8 under filter 1's row -1 -1 1 1
    found = inspect_pixel(frame, Layer(SEED_BANK), 0, 1, 2)
    np.testing.assert_allclose(found.patch[0], [0.2, 0.4, 0.6, 0.8], atol=1e-7)
    np.testing.assert_array_equal(found.kernel, [[-1, -1, 1, 1]] * 4)
    np.testing.assert_allclose(found.products[0], [-0.2, -0.4, 0.6, 0.8], atol=1e-7)
    assert found.response == pytest.approx(0.8, abs=1e-6)
    assert found.activated == found.response
    assert found.byte == 26  # 255 * 0.8 / 8 = 25.5, halves up
    negative = inspect_pixel(frame, Layer(SEED_BANK), 1, 1, 2)
    assert negative.response == -found.response
    assert negative.activated == 0
    assert negative.byte == 0
    signed = inspect_pixel(frame, Layer(SEED_BANK, activation="none"), 1, 1, 2)
    assert signed.byte == 115  # 255 * (8 - 0.8) / 16 = 114.75


def test_the_limits_in_use_decide_the_byte() -> None:
    frame = np.zeros((4, 4), np.uint8)
    frame[0, 3] = 255  # the response is 1
    assert inspect_pixel(frame, Layer(SEED_BANK), 0, 0, 0, (0.0, 2.0)).byte == 128
    assert inspect_pixel(frame, Layer(SEED_BANK), 0, 0, 0, (0.0, 0.5)).byte == 255
    assert inspect_pixel(frame, Layer(SEED_BANK), 0, 0, 0).byte == 32  # 255 / 8 = 31.875
    assert inspect_pixel(frame, Layer(SEED_BANK), 0, 0, 0, (1.0, 1.0), own=True).byte == 0
    assert inspect_pixel(frame, Layer(SEED_BANK, "none"), 0, 0, 0, (1.0, 1.0), own=True).byte == 128
    for lo, hi in ((1.0, 0.0), (1.0, 1.0), (0.0, float("nan"))):
        with pytest.raises(ValueError, match="want lo below hi"):
            inspect_pixel(frame, Layer(SEED_BANK), 0, 0, 0, (lo, hi))


def test_the_receptive_field_starts_at_the_pixels_own_coordinates() -> None:
    layer = Layer(make_bank(np.ones((1, 2, 5))))
    assert receptive_field(layer, (10, 10), 3, 4) == (3, 4, 5, 9)
    frame = np.arange(100, dtype=np.uint8).reshape(10, 10)
    np.testing.assert_array_equal(inspect_pixel(frame, layer, 0, 3, 4).patch, frame[3:5, 4:9] / np.float32(255))


@pytest.mark.parametrize(("y", "x"), [(9, 0), (0, 6), (-1, 0), (0, -1)])
def test_a_pixel_outside_the_maps_has_no_receptive_field(y: int, x: int) -> None:
    layer = Layer(make_bank(np.ones((1, 2, 5))))
    with pytest.raises(IndexError, match=f"no pixel \\(y {y}, x {x}\\) in maps of 9x6"):
        receptive_field(layer, (10, 10), y, x)


@dataclass(frozen=True)
class Picture:
    """One random frame through one random layer, as the reference engine answers it."""

    frame: ByteArray
    layer: Layer
    conv: FloatArray
    activated: FloatArray
    mosaic: ByteArray
    ranges: FloatArray
    mode: str

    def inspect(self, index: int, y: int, x: int, limits: Limits | None) -> Inspection:
        return inspect_pixel(self.frame, self.layer, index, y, x, limits, own=self.mode == "frame")


def random_picture(seed: int, channels: int, whole: bool) -> Picture:
    random = np.random.default_rng(seed)
    count, side = random.integers(1, 10), random.integers(1, 9, 2)
    shape = (count, *side) if channels == 1 else (count, 3, *side)
    kernels = random.integers(-4, 5, shape) if whole else random.normal(size=shape)
    frame = random.integers(0, 256, (*random.integers(10, 40, 2), 3), dtype=np.uint8)
    frame = (frame, frame[:, ::-1], frame[..., 0], frame[::2, 1:])[seed % 4][: 10 + seed]
    layer = Layer(make_bank(kernels), ("relu", "none")[random.integers(2)])
    mode = ("fixed", "auto", "frame")[random.integers(3)]
    if min(frame.shape[:2]) < side.max():
        frame = np.repeat(np.repeat(frame, 4, 0), 4, 1)
    engine = TorchEngine()
    result = engine.run(frame, layer, mode)
    conv, activated = engine.maps(frame, layer)
    return Picture(frame, layer, conv, activated, result.mosaic, result.ranges, mode)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("whole", [True, False], ids=["whole-number weights", "real weights"])
def test_thousands_of_random_pixels_equal_the_engines_tensors_and_mosaic(channels: int, whole: bool) -> None:
    random = np.random.default_rng(channels + 10 * whole)
    for seed in range(40):
        picture = random_picture(seed, channels, whole)
        grid = MosaicGrid(len(picture.conv), (picture.conv.shape[1], picture.conv.shape[2]))
        scale = max(1.0, float(np.abs(picture.layer.bank.kernels).sum(axis=(1, 2, 3)).max()))
        for _ in range(30):
            index, y, x = (int(random.integers(size)) for size in picture.conv.shape)
            lo, hi = (float(limit) for limit in picture.ranges[index])
            found = picture.inspect(index, y, x, (lo, hi))
            assert found.response == pytest.approx(float(picture.conv[index, y, x]), abs=1e-6 * scale)
            assert found.activated == pytest.approx(float(picture.activated[index, y, x]), abs=1e-6 * scale)
            # Torch's own order of summing moves a response by an ulp, and with it a byte that lies on a half.
            assert abs(found.byte - int(picture.mosaic[grid.mosaic_pixel(index, y, x)])) <= 1
            if lo == hi:  # a flat map of frame mode
                assert found.byte == (128 if picture.layer.signed else 0)
                continue
            assert found.byte == exact_byte(found, picture.layer.signed, lo, hi)


def exact_byte(found: Inspection, signed: bool, lo: float, hi: float) -> int:
    """The definition in fractions, without any rounding but its own."""
    levels = np.rint(255.0 * found.patch).ravel().tolist()
    pairs = zip(levels, found.kernel.ravel().tolist(), strict=True)
    total = sum((Fraction(level) * Fraction(weight) for level, weight in pairs), Fraction(0))
    shown = total / 255 if signed else max(total, Fraction(0)) / 255
    level = 255 * (shown - Fraction(lo)) / (Fraction(hi) - Fraction(lo))
    return min(max(math.floor(level + Fraction(1, 2)), 0), 255)


def test_the_parts_are_float32_and_add_up() -> None:
    for seed in range(20):
        for channels in (1, 3):
            picture = random_picture(seed, channels, whole=False)
            found = picture.inspect(0, 0, 0, None)
            wanted = picture.layer.bank.kernels.shape[1 if channels == 3 else 2 :]
            for part in (found.patch, found.kernel, found.products):
                assert part.dtype == np.float32
                assert part.shape == wanted
            assert found.patch.min() >= 0
            assert found.patch.max() <= 1
            np.testing.assert_allclose(found.products, found.patch * found.kernel, rtol=1e-6)
            assert found.response == pytest.approx(float(found.products.sum(dtype=np.float64)), abs=1e-5)
            assert found.activated == max(found.response, 0)


def test_a_colour_bank_reads_red_green_and_blue_in_this_order() -> None:
    frame = np.zeros((2, 2, 3), np.uint8)
    frame[0, 1] = 51, 102, 255  # blue, green, red
    bank = make_bank(np.array([[[[100.0]], [[10.0]], [[1.0]]]]))
    found = inspect_pixel(frame, Layer(bank), 0, 0, 1)
    np.testing.assert_allclose(found.patch.ravel(), [1.0, 0.4, 0.2], atol=1e-7)
    assert found.response == pytest.approx(104.2, abs=1e-4)


def test_true_convolution_shows_the_turned_kernel() -> None:
    kernel = np.arange(6.0).reshape(2, 3)
    frame = np.zeros((2, 3), np.uint8)
    frame[0, 0] = 255
    layer = Layer(make_bank(kernel[None]).flipped())
    found = inspect_pixel(frame, layer, 0, 0, 0)
    np.testing.assert_array_equal(found.kernel, kernel[::-1, ::-1])
    assert found.response == 5


@pytest.mark.parametrize(("index", "y", "x"), [(4, 0, 0), (-1, 0, 0), (0, -1, 0), (0, 3, 0), (0, 0, 5), (0, 0, -1)])
def test_a_pixel_outside_the_maps_is_an_index_error(index: int, y: int, x: int) -> None:
    frame = np.zeros((6, 8, 3), np.uint8)  # four maps of 5x3
    inspect_pixel(frame, Layer(SEED_BANK), 3, 2, 4)
    with pytest.raises(IndexError, match="in 4 maps of 3x5"):
        inspect_pixel(frame, Layer(SEED_BANK), index, y, x)


@pytest.mark.parametrize("at", [("a", 0, 0), (0, 1.5, 0), (0, 0, None)])
def test_what_is_no_pixel_is_refused_in_one_sentence(at: tuple[Any, Any, Any]) -> None:
    with pytest.raises(TypeError, match=r"(index|y|x) is a whole number, got"):
        inspect_pixel(np.zeros((6, 8), np.uint8), Layer(SEED_BANK), *at)
    with pytest.raises(TypeError, match="got NoneType"):
        receptive_field(None, (6, 8), 0, 0)  # type: ignore[arg-type]


def test_wrong_frames_are_refused_as_the_engines_refuse_them() -> None:
    with pytest.raises(FrameSizeError):
        inspect_pixel(np.zeros((3, 9), np.uint8), Layer(SEED_BANK), 0, 0, 0)
    with pytest.raises(ValueError, match="uint8"):
        inspect_pixel(np.zeros((9, 9)), Layer(SEED_BANK), 0, 0, 0)  # type: ignore[arg-type]


def test_inspecting_imports_neither_torch_nor_matplotlib() -> None:
    code = "import sys; from convviz_core import inspect_pixel; print({'torch', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("channels", [1, 3])
def test_a_part_of_the_maps_has_each_pixel_s_own_response(channels: int) -> None:
    kernels = np.random.default_rng(5).integers(-3, 4, (3, channels, 4, 5)).astype(np.float32)
    bank = FilterBank("whole", tuple(Filter("f", k if channels == 3 else k[0]) for k in kernels))
    frame, layer = np.random.default_rng(6).integers(0, 256, (20, 30, 3), np.uint8), Layer(bank)
    part = Box(2, 3, 9, 12)
    found = responses(frame, layer, (2, 0), part)
    assert found.shape == (2, 7, 9)
    for place, index in enumerate((2, 0)):
        for y in range(part.top, part.bottom):
            for x in range(part.left, part.right):
                expected = inspect_pixel(frame, layer, index, y, x).response
                assert found[place, y - part.top, x - part.left] == np.float32(expected)


@pytest.mark.parametrize(("channels", "activation", "own"), [(1, "relu", False), (3, "none", False), (1, "none", True)])
def test_the_same_pixel_in_every_map_answers_as_each_alone(channels: int, activation: str, own: bool) -> None:
    rng = np.random.default_rng(channels)
    kernels = rng.normal(size=(5, channels, 3, 4)).astype(np.float32)
    kernels[2] = 0  # a flat map
    frame = rng.integers(0, 256, (20, 30, 3), np.uint8)
    layer = Layer(make_bank(kernels if channels == 3 else kernels[:, 0]), activation=activation)
    ranges = np.array([[-1.0 * n, 2.0 * n] for n in range(1, 6)], np.float32)
    ranges[2] = 0 if own else (0, 1)
    found, levels = answers_at(frame, layer, 7, 11, ranges, own=own)
    alone = [
        inspect_pixel(frame, layer, n, 7, 11, (float(ranges[n, 0]), float(ranges[n, 1])), own=own) for n in range(5)
    ]
    assert found.tolist() == pytest.approx([one.response for one in alone], abs=1e-6)
    assert levels.tolist() == [one.byte for one in alone]
    with pytest.raises(IndexError):
        answers_at(frame, layer, 18, 11, ranges)


def test_a_part_that_reaches_beyond_the_maps_is_an_index_error() -> None:
    layer = Layer(load_bank("udacity"))
    with pytest.raises(IndexError, match="17x27"):
        responses(np.zeros((20, 30), np.uint8), layer, (0,), Box(0, 0, 18, 5))
