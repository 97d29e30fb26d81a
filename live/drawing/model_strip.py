"""The strip at the bottom while a model is shown: layer and range, the channels, the source and the model's rate."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from convviz_core.layer import Activation
from live.drawing.model_scene import ModelScene
from live.drawing.numbers import percents
from live.drawing.overlay import Sprite, blank
from live.drawing.scene import Scene
from live.drawing.second_line import draw_second_line, hint, strip_notice
from live.drawing.source_line import number_words, second_words, zoom_words
from live.drawing.strip import (
    draw_notes,
    draw_sides,
    left_out_sentence,
    limits,
    sides,
)
from live.drawing.strip import side_words as bank_words
from live.drawing.strip_words import TINTED, Word, put_words
from live.drawing.text import ACCENT, BOLD, DIM, INK, REGULAR, put
from live.layout import Layout


class ModelStrip:
    """As Strip, with one line more: the channels."""

    def __init__(self) -> None:
        self._held_for: Hashable = None
        self._follows: Hashable = None

    def key(self, layout: Layout, scene: Scene) -> Hashable:
        """All its words and the colour bar's range, a few times a second where they follow the pictures."""
        assert scene.model
        both, shown = (
            sides(scene),
            (scene.range, scene.gain, scene.colormap, scene.difference, scene.comparing, scene.same),
        )
        fixed = tuple(map(side_words, both)), *shown, scene.model.channels, scene.model.page
        if self._held_for != (fixed, scene.beat):
            self._held_for = (fixed, scene.beat)
            words = channel_words(scene.model), second_words(scene)
            self._follows = ([(limits(one), tuple(one.ranges[0].tolist())) for one in both], words)
        status = scene.status
        said = (
            strip_notice(layout, scene),
            hint(layout, scene),
            status.recording,
            status.paused,
            status.ended,
            status.mirrored,
        )
        return fixed, said, zoom_words(scene, layout), number_words(scene, layout), self._follows

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite, or none."""
        if not layout.strip.height or scene.model is None:
            return ()
        text, sprite = layout.text, blank(layout.strip)
        left, right = text.pad, layout.strip.width - text.pad
        line = text.gap // 2 + round(text.base * 1.05)
        line, unsaid = draw_sides(sprite, layout, scene, left, right, line, side_words)
        put_words(sprite, channel_words(scene.model), left, right, line, text.base)
        line = draw_notes(sprite, layout, scene, left, line + text.line)
        draw_second_line(sprite, layout, scene, unsaid, line)
        if layout.left_out:
            put(sprite.pixels, left_out_sentence(layout, right - left), left, line + text.line, text.small, DIM)
        return (sprite,)


def side_words(scene: Scene) -> tuple[Word, ...]:
    """A layer in words, the most important first: a model's, or a kept bank's."""
    if scene.model is not None:
        return layer_words(scene, scene.model)
    height, width = scene.image.shape[:2]
    return (*bank_words(scene), (f"on the {width}x{height} frame", DIM, REGULAR))


def layer_words(scene: Scene, model: ModelScene) -> tuple[Word, ...]:
    """Which layer of a model, the most important first."""
    channels, height, width = model.shape
    relu = "viewer's ReLU" if scene.layer.activation == Activation.RELU else "viewer's ReLU off"
    words: list[Word] = [(scene.side, ACCENT, REGULAR)] if scene.side else []
    words += [(model.title, INK, BOLD), (relu + TINTED * (scene.removed is not None), INK, REGULAR)]
    words.append((f"{model.type}, {channels} x {height}x{width}".removeprefix(", "), DIM, REGULAR))
    if model.stride:
        y, x = model.stride
        words.append((f"stride {x:g}" if x == y else f"stride {y:g},{x:g}", DIM, REGULAR))
    return (*words, (model.model, DIM, REGULAR))


def channel_words(model: ModelScene) -> tuple[Word, ...]:
    """Which channels are shown, and how they have done since the layer is shown."""
    count = model.shape[0]
    if len(model.channels) == count:
        which = f"all {count} channels" if count > 1 else "1 channel"
    else:
        which = f"{len(model.channels)} of {count} channels, page {model.page + 1} of {model.pages}"
    words: list[Word] = [(which, INK, REGULAR), (model.order, DIM, REGULAR)]
    words.append((f"{percents(model.zeros)} of the responses are 0", DIM, REGULAR))
    dead, saturated = len(model.dead), len(model.saturated)
    colour = ACCENT if dead or saturated else DIM
    words.append((f"{dead} dead, {saturated} saturated so far", colour, REGULAR))
    return tuple(words)
