"""The strip's last line in words: which part of the maps is seen, what numbers on pixels are, what the source does."""

from __future__ import annotations

from collections.abc import Sequence

from live.drawing.numbers import TIMES
from live.drawing.pixel_numbers import BYTES_FROM_SCALE, grays_fit
from live.drawing.scene import Scene
from live.drawing.strip_words import Word, words_width
from live.drawing.text import ACCENT, DIM, REGULAR, WARNING
from live.layout import Layout
from live.layout.viewport import NUMBERS_FROM_SCALE

HELP_EM = 5.0  # what the line leaves for the key of the help
RECORDING = "recording"
CHANNELS = {1: "gray", 3: "R G B"}


def second_words(scene: Scene, layout: Layout | None = None, unsaid: Sequence[Word] = ()) -> tuple[Word, ...]:
    """What is recorded, which part the layout shows, what the source does, its name.

    unsaid: what another line had no room for; what of it is dim is left out.
    """
    status = scene.status
    first = [*(zoom_words(scene, layout) if layout else ()), *state_words(scene)]
    words = [*_recording(scene, layout, first), *first]
    if scene.model:
        words.append((f"the model takes {scene.model.forward_ms:.0f} ms", DIM, REGULAR))
    words += (word for word in unsaid if word[1] != DIM)
    words += number_words(scene, layout) if layout else ()
    if status.mirrored:
        words.append(("mirrored", DIM, REGULAR))
    if status.reconnects:
        words.append((f"reconnected {status.reconnects}{TIMES}", DIM, REGULAR))
    return (*words, (status.source, DIM, REGULAR))


def zoom_words(scene: Scene, layout: Layout) -> tuple[Word, ...]:
    """That a map is enlarged and that all are zoomed, each with its way back where somebody can go it."""
    viewport = layout.request.viewport
    factor, typing = layout.lens.factor(viewport), is_typing(scene)
    words = []
    if viewport.enlarged is not None:
        words.append("enlarged, z: back" if scene.hints and not typing else "enlarged")
    if factor > 1:
        way = "wheel" if scene.editing or typing else "0"  # where that key means something else
        words.append(f"zoom {TIMES} {_short(factor)}" + f", {way}: back" * scene.hints)
    return tuple((word, ACCENT, REGULAR) for word in words)


def state_words(scene: Scene) -> tuple[Word, ...]:
    """Whether pictures come, and how many a second."""
    status = scene.status
    if status.ended:
        hints = ", space: plays it again, q: quit" if status.replays else ", q: quit, --loop plays it again"
        return (("ended" + hints * (scene.hints and not is_typing(scene)), ACCENT, REGULAR),)
    if status.paused:
        return (("paused", ACCENT, REGULAR),)
    if not status.fps:
        return ()
    return ((f"{status.fps:.0f} fps" if status.fps >= 9.5 else f"{status.fps:.1f} fps", DIM, REGULAR),)


def number_words(scene: Scene, layout: Layout) -> tuple[Word, ...]:
    """What the numbers are that stand on pixels, where any do."""
    if layout.scale < NUMBERS_FROM_SCALE:
        return ()
    shown = "difference" if scene.difference else "response"
    said = [f"numbers: {shown}" + " / byte" * (layout.scale >= BYTES_FROM_SCALE)]
    if layout.tile(None) and not scene.model and grays_fit(layout, scene):
        said += [f"input: {CHANNELS[scene.layer.bank.channels]} 0-255", "read as 0-1"]
    return ((", ".join(said), DIM, REGULAR),)


def _recording(scene: Scene, layout: Layout | None, behind: list[Word]) -> tuple[Word, ...]:
    """That it is recorded, and to which file where what comes behind has room beside that."""
    if not scene.status.recording:
        return ()
    whole = (f"{RECORDING} {scene.status.recording}", WARNING, REGULAR)
    if layout is None:
        return (whole,)
    size, room = layout.text.base, layout.strip.width - 2 * layout.text.pad - HELP_EM * layout.text.base
    return (whole if words_width([whole, *behind], size) <= room else (RECORDING, WARNING, REGULAR),)


def _short(factor: float) -> str:
    return f"{factor:.1f}" if factor < 9.95 else f"{factor:.0f}"


def is_typing(scene: Scene) -> bool:
    """Whether keys are text, for a layer's name."""
    return scene.model is not None and scene.model.listed is not None and scene.model.listed.typed is not None
