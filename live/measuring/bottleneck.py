"""What limits the rate of the pictures, in one sentence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from live.measuring.record import PARTS

MOST_USED = 0.9  # of the source's interval, that leaves room for what varies
CLEARLY = 1.25  # a rate this many times lower is worth a word


@dataclass(frozen=True)
class Circumstances:
    """What the times alone do not tell.

    interval_ms: the source's; None where it has none, or stands still. live: fetching goes on beside the rest.
    arriving_fps: at which pictures come from it. advice: the camera doctor's sentence. canvas_wh, frame_wh: of the
    window's inside and of the frames. layer: "4 kernels of 31x31 by opencv on cpu".
    """

    interval_ms: float | None
    live: bool
    arriving_fps: float
    advice: str | None
    canvas_wh: tuple[int, int]
    frame_wh: tuple[int, int]
    layer: str


def bottleneck(bars_ms: NDArray[np.float64], about: Circumstances) -> str:
    """One sentence. bars_ms: (n, 5), see Recent; medians are taken of them."""
    if about.interval_ms is None or not len(bars_ms):
        return "nothing: the picture stands still"
    if about.advice:
        return about.advice if about.advice.startswith("the camera") else f"the camera: {about.advice}"
    times = dict(zip(PARTS, np.median(bars_ms, axis=0).tolist(), strict=False))
    ours = sum(ms for part, ms in times.items() if not (about.live and part == "capture"))
    busy = max(ours, times["capture"])
    interval = f"{about.interval_ms:.0f} ms"
    if busy <= MOST_USED * about.interval_ms:
        due_fps = 1000 / about.interval_ms
        if about.live and about.arriving_fps * CLEARLY < due_fps:
            return f"the source: {about.arriving_fps:.0f} of its {due_fps:.0f} fps come"
        return f"nothing: {_ms(busy)} of {interval} used"
    largest = max(times, key=lambda part: times[part])
    used = f"{_ms(times[largest])} of {interval}"
    (canvas_w, canvas_h), (frame_w, frame_h) = about.canvas_wh, about.frame_wh
    return {
        "capture": f"capture: {used} to fetch and decode {frame_w}x{frame_h}",
        "compute": f"computing: {used}, {about.layer}",
        "draw": f"drawing: {used}, for a {canvas_w}x{canvas_h} window",
        "show": f"showing: {used}, for a {canvas_w}x{canvas_h} window",
    }[largest]


def _ms(ms: float) -> str:
    return f"{ms:.0f}" if ms >= 1 else f"{ms:.1f}"
