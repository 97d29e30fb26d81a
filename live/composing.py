"""The one place that knows both the viewer's state and what draws: state to layout request, and to scene."""

from __future__ import annotations

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.api import Result
from convviz_core.filters.bank import FilterBank
from convviz_core.filters.opposites import BankWithOpposites
from convviz_core.mosaic import first_maps
from convviz_core.ranges import RangeMode
from live.comparing import compared
from live.comparing_scene import comparing_request
from live.drawing.as_inspected import AsInspected
from live.drawing.caption_text import REMOVED
from live.drawing.captions import Captions, caption_needs
from live.drawing.compositor import Compositor
from live.drawing.curves_panel import CurvesPanel
from live.drawing.difference_legend import DifferenceLegend
from live.drawing.edit_panel import EditedMark, EditPanel
from live.drawing.help_panel import Help
from live.drawing.inspector import Inspector
from live.drawing.layer_panel import LayerPanel
from live.drawing.legend import Legend
from live.drawing.marks import FrameEdge, TargetMark
from live.drawing.notices import NoSignal, Notices
from live.drawing.pixel_numbers import PixelNumbers
from live.drawing.profile_panel import Profile
from live.drawing.scene import EditView, ProfileInfo, Scene, Status
from live.drawing.sides import OfOther, OnBoth, WipeLine
from live.drawing.strip import Strip
from live.drawing.tiles import TilePainter
from live.drawing.tint import Removed
from live.drawing.watched_panel import WatchedMarks, WatchedPanel
from live.editing import BUTTONS, SIGNS
from live.layer_lines import line_words
from live.layout import LayoutRequest
from live.layout.caption_plan import CaptionNeeds
from live.layout.panel_places import Panel
from live.layout.viewport import largest_scale
from live.purposes import edit_sections, help_sections
from live.state import ViewState


def new_help() -> Help:
    """The help while a bank is shown."""
    return Help(help_sections(), edit_sections())


def new_compositor(inspector: Inspector | None = None, help_panel: Help | None = None) -> Compositor:
    """Everything that a canvas of the viewer has, from back to front.

    inspector: for who asks what it lists. help_panel: for who asks how many pages it has.
    """
    inspector, of_other = inspector or Inspector(), Inspector()
    return Compositor(
        TilePainter(),
        beside=(
            Captions(),
            OfOther(Captions()),
            Legend(),
            DifferenceLegend(),
            EditPanel(),
            LayerPanel(),
            inspector,
            OfOther(of_other),
            AsInspected(Strip(), inspector, of_other),
            WatchedPanel(),
            CurvesPanel(),
            Profile(),
            help_panel or new_help(),
        ),
        marks=(
            FrameEdge(),
            OnBoth(PixelNumbers(), PixelNumbers()),
            EditedMark(),
            WatchedMarks(),
            OnBoth(TargetMark(), TargetMark()),
            WipeLine(),
        ),
        over=(NoSignal(), Notices()),
    )


def layout_request(canvas_wh: tuple[int, int], frame_shape: tuple[int, ...], state: ViewState) -> LayoutRequest:
    """What `state` wants on a canvas, for frames of that shape. FrameSizeError where the kernel does not fit."""
    bank = state.layer.bank
    by_themselves = {Panel.WATCHED: bool(state.interaction.watched), Panel.EDIT: state.editing is not None}
    two = compared(state.comparing, state.layer, frame_shape)
    request = LayoutRequest(
        canvas_wh=canvas_wh,
        map_hw=state.layer.output_hw(frame_shape),
        count=len(bank),
        input_tile=state.appearance.input_tile,
        viewport=state.interaction.viewport,
        panels=tuple(panel for panel in Panel if state.shows(panel) or by_themselves.get(panel)),
        captions=_captions(state, bank, "live" if two else ""),
        kernel_chw=(bank.channels, *bank.kernel_hw),
        largest_scale=largest_scale(state.layer.geometry.stride_yx),
    )
    if two is None:
        return request
    kept = two.kept.bank
    kernel_chw = kept.channels, *kept.kernel_hw
    return comparing_request(request, two.pairing, _captions(state, kept, "kept"), kernel_chw)


def _captions(state: ViewState, bank: FilterBank, side: str) -> CaptionNeeds:
    return caption_needs(bank, numbers=state.appearance.kernels, notes=_notes(state), side=side)


def _notes(state: ViewState) -> str:
    """What each map says of itself, beside what it answers to."""
    if state.appearance.range == RangeMode.FRAME:
        return "each map's limits"
    return REMOVED if isinstance(state.computed.bank, BankWithOpposites) else ""


def scene_of(
    state: ViewState,
    image: ByteArray,
    result: Result,
    status: Status,
    *,
    profile: ProfileInfo | None = None,
    beat: int = 0,
) -> Scene:
    """What `state` shows of a frame and its maps. beat: see Scene."""
    looks, inspected = state.appearance, state.interaction.inspected
    return Scene(
        layer=state.layer,
        range=looks.range,
        ranges=result.ranges[: len(state.layer.bank)],
        image=image,
        mosaic=result.mosaic,
        status=status,
        gain=looks.gain,
        share_above=result.share_above,
        colormap=looks.colormap,
        flipped=state.settings.true_convolution,
        target=inspected if state.shows(Panel.INSPECTOR) else None,
        marked=inspected,
        input_pixel=state.interaction.input_pixel,
        pinned=state.interaction.pinned is not None,
        sliding=state.interaction.sliding,
        panel_point=state.interaction.panel_point,
        scrolled_maps=state.interaction.scrolled_maps,
        kernels=looks.kernels,
        removed=removed_of(state, result.ranges),
        profile=profile,
        beat=beat,
        banks=state.settings.banks,
        bank_index=state.settings.bank_index,
        help_page=state.interaction.help_page,
        editing=edit_view(state),
        layer_lines=line_words(state.settings.choice) if state.shows(Panel.LAYER) else (),
        layer_line=state.interaction.layer_line,
    )


def edit_view(state: ViewState) -> EditView | None:
    """What the editing panel shows, where it is open."""
    editing, settings = state.editing, state.settings
    if editing is None:
        return None
    history = settings.history
    possible = {"u": bool(history.past), "y": bool(history.future), "Delete": len(state.layer.bank) > 1}
    return EditView(
        filter=editing.filter,
        place=editing.place,
        step=editing.step,
        undoable=len(history.past),
        redoable=len(history.future),
        in_file=settings.choice.bank is not settings.original and settings.bank_index not in settings.unsaved,
        buttons=tuple((SIGNS.get(key, key), words, possible.get(key, True)) for key, words in BUTTONS),
    )


def removed_of(state: ViewState, ranges: FloatArray) -> Removed | None:
    """Where a mosaic of `state.computed` has what is to be tinted. ranges: float32 (N, 2), of all its maps."""
    bank = state.computed.bank
    if not isinstance(bank, BankWithOpposites):
        return None
    return Removed(bank.opposite_of, len(bank), ranges[list(bank.opposite_of)])


def own_mosaic(state: ViewState, result: Result) -> ByteArray:
    """The mosaic of `state.layer`, without the maps that were computed for the tint; a difference's may have fewer."""
    have = len(result.ranges)
    return first_maps(result.mosaic, have, min(have, len(state.layer.bank)))
