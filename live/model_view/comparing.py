"""What a model's layer is compared with: another of its layers, of the same run, or a filter bank on the frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from convviz_core.blocks import Reduce
from convviz_core.engines.api import Engine, Result
from convviz_core.engines.model_page import LayerOutput, difference_output, output_of, same_maps
from convviz_core.engines.opening import open_engine
from convviz_core.layer import Layer
from convviz_core.models.layer import ModelLayer
from convviz_core.placement import Alignment, MapPlacement
from convviz_core.ranges import Limits
from live.comparing import HIDDEN, UNCHANGED, CompareMode, Comparing, Pairing, comparable_limits, shared_limits
from live.layout import Layout
from live.layout.panel_places import Panel
from live.model_view.answer import Answer, Responses, key_of
from live.model_view.channels import Channels, Health
from live.model_view.chosen import Order
from live.model_view.fields import FieldFinder
from live.model_view.picture import Look, Page, PictureMaker, Shown
from live.pane import Choice, Pane
from live.state import ViewState


@dataclass(frozen=True, eq=False)
class Other:
    """The kept side of an answer.

    channels: those of the page, or the bank's maps. output: its maps, where it is a layer of the model, and health: how
    these do. page: what is shown of them, result: of a bank; both None where the difference is shown. limits: of the
    live side and of the kept one, by themselves where the difference is shown. same: see Scene.
    """

    layer: Layer | ModelLayer
    two: Pairing
    channels: tuple[int, ...]
    output: LayerOutput | None = None
    page: Page | None = None
    result: Result | None = None
    limits: tuple[Limits | None, Limits | None] = (None, None)
    shares_range: bool = False
    same: str | None = None
    health: Health | None = None


class Sides:
    """Makes what is shown of answers: of a layer by itself, or of both sides. Remembers what their ranges need."""

    def __init__(self, fields: FieldFinder) -> None:
        self._fields = fields
        self._live, self._kept, self._differences = PictureMaker(), PictureMaker(), PictureMaker()
        self._channels = Channels()
        self._differed: tuple[object, ...] = ()
        self._bank: tuple[Engine, Pane] | None = None

    @staticmethod
    def asked(state: ViewState) -> ModelLayer | None:
        """The other layer whose maps the model's run is to give."""
        kept = state.comparing.kept
        return kept if isinstance(kept, ModelLayer) and state.comparing.mode != CompareMode.OFF else None

    def take(self, answer: Answer, state: ViewState, tell: Callable[[str], None]) -> ViewState:
        """A new answer: to be called once for each. Where it lacks the kept layer, that is told and none is kept."""
        self._live.take(answer.responses)
        if answer.kept:
            self._kept.take(answer.kept)
            self._channels.take(answer.kept)
        elif answer.asked.kept and answer.asked.kept == self.asked(state):
            tell(f"{answer.asked.kept.name} gives no maps on this picture: nothing is compared")
            return replace(state, comparing=Comparing())
        return state

    def pair(self, state: ViewState, answer: Answer, channels: tuple[int, ...]) -> Pairing | None:
        """How the answer's maps lie on the kept ones; None where nothing is compared, or these are not there yet."""
        kept, mode, live = state.comparing.kept, state.comparing.mode, answer.asked.layer
        if mode == CompareMode.OFF or kept is None:
            return None
        live_at = _on_input(state, live, answer.conv.shape, answer.input_hw, len(channels))
        sought, crossed = {"live": live}, False
        if isinstance(kept, ModelLayer):
            if answer.kept is None or answer.kept.of != key_of(kept):
                return None
            partners = _partners(state, kept, answer, channels)
            kept_at = _on_input(state, kept, answer.kept.conv.shape, answer.input_hw, len(partners))
            sought["kept"] = kept
            crossed = any(one != other for one, other in zip(channels, partners, strict=False))
        else:
            kept_at = kept.placement(answer.frame.image.shape)
        placed, finding = {"live": live_at, "kept": kept_at}, False
        looks_closely = mode != CompareMode.BESIDE or state.shows(Panel.INSPECTOR) or state.interaction.viewport.moves
        comparable = (live_at.stride_yx, live_at.picture_hw) == (kept_at.stride_yx, kept_at.picture_hw)
        if looks_closely and comparable and live.name != kept.name:
            for side, layer in sought.items():
                found, still_finding = self._fields.placement(layer, answer.input_hw)
                finding = finding or still_finding
                if found and found.hw == placed[side].hw:
                    placed[side] = replace(found, count=placed[side].count)
        found_pairing = Pairing.of(placed["live"], placed["kept"], mode, finding=finding)
        return replace(found_pairing, crossed=crossed)

    @staticmethod
    def look(state: ViewState, answer: Answer, channels: tuple[int, ...], layout: Layout | None) -> Look:
        """How the state has the live side shown."""
        looks = state.appearance
        tint = looks.tint and not answer.asked.layer.signed and state.comparing.mode != CompareMode.DIFFERENCE
        return Look(channels, looks.range, looks.gain, layout.reduce if layout else 1, tint)

    def show(self, state: ViewState, answer: Answer, two: Pairing | None, look: Look, layout: Layout | None) -> Shown:
        """What is on the screen: the live side, both sides, or their difference. look: the live side's."""
        if two is None:
            return Shown(answer, self._live.show(answer.responses, look))
        return self._both(state, answer, two, look, layout.other.reduce if layout and layout.other else 1)

    def _both(self, state: ViewState, answer: Answer, two: Pairing, look: Look, reduce: Reduce) -> Shown:
        """look: the live side's. reduce: of the kept one."""
        kept, maker = state.comparing.kept, self._live
        if isinstance(kept, Layer):
            own = maker.limits(answer.responses, look), None
            side = Other(kept, two, tuple(range(len(kept.bank))), limits=own)
            if two.mode == CompareMode.DIFFERENCE:
                return self._difference(answer, look, replace(side, output=self._bank_output(answer, kept)))
            result = self._bank_result(state, answer, kept, replace(look, reduce=reduce))
            return Shown(answer, maker.show(answer.responses, look), other=replace(side, result=result))
        assert isinstance(kept, ModelLayer)
        assert answer.kept is not None
        responses = answer.kept
        channels, health = _partners(state, kept, answer, look.channels), self._channels.health
        tint = state.appearance.tint and not kept.signed and state.comparing.mode != CompareMode.DIFFERENCE
        kept_look = replace(look, channels=channels, reduce=reduce, tint=tint)
        limits = maker.limits(answer.responses, look), self._kept.limits(responses, kept_look)
        same = sameness(answer, kept, (look.channels, channels), two.overlaid)
        side = Other(kept, two, channels, responses.output, limits=limits, health=health, same=same)
        if two.mode == CompareMode.DIFFERENCE:
            return self._difference(answer, look, side)
        shares = comparable_limits(maker.met(answer.responses), self._kept.met(responses))
        both = shared_limits(limits[0], limits[1]) if shares and limits[0] and limits[1] else None
        page = self._kept.show(responses, kept_look, both)
        other = replace(side, page=page, limits=(both or limits[0], both or limits[1]), shares_range=both is not None)
        return Shown(answer, maker.show(answer.responses, look, both), other=other)

    def close(self) -> None:
        """No more banks are computed."""
        if self._bank:
            self._bank[0].close()

    def _difference(self, answer: Answer, look: Look, side: Other) -> Shown:
        assert side.two.alignment is not None
        assert side.output is not None
        output = difference_output(answer.output, side.output, (look.channels, side.channels), side.two.alignment)
        pairs = frozenset(zip(look.channels, side.channels, strict=False))
        of = "difference", answer.responses.of, side.layer.name, side.layer.activation, pairs
        found = Responses(of, answer.frame, output)
        if self._differed != (answer, of):
            self._differed = answer, of
            self._differences.take(found)
        page = self._differences.show(found, replace(look, channels=tuple(range(side.two.count)), tint=False))
        return Shown(answer, replace(page, look=look), other=side)

    def _bank_result(self, state: ViewState, answer: Answer, kept: Layer, look: Look) -> Result:
        choice = Choice(kept, state.with_removed(kept), look.range, look.gain, look.reduce)
        _, pane = self._bank_pane()
        if pane.answers(answer.asked.picture, choice) and pane.result:
            return pane.result
        return pane.run(answer.frame, answer.asked.picture, choice)

    def _bank_output(self, answer: Answer, kept: Layer) -> LayerOutput:
        engine, _ = self._bank_pane()
        return output_of(engine.maps(answer.frame.image, kept)[0], signed=kept.signed)

    def _bank_pane(self) -> tuple[Engine, Pane]:
        """An engine beside the model's, which has a thread of its own."""
        if self._bank is None:
            engine = open_engine("auto", "cpu", background=True)
            self._bank = engine, Pane(engine)
        return self._bank


