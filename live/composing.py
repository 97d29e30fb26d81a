"""The one place that knows both the viewer's state and what draws: state to layout request, and to scene."""

from __future__ import annotations

from dataclasses import replace

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.api import Result
from convviz_core.filters.opposites import BankWithOpposites
from convviz_core.ranges import RangeMode
from live.controls import KEYS, MapPixel, ViewState, key_names
from live.drawing.captions import Captions, caption_needs
from live.drawing.compositor import Compositor
from live.drawing.help_panel import Help
from live.drawing.inspector import Inspector
from live.drawing.legend import Legend
from live.drawing.marks import TargetMark
from live.drawing.notices import NoSignal, Notices
from live.drawing.profile_panel import Profile
from live.drawing.scene import ProfileInfo, Scene, Status
from live.drawing.strip import Strip
from live.drawing.tiles import TilePainter
from live.drawing.tint import Removed
from live.layout import Layout, LayoutRequest
from live.panel_places import Panel


def new_compositor() -> Compositor:
    """Everything that a canvas of the viewer has, from back to front."""
    keys = [(key_names(binding), binding.help) for binding in KEYS]
    return Compositor(
        TilePainter(),
        beside=(Captions(), Legend(), Strip(), Inspector(), Profile(), Help(keys)),
        marks=(TargetMark(),),
        over=(NoSignal(), Notices()),
    )


def layout_request(canvas_wh: tuple[int, int], frame_shape: tuple[int, ...], state: ViewState) -> LayoutRequest:
    """What `state` wants on a canvas, for frames of that shape. FrameSizeError where the kernel does not fit."""
    bank = state.layer.bank
    is_open = {Panel.INSPECTOR: state.inspector, Panel.PROFILE: state.profile, Panel.HELP: state.help}
    return LayoutRequest(
        canvas_wh=canvas_wh,
        map_hw=state.layer.output_hw(frame_shape),
        count=len(bank),
        input_tile=state.gray_tile,
        enlarged=state.enlarged,
        pan_yx=state.pan_yx,
        panels=tuple(panel for panel, open_now in is_open.items() if open_now),
        captions=caption_needs(bank, numbers=state.kernels, notes=_notes(state)),
    )


def _notes(state: ViewState) -> str:
    """What each map says of itself, beside what it answers to."""
    if state.range == RangeMode.FRAME:
        return "each map's limits"
    return "how much is removed" if isinstance(state.computed.bank, BankWithOpposites) else ""


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
    return Scene(
        layer=state.layer,
        range=state.range,
        ranges=result.ranges[: len(state.layer.bank)],
        image=image,
        mosaic=result.mosaic,
        status=status,
        gain=state.gain,
        colormap=state.colormap,
        flipped=state.true_convolution,
        target=state.inspected if state.inspector else None,
        pinned=state.pinned is not None,
        kernels=state.kernels,
        removed=removed_of(state, result.ranges),
        profile=profile,
        beat=beat,
    )


def removed_of(state: ViewState, ranges: FloatArray) -> Removed | None:
    """Where a mosaic of `state.computed` has what is to be tinted. ranges: float32 (N, 2), of all its maps."""
    bank = state.computed.bank
    if not isinstance(bank, BankWithOpposites):
        return None
    return Removed(bank.opposite_of, len(bank), ranges[list(bank.opposite_of)])


def kept_inside(state: ViewState, layout: Layout) -> ViewState:
    """The state with its pinned pixel, pointer and panning moved back inside the maps."""
    height, width = layout.request.map_hw

    def inside(pixel: MapPixel | None) -> MapPixel | None:
        if pixel is None or pixel[0] >= layout.request.count:
            return None
        return pixel[0], min(max(pixel[1], 0), height - 1), min(max(pixel[2], 0), width - 1)

    enlarged = layout.request.enlarged
    pan_yx = (layout.crop.y, layout.crop.x) if enlarged is not None else (0, 0)
    kept = replace(state, pinned=inside(state.pinned), hovered=inside(state.hovered), enlarged=enlarged, pan_yx=pan_yx)
    return state if kept == state else kept
