"""Every engine of the CPU against the definitions in float64, on banks and frames of all kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from threading import Event, Lock
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from convviz_core import Engine, EngineError, Filter, FilterBank, FrameSizeError, Layer, load_bank, open_engine
from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.auto_range import map_ranges
from convviz_core.blocks import Reduce
from convviz_core.engines.opencv.band import BandScratch
from convviz_core.engines.opencv.bands import BAND_ROWS, Rows
from convviz_core.mosaic import MosaicGrid, reduce_maps, tile_maps
from convviz_core.ranges import Range, to_bytes

SEED = load_bank("udacity")
KERNEL_SHAPES = ((1, 1), (1, 5), (2, 3), (4, 4), (5, 5), (7, 7), (11, 11), (31, 31))


def bank_of(kernels: AnyArray, name: str = "test") -> FilterBank:
    return FilterBank(name, tuple(Filter(str(i), kernel.astype(np.float32)) for i, kernel in enumerate(kernels)))


def random_bank(shape: tuple[int, ...], count: int, whole: bool) -> FilterBank:
    rng = np.random.default_rng(count * sum(shape))
    kernels = rng.integers(-3, 4, (count, *shape)) if whole else rng.normal(size=(count, *shape))
    if count > 2:
        kernels[1] = -kernels[0]  # an engine may compute such a pair once
        kernels[2] = kernels[0]
    return bank_of(kernels)


def random_frame(height: int, width: int, blur: float = 1.5) -> ByteArray:
    noise = np.random.default_rng(height * width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    blurred = cv2.GaussianBlur(noise, (0, 0), blur).astype(np.float64)
    return np.asarray(255 * (blurred - blurred.min()) / np.ptp(blurred), np.uint8)


def responses(frame: ByteArray, bank: FilterBank) -> AnyArray:
    """float64 (N, h, w), tap by tap, before the activation."""
    if bank.channels == 3:
        planes = np.stack([frame[..., 2 - i] for i in range(3)] if frame.ndim == 3 else [frame] * 3)
    else:
        planes = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) if frame.ndim == 3 else frame, np.uint8)[None]
    kernel_h, kernel_w = bank.kernel_hw
    height, width = planes.shape[1] - kernel_h + 1, planes.shape[2] - kernel_w + 1
    total = np.zeros((len(bank), height, width))
    for channel, plane in enumerate(planes.astype(np.float64)):
        for y in range(kernel_h):
            for x in range(kernel_w):
                weights = bank.kernels[:, channel, y, x].astype(np.float64)
                total += weights[:, None, None] * plane[y : y + height, x : x + width]
    return total / 255


def tolerance(bank: FilterBank) -> float:
    weights = np.abs(bank.kernels.astype(np.float64)).reshape(len(bank), -1).sum(axis=1).max()
    return 1e-5 * max(1.0, float(weights) / 16)


STEPS = [  # map pixels a block, down and across
    (Fraction(128, 37), Fraction(234, 70)),
    (Fraction(128, 51), Fraction(234, 100)),
    (Fraction(1), Fraction(234, 233)),
    (Fraction(128, 9), Fraction(234, 33)),
]


def check(engine: Engine, frame: ByteArray, layer: Layer, range: Range = "fixed", reduce: Reduce = 1) -> None:
    """The mosaic within one level, the ranges and the peak within the responses' tolerance."""
    conv = responses(frame, layer.bank)
    shown = conv if layer.signed else np.maximum(conv, 0)
    result = engine.run(frame, layer, range, reduce)
    assert np.abs(result.ranges - map_ranges(layer, shown, range)).max() <= tolerance(layer.bank)
    assert abs(result.peak - np.abs(shown).max()) <= tolerance(layer.bank)
    wanted = tile_maps(reduce_maps(to_bytes(layer, shown, result.ranges, own=range == "frame"), reduce))
    assert result.mosaic.dtype == np.uint8
    assert result.mosaic.shape == wanted.shape
    assert np.abs(result.mosaic.astype(int) - wanted).max() <= 1


@pytest.fixture(scope="module", params=["torch", "opencv", "halide"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "halide":
        pytest.importorskip("halide")
    with open_engine(request.param, "cpu") as engine:
        yield engine


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "fractions"])
@pytest.mark.parametrize("shape", KERNEL_SHAPES, ids=str)
def test_every_range_and_activation_is_within_one_level_of_float64(
    engine: Engine, shape: tuple[int, int], whole: bool
) -> None:
    bank, frame = random_bank(shape, 5, whole), random_frame(50, 117)
    for mode in ("fixed", "auto", "frame"):
        for activation in ("relu", "none"):
            check(engine, frame, Layer(bank, activation), mode)


