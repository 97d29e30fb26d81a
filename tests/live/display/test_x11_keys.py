"""Keys as an X server tells them: with every layout, and none lost."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from ctypes import c_void_p

import pytest
from x11 import Screen

from live.display.x11_keys import (
    ALT,
    ALT_GR,
    CONTROL,
    KEY_PRESS,
    KEY_RELEASE,
    KEYCODES,
    NUM_LOCK,
    SHIFT,
    SUPER,
    Keyboard,
    key_of,
)

SECOND_LAYOUT = 1 << 13
CYRILLIC_A, CYRILLIC_A_LARGE = 0x6C1, 0x6E1
GREEK_OMEGA, HEBREW_QOPH, ARABIC_INDIC_TWO, E_ACUTE = 0x7F9, 0xCF7, 0x1000662, 0xE9


@pytest.mark.parametrize(
    ("keycode", "state", "keysyms", "name"),
    [  # the row as `xmodmap -pke` lists it
        (41, 0, [ord("f"), ord("F")], "f"),
        (41, SHIFT, [ord("f"), ord("F")], "f"),
        (61, SHIFT, [ord("/"), ord("?")], "?"),
        (21, SHIFT, [ord("="), ord("+")], "+"),
        (65, 0, [ord(" ")], "space"),
        (9, 0, [0xFF1B], "Esc"),
        (113, 0, [0xFF51], "Left"),
        (112, 0, [0xFF55], "PageUp"),
        (50, 0, [0xFFE1], None),  # Shift itself
        (41, CONTROL, [ord("f"), ord("F")], None),
        (41, SUPER, [ord("f"), ord("F")], None),
        (87, NUM_LOCK, [0xFF9C, 0xFFB1], "1"),  # the keypad
        (83, 0, [0xFF96, 0xFFB4], "Left"),
        (82, NUM_LOCK, [0xFFAD, 0xFFAD], "-"),
        (11, SHIFT, [E_ACUTE, ord("2")], "2"),  # French
        (11, 0, [E_ACUTE, ord("2")], "é"),
        (47, SHIFT, [0xF6, 0xD6], "ö"),
        (25, 0, [0x1F9, 0x1D9], "ů"),  # Czech
        (47, 0, [0x1000219, 0x1000218], "ș"),  # Romanian
        (71, 0, [0xFFC2], "F5"),
        (110, 0, [0xFF50], "Home"),
        (79, 0, [0xFF95, 0xFFB7], "Home"),  # the keypad
        (66, 0, [0xFFE5], None),  # caps lock
        (108, 0, [0xFE03], None),  # AltGr
        (34, 0, [0xFE52], None),  # a dead accent
        (123, 0, [0x1008FF13], None),  # louder
        (71, ALT, [0xFFC2], None),
        (10, 0, [0x2A5], None),  # a place that ISO 8859-3 leaves empty
        (17, ALT_GR, [ord("8"), ord("("), ord("8"), ord("("), ord("["), 0], "["),  # German
        (41, 0, [CYRILLIC_A, CYRILLIC_A_LARGE], "f"),
        (41, SHIFT, [CYRILLIC_A, CYRILLIC_A_LARGE], "f"),
        (41, SECOND_LAYOUT, [ord("u"), ord("U"), CYRILLIC_A, CYRILLIC_A_LARGE], "u"),  # Dvorak and Russian
        (41, 0, [CYRILLIC_A, CYRILLIC_A_LARGE, ord("u"), ord("U")], "u"),
        (60, 0, [0x6C0, 0x6E0], "."),  # Russian yu; its own full stop follows
        (61, 0, [ord("."), ord(",")], "."),
        (55, 0, [GREEK_OMEGA], "v"),
        (26, 0, [HEBREW_QOPH], "e"),
        (11, 0, [ARABIC_INDIC_TWO], "2"),
        (61, SHIFT, [0x1000698], "?"),
        (200, 0, [CYRILLIC_A], None),  # no place of a letter
        (200, 0, [0], None),
    ],
)
def test_a_key_is_known_by_its_letter_and_without_latin_letters_by_its_place(
    keycode: int, state: int, keysyms: list[int], name: str | None
) -> None:
    assert key_of(keycode, state, keysyms) == name


def key_event(kind: int, keycode: int, time_ms: int) -> bytes:
    return struct.pack("=BBHIIIIhhhhHBx", kind, keycode, 0, time_ms, 0, 0, 0, 0, 0, 0, 0, 0, 1)


def heard_of(monkeypatch: pytest.MonkeyPatch, *events: tuple[int, int, int]) -> list[str]:
    monkeypatch.setattr(Keyboard, "_table", lambda _: [(ord("a") + number % 26,) for number in range(KEYCODES)])
    keyboard = Keyboard(None, c_void_p())
    for event in events:
        keyboard.take_event(key_event(*event))
    return keyboard.take(None)


def test_of_a_key_that_is_held_one_repetition_waits_and_of_one_pressed_again_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = [(KEY_PRESS, 8, 100), *((kind, 8, at) for at in (600, 640, 680) for kind in (KEY_RELEASE, KEY_PRESS))]
    assert heard_of(monkeypatch, *held) == ["a"]
    again = [(kind, 8, at + kind) for at in (100, 220, 340, 460) for kind in (KEY_PRESS, KEY_RELEASE)]
    assert heard_of(monkeypatch, *again) == ["a"] * 4
    assert heard_of(monkeypatch, *held[-2:]) == ["a"]
    quick = [(kind, 8, at + 12 * (kind == KEY_RELEASE)) for at in (100, 112, 124) for kind in (KEY_PRESS, KEY_RELEASE)]
    assert heard_of(monkeypatch, *quick) == ["a"] * 3
    sent = [(kind, 8, at) for at in (100, 500, 900) for kind in (KEY_RELEASE, KEY_PRESS, KEY_RELEASE)]
    assert heard_of(monkeypatch, *sent) == ["a"] * 3  # as the test extension tells of them


LOOKS_WHEN_TOLD = """
import sys
import live.opencv_settings, numpy
from live.events import Key
from live.display.x11 import Screen
from live.display.window import Window

