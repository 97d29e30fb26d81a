"""State and answer of a model's layer -> layout request and scene."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from convviz_core.engines.api import Result
from convviz_core.layer import Activation, Layer
from convviz_core.models.layer import MOST_SHOWN
from convviz_core.models.model_input import Normalization
from convviz_core.ranges import RangeMode
from live.comparing import CompareMode, Pairing
from live.comparing_scene import comparing_request
from live.drawing.caption_text import REMOVED
from live.drawing.captions import Captions, caption_needs
from live.drawing.compositor import Compositor
from live.drawing.difference_legend import DifferenceLegend
from live.drawing.excites_panel import ExcitesPanel
from live.drawing.help_panel import Help
from live.drawing.inspector import Inspector
from live.drawing.layer_list import LayerList
from live.drawing.marks import TargetMark
from live.drawing.model_captions import ModelCaptions, model_caption_needs
from live.drawing.model_inspector import ModelInspector
from live.drawing.model_marks import ModelMark
from live.drawing.model_scene import ModelScene
from live.drawing.model_strip import ModelStrip
from live.drawing.notices import NoSignal, Notices
from live.drawing.pixel_numbers import PixelNumbers
from live.drawing.profile_panel import Profile
from live.drawing.scene import ProfileInfo, Scene, Status
from live.drawing.sides import MarkOfKind, OfKind, OfOther, OnBoth, WipeLine
from live.drawing.tiles import TilePainter
from live.drawing.tint import Removed
from live.drawing.watched_panel import WatchedMarks, WatchedPanel
from live.layout import LayoutRequest
from live.layout.panel_places import Panel
from live.model_view.answer import Answer
from live.model_view.channels import Health
from live.model_view.chosen import ModelChoice
from live.model_view.fields import FieldFinder
from live.model_view.keys import model_sections
from live.model_view.listing import listed
from live.model_view.picture import Page, Shown
from live.model_view.reasons import Reasons
from live.state import ViewState

EXPLANATION = (
    "Each tile is one channel of what the layer gives, before the model goes on; its channels are numbered from 0, as "
    "torch has them. ReLU here is the viewer's own, on what is shown. A dead channel has not been above 0 once since "
    "the layer is shown; a saturated one was the same above 0 at every pixel."
)
FOR_MODELS = (Panel.LAYERS, Panel.INSPECTOR, Panel.EXCITES, Panel.WATCHED, Panel.PROFILE, Panel.HELP)


def new_model_help() -> Help:
    """The help while a model is shown."""
    return Help(model_sections(), explanation=EXPLANATION)


def new_model_compositor(help_panel: Help | None = None) -> Compositor:
    """Everything that a canvas has while a model is shown, from back to front. help_panel: see new_compositor."""
    return Compositor(
        TilePainter(),
        beside=(
            ModelCaptions(),
            OfOther(OfKind(Captions(), ModelCaptions())),
            DifferenceLegend(),
            ModelStrip(),
            LayerList(),
            ModelInspector(),
            OfOther(OfKind(Inspector(), ModelInspector())),
            ExcitesPanel(),
            WatchedPanel(),
            Profile(),
            help_panel or new_model_help(),
        ),
        marks=(
            OnBoth(PixelNumbers(), PixelNumbers()),
            WatchedMarks(),
            OnBoth(ModelMark(), MarkOfKind(TargetMark(), ModelMark())),
            WipeLine(),
        ),
        over=(NoSignal(), Notices()),
    )


def model_request(
    canvas_wh: tuple[int, int], answer: Answer, count: int, state: ViewState, two: Pairing | None = None
) -> LayoutRequest:
    """What `state` wants on a canvas, for so many of the answer's channels. two: with those that are compared."""
    typing = state.model is not None and state.model.typed is not None
    enlarged = state.interaction.viewport.enlarged is not None
    by_themselves = {
        Panel.WATCHED: bool(state.interaction.watched),
        Panel.LAYERS: typing,
        Panel.EXCITES: enlarged,
    }
    tinted = state.appearance.tint and not answer.asked.layer.signed and state.comparing.mode != CompareMode.DIFFERENCE
    limits = "each channel's limits" if state.appearance.range == RangeMode.FRAME else ""
    notes = REMOVED if tinted else limits
    request = LayoutRequest(
        canvas_wh=canvas_wh,
        map_hw=(answer.conv.shape[1], answer.conv.shape[2]),
        count=count,
        input_tile=state.appearance.input_tile,
        viewport=state.interaction.viewport,
        panels=tuple(panel for panel in FOR_MODELS if state.shows(panel) or by_themselves.get(panel)),
        captions=model_caption_needs(len(answer.conv), notes=notes, side="live" if two else ""),
        more_lines=1,
    )
    if two is None:
        return request
    kept = state.comparing.kept
    if isinstance(kept, Layer):
        captions = caption_needs(kept.bank, numbers=False, notes=notes, side="kept")
        return comparing_request(request, two, captions, (kept.bank.channels, *kept.bank.kernel_hw))
    most = len(answer.kept.conv) if answer.kept else 0
    return comparing_request(request, two, model_caption_needs(most, notes=notes, side="kept"))


