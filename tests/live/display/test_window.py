"""The real window, its keys and its mouse, on a screen that nobody sees."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from x11 import Screen, wait_until

from convviz_core.arrays import ByteArray
from convviz_core.engines.reference import TorchEngine
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.ranges import RangeMode
from convviz_core.scenes import open_scene
from live.composing import layout_request, scene_of
from live.drawing.scene import Status
from live.drawing.text import BACKGROUND
from live.drawing.tiles import TilePainter
from live.layout import Layout, arrange
from live.layout.panel_places import Panel
from live.state import Appearance, LayerSettings, ViewState

pytestmark = pytest.mark.gui

TITLE = "convviz"
SIZE_WH = (160, 120)
STILL_S = 0.3


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A file with edges of every direction; gray, so that what is shown can be computed again."""
    path = tmp_path / "scene.png"
    cv2.imwrite(str(path), open_scene(None, SIZE_WH).frame(7, 30.0))
    return path


def start(screen: Screen, *arguments: str | Path) -> subprocess.Popen[str]:
    program = screen.start([sys.executable, "-m", "live", *map(str, arguments)])
    screen.wait_for_window(TITLE)
    screen.wait_for_picture(has_status_strip, "a first picture")
    return program


def has_status_strip(seen: ByteArray) -> bool:
    """Bright letters on the canvas's own dark at the bottom, and not yet the empty window's background."""
    strip = seen[-30:]
    return bool((strip == BACKGROUND[::-1]).all(axis=2).mean() > 0.5 and (strip > 200).mean() > 0.001)


def layout_in(seen: ByteArray, *panels: Panel) -> Layout:
    """Where things lie in a window of that size, as it comes or with those panels open."""
    shown = ViewState(LayerSettings.of(BUILT_IN_BANKS), Appearance(panels=frozenset(panels)))
    return arrange(layout_request((seen.shape[1], seen.shape[0]), (SIZE_WH[1], SIZE_WH[0], 3), shown))


