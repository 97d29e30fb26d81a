"""From presses, moves and releases to clicks and drags: the same for every display."""

from __future__ import annotations

from live.events import Button, DisplayEvent, Gesture, MouseButton, Point, Pointer, Wheel

DRAG_PX = 4  # what moves less while the button is held is a click


class Mouse:
    """Takes in what a toolkit tells of a mouse, and gives the events that are made of it."""

    def __init__(self) -> None:
        self._events: list[DisplayEvent] = []
        self._pressed_at: Point | None = None
        self._dragging = False

    def moved(self, at: Point, *, shift: bool = False) -> None:
        """The pointer is there now."""
        self._events.append(Pointer(at))
        if self._pressed_at is None:
            return
        dx, dy = at[0] - self._pressed_at[0], at[1] - self._pressed_at[1]
        if self._dragging or max(abs(dx), abs(dy)) >= DRAG_PX:
            self._dragging, self._pressed_at = True, at
            self._events.append(Button(MouseButton.LEFT, Gesture.DRAG, at, (dx, dy), shift))

    def pressed(self, button: MouseButton, at: Point, *, shift: bool = False) -> None:
        """A button went down; the right one needs no release to be a click."""
        self._events.append(Pointer(at))
        if button == MouseButton.RIGHT:
            self._events.append(Button(button, Gesture.CLICK, at, shift=shift))
        else:
            self._pressed_at, self._dragging = at, False

    def released(self, button: MouseButton, at: Point, *, shift: bool = False) -> None:
        """A button came up; where toolkits leave out the last moves before, the way there is dragged all the same."""
        if button != MouseButton.LEFT or self._pressed_at is None:
            self._events.append(Pointer(at))
            return
        if at == self._pressed_at:
            self._events.append(Pointer(at))
        else:
            self.moved(at, shift=shift)
        gesture = Gesture.DROP if self._dragging else Gesture.CLICK
        self._events.append(Button(button, gesture, at, shift=shift))
        self._pressed_at = None

    def turned(self, at: Point, notches: float, *, shift: bool = False) -> None:
        """The wheel was turned, away from the person where `notches` is positive."""
        self._events += [Pointer(at), Wheel(at, notches, shift)]

    def let_go(self) -> None:
        """What is held is no click any more: a second finger came down, or the pointer is gone. A drag ends there."""
        if self._dragging and self._pressed_at:
            self._events.append(Button(MouseButton.LEFT, Gesture.DROP, self._pressed_at))
        self._pressed_at, self._dragging = None, False

    def take(self) -> list[DisplayEvent]:
        """What has come since the last time, in its order."""
        events, self._events = self._events, []
        return events
