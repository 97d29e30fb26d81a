"""The profile: where each picture's time went, as bars and in numbers, what limits the rate, and what was lost."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from live.drawing.overlay import Pieces, Sprite, at_once
from live.drawing.panel import PanelPage
from live.drawing.scene import ProfileInfo, Scene
from live.drawing.text import ACCENT, DIM, INK, PANEL, RULE, Colour, put, wrapped
from live.layout import Layout
from live.layout.panel_places import Panel
from live.layout.tiling import Rect
from live.measuring.bars import BARS_KEPT
from live.measuring.record import PARTS, Percentiles, percentiles_of

LARGEST_BARS_LINES, SMALLEST_BARS_LINES, ONE_BAR_LINES = 9, 3, 1.5
HEADROOM = 1.35  # above the source's interval and above what most pictures took
NAMES = (*PARTS, "waiting")
# B, G, R; apart from each other in lightness too, for who sees fewer colours.
COLOURS: tuple[Colour, ...] = ((178, 114, 0), (233, 180, 86), (115, 158, 0), (66, 228, 240), (85, 78, 75))
SHORT = {"from picture to picture": "interval"}
PERCENTILES = ("p50", "p95", "p99")
COLUMN_SHARE = 0.225  # of the width, from the end of one of them to the next's, where there is room
INDENT_EM, GAP_EM = 1.4, 0.6  # of the names, and between numbers at least


class Profile:
    """Drawn again with each new ProfileInfo, which the loop makes a few times a second."""

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """Of which picture the figures are, where that stands still."""
        return (scene.profile, scene.still) if scene.still is not None else scene.profile is None

    def beat(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """The figures."""
        return scene.profile

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite where it is open."""
        return at_once(self.pieces(layout, scene))

    def pieces(self, layout: Layout, scene: Scene) -> Pieces:
        """See Piecewise. Where there is little room, the sentence and the numbers come first."""
        place, info = layout.panel(Panel.PROFILE), scene.profile
        if place is None or info is None:
            return ()
        page = PanelPage(place, layout.text, "Profile", f"{_pictures(info)}; p: close")
        page.write_wrapped(info.bottleneck, ACCENT, small=False)
        page.skip(0.3)
        yield
        rows = [*_stages(info), *_rhythm(info)]
        room = page.height - (len(rows) + 1) * page.step(small=True) - page.text.line  # for bars and sentences
        counts = _with_room(page, info, room)
        yield
        yield from _draw_bars(page, info, room - _height_of(page, counts))
        yield
        ends = _ends(page, [times for _, _, times in rows])
        _write_head(page, info, ends)
        for colour, name, times in rows:
            _write_times(page, colour, name, times, ends)
        yield
        page.skip(0.3)
        for name, *forms in counts:
            page.write_whole(forms, name)
        yield  # to copy it is enough for the last picture
        return (page.finish(),)


def _pictures(info: ProfileInfo) -> str:
    count = len(info.recent.bars)
    return "one picture" if count == 1 else f"the last {count} pictures"


def _stages(info: ProfileInfo) -> list[tuple[Colour | None, str, Percentiles]]:
    bars = info.recent.bars
    found = [percentiles_of(bars[:, column]) for column in range(len(NAMES))]
    rows: list[tuple[Colour | None, str, Percentiles]] = []
    for colour, name, times in zip(COLOURS, NAMES, found, strict=True):
        if times:
            rows.append((colour, name, times))
        if name == "compute":
            rows += [(None, f"of it {inside}", of) for inside, of in info.recent.stages.items()]
    return rows


def _rhythm(info: ProfileInfo) -> list[tuple[Colour | None, str, Percentiles]]:
    intervals, latency = info.recent.intervals, info.recent.latency
    rows: list[tuple[Colour | None, str, Percentiles]] = []
    if intervals:
        rows.append((None, "from picture to picture", intervals))
    if latency:
        rows.append((None, "latency", latency))
    return rows


