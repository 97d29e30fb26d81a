"""Where panels stand: in columns at the right of the picture or in rows below it. Only arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations, pairwise

from live.layout.caption_plan import smallest_numbered_cell
from live.layout.tiling import Block, Rect
from live.layout.type_scale import TypeScale

SMALLEST_BESIDE_WH = (960, 600)  # from here on every panel stands beside or below the picture
NARROWEST_PICTURE = 0.4  # of the window's width or height, that panels leave to it


class Panel(StrEnum):
    """What can stand beside the picture."""

    EDIT = "edit"  # open while a kernel is edited
    LAYER = "layer"
    LAYERS = "layers"  # of a model
    INSPECTOR = "inspector"
    EXCITES = "excites"  # open while a model's channel is enlarged
    WATCHED = "watched"  # open while pixels are watched
    CURVES = "curves"
    PROFILE = "profile"
    HELP = "help"


LEAST_EM = (14.0, 11.0)  # of each of several panels: in less none could be read, and fewer are shown
NAMES = {  # of what there is no room for
    Panel.EDIT: "the edited kernel",
    Panel.LAYER: "the layer's settings",
    Panel.LAYERS: "the list of layers",
    Panel.EXCITES: "what excites it",
    Panel.WATCHED: "the watched pixels",
}
NUMBERS_WORTH = 0.5  # of the tiles' area, that numbers in all cells of a large kernel may cost
CHAIN_NUMBER_EM = 2.3  # of two digits with a point and a minus sign
SIGN_EM = 1.25  # between two matrices
AROUND_CHAIN_EM = 22.0  # the height of what the inspector says beside its matrices

# Width and height that a panel's text needs, in units of the text's size; the inspector of a large kernel needs more.
PANEL_NEEDS = {
    Panel.EDIT: (29.0, 36.0),
    Panel.LAYER: (27.0, 30.0),
    Panel.LAYERS: (25.0, 30.0),
    Panel.INSPECTOR: (31.0, 34.0),
    Panel.EXCITES: (24.0, 20.0),
    Panel.WATCHED: (27.0, 20.0),
    Panel.CURVES: (30.0, 38.0),
    Panel.PROFILE: (27.0, 34.0),
    Panel.HELP: (52.0, 40.0),
}


PlacedPanels = tuple[tuple[Panel, Rect], ...]
Choice = tuple[Rect, PlacedPanels]  # what the tiles have, and the panels
Needs = dict[Panel, tuple[float, float]]  # as PANEL_NEEDS has them
Lines = tuple[tuple[Panel, ...], ...]  # the panels of each column, or of each row
MOST_LINES = 3


@dataclass(frozen=True)
class Arrangement:
    """Panels in columns at the right of the picture, or in rows `below` it. depth: what all of these take of it."""

    lines: Lines
    below: bool
    depth: int

    def placed(self, whole: Rect, needs: Needs) -> Choice:
        """Where the picture and the panels are."""
        width, height = whole.width - self.depth * (not self.below), whole.height - self.depth * self.below
        area = (0, height, whole.width, self.depth) if self.below else (width, 0, self.depth, whole.height)
        along, across = (0, 1) if self.below else (1, 0)  # of a line: where its panels follow each other
        found = []
        shares = [max(needs[panel][across] for panel in line) for line in self.lines]
        for line, place in zip(self.lines, _shared(Rect(*area), shares, down=self.below), strict=True):
            parts = _shared(place, [needs[panel][along] for panel in line], down=not self.below)
            found += list(zip(line, parts, strict=True))
        return Rect(0, 0, width, height), tuple(found)

    def deeper(self, spare: int) -> Arrangement:
        """With what the tiles cannot use, up to a third of what it has."""
        return replace(self, depth=self.depth + max(0, min(spare, self.depth // 3)))


def _shared(place: Rect, needs: Sequence[float], *, down: bool) -> list[Rect]:
    """`place` in parts, one below the other or side by side, by what they need."""
    length = place.height if down else place.width
    ends = [round(length * sum(needs[: number + 1]) / sum(needs)) for number in range(len(needs))]
    spans = list(zip([0, *ends[:-1]], ends, strict=True))
    if down:
        return [Rect(place.x, place.y + start, place.width, end - start) for start, end in spans]
    return [Rect(place.x + start, place.y, end - start, place.height) for start, end in spans]


def arrangements(panels: tuple[Panel, ...], needs: Needs, text: TypeScale, whole: Rect) -> list[Arrangement]:
    """All in which the panels may stand, in their order, those with the fewest columns first."""
    most = 1 - NARROWEST_PICTURE
    found = []
    for lines in _in_lines(panels):
        for below in (False, True):
            across, length = (1, whole.height) if below else (0, whole.width)
            wanted = sum(max(needs[panel][across] for panel in line) for line in lines) * text.base
            found.append(Arrangement(lines, below, min(math.ceil(wanted), int(length * most))))
    return found


def _in_lines(panels: tuple[Panel, ...]) -> list[Lines]:
    """The panels parted into one line, two, three."""
    found: list[Lines] = []
    for count in range(1, min(MOST_LINES, len(panels)) + 1):
        for inner in combinations(range(1, len(panels)), count - 1):
            cuts = (0, *inner, len(panels))
            found.append(tuple(panels[start:end] for start, end in pairwise(cuts)))
    return found


def fulfilment(panels: Sequence[tuple[Panel, Rect]], needs: Needs, text: TypeScale) -> float:
    """How much of what they need the panels have, 0 to 1 for all of it."""
    share = 1.0
    for panel, place in panels:
        width, height = (need * text.base for need in needs[panel])
        share *= min(1.0, place.width / width) * min(1.0, place.height / height)
    return share


def _legible(panels: PlacedPanels, text: TypeScale) -> bool:
    """Whether each has room enough for a few lines that are not cut."""
    return all(min(place.width / LEAST_EM[0], place.height / LEAST_EM[1]) >= text.base for _, place in panels)


def not_shown(panels: Sequence[Panel], shown: PlacedPanels) -> tuple[str, ...]:
    """The names of the panels that there was no room for; under the help there is none for any, which goes unsaid."""
    missing = [panel for panel in panels if panel not in dict(shown)]
    return () if Panel.HELP in panels else tuple(map(panel_name, missing))


def panel_name(panel: Panel) -> str:
    """What it is called where it is spoken of."""
    return NAMES.get(panel, f"the {panel}")


def numbered_needs(kernel_chw: tuple[int, int, int], text: TypeScale) -> Needs:
    """PANEL_NEEDS with as much for the inspector as the numbers of such a kernel take."""
    channels, rows, columns = kernel_chw
    cell, base = smallest_numbered_cell(CHAIN_NUMBER_EM), text.base
    width = 3 * columns * cell + 2 * round(SIGN_EM * base) + (2 + (channels > 1)) * base
    height = channels * (rows * cell + text.gap) + AROUND_CHAIN_EM * base
    least_w, least_h = PANEL_NEEDS[Panel.INSPECTOR]
    return {**PANEL_NEEDS, Panel.INSPECTOR: (max(width / base, least_w), max(height / base, least_h))}


def placed(
    panels: tuple[Panel, ...],
    canvas_wh: tuple[int, int],
    text: TypeScale,
    whole: Rect,
    kernel_chw: tuple[int, int, int],
    block_in: Callable[[Rect], Block],
) -> Choice:
    """The tiles' room and the panels, so that both are large; help before all other panels, else the first ones before
    those that would be too small to be read.

    block_in: the tiles in a room.
    """
    shown = (Panel.HELP,) if Panel.HELP in panels else panels
    while len(shown) > 1 and not any(
        _legible(arrangement.placed(whole, PANEL_NEEDS)[1], text)
        for arrangement in arrangements(shown, PANEL_NEEDS, text, whole)
    ):
        shown = shown[:-1]
    if not shown:
        return whole, ()
    small = any(have < want for have, want in zip(canvas_wh, SMALLEST_BESIDE_WH, strict=True))
    if small and Panel.HELP in shown:
        return Rect(0, 0, 0, 0), ((Panel.HELP, Rect(0, 0, *canvas_wh)),)
    numbered = numbered_needs(kernel_chw, text)
    larger = numbered if Panel.INSPECTOR in shown and numbered != PANEL_NEEDS else None
    choices = [(arrangement, PANEL_NEEDS) for arrangement in arrangements(shown, PANEL_NEEDS, text, whole)]
    if larger:
        choices += [(arrangement, larger) for arrangement in arrangements(shown, larger, text, whole)]

    def score(choice: tuple[Arrangement, Needs]) -> float:
        arrangement, needs = choice
        room, places = arrangement.placed(whole, needs)
        share = fulfilment(places, needs, text)
        if len(places) > 1 and not _legible(places, text):
            return -2.0
        if needs is larger and share < 1:
            return -1.0  # larger cells, and still no numbers
        worth = NUMBERS_WORTH if larger and needs is not larger else 1.0
        return worth * block_in(room).area * share**2

    best, needs = max(choices, key=score)
    room = best.placed(whole, needs)[0]
    used_w, used_h = block_in(room).size_wh
    spare = room.height - used_h if best.below else room.width - used_w
    return best.deeper(spare - 2 * text.gap).placed(whole, needs)
