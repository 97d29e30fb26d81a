"""The Halide engine's own promises: which way computes, the same bytes as OpenCV, what compiles and what does not."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event, Thread

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convviz_core import EngineError, Filter, FilterBank, Layer, load_bank
from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.engines.opencv.engine import OpenCvEngine

hl = pytest.importorskip("halide")

from convviz_core.engines.halide import engine as halide_engine  # noqa: E402
from convviz_core.engines.halide.engine import HalideEngine  # noqa: E402
from convviz_core.engines.halide.pipeline import Pipeline  # noqa: E402

SEED = load_bank("udacity")
WHOLE_BANKS = ("udacity", "sobel", "laplacian", "kirsch", "everyday")


@pytest.fixture(scope="module")
def halide() -> Iterator[HalideEngine]:
    with HalideEngine() as engine:
        yield engine


@pytest.fixture(scope="module")
def opencv() -> Iterator[OpenCvEngine]:
    with OpenCvEngine() as engine:
        yield engine


def bank_of(*kernels: AnyArray) -> FilterBank:
    return FilterBank("test", tuple(Filter(str(i), np.array(k, np.float32)) for i, k in enumerate(kernels)))


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
    assert halide.run(random_frame(40, 120), Layer(bank)).way == way


@pytest.mark.parametrize("weight", [16, 17, 4000], ids=["int16", "int32", "more int32"])
def test_the_largest_sums_do_not_overflow(halide: HalideEngine, weight: int) -> None:
    bank = bank_of(np.concatenate([np.full((2, 4), weight), np.full((1, 4), -1)]), np.full((3, 4), -weight))
    frame = np.full((50, 130), 255, np.uint8)
    frame[30:40] = 0
    result = halide.run(frame, Layer(bank, "none", "frame"))
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
    layer = Layer(whole_bank, activation, "auto")
    frame = cv2.GaussianBlur(random_frame(40, 90, seed), (0, 0), blur).astype(np.uint8)
    largest = halide.run(frame, layer).peak
    for limits in (None, (lo * largest, (lo + width) * largest), (0.0, width * largest)):
        ours, theirs = halide.run(frame, layer, limits), opencv.run(frame, layer, limits)
        assert np.array_equal(ours.mosaic, theirs.mosaic)
        assert np.array_equal(ours.ranges, theirs.ranges)
        assert ours.peak == theirs.peak


@pytest.mark.parametrize("mode", ["fixed", "frame"])
def test_whole_number_banks_give_opencvs_bytes_in_every_mode(
    halide: HalideEngine, opencv: OpenCvEngine, whole_bank: FilterBank, mode: str
) -> None:
    for activation in ("relu", "none"):
        layer, frame = Layer(whole_bank, activation, mode), random_frame(70, 150)
        assert np.array_equal(halide.run(frame, layer).mosaic, opencv.run(frame, layer).mosaic)


def test_what_was_planned_is_planned_for_other_sizes_limits_activations_and_fractions() -> None:
    rng = np.random.default_rng(1)
    shape = (40, 120, 3)
    with HalideEngine() as engine:
        assert not engine.planned(shape, Layer(SEED))
        engine.plan(shape, Layer(SEED))
        assert engine.planned(shape, Layer(SEED))
        assert engine.planned((90, 333, 3), Layer(SEED))
        assert not engine.planned(shape, Layer(SEED, "none"))  # its pairs are made together only after ReLU
        assert not engine.planned(shape[:2], Layer(SEED))  # gray is read by other code
        assert not engine.planned(shape, Layer(SEED, range="auto"))  # its own peak is measured first
        assert not engine.planned(shape, Layer(SEED), reduce=2)
        engine.plan(shape, Layer(load_bank("sobel")))
        assert engine.planned(shape, Layer(load_bank("sobel"), "none"))
        engine.plan(shape, Layer(bank_of(*rng.normal(size=(5, 3, 3)))))
        assert engine.planned(shape, Layer(bank_of(*rng.normal(size=(12, 3, 3)))))


def test_a_narrow_frame_and_a_large_kernel_need_no_planning() -> None:
    with HalideEngine() as engine:
        assert engine.planned((40, 12, 3), Layer(SEED))
        assert engine.planned((40, 120, 3), Layer(bank_of(np.random.default_rng(0).normal(size=(31, 31)))))


def test_only_so_many_pipelines_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halide_engine, "KEPT_PIPELINES", 2)
    shape = (40, 120)
    layers = [Layer(bank_of(np.ones((1, side)))) for side in (1, 2, 3)]
    with HalideEngine() as engine:
        for layer in layers:
            engine.plan(shape, layer)
        assert [engine.planned(shape, layer) for layer in layers] == [False, True, True]


def test_another_thread_runs_while_one_plans() -> None:
    """Compiling holds neither the engine nor, for long, the interpreter: runs between start and end are counted."""
    started, finished, runs = Event(), Event(), 0
    with HalideEngine() as engine:
        engine.plan((40, 120, 3), Layer(SEED))

        def plan() -> None:
            started.set()
            engine.plan((40, 120, 3), Layer(load_bank("gabor")))
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
        engine.run(random_frame(40, 120), Layer(bank_of(np.array([[1, 2, -7]])), range="auto"))
    assert capfd.readouterr() == ("", "")


def test_what_halide_cannot_compile_is_an_engine_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise hl.HalideError("no such instruction")

    monkeypatch.setattr(Pipeline, "compile", fail)
    with HalideEngine() as engine, pytest.raises(EngineError, match=r"could not compile .* int16: no such instruction"):
        engine.run(random_frame(40, 120), Layer(SEED))
