"""The inspector of a model's layer: what one response is, where it lies, what it reads, how the channel does."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from convviz_core.inspect import inspect_pixel
from convviz_core.ranges import RangeMode
from live.drawing.numbers import aligned, figure
from live.drawing.overlay import Pieces, Sprite, at_once
from live.drawing.panel import PanelPage
from live.drawing.scene import Scene
from live.drawing.text import ACCENT, BOLD, DIM, INK
from live.drawing.tiles import map_part
from live.drawing.why import write_why
from live.layout import Layout
from live.layout.panel_places import Panel
from live.layout.why_places import why_places

OTHERS_LISTED = 12  # of the page's channels at the same place, the largest first
FEWEST_LINES = 2  # for what is said of all channels, and the largest one


class ModelInspector:
    """Drawn again when the pixel changes, and with the picture as often as it can be read."""

    first_listed = 0

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """What is explained, and of which picture where that stands still."""
        model = scene.model
        assert model
        other = scene.other and (scene.other.target, scene.other.layer, scene.other.model and scene.other.model.name)
        compared = scene.side, scene.difference, other
        shown = scene.range, scene.gain, scene.layer.activation, model.name, model.channels, *compared
        return (
            scene.target,
            scene.pinned,
            *shown,
            model.read,
            model.finding,
            model.why is None,
            scene.sliding,
            scene.still,
        )

    def beat(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """The pictures'."""
        return scene.beat

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite where it is open."""
        return at_once(self.pieces(layout, scene))

    def pieces(self, layout: Layout, scene: Scene) -> Pieces:
        """See Piecewise."""
        place = layout.panel(Panel.INSPECTOR)
        if place is None:
            return ()
        page = PanelPage(place, layout.text, *_title(scene), brief=scene.side.capitalize() or "Pixel")
        if scene.target is None:
            page.write("no map here" if scene.side == "kept" else "point at a map", DIM)
            return (page.finish(),)
        _write(page, layout, scene)
        yield
        return (page.finish(),)


def _title(scene: Scene) -> tuple[str, str]:
    """Title, and what a click does."""
    if scene.side == "kept":
        return f"Kept: {scene.model.title if scene.model else ''}", ""
    title = "Pinned pixel" if scene.pinned else "Pixel under the pointer"
    return (
        f"Live: {title.lower()}" if scene.side else title,
        "a click lets it go" if scene.pinned else "a click pins it",
    )


def _write(page: PanelPage, layout: Layout, scene: Scene) -> None:
    model, target = scene.model, scene.target
    assert model
    assert target is not None
    index, y, x = target
    channel = model.channels[index]
    value = float(model.conv[channel, y, x])
    where = [f"channel {channel}, row {y}, column {x}", f"channel {channel} at ({y}, {x})", f"{channel} at ({y}, {x})"]
    page.write(page.fitting(where, weight=BOLD) or where[-1], ACCENT, weight=BOLD)
    if state := model.state_of(index):
        since = f"{state} since the layer is shown"
        page.write_first([f"this channel is {since}", since, f"{state} so far", state], ACCENT)
    page.skip()
    page.write_value([f"{model.title} gives", "it gives", "="], value)
    if not scene.layer.signed:
        page.write_value(["after the viewer's ReLU", "after ReLU"], max(value, 0.0))
    shown = _write_difference(page, scene, index, max(value, 0.0) if not scene.layer.signed else value)
    byte = None if scene.difference and scene.other is None else _byte(layout, scene, (index, y, x), shown)
    if byte is not None:
        lo, hi = scene.ranges[index].tolist()
        page.write_value([f"shown in {figure(lo)} to {figure(hi)} as byte", "shown as byte", "byte"], byte)
    page.skip()
    page.write_whole(_reads(scene), "what it reads")
    page.skip()
    if model.why is None:
        _write_others(page, scene, channel, y, x)
        return
    place = layout.panel(Panel.INSPECTOR)
    assert place is not None
    places = why_places(place, layout, model.why.lines)
    bottom, top = page.bottom, places.top - place.y
    has_why = top >= page.y
    page.bottom = top - layout.text.pad if has_why else bottom
    if page.height >= FEWEST_LINES * page.step(small=True):
        _write_others(page, scene, channel, y, x)
    else:
        page.leave_out("the other channels")
    page.bottom = bottom
    if has_why:
        write_why(page, places, top, model.why)
    else:
        page.leave_out("what it was made of")


def _write_difference(page: PanelPage, scene: Scene, index: int, shown: float) -> float:
    """What the kept side answers there, and what the live one answers more, which is what the map then shows."""
    if not scene.difference or scene.other is None or scene.other.target is None:
        return shown
    less = kept_value(scene.other, index)
    page.write_value(["minus the kept side's", "minus kept"], less)
    more = float(np.float32(shown) - np.float32(less))
    page.write_value(["difference"], more, ACCENT)
    return more


def kept_value(kept: Scene, index: int) -> float:
    """What a kept side's tile answers at its target, after its activation."""
    assert kept.target is not None
    _, y, x = kept.target
    if kept.model is not None:
        value = float(kept.model.conv[kept.model.channels[index], y, x])
        return value if kept.layer.signed else max(value, 0.0)
    found = inspect_pixel(kept.image, kept.layer, index, y, x)
    return found.response if kept.layer.signed else found.activated