def sameness(
    answer: Answer, kept: ModelLayer, channels: tuple[tuple[int, ...], tuple[int, ...]], alignment: Alignment | None
) -> str | None:
    """Why both sides show the same at every pixel, if they do; alignment: None compares whole maps."""
    live, layer, other = answer.output, answer.asked.layer, answer.kept.output if answer.kept else None
    if other is None or (alignment is None and live.conv.shape[1:] != other.conv.shape[1:]):
        return None
    height, width = live.conv.shape[1:]
    on_each_other = alignment or Alignment((0, 0), (0, 0), (height, width), len(channels[0]))
    if not same_maps(live, other, channels, on_each_other):
        return None
    if key_of(layer) == key_of(kept):
        return UNCHANGED
    raw = replace(live, signed=True), replace(other, signed=True)
    return "" if same_maps(*raw, channels, on_each_other) else HIDDEN


def _partners(state: ViewState, kept: ModelLayer, answer: Answer, live: tuple[int, ...]) -> tuple[int, ...]:
    """The kept side's channels, in their order.

    They are the `live` side's where either layer has as many, and these are the same ones or the strongest: a channel's
    partner is then the one of its number. Else they stay the page that was kept.
    """
    assert answer.kept is not None
    count = len(answer.kept.conv)
    own = kept.shown(count)
    strongest = state.model is not None and state.model.order == Order.STRONGEST
    return live if count == len(answer.conv) and (strongest or set(own) == set(live)) else own


def _on_input(
    state: ViewState, layer: ModelLayer, shape: tuple[int, ...], input_hw: tuple[int, int], count: int
) -> MapPlacement:
    """What is known of a layer's maps (C, h, w) without its receptive fields: a layer reads what it reads itself."""
    hw, lines = (shape[1], shape[2]), state.model.lines if state.model else ()
    stride = next((line.stride for line in lines if line.name == layer.name), None)
    return MapPlacement(
        count, hw, input_hw, stride or (input_hw[0] / hw[0], input_hw[1] / hw[1]), None, reads=layer.name
    )
