"""Where panels stand: in a column at the right of the picture or in a row below it. Only arithmetic."""

from __future__ import annotations

from enum import StrEnum

from live.layout.tiling import Block, Rect
from live.layout.type_scale import TypeScale

SMALLEST_BESIDE_WH = (960, 600)  # from here on every panel stands beside or below the picture
NARROWEST_PICTURE = 0.4  # of the window's width or height, that panels leave to it


class Panel(StrEnum):
    """What can stand beside the picture."""

    INSPECTOR = "inspector"
    WATCHED = "watched"  # open while pixels are watched
    CURVES = "curves"
    PROFILE = "profile"
    HELP = "help"


# Width and height that a panel's text needs, in units of the text's size; the inspector can use more.
PANEL_NEEDS = {
    Panel.INSPECTOR: (31.0, 34.0),
    Panel.WATCHED: (27.0, 20.0),
    Panel.CURVES: (30.0, 38.0),
    Panel.PROFILE: (27.0, 34.0),
    Panel.HELP: (52.0, 40.0),
}


Choice = tuple[Rect, tuple[tuple[Panel, Rect], ...]]


def panel_choices(panels: tuple[Panel, ...], canvas_wh: tuple[int, int], text: TypeScale, whole: Rect) -> list[Choice]:
    """Where the panels may stand: in a column at the right, or in a row below; help before all others."""
    open_panels = (Panel.HELP,) if Panel.HELP in panels else panels
    if not open_panels:
        return [(whole, ())]
    needs = [PANEL_NEEDS[panel] for panel in open_panels]
    small = any(have < want for have, want in zip(canvas_wh, SMALLEST_BESIDE_WH, strict=True))
    if small and Panel.HELP in open_panels:
        return [(Rect(0, 0, 0, 0), ((Panel.HELP, Rect(0, 0, *canvas_wh)),))]
    most = 1 - NARROWEST_PICTURE
    column_w = min(round(max(need[0] for need in needs) * text.base), int(whole.width * most))
    right = Rect(whole.width - column_w, 0, column_w, whole.height)
    beside = (Rect(0, 0, whole.width - column_w, whole.height), _split(open_panels, right, down=True))
    row_h = min(round(max(need[1] for need in needs) * text.base), int(whole.height * most))
    if row_h < 0.7 * max(need[1] for need in needs) * text.base and whole.width >= whole.height:
        return [beside]
    bottom = Rect(0, whole.height - row_h, whole.width, row_h)
    below = (Rect(0, 0, whole.width, whole.height - row_h), _split(open_panels, bottom, down=False))
    return [beside, below]


def _split(panels: tuple[Panel, ...], place: Rect, *, down: bool) -> tuple[tuple[Panel, Rect], ...]:
    """Share `place` among the panels by what they need, one below the other or side by side."""
    needs = [PANEL_NEEDS[panel][1 if down else 0] for panel in panels]
    length = place.height if down else place.width
    ends = [round(length * sum(needs[: number + 1]) / sum(needs)) for number in range(len(needs))]
    starts = [0, *ends[:-1]]
    return tuple(
        (
            panel,
            Rect(place.x, place.y + start, place.width, end - start)
            if down
            else Rect(place.x + start, place.y, end - start, place.height),
        )
        for panel, start, end in zip(panels, starts, ends, strict=True)
    )


def give_slack(room: Rect, panels: tuple[tuple[Panel, Rect], ...], block: Block, text: TypeScale) -> Choice:
    """Room that the tiles cannot use goes to the panels, up to a third of what they have."""
    names = tuple(panel for panel, _ in panels)
    first = panels[0][1]
    if first.x:  # a column
        spare = min(room.width - block.size_wh[0] - 2 * text.gap, first.width // 3)
        moved = max(0, spare)
        column = Rect(first.x - moved, 0, first.width + moved, room.height)
        return Rect(0, 0, room.width - moved, room.height), _split(names, column, down=True)
    spare = min(room.height - block.size_wh[1] - 2 * text.gap, first.height // 3)
    moved = max(0, spare)
    row = Rect(0, first.y - moved, room.width, first.height + moved)
    return Rect(0, 0, room.width, room.height - moved), _split(names, row, down=False)
