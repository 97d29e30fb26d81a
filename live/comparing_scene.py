"""Two layers on one canvas: what is asked of the layout, and what is drawn of the kept one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from convviz_core.engines.api import Result
from convviz_core.filters.opposites import BankWithOpposites
from convviz_core.geometry import FrameSizeError
from convviz_core.layer import Layer
from convviz_core.placement import MapPlacement
from convviz_core.ranges import bank_ranges, fixed_limits
from live.comparing import UNCHANGED, Compared, CompareMode, Comparing, Pairing
from live.drawing.scene import MapPixel, Scene
from live.drawing.strip_words import note_lines
from live.drawing.tint import Removed
from live.layout import Layout, LayoutRequest
from live.layout.caption_plan import CaptionNeeds
from live.layout.other_side import MapSpan, Onto, OtherRequest
from live.layout.tiling import Rect
from live.layout.type_scale import type_scale
from live.layout.viewport import NUMBERS_FROM_SCALE
from live.state import ViewState


def comparable(
    state: ViewState, frame_shape: tuple[int, ...], tell: Callable[[str], None], before: Comparing | None = None
) -> ViewState:
    """The state; where a kept bank does not fit such frames, with the one before or without one, and that is told."""
    if state.comparing.mode == CompareMode.OFF or (found := _misfit(state.comparing, frame_shape)) is None:
        return state
    if before is None or before.kept is None or _misfit(before, frame_shape):
        tell(f"{found}: nothing is compared")
        return replace(state, comparing=Comparing())
    tell(f"{found}: the kept bank stays as it was")
    return replace(state, comparing=replace(before, mode=state.comparing.mode))


def _misfit(comparing: Comparing, frame_shape: tuple[int, ...]) -> FrameSizeError | None:
    """Why the kept bank does not fit, if it does not."""
    if isinstance(comparing.kept, Layer):
        try:
            comparing.kept.output_hw(frame_shape)
        except FrameSizeError as error:
            return error
    return None


def comparing_request(
    request: LayoutRequest,
    two: Pairing,
    kept_captions: CaptionNeeds,
    kept_kernel_chw: tuple[int, int, int] = (1, 1, 1),
) -> LayoutRequest:
    """The request with the tiles of both; request: of the live layer alone."""
    (live, kept), width = _spans(two), request.canvas_wh[0]
    both = _wider(request.captions, kept_captions)
    if two.mode != CompareMode.BESIDE:
        both = replace(both, halves=True)
    return replace(
        request,
        map_hw=(live.shown.height, live.shown.width),
        count=two.count,
        captions=both,
        kernel_chw=_larger(request.kernel_chw, kept_kernel_chw),
        span=live,
        other=OtherRequest(
            kept,
            onto(two),
            both,
            beside=two.mode == CompareMode.BESIDE,
            last=two.mode == CompareMode.DIFFERENCE,
        ),
        more_lines=request.more_lines + 1 + len(note_lines(two.notes, width, type_scale(request.canvas_wh))),
    )


def _spans(two: Pairing) -> tuple[MapSpan, MapSpan]:
    """Of either layer's maps, what is shown and what the mosaic holds."""
    whole = [MapSpan.whole(one.hw) for one in (two.live, two.kept)]
    alignment = two.overlaid
    if alignment is None:
        return whole[0], whole[1]
    (height, width), corners = alignment.hw, (alignment.live_yx, alignment.kept_yx)
    shown = [Rect(left, top, width, height) for top, left in corners]
    held = shown if two.mode == CompareMode.DIFFERENCE else [span.held for span in whole]
    return MapSpan(shown[0], held[0]), MapSpan(shown[1], held[1])


def onto(two: Pairing) -> Onto:
    """From the live layer's pixels to the kept one's."""
    if two.alignment:
        live, kept = two.alignment.live_yx, two.alignment.kept_yx
        return Onto(shift_yx=(kept[0] - live[0], kept[1] - live[1]))
    axes = [_onto_axis(two.live, two.kept, axis) for axis in range(2)]
    return Onto((axes[0][0], axes[1][0]), (axes[0][1], axes[1][1]))


def _onto_axis(live: MapPlacement, kept: MapPlacement, axis: int) -> tuple[float, float]:
    """Scale and shift, by the place in the scene: the two may read it at different sizes."""
    (live_at, live_step), (kept_at, kept_step) = _grid(live, axis), _grid(kept, axis)
    scale = kept.picture_hw[axis] / live.picture_hw[axis]
    return scale * live_step / kept_step, (scale * (live_at + 0.5) - 0.5 - kept_at) / kept_step