window = Window(Screen())
window.open((300, 200))
heard = []
def look(times):
    for _ in range(times):
        heard.extend(event.name for event in window.show(numpy.zeros((200, 300, 3), numpy.uint8)) if type(event) is Key)
look(20)
for line in sys.stdin:  # between two of them it does not look, as if a picture took long
    look(5)
    print(*heard, flush=True)
    heard.clear()
"""


def pressed_between_two_looks(screen: Screen, *keys: str) -> str:
    program = screen.start([sys.executable, "-c", LOOKS_WHEN_TOLD])
    assert program.stdin
    assert program.stdout
    screen.wait_for_window("convviz")
    screen.key(*keys)
    program.stdin.write("\n")
    program.stdin.flush()
    return program.stdout.readline().strip()


@pytest.mark.gui
def test_every_key_is_heard_in_its_order_though_several_come_between_two_looks(screen: Screen) -> None:
    keys = ["f", "f", "r", "f", "Left", "f", "plus", "question", "shift+q"]
    assert pressed_between_two_looks(screen, *keys) == "f f r f Left f + ? q"


@pytest.mark.gui
@pytest.mark.parametrize("layout", ["ru", "gr", "il", "us"])
def test_a_keyboard_without_latin_letters_works_by_its_places(screen: Screen, layout: str) -> None:
    if shutil.which("setxkbmap") is None:
        pytest.skip("needs setxkbmap (on Debian: apt-get install x11-xkb-utils)")
    subprocess.run(["setxkbmap", layout], env=screen.environment, check=True)
    try:
        assert pressed_between_two_looks(screen, "41", "27", "43", "10") == "f r h 1"  # the keys' numbers
    finally:
        subprocess.run(["setxkbmap", "us"], env=screen.environment, check=True)
