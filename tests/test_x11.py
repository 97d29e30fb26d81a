from __future__ import annotations

import sys

import pytest
from x11 import Screen

pytestmark = pytest.mark.gui

# A window that shows what was last done to it as a colour: at first white, then key b blue, pointer moved to
# the right half green, clicked red. It ends when it is closed. Announced, since Qt does not paint every window.
WINDOW = """
import cv2, numpy as np
from live.display.x11 import Screen
screen = Screen()
picture = np.full((120, 160, 3), 255, np.uint8)
def mouse(event, x, y, flags, data):
    if event == cv2.EVENT_LBUTTONDOWN:
        picture[:] = (0, 0, 255)
    elif event == cv2.EVENT_MOUSEMOVE and x > 80:
        picture[:] = (0, 255, 0)
cv2.namedWindow("a window (1)", cv2.WINDOW_AUTOSIZE | cv2.WINDOW_GUI_NORMAL)
cv2.setMouseCallback("a window (1)", mouse)
while True:
    cv2.imshow("a window (1)", picture)
    screen.announce("a window (1)")
    if cv2.waitKeyEx(20) == ord("b"):
        picture[:] = (255, 0, 0)
    try:
        if cv2.getWindowProperty("a window (1)", cv2.WND_PROP_VISIBLE) < 1:
            break
    except cv2.error:
        break
print("closed")
"""


def test_a_key_a_move_a_click_and_the_x_button_arrive_in_the_window(screen: Screen) -> None:
    program = screen.start([sys.executable, "-c", WINDOW])
    screen.wait_for_window("a window (1)")

    def wait_for_colour(rgb: tuple[int, int, int]) -> None:
        screen.wait_for_picture(lambda picture: tuple(picture[60, 80]) == rgb, f"the colour {rgb}")

    wait_for_colour((255, 255, 255))
    screen.key("b")
    wait_for_colour((0, 0, 255))
    screen.move(120, 60)
    wait_for_colour((0, 255, 0))
    screen.click(20, 60)
    wait_for_colour((255, 0, 0))
    assert screen.grab().shape == (120, 160, 3)
    screen.close_window()
    assert program.communicate(timeout=60)[0] == "closed\n"
    assert program.returncode == 0


def test_a_program_that_ends_before_its_window_comes_is_reported_with_its_last_words(screen: Screen) -> None:
    screen.start([sys.executable, "-c", "raise SystemExit('no such camera')"])
    with pytest.raises(AssertionError, match="the program ended, 1: no such camera"):
        screen.wait_for_window("never")