def _write_others(page: PanelPage, scene: Scene, channel: int, y: int, x: int) -> None:
    model = scene.model
    assert model
    column = model.conv[:, y, x]
    shown = column if scene.layer.signed else np.maximum(column, 0)
    rank = int((np.abs(shown) > abs(shown[channel])).sum()) + 1
    ranked = f"number {rank} of {len(column)}"
    page.write_first(
        [f"all {len(column)} channels here: this one is number {rank} by size", f"{ranked} channels by size", ranked]
    )
    others = np.argsort(-np.abs(shown), kind="stable")[:OTHERS_LISTED].tolist()
    others = others[: page.height // page.step(small=True)]
    texts = aligned(shown[others])
    word = "channel " * all(page.fitting([f"channel {n}"], t, small=True) for n, t in zip(others, texts, strict=True))
    for other, text in zip(others, texts, strict=True):
        colour = ACCENT if other == channel else INK
        page.write_value([f"{word}{other}"], text, colour, small=True)


def _byte(layout: Layout, scene: Scene, target: tuple[int, int, int], shown: float) -> int | None:
    """The pixel's byte in the mosaic, where it is seen; where that has only means, what it would be, by the range."""
    (index, y, x), crop = target, layout.crop
    if not crop.contains(x, y):
        return None
    if layout.reduced:
        lo, hi = scene.ranges[index]
        level = (np.float32(shown) - lo) * np.float32(255 / (hi - lo)) + np.float32(0.5) if lo < hi else np.nan
        return None if scene.range == RangeMode.FRAME or np.isnan(level) else int(np.clip(level, 0, 255))
    maps = scene.removed.count if scene.removed else len(scene.ranges)
    return int(map_part(scene.mosaic, maps, index, layout)[y - crop.y, x - crop.x])


def _reads(scene: Scene) -> list[str]:
    """What the response reads, from the fullest form to the shortest."""
    model = scene.model
    assert model
    if model.finding:
        return ["what it reads of the input is being found"]
    if model.read is None:
        unknown = "what it reads of the input is not known"
        return [f"{unknown}: the model looks at values, or has no fixed field", unknown]
    box, (height, width) = model.read, scene.image.shape[:2]
    if (box.top, box.left, box.bottom, box.right) == (0, 0, height, width):
        return [f"it reads the whole input, {width}x{height}"]
    size = f"{box.bottom - box.top}x{box.right - box.left}"
    brief = f"it reads {size} of the input"
    said = f"{brief}: rows {box.top} to {box.bottom - 1}, columns {box.left} to {box.right - 1}"
    if model.frame_hw in (None, (height, width)):
        return [said, brief]
    frame_h, frame_w = model.frame_hw
    rows, columns = _stretched(box.top, box.bottom, height, frame_h), _stretched(box.left, box.right, width, frame_w)
    return [f"{said}; in the {frame_w}x{frame_h} frame rows {rows}, columns {columns}", said, brief]


def _stretched(begin: int, end: int, of_input: int, of_frame: int) -> str:
    """Which of the frame's rows or columns the input's from `begin` to before `end` are made of."""
    return f"{begin * of_frame // of_input} to {-(-end * of_frame // of_input) - 1}"