@pytest.mark.parametrize("count", [1, 2, 16, 64])
def test_any_number_of_filters_is_within_one_level(engine: Engine, count: int) -> None:
    check(engine, random_frame(40, 90), Layer(random_bank((3, 3), count, whole=False), "none"), "frame")


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "fractions"])
@pytest.mark.parametrize("color", [True, False], ids=["color", "gray"])
def test_banks_of_three_channels_read_red_green_and_blue(engine: Engine, color: bool, whole: bool) -> None:
    frame = random_frame(40, 100)
    check(engine, frame if color else frame[..., 1], Layer(random_bank((3, 3, 4), 3, whole), "none"), "auto")


@pytest.mark.parametrize("bank", [SEED, random_bank((3, 5), 3, whole=False)], ids=["whole", "fractions"])
def test_responses_are_within_the_tolerance_of_float64(engine: Engine, bank: FilterBank) -> None:
    frame = random_frame(60, 80)
    conv, activated = engine.maps(frame, Layer(bank))
    wanted = responses(frame, bank)
    assert conv.dtype == activated.dtype == np.float32
    assert np.abs(conv - wanted).max() <= tolerance(bank)
    assert np.array_equal(activated, np.maximum(conv, 0))


def test_responses_of_large_kernels_are_within_the_tolerance(engine: Engine) -> None:
    bank, frame = random_bank((31, 31), 2, whole=False), random_frame(70, 90)
    assert np.abs(engine.maps(frame, Layer(bank))[0] - responses(frame, bank)).max() <= tolerance(bank)


def test_an_identity_kernel_shows_opencvs_gray(engine: Engine) -> None:
    frame = np.random.default_rng(5).integers(0, 256, (97, 211, 3), dtype=np.uint8)
    identity = bank_of(np.ones((1, 1, 1)))
    assert np.array_equal(engine.run(frame, Layer(identity)).mosaic, cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))


def test_a_step_from_black_to_white_is_255_in_one_map_and_0_in_its_negative(engine: Engine) -> None:
    frame = np.zeros((64, 128), np.uint8)
    frame[:, 64:] = 255
    result = engine.run(frame, Layer(SEED))
    grid = MosaicGrid(4, (61, 125))
    row = [0] * 61 + [128, 255, 128] + [0] * 61  # 4, 8 and 4 of 8; half of 255 goes up
    assert result.mosaic[grid.tile(0)][30].tolist() == row
    assert not result.mosaic[grid.tile(1)].any()
    assert not result.mosaic[grid.tile(2)].any()
    assert result.peak == 8.0
    assert result.ranges.tolist() == [[0.0, 8.0]] * 4


@pytest.mark.parametrize("mode", ["fixed", "auto", "frame"])
def test_nothing_to_see_is_128_signed_and_0_after_relu(engine: Engine, mode: str) -> None:
    if engine.name == "torch":
        pytest.skip("sums of x/255 in float32 are not quite zero, and half a level rounds either way")
    frame = np.full((70, 90, 3), 77, np.uint8)
    assert (engine.run(frame, Layer(SEED, "none"), mode).mosaic == 128).all()
    assert (engine.run(frame, Layer(SEED, "relu"), mode).mosaic == 0).all()


@pytest.mark.parametrize("reduce", [2, 3, 5, *STEPS])
@pytest.mark.parametrize("bank", [SEED, random_bank((3, 5), 3, whole=False)], ids=["whole", "fractions"])
def test_the_reduced_mosaic_is_the_block_means_of_the_full_one(
    engine: Engine, bank: FilterBank, reduce: Reduce
) -> None:
    frame, layer = random_frame(131, 237, blur=0.8), Layer(bank, "none")
    height, width = 131 - bank.kernel_hw[0] + 1, 237 - bank.kernel_hw[1] + 1
    full = engine.run(frame, layer, "frame").mosaic.copy()
    maps = np.stack([full[MosaicGrid(len(bank), (height, width)).tile(i)] for i in range(len(bank))])
    assert np.array_equal(engine.run(frame, layer, "frame", reduce).mosaic, tile_maps(reduce_maps(maps, reduce)))


def views_of(frame: ByteArray) -> dict[str, ByteArray]:
    read_only = frame.copy()
    read_only.setflags(write=False)
    return {
        "mirrored": frame[:, ::-1],
        "upside down": frame[::-1],
        "turned": frame[::-1, ::-1],
        "cropped": frame[3:-5, 2:-9],
        "every second": frame[::2, ::2],
        "on its side": frame.swapaxes(0, 1),
        "RGB": frame[..., ::-1],
        "one channel": frame[..., 1],
        "one channel, mirrored": frame[:, ::-1, 1],
        "gray, mirrored": np.ascontiguousarray(frame[..., 0])[:, ::-1],
        "read-only": read_only,
    }


