"""What presses, moves and releases mean."""

from __future__ import annotations

from live.display.mouse import Mouse
from live.events import Button, DisplayEvent, Gesture, MouseButton, Pointer, Wheel

LEFT, RIGHT = MouseButton.LEFT, MouseButton.RIGHT


def buttons(events: list[DisplayEvent]) -> list[Button]:
    return [event for event in events if isinstance(event, Button)]


def test_a_press_and_a_release_nearby_are_a_click_where_it_was_released() -> None:
    mouse = Mouse()
    mouse.pressed(LEFT, (10, 10))
    mouse.moved((12, 13))
    assert buttons(mouse.take()) == []
    mouse.released(LEFT, (12, 13), shift=True)
    assert buttons(mouse.take()) == [Button(LEFT, Gesture.CLICK, (12, 13), shift=True)]


def test_a_press_that_moves_further_is_a_drag_in_steps_and_no_click() -> None:
    mouse = Mouse()
    mouse.pressed(LEFT, (10, 10))
    for at in ((11, 10), (16, 10), (16, 9)):
        mouse.moved(at)
    mouse.released(LEFT, (16, 9))
    assert buttons(mouse.take()) == [
        Button(LEFT, Gesture.DRAG, (16, 10), (6, 0)),  # from where it was pressed
        Button(LEFT, Gesture.DRAG, (16, 9), (0, -1)),
        Button(LEFT, Gesture.DROP, (16, 9)),
    ]


def test_the_last_way_before_a_release_is_dragged_though_no_move_was_told() -> None:
    mouse = Mouse()
    mouse.pressed(LEFT, (10, 10))
    mouse.moved((20, 10))
    mouse.released(LEFT, (40, 10))
    mouse.pressed(LEFT, (10, 10))
    mouse.released(LEFT, (10, 30))
    assert buttons(mouse.take()) == [
        Button(LEFT, Gesture.DRAG, (20, 10), (10, 0)),
        Button(LEFT, Gesture.DRAG, (40, 10), (20, 0)),
        Button(LEFT, Gesture.DROP, (40, 10)),
        Button(LEFT, Gesture.DRAG, (10, 30), (0, 20)),
        Button(LEFT, Gesture.DROP, (10, 30)),
    ]


def test_moving_without_a_button_only_points() -> None:
    mouse = Mouse()
    mouse.moved((10, 10))
    mouse.moved((90, 90))
    assert mouse.take() == [Pointer((10, 10)), Pointer((90, 90))]
    assert mouse.take() == []


def test_the_right_button_clicks_as_it_goes_down_and_never_drags() -> None:
    mouse = Mouse()
    mouse.pressed(RIGHT, (5, 6))
    mouse.moved((50, 60))
    mouse.released(RIGHT, (50, 60))
    assert buttons(mouse.take()) == [Button(RIGHT, Gesture.CLICK, (5, 6))]


def test_a_release_that_was_pressed_elsewhere_is_no_click() -> None:
    mouse = Mouse()
    mouse.released(LEFT, (5, 6))
    assert buttons(mouse.take()) == []


def test_the_wheel_points_and_turns() -> None:
    mouse = Mouse()
    mouse.turned((5, 6), -1.0)
    assert mouse.take() == [Pointer((5, 6)), Wheel((5, 6), -1.0)]


def test_what_is_let_go_is_no_click_and_a_drag_ends_where_it_was() -> None:
    mouse = Mouse()
    mouse.pressed(LEFT, (10, 10))
    mouse.let_go()
    mouse.released(LEFT, (10, 10))
    assert buttons(mouse.take()) == []
    mouse.pressed(LEFT, (10, 10))
    mouse.moved((30, 10))
    mouse.let_go()
    drag, drop = buttons(mouse.take())
    assert (drag.gesture, drop) == (Gesture.DRAG, Button(LEFT, Gesture.DROP, (30, 10)))