def _counts(info: ProfileInfo) -> list[tuple[str, ...]]:
    """What each sentence tells, in a word; the sentence, and shorter ones."""
    recent = info.recent
    rates = f"a second: {recent.captured_fps:.1f} captured, {recent.processed_fps:.1f} processed, "
    jitter = f"jitter {recent.jitter_ms:.1f} ms"
    moving: list[tuple[str, ...]] = [
        ("jitter", f"{jitter} (standard deviation from picture to picture)", jitter),
        ("the rates", f"{rates}{recent.shown_fps:.1f} shown", f"{recent.processed_fps:.1f} processed a second"),
    ]
    engine = f"{info.engine} for {info.engine_for_s:.0f} s"
    dropped = f"dropped: {info.passed_over} for newer ones, {info.unfinished} not finished"
    lost = f"dropped: {info.passed_over + info.unfinished}"
    others = f"{info.failed_reads} failed reads, {info.reconnects} reconnects"
    return [
        *(moving if len(recent.bars) > 1 else []),
        ("the engine", f"{engine}; gray by {info.gray_from}", engine),
        ("the counts", f"of {info.captured} captured, {dropped}; {others}", dropped, lost),
    ]


def _with_room(page: PanelPage, info: ProfileInfo, room: int) -> list[tuple[str, ...]]:
    """The sentences, shorter ones where only these leave room for the bars, or have room themselves."""
    full = _counts(info)
    brief = [(name, *shorter) for name, _, *shorter in full]
    for counts, bars in ((full, _least_bars(page, info)), (brief, _least_bars(page, info)), (full, 0)):
        if _height_of(page, counts) + bars <= room:
            return counts
    return brief


def _height_of(page: PanelPage, counts: Sequence[tuple[str, ...]]) -> int:
    lines = (wrapped(first, page.text.small, page.width) for _, first, *_ in counts)
    return page.step(small=True) * sum(map(len, lines))


def _least_bars(page: PanelPage, info: ProfileInfo) -> int:
    """The height in which bars can be read, or the one bar."""
    if len(info.recent.bars) > 1:
        return page.step(small=True) + SMALLEST_BARS_LINES * page.text.line
    return round(ONE_BAR_LINES * page.text.line) + page.text.pad


def _figures(times: Percentiles) -> list[str]:
    """Its percentiles in ms, one after the other; of one picture there is one time."""
    values = (times.p50, times.p95, times.p99) if times.count > 1 else (times.p50,)
    return [f"{value:.1f}" if value < 99.95 else f"{value:.0f}" for value in values]


def _ends(page: PanelPage, rows: Sequence[Percentiles]) -> list[float]:
    """Where each percentile's column ends, as shares of the width: of as many as stand apart behind the names."""
    small = page.text.small
    texts = [*PERCENTILES, *(figure for times in rows for figure in _figures(times))]
    step = max(page.width_of(text, small=True) for text in texts) + GAP_EM * small
    name = max(page.width_of(name, small=True) for name in (*NAMES, *SHORT.values()))
    room = page.width - INDENT_EM * small - name
    most = max((len(_figures(times)) for times in rows), default=1)
    count = min(max(1, int(room / step)), most)
    if count < most:
        page.leave_out(", ".join(PERCENTILES[count:most]))
    apart = max(step / page.width, COLUMN_SHARE)
    return [1.0 - apart * (count - 1 - number) for number in range(count)]


def _write_head(page: PanelPage, info: ProfileInfo, ends: Sequence[float]) -> None:
    if len(info.recent.bars) == 1:
        took = page.fitting(["one picture was computed, and took", "one picture took", "one picture"], "ms", small=True)
        page.row([(took, 0, DIM), ("ms", 1.0, DIM)], small=True)
        return
    beside = ", capture beside the rest" if info.live else ""
    heads = zip(PERCENTILES, ends, strict=False)
    page.row([(f"ms{beside}", 0, DIM), *((name, end, DIM) for name, end in heads)], small=True)


def _write_times(page: PanelPage, colour: Colour | None, name: str, times: Percentiles, ends: Sequence[float]) -> None:
    top, side = page.y, page.text.small
    values = list(zip(_figures(times), ends[-1:] if times.count == 1 else ends, strict=False))
    indent = -INDENT_EM * side / page.width
    widest = page.width_of(values[0][0], small=True) + GAP_EM * side
    room = (values[0][1] + indent) * page.width - widest
    name = name if page.width_of(name, small=True) <= room else SHORT.get(name, name)
    written = page.row([(name, indent, INK), *((value, end, INK) for value, end in values)], small=True)
    if colour and written:
        middle = top + round(0.7 * side)
        half = round(0.35 * side)
        cv2.rectangle(
            page.pixels, (page.left, middle - half), (page.left + 2 * half, middle + half), colour, cv2.FILLED
        )