def _grid(placed: MapPlacement, axis: int) -> tuple[float, float]:
    """Where in its picture a map's first pixel has its middle, and how far apart they are."""
    if placed.centre_yx is not None:
        return placed.centre_yx[axis], placed.stride_yx[axis]
    step = placed.picture_hw[axis] / placed.hw[axis]  # as if the maps were the picture, made smaller
    return (step - 1) / 2, step


def _larger(one: tuple[int, int, int], other: tuple[int, int, int]) -> tuple[int, int, int]:
    return max(one[0], other[0]), max(one[1], other[1]), max(one[2], other[2])


def _wider(one: CaptionNeeds, other: CaptionNeeds) -> CaptionNeeds:
    """What does for both."""
    return replace(
        one,
        line_em=max(one.line_em, other.line_em),
        wrapped_em=max(one.wrapped_em, other.wrapped_em),
        head_em=max(one.head_em, other.head_em),
        below_em=tuple(max(pair) for pair in zip(one.below_em, other.below_em, strict=False)),
        name_em=max(one.name_em, other.name_em),
        kernel_hw=(max(one.kernel_hw[0], other.kernel_hw[0]), max(one.kernel_hw[1], other.kernel_hw[1])),
        pictures=max(one.pictures, other.pictures),
        number_em=max(one.number_em, other.number_em),
    )


def comparing_scene(
    scene: Scene, layout: Layout, state: ViewState, two: Compared, kept: Result | None, *, peak: float | None = None
) -> Scene:
    """The scene with the kept side's beside it; scene: of what is shown of the live layer.

    kept: its answer, where it is computed by itself. peak: the largest |difference|, where that is shown.
    """
    same = UNCHANGED if two.live == two.kept else "" if two.difference and peak == 0 else None
    scene = replace(scene, same=same)
    count = len(two.kept.bank)
    ranges = kept.ranges[:count] if kept else bank_ranges(count, fixed_limits(two.kept))
    other = replace(
        scene,
        layer=two.kept,
        ranges=ranges,
        mosaic=kept.mosaic if kept else scene.mosaic,
        share_above=scene.share_above if same == UNCHANGED else kept.share_above if kept else None,
        flipped=two.flipped,
        removed=removed_of_kept(state, two.kept, kept),
    )
    return with_other(scene, other, layout, two.pairing, state.interaction.wipe, shares_range=two.shares_range)


def with_other(
    scene: Scene, other: Scene, layout: Layout, two: Pairing, wipe: float | None, *, shares_range: bool
) -> Scene:
    """The scene with another layer's beside it. other: with what is shown of that layer by itself."""
    difference = two.mode == CompareMode.DIFFERENCE
    shares_range = shares_range and not difference
    other = replace(
        other,
        target=on_other(layout, scene.target),
        marked=on_other(layout, scene.marked),
        watched=(),
        side="kept",
        same=None,
        crossed=two.crossed,
        profile=None,
        difference=difference,
        shares_range=shares_range,
    )
    return replace(
        scene,
        side="live",
        other=other,
        wipe=_between_numbers(layout, 0.5 if wipe is None else wipe) if two.mode == CompareMode.WIPE else None,
        comparing=two.notes,
        crossed=two.crossed,
        difference=difference,
        shares_range=shares_range,
    )


def _between_numbers(layout: Layout, wipe: float) -> float:
    """How far across a tile a wipe's line is; between two pixels where these have numbers, for it cuts none then."""
    if layout.scale < NUMBERS_FROM_SCALE:
        return wipe
    seen = layout.seen
    edge = round(seen.left + wipe * seen.width)
    return min(max((edge - seen.left) / seen.width, 0.0), 1.0)


def on_other(layout: Layout, pixel: MapPixel | None) -> MapPixel | None:
    """A pixel of the live maps as one of the kept ones, where these have one there."""
    found = layout.on_other(*pixel[1:]) if pixel else None
    return (pixel[0], *found) if pixel and found else None


def removed_of_kept(state: ViewState, layer: Layer, kept: Result | None) -> Removed | None:
    """Where the mosaic of a kept bank has what is to be tinted."""
    bank = state.with_removed(layer).bank
    if kept is None or not isinstance(bank, BankWithOpposites):
        return None
    return Removed(bank.opposite_of, len(bank), kept.ranges[list(bank.opposite_of)])
