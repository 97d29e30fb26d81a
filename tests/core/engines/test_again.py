"""The frame that was run last, run again in other limits: the bytes of a whole run, from fewer rows."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import cv2
import numpy as np
import pytest
from fake_device import FakeDevice
from hypothesis import given, settings
from hypothesis import strategies as st
from watched_engine import WatchedEngine

from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.auto_range import least_limits
from convviz_core.blocks import Reduce
from convviz_core.difference import Difference
from convviz_core.engines.again import Rows, rows_with_other_bytes, takes_less
from convviz_core.engines.api import Engine, Plan, PlanKey, Result
from convviz_core.engines.cpu_kernels import HALF_UP
from convviz_core.engines.cuda.engine import CudaEngine
from convviz_core.engines.halide.engine import HalideEngine
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.engines.planning import plan_of
from convviz_core.engines.reference import TorchEngine
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.filters.files import load_bank
from convviz_core.layer import Layer
from convviz_core.ranges import Limits, limits_for

SEED, SOBEL, GABOR = load_bank("udacity"), load_bank("sobel"), load_bank("gabor")
COLOUR = FilterBank.from_array("colour", np.random.default_rng(2).normal(size=(3, 3, 5, 5)).astype(np.float32))
THIRDS = tuple(Filter(f"{i}", f.kernel / np.float32(3)) for i, f in enumerate(SOBEL.filters))
BIASED = FilterBank("biased", THIRDS, bias=np.array([1e-3, -1e-3]))
SHAPE = (400, 150, 3)
UNEQUAL = (Fraction(31, 9), Fraction(16, 7))
KEYS = {
    "pairs after ReLU": PlanKey(Layer(SEED), SHAPE),
    "pairs, both signs": PlanKey(Layer(SEED, "none"), SHAPE),
    "their means": PlanKey(Layer(SEED), SHAPE, 3),
    "fractions": PlanKey(Layer(GABOR), SHAPE, 1),
    "fractions, both signs, unequal blocks": PlanKey(Layer(GABOR, "none"), SHAPE, UNEQUAL),
    "colour, unequal blocks": PlanKey(Layer(COLOUR), SHAPE, UNEQUAL),
    "padded": PlanKey(Layer(SOBEL, padding=2, padding_mode="reflect"), SHAPE),
    "strides": PlanKey(Layer(GABOR, stride=2), SHAPE),
    "a bias": PlanKey(Layer(BIASED, bias=True), SHAPE),
    "a difference": PlanKey(Layer(SEED), SHAPE, minus=Layer(SOBEL)),
    "a difference's means": PlanKey(Layer(GABOR, padding=1), SHAPE, UNEQUAL, minus=Layer(SOBEL, "none")),
    "a difference of biases": PlanKey(Layer(BIASED, bias=True), SHAPE, minus=Layer(BIASED)),
}


@pytest.fixture(
    params=[HalideEngine, OpenCvEngine, TorchEngine, lambda: CudaEngine(FakeDevice())],
    ids=["halide", "opencv", "torch", "cuda"],
    scope="module",
)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each engine of the CPU, and the card's arithmetic there; as on two cores, where few rows pay."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cv2, "getNumberOfCPUs", lambda: 2)
        with request.param() as opened:
            yield opened


def shown(key: PlanKey) -> Layer | Difference:
    return Difference(key.layer, key.minus) if key.minus else key.layer


def sparse(background: int, things: list[tuple[int, int, int, int]]) -> ByteArray:
    """things: row, column, size and level of each square."""
    frame = np.full(SHAPE, background, np.uint8)
    for row, column, size, level in things:
        frame[row : row + size, column : column + size] = level
    return frame


THINGS = st.lists(
    st.tuples(st.integers(0, 399), st.integers(0, 149), st.sampled_from([1, 1, 2, 20]), st.integers(1, 255)),
    max_size=6,
)
Plans = dict[str, tuple[Plan, Plan]]


@pytest.fixture(scope="module")
def plans(engine: Engine) -> Plans:
    """Two of each key."""
    return {name: (plan_of(engine, key), plan_of(engine, key)) for name, key in KEYS.items()}


@pytest.mark.parametrize("name", KEYS)
@settings(max_examples=15, deadline=None)
@given(
    background=st.sampled_from([0, 0, 0, 1, 128]),
    things=THINGS,
    widths=st.tuples(st.sampled_from([0.5, 1.0, 1.0]), st.sampled_from([0.7, 1.0, 1.3, 17.0])),
)
def test_it_gives_what_a_whole_run_gives_to_the_byte(
    plans: Plans, name: str, background: int, things: list[tuple[int, int, int, int]], widths: tuple[float, float]
) -> None:
    frame, (plan, other), layer = sparse(background, things), plans[name], shown(KEYS[name])
    first, second = (limits_for(layer, least_limits(layer)[1] * width) for width in widths)
    plan.run(frame, first)
    assert_alike(plan.run_again(frame, second), other.run(frame, second))
    assert_alike(plan.run_again(frame, first), other.run(frame, first))  # narrower than the run before


def assert_alike(one: Result, other: Result) -> None:
    assert np.array_equal(one.mosaic, other.mosaic)
    assert np.array_equal(one.ranges, other.ranges)
    assert (one.peak, one.implementation) == (other.peak, other.implementation)


@pytest.mark.parametrize("name", ["pairs after ReLU", "padded"])
def test_frames_that_have_to_be_copied_first_are_run_again_too(plans: Plans, name: str) -> None:
    plan, other = plans[name]
    least, wide = least_limits(plan.key.layer), (0.0, 1.0)
    mirrored = sparse(0, [(30, 20, 2, 90)])[:, ::-1]
    mirrored.flags.writeable = False
    for frame in (mirrored, sparse(0, [(200, 70, 2, 60)]), mirrored[::-1]):
        plan.run(frame, least)
        assert_alike(plan.run_again(frame, wide), other.run(frame, wide))


@pytest.mark.parametrize("before", [None, (-1.0, 1.0), (0.01, 0.02), (0.0, 1e-30)])
def test_it_does_not_matter_in_which_limits_the_frame_was_run(plans: Plans, before: Limits | None) -> None:
    frame = sparse(0, [(200, 70, 2, 90)])
    for after in ((0.0, 1.0), (-1.0, 1.0), (0.3, 0.5), (-1.0, 3.0)):
        for plan, other in (plans["pairs, both signs"], plans["fractions"]):
            plan.run(frame, before)
            assert_alike(plan.run_again(frame, after), other.run(frame, after))


def test_other_weights_between_the_runs_make_all_of_it_anew(engine: Engine) -> None:
    frame, layer = sparse(0, [(200, 70, 2, 90)]), Layer(GABOR)
    plan = engine.plan(layer, SHAPE, editable=True)
    plan.run(frame, least_limits(layer))
    plan.take_weights(GABOR.flipped())
    plan.take_weights(FilterBank.from_array("doubled", 2 * GABOR.kernels))
    wanted = engine.plan(plan.key.layer, SHAPE, editable=True).run(frame, (0.0, 1.0))
    assert_alike(plan.run_again(frame, (0.0, 1.0)), wanted)


def left_alone(plan: Plan, frame: ByteArray, layer: Layer | Difference) -> AnyArray:
    """Which rows of tiles keep what somebody has written there, when the frame is run again in four times the range."""
    lo, hi = least_limits(layer)
    plan.run(frame, (lo, hi)).mosaic[:] = 7
    mosaic = plan.run_again(frame, (4 * lo, 4 * hi)).mosaic
    return np.flatnonzero((mosaic[plan.key.grid.tile(0)] == 7).all(axis=1))


@pytest.mark.parametrize("engine", [HalideEngine], indirect=True)
@pytest.mark.parametrize(
    ("name", "reduce", "background", "made"),
    [
        ("seed", 1, 0, range(97, 102)),  # rows 97 to 100 read row 100, and 98 to 101 row 101
        ("seed", 4, 0, range(24, 26)),
        ("gabor", 1, 128, range(94, 102)),  # where float32 leaves a rest of the gray around
        ("none", 1, 0, range(97, 102)),
        ("difference", 1, 0, range(97, 102)),
    ],
)
def test_halide_makes_only_the_rows_in_which_anything_responds(
    engine: Engine, name: str, reduce: Reduce, background: int, made: range
) -> None:
    layers = {"seed": Layer(SEED), "gabor": Layer(GABOR), "none": Layer(SEED, "none"), "difference": Layer(SEED)}
    key = PlanKey(layers[name], SHAPE, reduce, minus=Layer(SOBEL) if name == "difference" else None)
    plan = plan_of(engine, key)
    rows = left_alone(plan, sparse(background, [(100, 70, 2, 90)]), shown(key))
    assert sorted({*range(key.grid.tile_hw[0])} - {*rows.tolist()}) == list(made)


@pytest.mark.parametrize("engine", [OpenCvEngine], indirect=True)
def test_opencv_makes_only_the_bands_in_which_anything_responds(engine: Engine) -> None:
    plan = engine.plan(Layer(SEED), SHAPE)
    rows = left_alone(plan, sparse(0, [(200, 70, 2, 90)]), plan.key.layer)
    assert rows.tolist() == [*range(128), *range(256, 397)]


SIGNED, POSITIVE = (1.0, 127.5 + HALF_UP, 0.0), (1.0, HALF_UP, 0.0)  # scale, zero point, floor


def mapping(of: tuple[float, float, float], scale: float, origin: float = 0.0) -> AnyArray:
    """Of two maps, the second one of the negated kernel."""
    return np.array([(sign * origin, sign * scale, *of[1:]) for sign in (1, -1)], np.float32)


@pytest.mark.parametrize(
    ("of", "lowest", "highest", "rows"),
    [
        (SIGNED, [0, -1, 0, 0, 0], [0, 0, 0, 2, 1], [(1, 2), (3, 5)]),
        (SIGNED, [0, 0, -1e-6], [1e-6, 0, 0], [(0, 1), (2, 3)]),  # byte 127 before, maybe 128 after
        (POSITIVE, [-0.2, 0, -0.1, -9], [0.2, 0, 0.3, 0], [(2, 4)]),  # the negated map shows what is below zero
        (POSITIVE, [0, 0], [0, 0], []),
    ],
)
def test_rows_of_zero_have_the_same_bytes_in_a_wider_range(
    of: tuple[float, float, float], lowest: list[float], highest: list[float], rows: list[Rows]
) -> None:
    reached = np.array([lowest], np.float32), np.array([highest], np.float32)
    assert rows_with_other_bytes(mapping(of, 1.0), mapping(of, 0.5), *reached) == rows


@pytest.mark.parametrize(
    "after",
    [
        mapping(SIGNED, 1.5),  # narrower
        mapping(POSITIVE, 0.5),  # with another byte for zero
        mapping(SIGNED, 0.5, origin=3.0),
    ],
)
def test_in_other_ranges_all_rows_may_have_other_bytes(after: AnyArray) -> None:
    zero = np.zeros((1, 4), np.int16)
    assert rows_with_other_bytes(mapping(SIGNED, 1.0), after, zero, zero) is None


@pytest.mark.parametrize(
    ("runs", "cores", "less"),
    [
        ([(0, 40)], 2, True),  # 40 rows of 1000, one core does 32 of them: 36 with the beginning
        ([(0, 900)], 2, True),  # 450 on either core, of 500
        ([(0, 1000)], 2, False),
        ([(row, row + 4) for row in range(0, 1000, 20)], 2, True),  # 50 times 4 + 4
        ([(row, row + 4) for row in range(0, 1000, 20)], 3, False),  # one of three cores would work
    ],
)
def test_runs_of_rows_that_take_longer_than_all_of_them_do_not_pay(runs: list[Rows], cores: int, less: bool) -> None:
    assert takes_less(runs, 1000, 32, cores) == less


def test_auto_shows_a_sparse_picture_in_its_peak_and_a_black_one_from_one_run() -> None:
    layer, picture = Layer(SEED), sparse(0, [(200, 70, 1, 153)])
    for frame, runs, limit in ((picture, (1, 1), 153 / 255), (sparse(0, []), (1, 0), 8 / 32)):
        with WatchedEngine() as engine, OpenCvEngine() as other:
            result = engine.run(frame, layer, "auto")
            assert (engine.runs, engine.runs_again) == runs
            assert result.ranges[0].tolist() == pytest.approx([0, limit])
            assert np.array_equal(result.mosaic, other.run(frame, layer, (0.0, limit)).mosaic)
