"""The Halide engine's own promises: which way computes, the same bytes as OpenCV, what compiles and what does not."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from threading import Event, Thread
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convviz_core import EngineError, Filter, FilterBank, Layer, load_bank
from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.engines.planning import run_in_range
from convviz_core.ranges import Range

hl = pytest.importorskip("halide")

from convviz_core.engines.halide import engine as halide_engine  # noqa: E402
from convviz_core.engines.halide.difference_pipeline import DifferencePipeline  # noqa: E402
from convviz_core.engines.halide.engine import HalideEngine  # noqa: E402
from convviz_core.engines.halide.pipeline import Pipeline  # noqa: E402
from convviz_core.engines.halide.recipe import Recipe  # noqa: E402

SEED = load_bank("udacity")
WHOLE_BANKS = ("udacity", "sobel", "laplacian", "kirsch", "everyday")


def bank_of(*kernels: AnyArray) -> FilterBank:
    return FilterBank("test", tuple(Filter(str(i), np.array(k, np.float32)) for i, k in enumerate(kernels)))


TWO_PAIRS = bank_of(
    *(sign * np.array(kernel) for kernel in ([[0, -1, 1]] * 3, [[0] * 3, [-1] * 3, [1] * 3]) for sign in (1, -1))
)


@pytest.fixture(scope="module")
def halide() -> Iterator[HalideEngine]:
    with HalideEngine() as engine:
        yield engine


@pytest.fixture(scope="module")
def opencv() -> Iterator[OpenCvEngine]:
    with OpenCvEngine() as engine:
        yield engine


def random_frame(height: int, width: int, seed: int = 0) -> ByteArray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("bank", "way"),
    [
        (SEED, "halide int16"),
        (bank_of(np.full((2, 4), 16)), "halide int16"),  # 128 of one sign: 255 x 128 is the most for 16 bits
        (bank_of(np.concatenate([np.full((2, 4), 17), [[1] * 4]])), "halide int32"),
        (bank_of(np.random.default_rng(0).normal(size=(3, 3))), "halide float32"),
        (bank_of(np.random.default_rng(0).normal(size=(31, 31))), "opencv float32"),
    ],
    ids=["seed", "most of 16 bits", "more than 16 bits", "fractions", "too long to unroll"],
)
def test_the_way_is_named(halide: HalideEngine, bank: FilterBank, way: str) -> None:
    assert halide.run(random_frame(40, 120), Layer(bank)).implementation == way


@pytest.mark.parametrize("weight", [16, 17, 4000], ids=["int16", "int32", "more int32"])
def test_the_largest_sums_do_not_overflow(halide: HalideEngine, weight: int) -> None:
    bank = bank_of(np.concatenate([np.full((2, 4), weight), np.full((1, 4), -1)]), np.full((3, 4), -weight))
    frame = np.full((50, 130), 255, np.uint8)
    frame[30:40] = 0
    result = halide.run(frame, Layer(bank, "none"), "frame")
    assert result.ranges.tolist() == [[-4, 8 * weight], [-12 * weight, 0]]
    assert result.mosaic[0].tolist() == [round(255 * (8 * weight - 4 + 4) / (8 * weight + 4))] * 127 + [0] * 127


@pytest.fixture(scope="module", params=[*WHOLE_BANKS, "one pair of three"])
def whole_bank(request: pytest.FixtureRequest) -> FilterBank:
    if request.param in WHOLE_BANKS:
        return load_bank(request.param)
    edge = np.array([[-1, 2, 0], [-3, 1, 1]])
    return bank_of(edge, np.abs(edge), -edge)


@given(
    lo=st.floats(-1.2, 0.6),
    width=st.floats(1e-3, 2.0),
    blur=st.floats(0.3, 4.0),
    seed=st.integers(0, 99),
    activation=st.sampled_from(["relu", "none"]),
)
@settings(max_examples=60)
def test_whole_number_banks_give_opencvs_bytes_whatever_the_limits(
    halide: HalideEngine,
    opencv: OpenCvEngine,
    whole_bank: FilterBank,
    lo: float,
    width: float,
    blur: float,
    seed: int,
    activation: str,
) -> None:
    layer = Layer(whole_bank, activation)
    frame = cv2.GaussianBlur(random_frame(40, 90, seed), (0, 0), blur).astype(np.uint8)
    largest = halide.run(frame, layer).peak
    limits: Range
    for limits in ("auto", (lo * largest, (lo + width) * largest), (0.0, width * largest)):
        ours, theirs = halide.run(frame, layer, limits), opencv.run(frame, layer, limits)
        assert np.array_equal(ours.mosaic, theirs.mosaic)
        assert np.array_equal(ours.ranges, theirs.ranges)
        assert ours.peak == theirs.peak


@pytest.mark.parametrize("mode", ["fixed", "frame"])
def test_whole_number_banks_give_opencvs_bytes_in_every_mode(
    halide: HalideEngine, opencv: OpenCvEngine, whole_bank: FilterBank, mode: str
) -> None:
    for activation in ("relu", "none"):
        layer, frame = Layer(whole_bank, activation), random_frame(70, 150)
        assert np.array_equal(halide.run(frame, layer, mode).mosaic, opencv.run(frame, layer, mode).mosaic)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The recipes that have been compiled."""
    recipes: list[object] = []
    compile_it = halide_engine._compile

    def count(recipe: Recipe) -> Pipeline | DifferencePipeline:
        recipes.append(recipe)
        return compile_it(recipe)

    monkeypatch.setattr(halide_engine, "_compile", count)
    return recipes


