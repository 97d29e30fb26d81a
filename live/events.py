"""What happens to a view, in one vocabulary and through one inbox: a person's hands, what sources and files tell.

Displays make the first kind, whatever they are. Whoever puts in something new adds its type here, and its meaning to
controls.py (a person's) or responding.py (all others).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum

from convviz_core.filters.bank import FilterBank
from live.sources.frame import SourceEvent

Point = tuple[int, int]  # x, y on the canvas


class MouseButton(Enum):
    """Which one; the middle one has no meaning."""

    LEFT = "left"
    RIGHT = "right"


class Gesture(Enum):
    """What was done with a button."""

    CLICK = "click"
    DRAG = "drag"  # moved while it is held
    DROP = "drop"  # let go after that


@dataclass(frozen=True)
class Key:
    """A key, by its name in controls.KEYS ("q", "Esc", "space", "Left"), or its own; upper and lower case are one."""

    name: str


@dataclass(frozen=True)
class Pointer:
    """The pointer has moved there."""

    at: Point


@dataclass(frozen=True)
class Button:
    """A click, or one step of a drag: so many canvas pixels right and down since the last one, to `at`."""

    button: MouseButton
    gesture: Gesture
    at: Point
    moved: Point = (0, 0)
    shift: bool = False


@dataclass(frozen=True)
class Wheel:
    """The wheel was turned over `at`, by so many notches away from the person."""

    at: Point
    notches: float
    shift: bool = False


@dataclass(frozen=True)
class Resize:
    """The display wants canvases of another size from now on."""

    canvas_wh: tuple[int, int]


@dataclass(frozen=True)
class Closed:
    """The person has taken the display away."""


@dataclass(frozen=True)
class BankRead:
    """A filter file has changed: what it holds now, or None where that is no bank; what is to be said.

    live, kept: whether it is the file of `--filters`, and that of `--compare`.
    """

    bank: FilterBank | None
    sentence: str
    live: bool = True
    kept: bool = False


DisplayEvent = Key | Pointer | Button | Wheel | Resize | Closed
Event = DisplayEvent | SourceEvent | BankRead
Inbox = deque[Event]  # whoever tells something appends it, from any thread; the loop takes it out
