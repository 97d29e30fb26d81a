"""A pane: what it plans, when it computes, and that panes of one engine do not disturb each other."""

from __future__ import annotations

from threading import current_thread

import numpy as np
import pytest
from noted_looks import noted_looks
from watched_engine import WatchedEngine

from convviz_core.arrays import ByteArray
from convviz_core.engines.api import PlanKey
from convviz_core.engines.opencv.difference import OpenCvDifferencePlan
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.engines.opencv.plan import OpenCvPlan
from convviz_core.filters.bank import FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.filters.edits import with_copy, with_rows
from convviz_core.geometry import FrameSizeError
from convviz_core.layer import Activation, Layer
from convviz_core.ranges import RangeMode, fixed_limits
from live.pane import Choice, Pane
from live.sources.frame import Frame

SEED, OTHER = Layer(BUILT_IN_BANKS[0]), Layer(BUILT_IN_BANKS[1])


class PlanningLog(WatchedEngine):
    """Notes what it plans."""

    def __init__(self) -> None:
        super().__init__()
        self.planned: list[PlanKey] = []

    def make_plan(self, key: PlanKey) -> OpenCvPlan | OpenCvDifferencePlan:
        self.planned.append(key)
        return super().make_plan(key)


def frame(number: int = 0, image: ByteArray | None = None) -> Frame:
    image = np.random.default_rng(number).integers(0, 256, (40, 50, 3), np.uint8) if image is None else image
    return Frame(image, number, 0.1 * number, 0.1 * number, 0.0)


def choice(layer: Layer = SEED, mode: RangeMode = RangeMode.FIXED, gain: float = 1.0) -> Choice:
    return Choice(layer, layer, mode, gain)


def test_it_answers_once_it_has_run_and_until_picture_or_choice_is_another() -> None:
    pane = Pane(OpenCvEngine())
    assert not pane.answers("picture", choice())
    pane.run(frame(), "picture", choice())
    assert pane.answers("picture", choice())
    assert not pane.answers("another picture", choice())
    for other in (
        choice(OTHER),
        choice(mode=RangeMode.FRAME),
        choice(gain=2.0),
        Choice(SEED, SEED, RangeMode.FIXED, 1, 2),
    ):
        assert not pane.answers("picture", other)


@pytest.mark.parametrize("mode", RangeMode)
def test_its_answer_is_the_engine_s_own_for_a_first_picture(mode: RangeMode) -> None:
    result = Pane(OpenCvEngine()).run(frame(), 0, choice(mode=mode))
    expected = OpenCvEngine().run(frame().image, SEED, mode)
    assert np.array_equal(result.mosaic, expected.mosaic)
    assert np.array_equal(result.ranges, expected.ranges)


def test_a_gain_divides_the_limits() -> None:
    low, high = fixed_limits(SEED)
    result = Pane(OpenCvEngine()).run(frame(), 0, choice(gain=4.0))
    assert result.ranges.tolist() == [[low / 4, high / 4]] * 4


def test_going_back_and_forth_between_layers_plans_each_once() -> None:
    engine = PlanningLog()
    pane = Pane(engine)
    for number in range(6):
        pane.run(frame(number), number, choice((SEED, OTHER)[number % 2]))
    assert [key.layer for key in engine.planned] == [SEED, OTHER]


def test_fixed_goes_on_with_the_plan_that_auto_has() -> None:
    engine = PlanningLog()
    pane = Pane(engine)
    for mode in (RangeMode.AUTO, RangeMode.FIXED, RangeMode.FRAME):
        pane.run(frame(), mode, choice(mode=mode))
    assert [key.range for key in engine.planned] == [RangeMode.AUTO, RangeMode.FRAME]