def layer_line(layout: Layout) -> tuple[slice, slice]:
    """The strip's first line, which says nothing of what is zoomed."""
    strip, text = layout.strip, layout.text
    return slice(strip.y, strip.y + text.gap // 2 + text.line), slice(0, strip.width)


def middle_of(layout: Layout, index: int | None) -> tuple[int, int]:
    """The pixel of the window in the middle of a map, or of the input (None)."""
    tile = layout.tile(index)
    assert tile is not None
    return tile.picture.x + tile.picture.width // 2, tile.picture.y + tile.picture.height // 2


def changed_by(screen: Screen, *keys: str) -> tuple[ByteArray, ByteArray]:
    """The window before the keys and, once it is another, after them."""
    before = settled(screen)
    screen.key(*keys)
    screen.wait_for_picture(lambda seen: differs(seen, before), f"a change after {keys}")
    return before, settled(screen)


def settled(screen: Screen) -> ByteArray:
    """The window once all looks of STILL_S see the same: what was done has been answered, also on a busy machine."""
    last, since_s = [screen.grab()], [time.monotonic()]

    def still() -> bool:
        before, last[:] = last[0], [screen.grab()]
        if differs(before, last[0]):
            since_s[:] = [time.monotonic()]
        return time.monotonic() - since_s[0] >= STILL_S

    wait_until(still, "a window that stands still")
    return last[0]


def differs(one: ByteArray, other: ByteArray) -> bool:
    return one.shape != other.shape or bool((one != other).any())


def ended(program: subprocess.Popen[str]) -> tuple[int, str]:
    return program.wait(30), program.communicate()[1]


def test_the_window_shows_the_mosaic_of_the_picture(screen: Screen, picture: Path) -> None:
    start(screen, picture, "--range", "fixed", "--colormap", "gray")
    seen = settled(screen)
    layout, frame = layout_in(seen), cv2.imread(str(picture))
    assert frame is not None
    image = np.asarray(frame, np.uint8)
    state = ViewState(LayerSettings.of(BUILT_IN_BANKS), Appearance(range=RangeMode.FIXED, colormap="gray"))
    result = TorchEngine().run(image, state.layer, RangeMode.FIXED, layout.reduce)
    expected = np.zeros_like(seen)
    TilePainter().paint(expected, layout, scene_of(state, image, result, Status("")))
    for tile in layout.tiles:
        shown, wanted = seen[tile.picture.slices].astype(int), expected[tile.picture.slices].astype(int)
        assert np.abs(shown - wanted).max() <= 2, f"map {tile.index} is not in the window pixel for pixel"
        assert wanted.max() > 50


def test_r_takes_relu_away_and_r_again_brings_the_picture_back_exactly(screen: Screen, picture: Path) -> None:
    start(screen, picture, "--colormap", "gray")
    before, without = changed_by(screen, "r")
    tile = layout_in(without).tile(0)
    assert tile is not None
    assert abs(int(np.median(without[tile.picture.slices])) - 128) <= 1  # zero is byte 128 now
    assert not differs(changed_by(screen, "r")[1], before)


@pytest.mark.parametrize("key", ["m", "x", "k", "i", "t", "g", "h", "question", "z", "p", "space"])
def test_a_switch_shows_and_pressed_again_it_is_gone(screen: Screen, picture: Path, key: str) -> None:
    start(screen, picture, "--range", "frame")
    before, _ = changed_by(screen, key)
    assert not differs(changed_by(screen, key)[1], before)


def test_upper_case_is_the_same_key(screen: Screen, picture: Path) -> None:
    start(screen, picture)
    before, _ = changed_by(screen, "R")
    assert not differs(changed_by(screen, "r")[1], before)


def test_banks_ranges_gain_and_colours_go_there_and_back(screen: Screen, picture: Path) -> None:
    start(screen, picture)
    before, _ = changed_by(screen, "f")
    assert not differs(changed_by(screen, "d")[1], before)
    changed_by(screen, "3")
    assert not differs(changed_by(screen, "1")[1], before)
    changed_by(screen, "plus")
    changed_by(screen, "minus")
    changed_by(screen, "minus")
    assert not differs(changed_by(screen, "0")[1], before)
    changed_by(screen, "n")
    changed_by(screen, "c")


WAITS_FOR_A_PERSON = """
import live.opencv_settings, numpy
from live.display.x11 import Screen
from live.display.window import TITLE, Window

screen = Screen()
window = Window(screen)
window.open((300, 200))
while screen.wait(0.001) or screen._window is None:
    window.show(numpy.zeros((200, 300, 3), numpy.uint8))
while screen.wait(0.5):  # what the window's own opening made happen
    pass
print("waiting", flush=True)
print(screen.wait(60.0), flush=True)
"""


@pytest.mark.parametrize("key_or_mouse", ["key", "mouse"])
def test_a_key_or_the_mouse_wakes_a_window_at_rest(screen: Screen, key_or_mouse: str) -> None:
    program = screen.start([sys.executable, "-c", WAITS_FOR_A_PERSON])
    screen.wait_for_window(TITLE)
    assert program.stdout
    assert program.stdout.readline() == "waiting\n"
    if key_or_mouse == "key":
        screen.key("r")
    else:
        screen.move(20, 30)
    assert program.stdout.readline() == "True\n"


def test_left_is_not_q(screen: Screen, picture: Path) -> None:
    program = start(screen, picture)
    screen.key("Left", "Up", "Right", "Down")
    changed_by(screen, "r")
    assert program.poll() is None


@pytest.mark.parametrize("key", ["q", "Escape"])
def test_the_quit_keys_end_it_with_exit_code_0(screen: Screen, picture: Path, key: str) -> None:
    program = start(screen, picture)
    screen.key(key)
    assert ended(program) == (0, "")


def test_the_x_button_ends_it_with_exit_code_0(screen: Screen, picture: Path) -> None:
    program = start(screen, picture)
    screen.close_window()
    assert ended(program) == (0, "")


def test_a_window_that_another_program_destroys_ends_it_too(screen: Screen, picture: Path) -> None:
    program = start(screen, picture)
    screen.destroy_window()
    assert ended(program) == (0, "")


IS_DESTROYED_AT_ONCE = """
import subprocess
import live.opencv_settings, numpy
from live.events import Closed
from live.display.x11 import Screen
from live.display.window import TITLE, Window

window = Window(Screen())
window.open((300, 200))
subprocess.run(["xdotool", "search", "--onlyvisible", "--name", f"^{TITLE}$", "windowclose"], check=True)
heard = []
while Closed() not in heard:
    heard = window.idle(0.25)
"""


def test_a_window_destroyed_before_anything_happened_in_it_is_missed_all_the_same(screen: Screen) -> None:
    program = screen.start([sys.executable, "-c", IS_DESTROYED_AT_ONCE])
    assert ended(program) == (0, "")


GOES_WHILE_LOOKED_FOR = """
import os, subprocess
import live.opencv_settings
from live.display.x11 import Screen
from live.display.window import TITLE, Window

screen = Screen()


def process_of(window):  # found, and destroyed before anything is asked of it
    subprocess.run(["xdotool", "windowclose", str(window)], check=True)
    return os.getpid()


screen._tree.process = process_of
Window(screen).open((300, 200))
print(screen.window_is_destroyed)
"""


def test_a_window_destroyed_while_it_is_looked_for_is_missed_too(screen: Screen) -> None:
    program = screen.start([sys.executable, "-c", GOES_WHILE_LOOKED_FOR])
    assert program.communicate(timeout=60)[0] == "True\n"


def test_pointing_and_clicking_inspect_a_pixel_and_arrows_move_it(screen: Screen, picture: Path) -> None:
    start(screen, picture)
    changed_by(screen, "i")
    before = settled(screen)
    at = middle_of(layout_in(before, Panel.INSPECTOR), 3)
    screen.move(*at)
    screen.wait_for_picture(lambda seen: differs(seen, before), "another pixel in the inspector")
    pointed = settled(screen)
    screen.click(*at)
    screen.wait_for_picture(lambda seen: differs(seen, pointed), "the word pinned")
    pinned, moved = changed_by(screen, "Right")
    assert differs(moved, pinned)
    assert not differs(changed_by(screen, "Left")[1], pinned)


def test_a_right_click_or_esc_lets_the_pinned_pixel_go(screen: Screen, picture: Path) -> None:
    program = start(screen, picture)
    changed_by(screen, "i")
    before = settled(screen)
    at = middle_of(layout_in(before, Panel.INSPECTOR), 3)
    screen.move(*at)
    screen.wait_for_picture(lambda seen: differs(seen, before), "another pixel in the inspector")
    pointed = settled(screen)
    screen.click(*at)
    screen.wait_for_picture(lambda seen: differs(seen, pointed), "the word pinned")
    screen.click(*at, button=3)
    screen.wait_for_picture(lambda seen: not differs(seen, pointed), "the pin gone")
    screen.click(*at)
    screen.wait_for_picture(lambda seen: differs(seen, pointed), "the word pinned")
    screen.key("Escape")
    screen.wait_for_picture(lambda seen: not differs(seen, pointed), "the pin gone")
    assert program.poll() is None


def test_a_click_on_a_tile_enlarges_it_and_another_goes_back(screen: Screen, picture: Path) -> None:
    start(screen, picture)
    before = settled(screen)
    at = middle_of(layout_in(before), 0)
    screen.click(*at)
    screen.wait_for_picture(lambda seen: differs(seen, before), "the tile enlarged")
    screen.click(*at)
    screen.wait_for_picture(lambda seen: not differs(seen, before), "the mosaic again")


def test_the_wheel_zooms_the_tiles_and_as_many_notches_back_give_the_first_picture(
    screen: Screen, picture: Path
) -> None:
    start(screen, picture)
    before = settled(screen)
    layout = layout_in(before)
    at = middle_of(layout, 1)
    screen.move(*at)
    before = settled(screen)
    seen = before
    for _ in range(3):
        last = seen
        screen.click(*at, button=4)
        screen.wait_for_picture(lambda now, last=last: differs(now, last), "a notch more")  # type: ignore[misc]
        seen = settled(screen)
    assert not differs(seen[layer_line(layout)], before[layer_line(layout)])  # the strip never moves
    assert differs(seen[layout.strip.slices], before[layout.strip.slices])  # and says below that it is zoomed
    for tile in layout.tiles:
        assert differs(seen[tile.picture.slices], before[tile.picture.slices])
        assert not differs(seen[tile.caption.slices], before[tile.caption.slices])
    for _ in range(3):
        screen.click(*at, button=5)
    screen.wait_for_picture(lambda now: not differs(now, before), "the first picture, to the byte")
    screen.click(*at)  # clicks still arrive
    screen.wait_for_picture(lambda now: differs(now, before), "the tile enlarged")


def test_numbers_stand_on_large_pixels_and_0_goes_back(screen: Screen, picture: Path) -> None:
    start(screen, picture)
    layout = layout_in(settled(screen))
    at = middle_of(layout, 1)
    screen.move(*at)
    before = settled(screen)
    for _ in range(20):
        screen.click(*at, button=4)
    screen.wait_for_picture(lambda now: differs(now, before), "a zoomed picture")
    zoomed = settled(screen)
    screen.move(*middle_of(layout, None))
    screen.wait_for_picture(lambda now: differs(now, zoomed), "another place marked")
    screen.move(*at)
    screen.wait_for_picture(lambda now: not differs(now, zoomed), "the first place marked again")
    screen.key("0")
    screen.wait_for_picture(lambda now: not differs(now, before), "the first picture, to the byte")


def test_shift_and_click_watches_pixels_and_right_clicks_let_them_go(screen: Screen, picture: Path) -> None:
    start(screen, picture)
    layout = layout_in(settled(screen))
    at = middle_of(layout, 1)
    screen.move(*at)
    before = settled(screen)
    screen.click(*at, shift=True)
    screen.wait_for_picture(lambda now: differs(now, before), "the panel of watched pixels")
    screen.click(*at, button=3)
    screen.wait_for_picture(lambda now: not differs(now, before), "the panel gone")


WITHOUT_THE_WHEEL = """
import sys
import time
import live.display.x11
live.display.x11.grab_wheel = lambda *_: False  # another program has it
from live.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_where_the_wheel_cannot_be_had_the_toolkit_s_own_zoom_does_not_survive(screen: Screen, picture: Path) -> None:
    program = screen.start([sys.executable, "-c", WITHOUT_THE_WHEEL, str(picture)])
    screen.wait_for_window(TITLE)
    screen.wait_for_picture(has_status_strip, "a first picture")
    before = settled(screen)
    place, layout = screen.box(), layout_in(before)
    at = middle_of(layout, 1)
    for button in (4, 5):
        screen.click(*at, button=button)
        wait_until(lambda: screen.box() == place if screen.renew(TITLE) else False, "a window in the same place")
        screen.wait_for_picture(
            lambda now: now.shape == before.shape and not differs(now[layer_line(layout)], before[layer_line(layout)]),
            "the strip where it was",
        )
    screen.wait_for_picture(lambda now: not differs(now, before), "the first picture, to the byte")
    assert program.poll() is None


def test_the_window_can_be_resized_and_fills_the_screen(screen: Screen, picture: Path) -> None:
    start(screen, picture)
    screen.resize(500, 400)
    screen.wait_for_picture(
        lambda seen: seen.shape[:2] == (400, 500) and bool(seen[-20:].any()), "a strip at the bottom"
    )
    before = screen.box()
    screen.key("w")
    wait_until(lambda: screen.box()[2] > before[2] and screen.box()[3] > before[3], "a full screen")
    screen.key("w")
    wait_until(lambda: screen.box()[2:] == before[2:], "the window again")


@pytest.mark.parametrize("factor", ["1", "2"])
def test_the_first_window_takes_at_most_four_fifths_of_the_screen(screen: Screen, picture: Path, factor: str) -> None:
    screen.start([sys.executable, "-m", "live", str(picture)], {"QT_SCALE_FACTOR": factor})
    screen.wait_for_window(TITLE)
    wait_until(lambda: screen.box()[2] > 600, "a window of its own size")
    assert screen.box()[2] <= 0.8 * 1280
    assert screen.box()[3] <= 0.8 * 1024


def test_s_keeps_a_snapshot_beside_the_others(screen: Screen, picture: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    program = start(screen, picture, "--snapshot", kept)
    screen.key("s")
    wait_until(lambda: (kept / "snapshot-0001" / "reproduce.py").exists(), "a snapshot")
    screen.key("q")
    assert ended(program)[0] == 0
    assert (kept / "mosaic.png").exists()  # that of the last frame


def test_v_records_what_is_on_the_display(screen: Screen, tmp_path: Path) -> None:
    movie = tmp_path / "kept.mkv"
    program = screen.start([sys.executable, "-m", "live", "synthetic", "--record", str(movie), "--seconds", "2"])
    screen.wait_for_window(TITLE)
    code, said = ended(program)
    assert code == 0, said
    capture = cv2.VideoCapture(str(movie))
    found, image = capture.read()
    capture.release()
    assert found
    assert image.shape[2] == 3


def test_the_statistics_have_every_stage_of_a_window(screen: Screen, tmp_path: Path) -> None:
    record = tmp_path / "stats.json"
    program = screen.start([sys.executable, "-m", "live", "synthetic", "--stats", str(record), "--frames", "20"])
    screen.wait_for_window(TITLE)
    assert ended(program)[0] == 0
    stats = json.loads(record.read_text())
    assert {"capture", "compute", "draw", "show"} <= set(stats["stages_ms"])
    assert stats["frames"]["processed"] == stats["frames"]["shown"] == 20
    assert stats["frames"]["captured"] == 20 + stats["frames"]["dropped"]


def test_a_video_stays_on_its_last_frame_until_q(screen: Screen, tmp_path: Path) -> None:
    movie = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(movie), cv2.VideoWriter.fourcc(*"MJPG"), 30, SIZE_WH)
    scene = open_scene(None, SIZE_WH)
    for number in range(5):
        writer.write(cv2.cvtColor(scene.frame(number, 30.0), cv2.COLOR_GRAY2BGR))
    writer.release()
    program = start(screen, movie)
    settled(screen)
    assert program.poll() is None
    screen.key("q")
    assert ended(program) == (0, "")
