"""Why the inspected response is what it is, what excites the enlarged channel, and arriving in the layer before."""

from __future__ import annotations

from dataclasses import replace

from convviz_core.geometry import Box
from convviz_core.models.errors import ModelError
from convviz_core.models.explaining import explanation_of
from convviz_core.models.reading import contributions_of
from live.drawing.reasons import Excites, Why
from live.layout.panel_places import Panel
from live.model_view.answer import Answer
from live.model_view.chosen import Source
from live.model_view.exciting import Excitement, Exciting
from live.model_view.fields import FieldFinder
from live.state import ViewState


def why(answer: Answer, channel: int, y: int, x: int) -> Why | None:
    """What a response was made of; None where its run was not traced, or its kind of layer cannot be said."""
    run = answer.output.run
    if run is None:
        return None
    try:
        return Why(contributions_of(run, channel, y, x), None)
    except ModelError:
        explanation = explanation_of(run, channel, y, x)
        return Why(None, explanation) if explanation else None
    except IndexError:
        return None


def sources(found: Why | None) -> tuple[Source, ...]:
    """For each line that the inspector lists, where it came from."""
    if found is None:
        return ()
    if found.contributions is not None:
        y, x = found.contributions.centre or (0, 0)
        layer = found.made_by if found.contributions.centre else None
        return tuple(Source(layer, channel, y, x) for channel, _ in found.contributions.largest()[0])
    assert found.explanation is not None
    return tuple(Source(found.made_by, one.channel, one.y, one.x) for one in found.explanation.inputs[:1])


class Reasons:
    """What belongs to the latest answer. why: of the inspected response. excites: of the enlarged channel."""

    def __init__(self, fields: FieldFinder) -> None:
        self.why: Why | None = None
        self.excites: Excites | None = None
        self._fields, self._exciting = fields, Exciting()
        self._of: tuple[Answer, int, int, int] | None = None
        self._fed: tuple[Answer, int] | None = None

    @property
    def excited(self) -> tuple[int, tuple[Excitement, ...]] | None:
        """What a snapshot keeps: the enlarged channel, and what drove it highest."""
        found = self.excites
        return (
            (found.channel, self._exciting.kept(self._key(self._fed[0], found.channel)))
            if found and self._fed
            else None
        )

    def take(self, answer: Answer, channels: tuple[int, ...], state: ViewState) -> ViewState:
        """Look at an answer as `state` shows it; the state with where the listed inputs came from."""
        pixel = state.interaction.inspected if state.shows(Panel.INSPECTOR) else None
        of = (answer, channels[pixel[0]], *pixel[1:]) if pixel and pixel[0] < len(channels) else None
        if of != self._of:
            self._of, self.why = of, why(*of) if of else None
        self._excite(answer, channels, state.interaction.viewport.enlarged)
        return state.with_model(sources=sources(self.why))

    def _excite(self, answer: Answer, channels: tuple[int, ...], enlarged: int | None) -> None:
        if enlarged is None or enlarged >= len(channels):
            self.excites = None
            return
        channel, layer, time_s = channels[enlarged], answer.asked.layer, answer.frame.media_time_s
        finding = self._fields.box(layer, answer.input_hw, 0, 0)[1]
        key = self._key(answer, channel)
        if not finding and self._fed != (answer, channel):
            self._fed = answer, channel

            def box_of(y: int, x: int) -> Box | None:
                return self._fields.box(layer, answer.input_hw, y, x)[0]

            self._exciting.take(key, answer.conv[channel], answer.picture, time_s, box_of)
        self.excites = Excites(channel, self._exciting.kept(key), time_s, finding)

    @staticmethod
    def _key(answer: Answer, channel: int) -> tuple[object, ...]:
        layer = answer.asked.layer
        return layer.name, answer.input_hw, layer.normalization, channel


def arrived(state: ViewState, answer: Answer) -> ViewState:
    """With the place pinned that was gone to, once the answer is of its layer; its page is turned to."""
    choice = state.model
    if choice is None or choice.going is None or answer.asked.layer.name != choice.going.layer:
        return state
    source, (count, height, width) = choice.going, answer.conv.shape
    choice = replace(choice, going=None)
    if not (source.channel < count and source.y < height and source.x < width):
        return replace(state, model=choice)
    choice = replace(choice, page=choice.page_of(source.channel))
    tile = choice.channels(count).index(source.channel)
    return replace(state, model=choice).with_interaction(pinned=(tile, source.y, source.x))
