"""The curves' panel: what the kernel lets through, predicted and measured, and what it makes of the source's noise."""

from __future__ import annotations

import math
from collections.abc import Generator, Hashable, Sequence

import numpy as np

from live.curves import Curve, Curves
from live.drawing.chart import LINE, WHOLE_LINE, draw_chart, draw_plane, plane_margins
from live.drawing.curves_words import (
    best_words,
    brief_best,
    degrees,
    measured_words,
    noise_words,
    plane_words,
    relu_words,
)
from live.drawing.numbers import figure
from live.drawing.overlay import Pieces, Sprite, at_once
from live.drawing.panel import PanelPage
from live.drawing.scene import Scene
from live.drawing.text import ACCENT, DIM, INK, Colour, put, put_right, wrapped
from live.layout import Layout
from live.layout.panel_places import Panel
from live.layout.tiling import Rect

SMALLEST_CHART_LINES, LARGEST_CHART_LINES = 4.0, 13.0
SMALLEST_PLANE_LINES = 6.0
LEAST_LINES = 13.5  # for the plane, with curves that are not the smallest
SIDE_BY_SIDE_FROM = 2.3  # times as wide as high
SKIPPED = 0.2  # of a line, below the first sentence

Words = tuple[str, Colour, str]  # a sentence, and what it is about