def test_the_plan_used_longest_ago_makes_room() -> None:
    engine = PlanningLog()
    pane = Pane(engine)
    layers = [Layer(bank) for bank in BUILT_IN_BANKS[:5]]
    for number, layer in enumerate([*layers, layers[1], layers[0]]):
        pane.run(frame(number), number, choice(layer))
    assert [key.layer for key in engine.planned] == [*layers, layers[0]]


def test_two_panes_of_one_engine_keep_their_answers_and_their_ranges() -> None:
    engine = WatchedEngine()
    one, other = Pane(engine), Pane(engine)
    signed = Layer(BUILT_IN_BANKS[1], Activation.NONE)
    result = one.run(frame(), 0, choice(mode=RangeMode.AUTO))
    kept, own = result.mosaic.copy(), result.ranges[0, 1]
    dim = frame(1, frame().image // 4)
    other.run(dim, 0, choice(signed, RangeMode.AUTO))
    assert one.result is not None
    assert np.array_equal(one.result.mosaic, kept)
    assert one.run(frame(), 0, choice(mode=RangeMode.AUTO)).ranges[0, 1] == pytest.approx(own)
    assert engine.runs == 3


def large(*levels: int) -> Frame:
    """A black picture in which single pixels are brighter."""
    image = np.zeros((480, 640, 3), np.uint8)
    image[240, 200 : 200 + 20 * len(levels) : 20] = np.array(levels, np.uint8).reshape(-1, 1)
    return frame(0, image)


def test_a_black_first_picture_is_run_once_and_one_with_next_to_nothing_in_its_peak() -> None:
    engine = WatchedEngine()
    result = Pane(engine).run(large(), 0, choice(mode=RangeMode.AUTO))
    assert (engine.runs, result.ranges[0].tolist(), result.mosaic.max()) == (1, [0.0, 8 / 32], 0)
    result = Pane(engine).run(large(102, 204), 0, choice(mode=RangeMode.AUTO))
    assert (engine.runs, engine.runs_again) == (2, 1)
    assert (result.ranges[0, 1], result.mosaic.max()) == (pytest.approx(204 / 255), 255)
    result = Pane(engine).run(large(), 0, choice(mode=RangeMode.AUTO, gain=2.0))
    assert result.ranges[0].tolist() == [0.0, 8 / 64]


def test_another_picture_than_the_one_whose_peak_was_asked_for_is_not_run_again() -> None:
    engine = WatchedEngine()
    pane, auto = Pane(engine), choice(mode=RangeMode.AUTO)
    assert pane.limits(large(102), auto) == pytest.approx((0.0, 102 / 255))
    result = pane.run(large(204), 0, auto)
    assert (engine.runs, engine.runs_again) == (2, 0)
    assert (result.ranges[0, 1], result.mosaic.max()) == (pytest.approx(102 / 255), 255)


def test_what_is_looked_at_ahead_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    auto, looks = choice(mode=RangeMode.AUTO), noted_looks(monkeypatch)
    expected = Pane(OpenCvEngine()).run(frame(), 0, auto).ranges
    pane = Pane(OpenCvEngine())
    pane.look_ahead(frame(), auto)
    result = pane.run(frame(1), 1, auto)
    assert np.array_equal(result.ranges, expected)  # those of the picture that was there
    pane.look_ahead(frame(1), auto)  # which is followed by now
    pane.look_ahead(frame(1), choice(OTHER))  # whose range is fixed
    assert looks == [current_thread().name, "convviz-ahead"]


def test_what_was_looked_at_ahead_and_is_not_shown_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    looks, pane = noted_looks(monkeypatch), Pane(OpenCvEngine())
    pane.look_ahead(frame(), choice(OTHER, RangeMode.AUTO))
    expected = Pane(OpenCvEngine()).run(frame(1), 1, choice(mode=RangeMode.AUTO)).ranges
    assert np.array_equal(pane.run(frame(1), 1, choice(mode=RangeMode.AUTO)).ranges, expected)
    pane.run(frame(2), 2, choice(OTHER, RangeMode.AUTO))
    assert looks.count(current_thread().name) == 3


def test_a_layer_that_does_not_fit_is_told_when_it_is_to_be_shown() -> None:
    pane, big = Pane(OpenCvEngine()), Layer(FilterBank.from_array("big", np.ones((1, 31, 31), np.float32)))
    small = frame(image=np.zeros((30, 40, 3), np.uint8))
    pane.look_ahead(small, choice(big, RangeMode.AUTO))
    with pytest.raises(FrameSizeError, match="31x31"):
        pane.run(small, 0, choice(big, RangeMode.AUTO))


def test_a_limit_that_is_known_waits_for_no_plan() -> None:
    engine = PlanningLog()
    assert Pane(engine).limits(frame(), choice(mode=RangeMode.AUTO)) is not None
    assert not engine.planned


def edited(*values: float) -> Layer:
    """The seed bank with other first weights."""
    kernels = BUILT_IN_BANKS[0].kernels.copy()
    kernels.reshape(-1)[: len(values)] = values
    return Layer(FilterBank.from_array("udacity*", kernels))


def editing(layer: Layer, mode: RangeMode = RangeMode.AUTO) -> Choice:
    return Choice(layer, layer, mode, editable=True, bank="udacity")


@pytest.mark.parametrize("mode", RangeMode)
def test_weights_that_are_edited_are_taken_by_the_plan_that_is_there(mode: RangeMode) -> None:
    engine = PlanningLog()
    pane = Pane(engine)
    for number in range(5):
        layer = edited(number, 3.5)
        result = pane.run(frame(number), number, editing(layer, mode))
        lo, hi = result.ranges[0].tolist()
        expected = engine.run(frame(number).image, layer, RangeMode.FRAME if mode == RangeMode.FRAME else (lo, hi))
        assert np.array_equal(result.mosaic, expected.mosaic)
    assert [key for key in engine.planned if key.editable] == engine.planned[:1]


def test_another_shape_another_geometry_and_another_activation_are_planned() -> None:
    engine = PlanningLog()
    pane = Pane(engine)
    seed = BUILT_IN_BANKS[0]
    layers = [Layer(seed), Layer(with_rows(seed, 1)), Layer(with_copy(seed, 0)), Layer(seed, stride=2)]
    layers.append(Layer(seed, Activation.NONE))
    for layer in layers:
        pane.run(frame(), layer, editing(layer))
    assert [key.layer for key in engine.planned] == layers


def limit(pane: Pane, number: int, choice: Choice) -> float:
    """The range's upper end for the picture of a moment; all pictures have the same pixels."""
    return float(pane.run(frame(number, frame().image), number, choice).ranges[0, 1])


def test_auto_follows_an_edited_weight_and_snaps_to_another_bank() -> None:
    pane, before, after = Pane(OpenCvEngine()), edited(1), edited(*[2.0] * 16)
    first = limit(pane, 0, editing(before))
    own = limit(Pane(OpenCvEngine()), 0, editing(after))
    assert own > 2 * first
    assert limit(pane, 1, editing(after)) == pytest.approx(first)
    # Pictures come every 0.1 s, and half a second is the time constant: 1 - exp(-0.2) of the way a picture.
    assert limit(pane, 2, editing(after)) == pytest.approx(first + (own - first) * (1 - np.exp(-0.2)), rel=0.05)
    assert limit(pane, 3, Choice(after, after, RangeMode.AUTO, bank="another")) == pytest.approx(own)


def test_on_a_picture_that_stands_still_an_edited_weight_has_its_range_at_once() -> None:
    pane, before, after = Pane(OpenCvEngine()), edited(1), edited(*[2.0] * 16)
    first = limit(pane, 4, editing(before))
    assert limit(pane, 4, editing(after)) == pytest.approx(limit(Pane(OpenCvEngine()), 4, editing(after)))
    assert limit(pane, 4, editing(before)) == pytest.approx(first)