def test_what_is_compiled_serves_other_sizes_tiles_limits_activations_and_fractions(compiled: list[object]) -> None:
    rng = np.random.default_rng(1)
    shape = (40, 120, 3)

    def compiles(engine: HalideEngine, bank: FilterBank, activation: str = "relu", **asked: Any) -> int:
        before = len(compiled)
        engine.plan(Layer(bank, activation), **{"shape": shape, **asked})
        return len(compiled) - before

    with HalideEngine() as engine:
        assert compiles(engine, SEED) == 1
        assert compiles(engine, SEED) == 0
        assert compiles(engine, SEED, shape=(90, 333, 3)) == 0
        assert compiles(engine, SEED, "none") == 1  # its pairs are made together only after ReLU
        assert compiles(engine, SEED, shape=shape[:2]) == 1  # gray is read by other code
        assert compiles(engine, SEED, range="auto") == 0
        assert compiles(engine, SEED, range="frame") == 2  # each map's own extremes are measured first
        assert compiles(engine, SEED, reduce=2) == 1
        assert compiles(engine, SEED, reduce=5) == 0
        for rows, columns in ((9, 40), (13, 77), (37, 116)):  # windows of several sizes
            assert compiles(engine, SEED, reduce=(Fraction(37, rows), Fraction(117, columns))) == 0
        assert compiles(engine, load_bank("sobel")) == 1
        assert compiles(engine, load_bank("sobel"), "none") == 0
        assert compiles(engine, bank_of(*rng.normal(size=(5, 3, 3)))) == 1
        assert compiles(engine, bank_of(*rng.normal(size=(12, 3, 3)))) == 0
        engine.run(random_frame(*shape[:2]), Layer(SEED), (0.0, 1.0))
        engine.run(random_frame(*shape[:2]), Layer(SEED), "auto")
        assert compiles(engine, SEED) == 0


def test_a_narrow_frame_and_a_large_kernel_need_no_compiling(compiled: list[object]) -> None:
    with HalideEngine() as engine:
        engine.plan(Layer(SEED), (40, 12, 3))
        engine.plan(Layer(bank_of(np.random.default_rng(0).normal(size=(31, 31)))), (40, 120, 3))
    assert not compiled


def test_only_so_many_pipelines_are_kept(monkeypatch: pytest.MonkeyPatch, compiled: list[object]) -> None:
    monkeypatch.setattr(halide_engine, "KEPT_PIPELINES", 2)
    layers = [Layer(bank_of(np.ones((1, side)))) for side in (1, 2, 3)]
    with HalideEngine() as engine:
        for layer in (*layers, layers[2], layers[1], layers[0]):
            engine.plan(layer, (40, 120))
    assert len(compiled) == 4  # the first one again


@pytest.mark.parametrize("editable", [False, True])
@pytest.mark.parametrize("mode", ["fixed", "auto", "frame"])
def test_other_weights_are_taken_without_compiling(compiled: list[object], mode: str, editable: bool) -> None:
    rng = np.random.default_rng(2)
    frame, reference = random_frame(60, 130), OpenCvEngine()
    whole = bank_of(*rng.integers(-3, 4, (4, 3, 3)))
    with HalideEngine() as engine:
        plan = engine.plan(Layer(whole), frame.shape, range=mode, editable=editable)
        assert run_in_range(plan, frame, mode).implementation == f"halide {'float32' if editable else 'int16'}"
        before = len(compiled)
        for bank in (bank_of(*rng.normal(size=(4, 3, 3))), bank_of(*np.ones((4, 3, 3))), TWO_PAIRS, whole):
            plan.take_weights(bank)
            ours, theirs = run_in_range(plan, frame, mode), reference.run(frame, Layer(bank), mode)
            assert np.abs(ours.mosaic.astype(int) - theirs.mosaic).max() <= 1
            assert np.abs(ours.ranges - theirs.ranges).max() <= 1e-5
            assert ours.implementation == ("halide float32" if editable else "opencv float32")
        assert len(compiled) == before


def test_weights_that_were_whole_numbers_go_on_in_fractions_once_those_are_compiled() -> None:
    frame, layer = random_frame(60, 130), Layer(SEED)
    with HalideEngine() as engine:
        plan = engine.plan(layer, frame.shape)
        plan.take_weights(SEED.flipped())
        assert plan.run(frame, (0.0, 8.0)).implementation == "opencv float32"
        engine.plan(layer, frame.shape, editable=True)
        plan.take_weights(SEED)
        assert plan.run(frame, (0.0, 8.0)).implementation == "halide float32"


def test_another_thread_runs_while_one_plans() -> None:
    """Compiling holds neither the engine nor, for long, the interpreter: runs between start and end are counted."""
    started, finished, runs = Event(), Event(), 0
    with HalideEngine() as engine:
        engine.plan(Layer(SEED), (40, 120, 3))

        def plan() -> None:
            started.set()
            engine.plan(Layer(load_bank("gabor")), (40, 120, 3))
            finished.set()

        thread = Thread(target=plan)
        thread.start()
        started.wait(10)
        while not finished.is_set():
            engine.run(random_frame(40, 120), Layer(SEED))
            runs += 1
        thread.join()
    assert runs > 10


def test_compiling_and_running_print_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with HalideEngine() as engine:
        engine.run(random_frame(40, 120), Layer(bank_of(np.array([[1, 2, -7]]))), "auto")
    assert capfd.readouterr() == ("", "")


def test_what_halide_cannot_compile_is_an_engine_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise hl.HalideError("no such instruction")

    monkeypatch.setattr(Pipeline, "compile", fail)
    with HalideEngine() as engine, pytest.raises(EngineError, match=r"could not compile .* int16: no such instruction"):
        engine.run(random_frame(40, 120), Layer(SEED))