def model_scene(
    state: ViewState,
    shown: Shown,
    result: Result,
    status: Status,
    health: Health,
    fields: FieldFinder,
    reasons: Reasons,
    *,
    profile: ProfileInfo | None = None,
    beat: int = 0,
) -> Scene:
    """What `state` shows of an answer."""
    looks, inspected, answer = state.appearance, state.interaction.inspected, shown.answer
    assert state.model is not None
    activation = Activation(answer.asked.layer.activation)
    read, finding = None, False
    if inspected is not None:
        read, finding = fields.box(answer.asked.layer, answer.input_hw, *inspected[1:])
    return Scene(
        layer=replace(state.settings, activation=activation).layer,
        range=looks.range,
        ranges=result.ranges,
        image=answer.picture,
        mosaic=result.mosaic,
        status=status,
        gain=looks.gain,
        share_above=shown.page.share_above,
        colormap=looks.colormap,
        target=inspected if state.shows(Panel.INSPECTOR) else None,
        marked=inspected,
        pinned=state.interaction.pinned is not None,
        sliding=state.interaction.sliding,
        panel_point=state.interaction.panel_point,
        scrolled_maps=state.interaction.scrolled_maps,
        removed=removed_of_page(shown.page),
        profile=profile,
        beat=beat,
        help_page=state.interaction.help_page,
        model=ModelScene(
            model=state.model.model.name,
            name=answer.asked.layer.name,
            type=_type_of(state.model, answer),
            shape=(len(answer.conv), answer.conv.shape[1], answer.conv.shape[2]),
            stride=next((line.stride for line in state.model.lines if line.name == answer.asked.layer.name), None),
            conv=answer.conv,
            channels=shown.page.look.channels,
            page=state.model.page,
            pages=max(1, -(-len(answer.conv) // MOST_SHOWN)),
            order=str(state.model.order),
            dead=health.dead,
            saturated=health.saturated,
            zeros=health.zeros,
            forward_ms=answer.forward_ms,
            input_words=input_words(answer, state.model.normalize),
            listed=listed(state),
            read=read,
            frame_hw=(answer.frame.image.shape[0], answer.frame.image.shape[1]),
            finding=finding,
            why=reasons.why,
            excites=reasons.excites,
        ),
    )


def removed_of_page(page: Page) -> Removed | None:
    """Where a page's mosaic has what is to be tinted."""
    if page.removed is None:
        return None
    n = len(page.ranges)
    return Removed(tuple(range(n, 2 * n)), 2 * n, page.removed, np.zeros(n), page.removed_shares)


def _type_of(choice: ModelChoice, answer: Answer) -> str:
    return next((line.type for line in choice.lines if line.name == answer.asked.layer.name), "")


def input_words(answer: Answer, normalize: Normalization | None) -> str:
    """What the model gets, in words."""
    height, width = answer.input_hw
    kind = "gray" if answer.channels == 1 else "RGB"
    normalised = f", normalised ({normalize})" if normalize else ""
    return f"{width}x{height} {kind} in 0 to 1{normalised}"
