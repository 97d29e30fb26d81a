"""What is drawn over and below the picture: the status strip, the profile, the help, notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.layer import Activation, RangeMode
from convviz_core.ranges import is_flat
from live.colormaps import centred, lookup_table
from live.controls import KEYS, ViewState, key_names
from live.layout import Layout, Rect
from live.measuring.record import Percentiles, Recent
from live.text import DIM, RED, YELLOW, fitting_scale, put, shade, text_width, write_box

EXPLANATION = (
    "Each tile: the gray picture, weighed with one kernel around every pixel.",
    "ReLU: what is negative becomes 0. Range: the two values shown black and white.",
)
FRAME_TIME_CURVE_MS = 100.0  # the curve's full height


@dataclass(frozen=True)
class Status:
    """What the strip says beside the layer: the source, and what has just happened. Times in s, rates a second."""

    source: str
    fps: float | None = None  # None: a picture that stands still has no rate
    recording: str | None = None
    notices: tuple[str, ...] = ()
    silent_s: float | None = None  # how long there has been no signal
    reconnects: int = 0
    hint: str | None = None  # something that cannot be shown, and why


@dataclass(frozen=True)
class ProfileInfo:
    """What the profile says beside the times."""

    engine: str  # "halide on cpu: halide int16"
    gray_from: str
    captured: int
    dropped: int
    failed_reads: int
    reconnects: int
    advice: str | None = None  # the camera doctor's sentence


def draw_status(canvas: ByteArray, layout: Layout, state: ViewState, ranges: FloatArray, status: Status) -> None:
    """Two lines below the picture: the layer with its range in real units and a colour bar; source and rates."""
    if not layout.strip.height:
        return
    x, y = layout.strip.x + layout.line // 3, layout.strip.y + round(layout.line * 0.8)
    room = layout.strip.width - layout.line
    lo, hi = _limits_text(state, ranges)
    head = "  ".join(_layer_words(state))
    gain = f"  gain x{state.gain:g}" if state.gain != 1 and state.range != RangeMode.FRAME else ""
    bar_w = 5 * layout.line
    scale = fitting_scale(f"{head}  {lo}  {hi}{gain}", layout.text, max(room - bar_w, 1))
    x = put(canvas, f"{head}  {lo} ", x, y, scale)
    bar = Rect(x, layout.strip.y + layout.line // 4, min(bar_w, canvas.shape[1] - x), layout.line // 2)
    _draw_colour_bar(canvas, bar, state, ranges)
    put(canvas, f" {hi}{gain}", x + bar_w, y, scale)
    second = _source_words(state, status)
    put(canvas, second, layout.line // 3, y + layout.line, fitting_scale(second, layout.text, room), DIM)


def _layer_words(state: ViewState) -> list[str]:
    bank = state.layer.bank
    kernel_h, kernel_w = bank.kernel_hw
    words = [f"{bank.name} {len(bank)} x {kernel_w}x{kernel_h}"]
    if state.true_convolution:
        words.append("flipped: true convolution")
    words.append("ReLU" if state.activation == Activation.RELU else "no ReLU")
    return [*words, state.range.value]


def _limits_text(state: ViewState, ranges: FloatArray) -> tuple[str, str]:
    if state.range == RangeMode.FRAME:
        return "each map's min", "max"
    return f"{ranges[0, 0]:.3g}", f"{ranges[0, 1]:.3g}"


def _source_words(state: ViewState, status: Status) -> str:
    words = [status.source]
    if status.fps and not state.paused:
        words.append(f"{status.fps:5.1f} fps")
    if state.paused:
        words.append("paused")
    if state.mirror:
        words.append("mirrored")
    if status.reconnects:
        words.append(f"reconnected {status.reconnects}x")
    if status.recording:
        words.append(f"recording {status.recording}")
    words.append("h: help")
    return "   ".join(words)


def _draw_colour_bar(canvas: ByteArray, bar: Rect, state: ViewState, ranges: FloatArray) -> None:
    if bar.width < 8 or bar.height < 2:
        return
    ramp = np.linspace(0, 255, bar.width).astype(np.uint8)[None].repeat(bar.height, axis=0)
    table = lookup_table(state.colormap)
    if table is None:
        coloured = cv2.cvtColor(ramp, cv2.COLOR_GRAY2BGR)
    else:
        if state.colormap == "diverging":
            lo, hi = (-1.0, 1.0) if state.range == RangeMode.FRAME and state.layer.signed else ranges[0].tolist()
            table = centred(table, lo, hi)
        coloured = cv2.applyColorMap(ramp, table)
    canvas[bar.slices] = coloured
    cv2.rectangle(canvas, (bar.x, bar.y), (bar.x + bar.width - 1, bar.y + bar.height - 1), DIM, 1)


def draw_map_limits(canvas: ByteArray, layout: Layout, state: ViewState, ranges: FloatArray) -> None:
    """In frame mode, each map's own limits in real units, at the bottom of its tile."""
    if state.range != RangeMode.FRAME:
        return
    flat = is_flat(state.layer, ranges)
    for index, (lo, hi) in enumerate(ranges.tolist()):
        text = f"flat {lo:.3g}" if flat[index] else f"{lo:.3g} .. {hi:.3g}"
        _label_tile(canvas, layout, index, text, at_left=True)


