"""One canvas from back to front: the picture, what lies on it, and the strip below it."""

from __future__ import annotations

from dataclasses import replace

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.api import Result
from live.controls import ViewState
from live.hud import (
    ProfileInfo,
    Status,
    draw_help,
    draw_map_limits,
    draw_notices,
    draw_profile,
    draw_removed,
    draw_status,
)
from live.inspector_view import draw_inspector
from live.kernel_view import draw_kernels
from live.layout import Layout
from live.picture import Painter
from live.profiler import Recent


def draw_canvas(
    painter: Painter,
    layout: Layout,
    state: ViewState,
    image: ByteArray,
    result: Result,
    status: Status,
    *,
    conv: FloatArray | None = None,
    profile: tuple[Recent, ProfileInfo] | None = None,
) -> ByteArray:
    """The canvas, uint8 BGR, which is the painter's until its next one.

    image: the frame that `result` answers. conv: the responses before ReLU, where they are to be tinted.
    """
    canvas = painter.paint(layout, state, result, image)
    draw_map_limits(canvas, layout, state, result.ranges)
    if conv is not None:
        draw_removed(canvas, layout, painter.tint(layout, conv, state.layer.bank))
    hints = [draw_kernels(canvas, layout, state.layer.bank)] if state.kernels else []
    if state.inspector:
        hints.append(draw_inspector(canvas, layout, state, image, result.ranges))
    draw_status(canvas, layout, state, result.ranges, status)
    if profile is not None:
        draw_profile(canvas, layout, *profile)
    draw_notices(canvas, layout, replace(status, hint=next((hint for hint in hints if hint), None)))
    if state.help:
        draw_help(canvas, layout)
    return canvas