@pytest.mark.parametrize("view", views_of(random_frame(8, 8)))
def test_a_view_gives_what_its_copy_gives(engine: Engine, view: str) -> None:
    frame = views_of(random_frame(150, 190))[view]
    mosaic = engine.run(frame, Layer(SEED)).mosaic.copy()
    assert np.array_equal(mosaic, engine.run(frame.copy(), Layer(SEED)).mosaic)


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (4, 4), (31, 31)], ids=str)
def test_a_frame_of_the_kernels_size_gives_maps_of_one_pixel(engine: Engine, shape: tuple[int, int]) -> None:
    bank = random_bank(shape, 3, whole=True)
    for mode in ("fixed", "auto", "frame"):
        check(engine, random_frame(*shape), Layer(bank, "none"), mode)
    assert engine.run(random_frame(*shape), Layer(bank)).mosaic.shape == (2, 2)


@pytest.mark.parametrize(
    "kernels",
    [
        np.zeros((2, 3, 3)),
        -np.ones((2, 3, 3)),
        np.full((2, 3, 3), 1e30) * [[[1]], [[-1]]],
        np.full((1, 3, 3), 1e-30),
        np.array([[[1000, 1e-3, -1000]]]),
        np.array([[[0.1, -0.2, 0.3]]]),
        np.full((1, 9, 9), 1 / 81),
    ],
    ids=["zeros", "negative", "huge", "tiny", "uneven", "tenths", "box"],
)
@pytest.mark.parametrize("mode", ["fixed", "auto", "frame"])
def test_extreme_weights_are_within_one_level(engine: Engine, kernels: AnyArray, mode: str) -> None:
    for activation in ("relu", "none"):
        layer, frame = Layer(bank_of(kernels), activation), random_frame(40, 100)
        result = engine.run(frame, layer, mode)
        conv = responses(frame, layer.bank)
        shown = conv if layer.signed else np.maximum(conv, 0)
        wanted = tile_maps(to_bytes(layer, shown, result.ranges, own=mode == "frame"))
        assert np.abs(result.mosaic.astype(int) - wanted).max() <= 1


@pytest.mark.parametrize("mode", ["fixed", "auto", "frame"])
def test_weights_too_small_for_float32_are_black(engine: Engine, mode: str) -> None:
    layer = Layer(bank_of(np.full((1, 3, 3), 1e-45)))
    assert not engine.run(np.zeros((40, 100), np.uint8), layer, mode).mosaic.any()


def test_limits_that_are_given_are_the_range_and_the_peak_is_still_the_pictures(engine: Engine) -> None:
    frame = random_frame(80, 110)
    conv = responses(frame, SEED)
    for activation, limits in (
        ("relu", (0.0, 0.7)),
        ("none", (-0.2, 0.7)),
        ("relu", (-1.0, 3.0)),
        ("relu", (0.5, 2.0)),
    ):
        layer = Layer(SEED, activation)
        shown = conv if layer.signed else np.maximum(conv, 0)
        result = engine.run(frame, layer, limits)
        assert result.ranges.tolist() == np.array([limits] * 4, np.float32).tolist()
        assert result.peak == pytest.approx(np.abs(shown).max(), abs=1e-5)
        assert np.abs(result.mosaic.astype(int) - tile_maps(to_bytes(layer, shown, result.ranges))).max() <= 1


def test_a_narrow_range_far_from_zero_is_still_within_one_level(engine: Engine) -> None:
    frame = np.full((64, 96), 200, np.uint8)
    frame[:, ::2] = 201  # responses of 201 and of 200 in units of 1/255 x 1000, in frame mode black and white
    check(engine, frame, Layer(bank_of(np.full((1, 1, 1), 1000.0)), "none"), "frame")
    check(engine, frame, Layer(bank_of(np.full((1, 2, 2), 1 / 3)), "none"), "frame")


def test_a_tile_without_a_map_stays_black_whatever_was_shown_before(engine: Engine) -> None:
    frame = random_frame(60, 80)
    engine.run(frame, Layer(random_bank((2, 2), 6, whole=True), "none"))
    mosaic = engine.run(frame, Layer(random_bank((2, 2), 5, whole=True), "none")).mosaic
    assert not mosaic[59:, 2 * 79 :].any()
    assert mosaic[59:, : 2 * 79].any()