def draw_removed(canvas: ByteArray, layout: Layout, percentages: Sequence[float]) -> None:
    """How much of each map ReLU sets to zero, at the bottom right of its tile."""
    for index, percent in enumerate(percentages):
        _label_tile(canvas, layout, index, f"negative: {percent:.1f}%", at_left=False)


def _label_tile(canvas: ByteArray, layout: Layout, index: int, text: str, *, at_left: bool) -> None:
    place = layout.tile(index)
    if place is None:
        return
    scale = fitting_scale(text, layout.text, max(place.width // 2 - 4, 1))
    height = max(1, min(round(layout.line * scale / layout.text), place.height))
    top = place.y + place.height - height
    width = min(text_width(text, scale) + 4, place.width)
    left = place.x if at_left else place.x + place.width - width
    shade(canvas, Rect(left, top, width, height))
    put(canvas, text, left + 2, top + round(height * 0.75), scale)


def draw_notices(canvas: ByteArray, layout: Layout, status: Status, *, labelled: bool = False) -> None:
    """What has just happened, at the canvas's bottom; and over the last picture, that there is no signal.

    labelled: whether something stands at the bottom of the tiles, which then is not covered.
    """
    lines = [*status.notices, *([status.hint] if status.hint else [])]
    if lines:
        height = layout.line * len(lines) + layout.line // 2
        bottom = _above_labels(layout, canvas.shape[0], height) if labelled else canvas.shape[0]
        room_w = layout.panel.x if layout.panel else canvas.shape[1]
        write_box(canvas, lines, 0, max(0, bottom - height), layout.text, layout.line, width=room_w)
    if status.silent_s is not None:
        text = f"no signal for {status.silent_s:.0f} s"
        scale = fitting_scale(text, 2 * layout.text, layout.picture.width)
        width = text_width(text, scale)
        height = round(layout.line * scale / layout.text)
        left = layout.picture.x + (layout.picture.width - width) // 2
        bottom = layout.picture.y + layout.picture.height // 2 + height
        top = (_above_labels(layout, bottom, 2 * height) if labelled else bottom) - 2 * height
        band = Rect(layout.picture.x, top, layout.picture.width, min(2 * height, canvas.shape[0] - top))
        shade(canvas, band)
        put(canvas, text, left, top + round(1.3 * height), scale, RED)


def _above_labels(layout: Layout, bottom: int, height: int) -> int:
    """Where a box of that height ends: at `bottom`, or so far above it that it covers no tile's label."""
    places = [layout.tile(index) for index in range(layout.map_count)]
    moved = bottom
    for edge in sorted({place.y + place.height for place in places if place}, reverse=True):
        if moved > edge - layout.line and moved - height < edge:
            moved = edge - layout.line
    return moved if moved >= height else bottom


def draw_help(canvas: ByteArray, layout: Layout) -> None:
    """The table of keys, over the whole canvas."""
    names_w = max(text_width(key_names(binding) + "   ", layout.text) for binding in KEYS)
    helps_w = max(text_width(text, layout.text) for text in (*EXPLANATION, *(binding.help for binding in KEYS)))
    height, width = canvas.shape[:2]
    scale = layout.text * min(
        1.0, (width - layout.line) / (names_w + helps_w), height / (layout.line * (len(KEYS) + len(EXPLANATION) + 1))
    )
    step = max(1, int(layout.line * scale / layout.text))
    names_w = round(names_w * scale / layout.text)
    shade(canvas, Rect(0, 0, width, height))
    for number, binding in enumerate(KEYS):
        baseline = step * (number + 1)
        put(canvas, key_names(binding), step // 2, baseline, scale, YELLOW)
        put(canvas, binding.help, step // 2 + names_w, baseline, scale)
    for number, text in enumerate(EXPLANATION, start=len(KEYS) + 1):
        put(canvas, text, step // 2, step * number + step // 2, scale, DIM)


def draw_profile(canvas: ByteArray, layout: Layout, recent: Recent, info: ProfileInfo) -> None:
    """Rates, stages, latency and losses of the last few seconds, and a curve of the frame times."""
    lines = profile_lines(recent, info)
    box = write_box(canvas, lines, 0, 0, layout.text, layout.line, width=layout.canvas_wh[0] * 3 // 5)
    height = 3 * layout.line
    curve = Rect(0, box.height, box.width, min(height, canvas.shape[0] - box.height))
    if curve.height > 8 and len(recent.frame_times_ms) > 1:
        shade(canvas, curve)
        _draw_curve(canvas, curve, recent, layout)


def _draw_curve(canvas: ByteArray, curve: Rect, recent: Recent, layout: Layout) -> None:
    times = np.minimum(recent.frame_times_ms, FRAME_TIME_CURVE_MS)
    x = curve.x + np.linspace(2, curve.width - 3, len(times))
    y = curve.y + (curve.height - 2) * (1 - times / FRAME_TIME_CURVE_MS)
    points = np.stack([x, y], axis=1).astype(np.int32)[:, None]
    cv2.polylines(canvas, [points], isClosed=False, color=YELLOW)
    for mark_ms in (1000 / 60, 1000 / 30):
        row = int(curve.y + (curve.height - 2) * (1 - mark_ms / FRAME_TIME_CURVE_MS))
        cv2.line(canvas, (curve.x, row), (curve.x + curve.width - 1, row), DIM, 1)
    put(canvas, "frame times, lines at 16.7 and 33.3 ms", curve.x + 4, curve.y + layout.line // 2, layout.text * 0.7)


def profile_lines(recent: Recent, info: ProfileInfo) -> list[str]:
    """The profile in words; every figure is measured."""
    lines = [
        f"captured {recent.captured_fps:.1f}  processed {recent.processed_fps:.1f}  shown {recent.shown_fps:.1f} fps",
        f"engine {info.engine}, gray by {info.gray_from}",
        "ms\tp50\tp95\tp99",
    ]
    lines += [_stage_line(name, times) for name, times in recent.stages.items()]
    if recent.latency:
        lines.append(_stage_line("latency", recent.latency))
    losses = f"captured {info.captured}  dropped {info.dropped}  failed reads {info.failed_reads}"
    lines.append(f"{losses}  reconnects {info.reconnects}")
    return [*lines, info.advice] if info.advice else lines


def _stage_line(name: str, times: Percentiles) -> str:
    return f"{name}\t{times.p50:.2f}\t{times.p95:.2f}\t{times.p99:.2f}"