class CurvesPanel:
    """Drawn again at once for another kernel and its dots; new figures of the noise take some pictures."""

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """What is known of the kernel, and where no other picture comes, of the noise."""
        return scene.curves if scene.still is not None or scene.curves is None else scene.curves.curves

    def beat(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """What is known."""
        return scene.curves

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite where it is open."""
        return at_once(self.pieces(layout, scene))

    def pieces(self, layout: Layout, scene: Scene) -> Pieces:
        """See Piecewise. Where there is little room, the curves come first, and words give way."""
        place, info = layout.panel(Panel.CURVES), scene.curves
        if place is None:
            return ()
        if info is None:
            return (PanelPage(place, layout.text, "Curves", "j: close").finish(),)
        curves = info.curves
        title = f"Curves of {curves.index + 1}"
        page = PanelPage(place, layout.text, f"{title}, {curves.label}", "j: close", brief=title)
        page.write_wrapped(_best(page, curves), ACCENT, small=False)
        page.skip(SKIPPED)
        noise = noise_words(curves, info.noise)
        words = [(noise[0], INK, "the noise"), *((said, DIM, "where the noise is from") for said in noise[1:])]
        words += [(relu_words(curves), DIM, "what ReLU does"), (measured_words(curves), DIM, "what dots are")]
        left_out = _without_room(page, words)
        yield
        yield from _draw_charts(page, curves, page.height - _height_of(page, words) - page.text.pad)
        yield
        for said, colour, _ in words:
            page.write_wrapped(said, colour)
        for name in dict.fromkeys(reversed(left_out)):
            page.leave_out(name)
        yield  # to copy it is enough for the last picture
        return (page.finish(),)


def _best(page: PanelPage, curves: Curves) -> str:
    """Where most passes, in fewer words where only these leave room for the curves."""
    forms = best_words(curves), brief_best(curves)
    heights = [len(wrapped(said, page.text.base, page.width)) * page.step() for said in forms]
    left = [page.height - height - round(SKIPPED * page.text.line) for height in heights]
    return forms[1] if _has_charts(page, left[1]) and not _has_charts(page, left[0]) else forms[0]


def _has_charts(page: PanelPage, room: int) -> bool:
    return room - page.text.pad >= SMALLEST_CHART_LINES * page.text.line


def _without_room(page: PanelPage, words: list[Words]) -> list[str]:
    """Take those from the end of `words` that leave too little to the charts, or where these have no room, to be read.

    Returns what they are about, the last one first.
    """
    left_out: list[str] = []
    charts, least = _has_charts(page, page.height), round(LEAST_LINES * page.text.line)

    def too_many() -> bool:
        left = page.height - _height_of(page, words)
        return left < 0 or (charts and (not _has_charts(page, left) or (len(words) > 1 and left < least)))

    while words and too_many():
        left_out.append(words.pop()[2])
    return left_out


def _height_of(page: PanelPage, words: Sequence[Words]) -> int:
    return sum(len(wrapped(said, page.text.small, page.width)) for said, _, _ in words) * page.step(small=True)


def _draw_charts(page: PanelPage, curves: Curves, room: int) -> Generator[None, None, None]:
    """The plane above the two curves, or beside them where the panel is wide; without it where it would be tiny."""
    line, top, gap = page.text.line, page.y, page.text.base
    if room < SMALLEST_CHART_LINES * line:
        page.leave_out("the curves")
        return
    beside = page.width > SIDE_BY_SIDE_FROM * room
    if beside:
        side = _plane_side(page, room)
        left = page.left + side + plane_margins(page.text)[0] + gap if side else page.left
        chart_top, chart_h = top, room
    else:
        chart_h = min(round(LARGEST_CHART_LINES * line), max(round(SMALLEST_CHART_LINES * line), round(0.42 * room)))
        side = _plane_side(page, min(room - chart_h - page.text.pad, round(0.55 * page.width)))
        left = page.left
        chart_top = top + (side + plane_margins(page.text)[1] + page.text.pad if side else 0)
        chart_h = min(round(LARGEST_CHART_LINES * line), top + room - chart_top)
    if side:
        _draw_plane(page, curves, top, side, words=not beside)
    else:
        page.leave_out("the plane")
    yield
    half_w = (page.right - left - gap) // 2
    _draw_orientations(page, curves, Rect(left, chart_top, half_w, chart_h))
    yield
    _draw_frequencies(page, curves, Rect(page.right - half_w, chart_top, half_w, chart_h))
    page.y = chart_top + chart_h + page.text.pad


def _plane_side(page: PanelPage, room: int) -> int:
    """How large the square is in so many rows; 0 where it would show nothing."""
    side = room - plane_margins(page.text)[1]
    return side if side >= SMALLEST_PLANE_LINES * page.text.line else 0


def _draw_plane(page: PanelPage, curves: Curves, top: int, side: int, *, words: bool = False) -> None:
    left = page.left + plane_margins(page.text)[0]
    draw_plane(page.pixels, Rect(left, top, side, side), page.text, curves.plane, curves.best)
    if not words:
        return
    x, y = left + side + page.text.base, top
    for said in plane_words(curves):
        lines = wrapped(said, page.text.small, page.right - x)
        if y + len(lines) * page.step(small=True) > top + side:
            page.leave_out("how to read the plane")
            return
        for line in lines:
            y += page.step(small=True)
            put(page.pixels, line, x, y, page.text.small, DIM)
        y += page.text.pad // 2


def _draw_orientations(page: PanelPage, curves: Curves, place: Rect) -> None:
    angles = [(float(angle), degrees(angle)) for angle in (0, 45, 90, 135, 180)]
    titles = f"orientation, at {curves.best.frequency:.3f}", "orientation", "angle"
    _draw_curve(page, curves, curves.over_orientation, place, titles, angles)


def _draw_frequencies(page: PanelPage, curves: Curves, place: Rect) -> None:
    last = float(curves.over_frequency.at[-1])
    ends = [(0.0, "0"), (last / 2, f"{last / 2:.3g}"), (last, f"{last:.3g}")]
    titles = f"cycles a pixel, at {degrees(curves.best.orientation)}", "cycles a pixel", "cycles"
    _draw_curve(page, curves, curves.over_frequency, place, titles, ends)


def _draw_curve(
    page: PanelPage, curves: Curves, curve: Curve, place: Rect, titles: Sequence[str], ticks: list[tuple[float, str]]
) -> None:
    """titles: of the fullest form and shorter ones."""
    text = page.text
    top = _top(curves)
    step = page.step(small=True)
    said = figure(top)
    begin = put_right(page.pixels, said, place.right, place.y + text.small, text.small, INK)
    room = begin - place.x - text.gap
    title = next((title for title in titles if page.width_of(title, small=True) <= room), "")
    put(page.pixels, title, place.x, place.y + text.small, text.small, DIM)
    chart = Rect(place.x, place.y + step, place.width, place.height - step)
    lines = [(curve.line, WHOLE_LINE), (curve.shown, LINE)] if curves.rectified else [(curve.line, LINE)]
    draw_chart(page.pixels, chart, text, curve.at, lines, (curve.dots_at, curve.dots), top, ticks)


def _top(curves: Curves) -> float:
    """The amplitude at the top of both curves: the largest that there is, dots included; 0 where no wave passes."""
    if curves.best.gain == 0:
        return 0.0  # what is measured is rounding
    found = [curves.best.gain / 2]
    for curve in (curves.over_orientation, curves.over_frequency):
        found += [float(np.nanmax(part)) for part in (curve.line, curve.dots) if np.isfinite(part).any()]
    top = max(found)
    return top if math.isfinite(top) else 0.0
