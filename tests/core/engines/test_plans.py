"""Plans, whatever the engine: their own buffers, other weights, and which of them `run` keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from fake_device import FakeDevice

from convviz_core import Engine, EngineError, Filter, FilterBank, Layer, load_bank, open_engine
from convviz_core.engines.api import Plan, PlanKey
from convviz_core.engines.cuda.engine import CudaEngine
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.engines.planning import MOST_KEPT, run_in_range
from convviz_core.engines.reference import TorchEngine
from convviz_core.ranges import Limits, Range

SEED = load_bank("udacity")
RNG = np.random.default_rng(8)
FRAME = RNG.integers(0, 256, (70, 90, 3), dtype=np.uint8)
GRAY = np.ascontiguousarray(FRAME[..., 1])


def bank_of(*shape: int) -> FilterBank:
    kernels = RNG.normal(size=shape).astype(np.float32)
    return FilterBank("random", tuple(Filter(str(i), kernel) for i, kernel in enumerate(kernels)))


@pytest.fixture(params=["torch", "opencv", "halide", "cuda", "background"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param in ("halide", "background"):
        pytest.importorskip("halide")
    opened: Engine
    if request.param == "cuda":
        opened = CudaEngine(FakeDevice())
    elif request.param == "background":
        opened = open_engine("auto", "cpu", background=True)
    else:
        opened = open_engine(request.param, "cpu")
    with opened:
        yield opened


def reference(layer: Layer, frame: Any = FRAME, mode: Range = "fixed", reduce: int = 1) -> Any:
    with TorchEngine() as torch:
        return torch.run(frame, layer, mode, reduce).mosaic.astype(int)


def test_plans_do_not_disturb_each_other(engine: Engine) -> None:
    layers = (Layer(SEED), Layer(bank_of(5, 3, 3), "none"), Layer(SEED, "none"))
    plans = [engine.plan(layer, FRAME.shape, range="frame") for layer in layers]
    results = [plan.run(FRAME, None) for plan in plans]
    for layer, result in zip(layers, results, strict=True):
        assert np.abs(result.mosaic - reference(layer, mode="frame")).max() <= 1


@pytest.mark.parametrize("mode", ["fixed", "auto"])
def test_a_plan_is_good_for_every_range_whatever_it_was_made_for(engine: Engine, mode: str) -> None:
    plan = engine.plan(Layer(SEED), FRAME.shape, range=mode)
    asked: tuple[Limits | None, ...] = (None, (0.0, 2.0), (0.5, 2.0), None)
    for limits in asked:
        result = plan.run(FRAME, limits)
        assert np.abs(result.mosaic - reference(Layer(SEED), mode="frame" if limits is None else limits)).max() <= 1


@pytest.mark.parametrize("mode", ["fixed", "auto", "frame"])
@pytest.mark.parametrize("bank", [SEED, bank_of(4, 4, 4), bank_of(2, 3, 4, 4)], ids=["whole", "fractions", "RGB"])
def test_other_weights_are_those_of_a_new_plan(engine: Engine, bank: FilterBank, mode: str) -> None:
    plan = engine.plan(Layer(bank, "none"), FRAME.shape, 2, mode)
    run_in_range(plan, FRAME, mode)
    mixed = FilterBank("mixed", tuple(Filter(f.label, f.kernel[..., ::-1] * 0.3) for f in bank.filters))
    for other in (mixed, bank.flipped()):
        plan.take_weights(other)
        assert plan.key.layer.bank is other
        result = run_in_range(plan, FRAME, mode)
        assert np.abs(result.mosaic - reference(Layer(other, "none"), mode=mode, reduce=2)).max() <= 1


def test_weights_of_another_shape_are_refused(engine: Engine) -> None:
    plan = engine.plan(Layer(SEED), FRAME.shape)
    for bank in (bank_of(3, 4, 4), bank_of(4, 3, 4), bank_of(4, 3, 4, 4)):
        with pytest.raises(ValueError, match=r"of the shape that it was made for, \(4, 1, 4, 4\), got"):
            plan.take_weights(bank)
    assert np.abs(plan.run(FRAME, (0.0, 8.0)).mosaic - reference(Layer(SEED))).max() <= 1


def test_what_is_no_bank_is_refused_as_weights(engine: Engine) -> None:
    plan = engine.plan(Layer(load_bank("udacity")), (20, 30))
    with pytest.raises(TypeError, match="a plan takes a FilterBank, as load_bank gives it, got ndarray"):
        plan.take_weights(np.ones((4, 1, 4, 4)))  # type: ignore[arg-type]


def test_limits_may_be_a_row_of_a_result_s_ranges(engine: Engine) -> None:
    layer, frame = Layer(load_bank("udacity")), np.arange(600, dtype=np.uint8).reshape(20, 30)
    row = engine.run(frame, layer, range="auto").ranges[0].copy()
    np.testing.assert_array_equal(engine.run(frame, layer, range=row).ranges[3], row)


def test_a_frame_that_a_plan_is_not_for_is_refused(engine: Engine) -> None:
    plan = engine.plan(Layer(SEED), FRAME.shape)
    asks: tuple[Callable[[Any], object], ...] = (
        lambda frame: plan.run(frame, None),
        lambda frame: run_in_range(plan, frame, "auto"),
    )
    for ask in asks:
        with pytest.raises(ValueError, match=r"this plan is for frames of shape \(70, 90, 3\), got \(70, 90\)"):
            ask(GRAY)
        with pytest.raises(ValueError, match="a frame is uint8, got float64"):
            ask(FRAME * 1.0)


@pytest.mark.parametrize("limits", [(1.0, 0.0), (1.0, 1.0), (0.0, float("nan"))])
def test_limits_that_are_no_range_are_refused(engine: Engine, limits: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="limits are lo and hi with lo < hi"):
        engine.plan(Layer(SEED), FRAME.shape).run(FRAME, limits)


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"layer": SEED}, TypeError, "runs a Layer"),
        ({"shape": (9,)}, ValueError, "gray"),
        ({"shape": (3, 9)}, ValueError, "9x3, smaller than the 4x4 kernels of 'udacity'"),
        ({"reduce": 0}, ValueError, "at least 1, got 0"),
        ({"reduce": 1.5}, TypeError, "a whole number, got float"),
        ({"range": "best"}, ValueError, "there is no range 'best': choose auto, fixed, frame"),
    ],
)
def test_what_cannot_be_planned_is_told(
    engine: Engine, asked: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        engine.plan(**{"layer": Layer(SEED), "shape": (40, 50), **asked})


def test_a_plan_ends_with_its_engine(engine: Engine) -> None:
    plan = engine.plan(Layer(SEED), FRAME.shape)
    engine.close()
    for ask in (lambda: plan.run(FRAME, None), lambda: engine.plan(Layer(SEED), (9, 9))):
        with pytest.raises(EngineError, match="was closed"):
            ask()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[PlanKey]:
    """The plans that OpenCV has made."""
    keys: list[PlanKey] = []
    make = OpenCvEngine.make_plan

    def count(engine: OpenCvEngine, key: PlanKey) -> Plan:
        keys.append(key)
        return make(engine, key)

    monkeypatch.setattr(OpenCvEngine, "make_plan", count)
    return keys


def test_two_layers_in_turns_are_planned_once_each(made: list[PlanKey]) -> None:
    other = load_bank("sobel")
    with OpenCvEngine() as engine:
        for _ in range(3):
            for layer in (Layer(SEED), Layer(other)):
                engine.run(FRAME, layer)
                engine.run(FRAME, layer, (0.0, 1.0))
    assert made == [PlanKey(Layer(SEED), FRAME.shape), PlanKey(Layer(other), FRAME.shape)]


def test_limits_after_auto_need_no_plan_of_their_own(made: list[PlanKey]) -> None:
    with OpenCvEngine() as engine:
        engine.run(FRAME, Layer(SEED), "auto")
        engine.run(FRAME, Layer(SEED), (0.0, 1.0))
    assert len(made) == 1


def test_of_the_plans_that_run_makes_the_latest_used_are_kept(made: list[PlanKey]) -> None:
    with OpenCvEngine() as engine:
        for reduce in (*range(1, MOST_KEPT + 1), 1, MOST_KEPT + 1):
            engine.run(FRAME, Layer(SEED), reduce=reduce)
        made.clear()
        engine.run(FRAME, Layer(SEED), reduce=1)
        assert not made
        engine.run(FRAME, Layer(SEED), reduce=2)
        assert len(made) == 1
