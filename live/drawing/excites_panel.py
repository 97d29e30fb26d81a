"""What excites the enlarged channel: the nine parts of the input that drove it highest in this run."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import cv2
import numpy as np

from convviz_core.arrays import ByteArray
from live.drawing.numbers import figure
from live.drawing.overlay import Sprite
from live.drawing.panel import PanelPage
from live.drawing.reasons import Excites
from live.drawing.scene import Scene
from live.drawing.text import DIM, INK, RULE, put
from live.layout import Layout
from live.layout.panel_places import Panel
from live.layout.tiling import Rect

A_ROW = 3


class ExcitesPanel:
    """Drawn again when another part is kept, and with the pictures as often as it can be read."""

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """The parts."""
        found = scene.model.excites if scene.model else None
        return found and (found.channel, found.kept, found.finding, scene.beat)

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite where a channel is enlarged."""
        place, found = layout.panel(Panel.EXCITES), scene.model.excites if scene.model else None
        if place is None or found is None:
            return ()
        title = f"What excites channel {found.channel}"
        page = PanelPage(
            place, layout.text, title, "in this run, the highest first", "in this run", brief="What excites it"
        )
        if not found.kept:
            words = "what a response reads is being found first" if found.finding else "nothing yet"
            page.write(words, DIM, small=True)
            return (page.finish(),)
        known = all(one.box is not None for one in found.kept)
        said = (
            "what the channel's peak reads of the input" if known else "the whole input: what a peak reads is not known"
        )
        page.write_wrapped(said, DIM)
        _draw_parts(page, found)
        return (page.finish(),)


def _draw_parts(page: PanelPage, found: Excites) -> None:
    text, gap = page.text, page.text.pad
    width, step = (page.width - (A_ROW - 1) * gap) // A_ROW, page.step(small=True)
    height = (page.height - gap) // A_ROW - step - gap
    if min(width, height) < step:
        page.leave_out("the parts")
        return
    parts = [_fitted(one.patch, width, height) for one in found.kept]
    words = _words(page, found, width)
    for number, shown in enumerate(parts):
        row, across = divmod(number, A_ROW)
        tallest = max(part.shape[0] for part in parts)
        x, y = page.left + across * (width + gap), page.y + gap + row * (tallest + step + gap)
        place = Rect(x, y, shown.shape[1], shown.shape[0])
        page.pixels[place.slices] = shown
        cv2.rectangle(page.pixels, (x, y), (place.right - 1, place.bottom - 1), RULE, 1)
        put(page.pixels, words[number], x, place.bottom + round(1.05 * text.small), text.small, INK)


def _words(page: PanelPage, found: Excites, width: int) -> list[str]:
    """How high each part drove the channel, and when that was, where all of that has room."""
    values = [figure(one.value) for one in found.kept]
    words = [f"{value}, {_ago(found.time_s - one.time_s)}" for value, one in zip(values, found.kept, strict=True)]
    if max(page.width_of(said, small=True) for said in words) <= width:
        return words
    page.leave_out("when it was")
    return values


def _ago(seconds: float) -> str:
    return "now" if seconds < 1 else f"{seconds:.0f} s ago" if seconds < 100 else f"{seconds / 60:.0f} min ago"


def _fitted(patch: ByteArray, width: int, height: int) -> ByteArray:
    """The patch in BGR as large as it fits, its pixels as squares where it grows."""
    scale = min(width / patch.shape[1], height / patch.shape[0])
    size = max(1, int(patch.shape[1] * scale)), max(1, int(patch.shape[0] * scale))
    how = cv2.INTER_NEAREST if scale > 1 else cv2.INTER_AREA
    shown = np.asarray(cv2.resize(patch, size, interpolation=how), np.uint8)
    return shown if shown.ndim == 3 else np.repeat(shown[:, :, None], 3, axis=2)