def _draw_bars(page: PanelPage, info: ProfileInfo, room: int) -> Iterator[None]:
    """One bar a picture, the newest at the right, and a line at the source's interval; its label stands above."""
    bars = info.recent.bars
    head = page.step(small=True)
    height = min(room - head, LARGEST_BARS_LINES * page.text.line)
    if len(bars) == 1:
        _draw_one(page, bars[0], fits=room >= _least_bars(page, info))
    if len(bars) < 2:
        return
    if room < _least_bars(page, info):
        page.leave_out("the bars")
        return
    top_ms = HEADROOM * max(float(np.percentile(bars.sum(axis=1), 95)), info.interval_ms or 0.0, 1e-3)
    line = page.y + round(1.05 * page.text.small)
    words = f"up to {top_ms:.0f} ms a picture"
    end = put(page.pixels, words, page.left, line, page.text.small, DIM) + page.text.base
    source = f"source: one every {info.interval_ms:.1f} ms" if info.interval_ms else ""
    if source and end + page.width_of(source, small=True) + 2 * page.text.base <= page.right:
        x = page.right - page.width_of(source, small=True)
        put(page.pixels, source, x, line, page.text.small, DIM)
        dash = line - round(0.35 * page.text.small)
        cv2.line(page.pixels, (x - 2 * page.text.base, dash), (x - page.text.pad, dash), INK, 1)
    place = Rect(page.left, page.y + head, page.width, height)
    yield
    yield from _stack(page, place, bars, top_ms)
    if info.interval_ms:
        row = place.bottom - 1 - round((place.height - 1) * info.interval_ms / top_ms)
        cv2.line(page.pixels, (place.x, row), (place.right - 1, row), INK, 1)
    page.y = place.bottom + page.text.pad


def _draw_one(page: PanelPage, parts: NDArray[np.float64], *, fits: bool) -> None:
    """One picture's time, as long as the page is wide."""
    if not fits or parts.sum() <= 0:
        page.leave_out("the bar")
        return
    bottom = page.y + round(ONE_BAR_LINES * page.text.line)
    ends = page.left + np.rint(page.width * np.cumsum(parts) / parts.sum()).astype(int)
    for left, right, colour in zip([page.left, *ends[:-1]], ends, COLOURS, strict=True):
        page.pixels[page.y : bottom, left:right] = colour
    page.y = bottom + page.text.pad


def _stack(page: PanelPage, place: Rect, bars: NDArray[np.float64], top_ms: float) -> Iterator[None]:
    ends = np.cumsum(bars, axis=1)
    tops = place.bottom - 1 - np.rint((place.height - 1) * np.minimum(ends / top_ms, 1)).astype(int)
    first = place.x + place.width * (BARS_KEPT - len(bars) + np.arange(len(bars) + 1)) / BARS_KEPT
    firsts = np.rint(first).astype(int)
    rows = np.arange(place.y, place.bottom - 1)[:, None]
    parts = np.zeros((len(rows), len(bars)), np.uint8)  # how many of a bar's parts end below each row
    for top in tops.T:
        parts += rows < top
    yield
    levels = np.repeat(parts, np.diff(firsts), axis=1)
    if place.width >= 3 * BARS_KEPT:
        levels[:, firsts[1:] - firsts[0] - 1] = len(COLOURS)  # a gap behind each
    table = np.empty((256, 1, 3), np.uint8)
    table[:] = PANEL
    table[: len(COLOURS), 0] = COLOURS
    yield
    cv2.applyColorMap(levels, table, dst=page.pixels[place.y : place.bottom - 1, firsts[0] : firsts[-1]])
    cv2.line(page.pixels, (place.x, place.bottom - 1), (place.right - 1, place.bottom - 1), RULE, 1)
