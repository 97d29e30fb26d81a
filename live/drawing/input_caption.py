"""What the caption above the input says: how it is read, and what of it the tile leaves out."""

from __future__ import annotations

from convviz_core.geometry import Box
from live.drawing.numbers import TIMES
from live.drawing.scene import Scene
from live.drawing.text import BOLD, text_width
from live.layout import Layout

INPUT = "input, "  # what its caption begins with
UNSAID, UNSAID_SHARE = 2, 0.1  # pixels at a side, and share of a side, that may be missing without a word


def input_words(layout: Layout, scene: Scene) -> tuple[str, str]:
    """How it is read, in words that fit behind its name or below it; and, on a line below, in what patches."""
    room = layout.tiles[0].caption.width
    return _read_words(layout, scene), _fitting(_patches(scene), layout.text.small, room)


def _patches(scene: Scene) -> list[str]:
    """From the fullest form to the shortest."""
    sizes = ["x".join(map(str, one.layer.bank.kernel_hw)) for one in (scene, scene.other) if one]
    live, kept = sizes[0], sizes[-1]
    if live != kept:
        both = f"{live} live, {kept} kept"
        return [
            f"each patch of it, {both}, {TIMES} a kernel, summed, is one pixel of a map",
            f"patches of it, {both}, {TIMES} kernels",
            f"patches: {both}",
            f"patches of {live} and {kept}",
        ]
    return [
        f"each {live} patch of it {TIMES} a kernel, summed, is one pixel of a map",
        f"each {live} patch of it {TIMES} a kernel is a map's pixel",
        f"{live} patches of it {TIMES} kernels",
        f"read {live} at a time",
    ]


def _read_words(layout: Layout, scene: Scene) -> str:
    """Whether it is read in colour, and what the tile leaves out."""
    text, plan = layout.text, layout.caption
    size = text.base if plan.lines == 2 and not plan.stacked else text.small
    room = layout.tiles[0].caption.width - (0 if plan.stacked else text_width(INPUT, size, BOLD))
    colours = _colours(scene)
    cut = _cut(layout, scene)
    whole = [f"{colour}, {less}" for colour in colours for less in cut]
    return _fitting([*whole, *cut, *colours], size, room)


def _colours(scene: Scene) -> list[str]:
    live, kept = (one.layer.bank.channels == 3 for one in (scene, scene.other or scene))
    if live != kept:
        return ["in colour live, gray kept", "live in colour"] if live else ["gray live, in colour kept", "gray live"]
    return ["in colour", "colour"] if live else ["gray"]


def _cut(layout: Layout, scene: Scene) -> list[str]:
    """What lies outside of the tile, where that is much: the tile shows what has a pixel of the maps."""
    part, (height, width) = layout.request.maps.shown, scene.image.shape[:2]
    seen = scene.layer.geometry.shown(Box(part.y, part.x, part.bottom, part.right))
    rows = max(seen.top, 0), max(height - seen.bottom, 0)
    columns = max(seen.left, 0), max(width - seen.right, 0)
    share = max(sum(rows) / height, sum(columns) / width)
    if max(*rows, *columns) <= UNSAID and share <= UNSAID_SHARE:
        return []
    if abs(max(rows) - max(columns)) <= 1:
        what = _span((*rows, *columns), "pixel")
    else:
        what = " and ".join(_span(cut, name) for cut, name in ((rows, "row"), (columns, "column")) if any(cut))
    return [
        f"without its outer {what}, where no patch has its middle",
        f"without its outer {what}",
        f"outer {what} cut",
    ]


def _span(cut: tuple[int, ...], name: str) -> str:
    least, most = min(cut), max(cut)
    count = str(most) if least == most else f"{least} {'or' if most == least + 1 else 'to'} {most}"
    return f"{count} {name}{'s' * (most > 1)}"


def _fitting(forms: list[str], size: float, room: int) -> str:
    return next((form for form in forms if text_width(form, size) <= room), "")
