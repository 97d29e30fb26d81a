"""The profile: rates, stages, latency and losses of the last few seconds, and a curve of the frame times."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import cv2
import numpy as np

from live.drawing.overlay import Sprite
from live.drawing.panel import PanelPage
from live.drawing.scene import ProfileInfo, Scene
from live.drawing.text import ACCENT, DIM, INK, RULE, put_right
from live.layout import Layout
from live.layout.panel_places import Panel
from live.layout.tiling import Rect
from live.measuring.record import RECENT_S, Percentiles

LARGEST_CURVE_LINES = 6
RATES_EM = 20.0  # a narrower panel has the rates one below the other


class Profile:
    """Drawn again with each new ProfileInfo, which the loop makes a few times a second."""

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """The figures."""
        return scene.profile

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite where it is open."""
        place, info = layout.panel(Panel.PROFILE), scene.profile
        if place is None or info is None:
            return ()
        page = PanelPage(place, layout.text, "Profile", f"the last {RECENT_S:g} s; p: close")
        _write_rates(page, info)
        page.skip()
        _write_stages(page, info)
        page.skip()
        page.write_wrapped(f"{info.engine}, gray by {info.gray_from}")
        losses = f"{info.captured} captured, {info.dropped} dropped, {info.failed_reads} failed reads"
        page.write_wrapped(f"{losses}, {info.reconnects} reconnects")
        if info.advice:
            page.write_wrapped(info.advice, ACCENT)
        page.skip()
        _draw_curve(page, info)
        return (page.sprite,)


def _write_rates(page: PanelPage, info: ProfileInfo) -> None:
    recent = info.recent
    rates = {"captured": recent.captured_fps, "processed": recent.processed_fps, "shown": recent.shown_fps}
    if page.width < RATES_EM * page.text.base:
        for name, rate in rates.items():
            page.row([(f"{name} a second", 0, DIM), (f"{rate:.1f}", 1.0, INK)])
        return
    ends = [0.55 + 0.225 * number for number in range(3)]
    page.row([("frames a second", 0, DIM), *zip(rates, ends, [DIM] * 3, strict=True)], small=True)
    page.row([(f"{rate:.1f}", end, INK) for rate, end in zip(rates.values(), ends, strict=True)])


def _write_stages(page: PanelPage, info: ProfileInfo) -> None:
    page.row(
        [("milliseconds", 0, DIM), *((name, 0.55 + 0.225 * i, DIM) for i, name in enumerate(("p50", "p95", "p99")))],
        small=True,
    )
    for name, times in info.recent.stages.items():
        _write_stage(page, name, times)
    if info.recent.latency:
        _write_stage(page, "latency", info.recent.latency)


def _write_stage(page: PanelPage, name: str, times: Percentiles) -> None:
    values = (times.p50, times.p95, times.p99)
    page.row([(name, 0, INK), *((f"{value:.2f}", 0.55 + 0.225 * i, INK) for i, value in enumerate(values))])


def _draw_curve(page: PanelPage, info: ProfileInfo) -> None:
    """One step a frame, the newest at the right; lines at 30 and 60 pictures a second."""
    times = info.recent.frame_times_ms
    head = page.step(small=True)
    height = min(page.height - head, LARGEST_CURVE_LINES * page.text.line)
    if height < 2 * page.text.line or len(times) < 2:
        return
    top_ms = max(50.0, float(np.percentile(times, 99)) * 1.2)
    page.row([("from picture to picture", 0, DIM), (f"{top_ms:.0f} ms", 1.0, DIM)], small=True)
    labels_w = page.width_of("33.3", small=True) + page.text.pad
    place = Rect(page.left, page.y, page.width - labels_w, height)
    cv2.rectangle(page.pixels, (place.x, place.y), (place.right - 1, place.bottom - 1), RULE, 1)
    x = place.x + np.linspace(1, place.width - 2, len(times))
    y = place.bottom - 2 - (place.height - 3) * np.minimum(times / top_ms, 1)
    for mark_ms in (1000 / 60, 1000 / 30):
        row = int(place.bottom - 2 - (place.height - 3) * mark_ms / top_ms)
        cv2.line(page.pixels, (place.x + 1, row), (place.right - 2, row), RULE, 1)
        put_right(page.pixels, f"{mark_ms:.1f}", page.right, row + page.text.small // 3, page.text.small, DIM)
    points = np.stack([x, y], axis=1).astype(np.int32)[:, None]
    cv2.polylines(page.pixels, [points], isClosed=False, color=ACCENT, lineType=cv2.LINE_AA)
    page.y += height
