"""What the inspector of a model's layer says, the way to the layer before, and what is kept of an enlarged channel."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from torch_models import make

from convviz_core import load_model, open_engine
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.geometry import Box
from convviz_core.models.layer import ModelLayer
from convviz_core.ranges import RangeMode
from live.click_reasons import why_no_wheel
from live.controls import answer
from live.events import Wheel
from live.layout import Layout, arrange
from live.layout.panel_places import Panel
from live.layout.viewport import Viewport
from live.layout.why_places import HEADING_LINES, why_places
from live.model_view.answer import Answer, Asked, run
from live.model_view.chosen import ModelChoice
from live.model_view.composing import model_request
from live.model_view.fields import FieldFinder
from live.model_view.opening import with_layers
from live.model_view.picture import Look, PictureMaker, Shown
from live.model_view.reasons import Reasons, arrived
from live.model_view.sources import click_why
from live.recording.model_snapshot import write_model_snapshot
from live.sources.frame import Frame
from live.state import Appearance, LayerSettings, ViewState

pytestmark = pytest.mark.usefixtures("one_thread", "found_in_time")

HW = (24, 32)
PICTURE = np.random.default_rng(0).integers(0, 256, (*HW, 3), np.uint8)


def state_of(name: str) -> ViewState:
    """The inspector is open, and one response pinned."""
    choice = with_layers(ModelChoice(load_model(make("residual")), name, None, HW), HW)
    looks = Appearance(panels=frozenset({Panel.INSPECTOR}))
    return ViewState(LayerSettings.of(BUILT_IN_BANKS), looks, model=choice).with_interaction(pinned=(3, 4, 5))


def answer_of(state: ViewState, *, traced: bool = True) -> Answer:
    assert state.model is not None
    frame = Frame(PICTURE, 0, 1.5, 1.5, 0.0)
    with open_engine("torch", "cpu") as engine:
        return run(engine, frame, Asked(state.model.layer(state.settings.activation), 0, traced))


def channels(answer: Answer) -> tuple[int, ...]:
    return tuple(range(len(answer.conv)))


def layout_of(state: ViewState, answer: Answer) -> Layout:
    return arrange(model_request((1400, 1000), answer, len(answer.conv), state))


class KnownFields(FieldFinder):
    """Finds fields at once."""

    def box(self, layer: ModelLayer, input_hw: tuple[int, int], y: int, x: int) -> tuple[Box | None, bool]:
        return layer.model.receptive_field(layer.name, input_hw, y, x), False


def test_a_convolution_s_response_is_told_and_a_click_on_a_line_goes_to_that_channel_of_the_layer_before() -> None:
    state = state_of("2.conv2")
    answer, reasons = answer_of(state), Reasons(FieldFinder())
    state = reasons.take(answer, channels(answer), state)
    assert reasons.why is not None
    assert reasons.why.contributions is not None
    assert reasons.why.contributions.output == pytest.approx(float(answer.conv[3, 4, 5]))
    listed, _ = reasons.why.contributions.largest()
    layout = layout_of(state, answer)
    place = layout.panel(Panel.INSPECTOR)
    assert place is not None
    places = why_places(place, layout, len(listed))
    assert places.seen == len(listed) == 8
    at = place.x + 20, places.top + (HEADING_LINES + 2) * places.step + 1
    there = click_why(state, layout, at)
    assert there.model is not None
    assert there.model.name == "2.relu"
    assert there.interaction.pinned is None  # its maps have not come yet
    arrived_at = arrived(there, answer_of(there))
    assert arrived_at.interaction.pinned == (listed[2][0], 4, 5)  # 3x3 and padding 1: the middle is the same place
    assert arrived_at.model is not None
    assert arrived_at.model.going is None
    for beside in (places.top, places.top + (HEADING_LINES + 8) * places.step + 1, 3):
        assert click_why(state, layout, (place.x + 20, beside)) is state


def test_another_layer_s_response_is_said_in_a_sentence_and_one_without_a_single_maker_leads_nowhere() -> None:
    state = state_of("2.bn1")
    answer, reasons = answer_of(state), Reasons(FieldFinder())
    state = reasons.take(answer, channels(answer), state)
    assert reasons.why is not None
    assert reasons.why.explanation is not None
    assert "scaled and shifted" in reasons.why.explanation.words
    assert state.model is not None
    assert [(one.layer, one.channel, one.y, one.x) for one in state.model.sources] == [("2.conv1", 3, 4, 5)]
    state = state_of("0")  # which reads the picture
    answer = answer_of(state)
    state = reasons.take(answer, channels(answer), state)
    assert state.model is not None
    assert {one.layer for one in state.model.sources} == {None}
    layout = layout_of(state, answer)
    place = layout.panel(Panel.INSPECTOR)
    assert place is not None
    places = why_places(place, layout, 3)
    assert click_why(state, layout, (place.x + 20, places.top + HEADING_LINES * places.step + 1)) is state


def test_a_run_that_was_not_traced_tells_nothing() -> None:
    state = state_of("2.conv2")
    answer, reasons = answer_of(state, traced=False), Reasons(FieldFinder())
    reasons.take(answer, channels(answer), state)
    assert reasons.why is None


def test_the_enlarged_channel_s_peaks_are_kept_and_a_snapshot_has_them(tmp_path: Path) -> None:
    state = state_of("2.conv2").with_interaction(viewport=Viewport(enlarged=6))
    answer, reasons = answer_of(state), Reasons(KnownFields())
    reasons.take(answer, channels(answer), state)
    reasons.take(answer, channels(answer), state)  # the same picture counts once
    assert reasons.excited is not None
    channel, (peak,) = reasons.excited
    assert channel == 6
    assert peak.value == answer.conv[6].max()
    assert peak.time_s == 1.5
    assert peak.box is not None
    assert np.array_equal(peak.patch, PICTURE[peak.box.top : peak.box.bottom, peak.box.left : peak.box.right])
    maker = PictureMaker()
    maker.take(answer.responses)
    page = maker.show(answer.responses, Look(channels(answer), RangeMode.AUTO))
    write_model_snapshot(tmp_path, Shown(answer, page, reasons.excited), state, (), {})
    about = json.loads((tmp_path / "excites" / "excites.json").read_text(encoding="utf-8"))
    assert (about["layer"], about["channel"], len(about["patches"])) == ("2.conv2", 6, 1)
    state = state.with_interaction(viewport=Viewport())
    reasons.take(answer, channels(answer), state)
    assert reasons.excited is None


def test_the_wheel_over_the_inspector_of_a_model_says_that_nothing_is_scrolled() -> None:
    state = state_of("2.conv1")
    layout = layout_of(state, answer_of(state))
    place = layout.panel(Panel.INSPECTOR)
    assert place is not None
    for notches in (-1, 1):
        wheel = Wheel((place.x + 9, place.y + 9), notches)
        after = answer(state, wheel, layout)[0]
        said = why_no_wheel(state, after, wheel, layout, help_pages=0)
        assert said == "the inspector: nothing to scroll; over the tiles the wheel zooms"