def test_sizes_and_layers_may_change_from_frame_to_frame(engine: Engine) -> None:
    for height, width in ((60, 80), (90, 120), (33, 200)):
        for layer, range in ((Layer(SEED), "fixed"), (Layer(SEED, "none"), "frame"), (Layer(SEED), "auto")):
            check(engine, random_frame(height, width), layer, range)


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (np.zeros((9, 9), np.float32), "uint8, got float32"),
        (np.zeros((9, 9, 4), np.uint8), r"BGR \(H, W, 3\), got shape \(9, 9, 4\)"),
        (np.zeros(9, np.uint8), r"got shape \(9,\)"),
    ],
)
def test_what_is_no_frame_is_refused(engine: Engine, frame: AnyArray, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        engine.run(frame, Layer(SEED))


@pytest.mark.parametrize("run", ["run", "maps"])
def test_what_is_of_a_wrong_type_is_told_and_so_is_what_is_right(engine: Engine, run: str) -> None:
    call: Callable[..., object] = getattr(engine, run)
    frame = np.zeros((40, 40), np.uint8)
    for wrong in (None, frame.tolist(), "picture.png", Image.fromarray(frame)):
        with pytest.raises(TypeError, match=rf"uint8 gray \(H, W\) .* got {type(wrong).__name__}$"):
            call(wrong, Layer(SEED))
    for other in (None, SEED, "udacity"):
        with pytest.raises(TypeError, match=rf"runs a Layer, .* got {type(other).__name__}$"):
            call(frame, other)


@pytest.mark.parametrize(("reduce", "error"), [(0, ValueError), (-1, ValueError), (1.5, TypeError), ("2", TypeError)])
def test_maps_are_reduced_by_whole_numbers_from_one_on(engine: Engine, reduce: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="maps are reduced by a"):
        engine.run(np.zeros((40, 40), np.uint8), Layer(SEED), reduce=reduce)


@pytest.mark.parametrize("background", [False, True])
@pytest.mark.parametrize("name", ["torch", "opencv", "halide", "auto"])
def test_a_closed_engine_answers_no_more(name: str, background: bool) -> None:
    if name == "halide":
        pytest.importorskip("halide")
    engine, frame = open_engine(name, "cpu", background=background), np.zeros((40, 120), np.uint8)
    engine.run(frame, Layer(SEED))
    engine.close()
    for call in (engine.run, engine.maps):
        with pytest.raises(EngineError, match="this engine was closed: open another one"):
            call(frame, Layer(SEED))
    engine.close()


def test_a_frame_smaller_than_the_kernel_is_named(engine: Engine) -> None:
    with pytest.raises(FrameSizeError, match="the frame is 9x3, smaller than the 4x4 kernels of 'udacity'"):
        engine.run(np.zeros((3, 9), np.uint8), Layer(SEED))


@pytest.mark.parametrize(
    "limits", [(1.0, 1.0), (1.0, 0.0), (float("nan"), 1.0), (1.0, 1.0 + 1e-12), (0.0, 1e39), (-np.inf, 0.0)]
)
def test_limits_that_are_no_range_are_refused(engine: Engine, limits: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="lo < hi"):
        engine.run(random_frame(9, 9), Layer(SEED), limits)


@pytest.mark.parametrize("range", ["min-max", "", None, 1, (0.0,), (0.0, 1.0, 2.0), ("0", "1"), (None, 1.0)])
def test_an_unknown_range_names_the_choices(engine: Engine, range: Any) -> None:
    with pytest.raises(ValueError, match=r"there is no range .*: choose auto, fixed, frame, or limits \(lo, hi\)"):
        engine.run(random_frame(9, 9), Layer(SEED), range)


def test_opencvs_other_worker_takes_the_bands_of_one_whose_core_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    render, lock, others_done = BandScratch.render, Lock(), Event()
    begun: list[object] = []
    done: list[object] = []

    def render_late_the_first_time(scratch: BandScratch, frame: ByteArray, rows: Rows, *where: object) -> None:
        with lock:
            begun.append(rows)
            first = len(begun) == 1
        if first:
            assert others_done.wait(20), f"only {done} of the picture was done meanwhile"
        render(scratch, frame, rows, *where)  # type: ignore[arg-type]
        with lock:
            done.append(rows)
            if len(done) == 5:
                others_done.set()

    monkeypatch.setattr(cv2, "getNumberOfCPUs", lambda: 2)
    monkeypatch.setattr(BandScratch, "render", render_late_the_first_time)
    with open_engine("opencv", "cpu") as opencv:
        check(opencv, random_frame(6 * BAND_ROWS, 64), Layer(SEED))
    assert len(done) == 6


@given(
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    count=st.integers(1, 7),
    whole=st.booleans(),
    mode=st.sampled_from(["fixed", "auto", "frame"]),
    activation=st.sampled_from(["relu", "none"]),
    size_hw=st.tuples(st.integers(9, 40), st.integers(9, 160)),
    reduce=st.integers(1, 4) | st.tuples(*[st.fractions(1, 9, max_denominator=3840)] * 2),
)
@settings(max_examples=80)
def test_opencv_gives_any_bank_within_one_level(
    shape: tuple[int, int],
    count: int,
    whole: bool,
    mode: str,
    activation: str,
    size_hw: tuple[int, int],
    reduce: Reduce,
) -> None:
    with open_engine("opencv", "cpu") as opencv:
        check(opencv, random_frame(*size_hw), Layer(random_bank(shape, count, whole), activation), mode, reduce)
