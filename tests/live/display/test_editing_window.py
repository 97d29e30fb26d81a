"""Editing in the real window: keys and mouse change the maps that a snapshot keeps, and quitting loses nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from x11 import Screen, wait_until

from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.filters.files import load_bank
from convviz_core.scenes import open_scene
from live.composing import layout_request
from live.controls import press
from live.drawing.text import ACCENT
from live.editing import places_of
from live.layout import arrange
from live.layout.tiling import Rect
from live.recording.snapshot import SNAPSHOT_FILES
from live.state import LayerSettings, ViewState

pytestmark = pytest.mark.gui

ROOT = Path(__file__).resolve().parents[3]
SEED = BUILT_IN_BANKS[0].kernels
SIZE_WH = (160, 120)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with a picture."""
    monkeypatch.chdir(tmp_path)
    cv2.imwrite("scene.png", open_scene(None, SIZE_WH).frame(7, 30.0))
    return tmp_path


def start(screen: Screen) -> subprocess.Popen[str]:
    program = screen.start([sys.executable, "-m", "live", "scene.png"], {"PYTHONPATH": str(ROOT)})
    screen.wait_for_window("convviz")
    screen.wait_for_picture(lambda seen: bool((seen > 200).mean() > 0.001), "a first picture")
    return program


def snapshot(screen: Screen, number: int = 1) -> dict[str, np.ndarray]:
    screen.key("s")
    folder = Path(f"snapshot-{number:04}")
    wait_until(lambda: all((folder / name).exists() for name in SNAPSHOT_FILES), f"all of {folder}")
    with np.load(folder / "maps.npz") as maps:
        return dict(maps)


def weight_in(seen_wh: tuple[int, int], row: int, column: int) -> Rect:
    """Where that weight of the seed bank lies in a window of that size, while it is edited."""
    state = press(ViewState(LayerSettings.of(BUILT_IN_BANKS)), "e")[0]
    places = places_of(state, arrange(layout_request(seen_wh, (SIZE_WH[1], SIZE_WH[0], 3), state)))
    assert places is not None
    return places.cell_at((0, row, column))


def middle(cell: Rect) -> tuple[int, int]:
    return cell.x + cell.width // 2, cell.y + cell.height // 2


def until_chosen(screen: Screen, cell: Rect) -> None:
    """Wait for the outline of that weight: a key that is pressed before may overtake the mouse."""
    left_of_it = cell.y + cell.height // 2, cell.x - 1
    screen.wait_for_picture(lambda seen: tuple(seen[left_of_it][::-1]) == ACCENT, "the outline of the chosen weight")


def test_keys_change_the_maps_and_taking_them_back_changes_them_back(screen: Screen, here: Path) -> None:
    start(screen)
    screen.key("e", "plus", "plus", "plus", "Right", "0", "Tab", "minus", "ISO_Left_Tab", "Down", "minus")
    maps = snapshot(screen)
    expected = SEED.copy()
    expected[0, 0, 0, 0], expected[0, 0, 0, 1], expected[1, 0, 0, 1], expected[0, 0, 1, 1] = 2, 0, 0, -2
    assert np.array_equal(maps["kernels"], expected)
    assert not (here / "udacity-edited.toml").exists()
    done = subprocess.run(
        [sys.executable, "reproduce.py"], cwd="snapshot-0001", capture_output=True, text=True, check=True
    )
    assert float(done.stdout.split()[-1]) < 1e-4
    screen.key(*["u"] * 6)
    assert np.array_equal(snapshot(screen, 2)["kernels"], SEED)


@pytest.mark.usefixtures("here")
def test_the_mouse_chooses_turns_and_paints(screen: Screen) -> None:
    start(screen)
    screen.key("e")
    seen_wh = screen.box()[2], screen.box()[3]
    corner, last, first = (weight_in(seen_wh, *at) for at in ((0, 0), (2, 3), (2, 0)))
    until_chosen(screen, corner)
    screen.click(*middle(last))
    until_chosen(screen, last)
    screen.key("plus")
    screen.click(*middle(corner), button=4)
    until_chosen(screen, corner)
    screen.drag(middle(last), middle(first))
    until_chosen(screen, first)
    expected = SEED.copy()
    expected[0, 0, 2, :] = 2
    expected[0, 0, 0, 0] = 0
    assert np.array_equal(snapshot(screen)["kernels"], expected)


@pytest.mark.parametrize("end", ["q", "x", "term"])
def test_whatever_ends_it_edits_are_in_a_file_that_is_named(screen: Screen, here: Path, end: str) -> None:
    program = start(screen)
    before = screen.grab()
    screen.key("e", "plus", "plus")
    screen.wait_for_picture(lambda seen: seen.shape != before.shape or bool((seen != before).any()), "the panel")
    if end == "q":
        screen.key("q")
    elif end == "x":
        screen.close_window()
    else:
        wait_until(lambda: "1" in screen.find_window("convviz") or True, "the window")
        program.terminate()
    _, said = program.communicate(timeout=60)
    assert program.returncode == (143 if end == "term" else 0)
    assert "udacity-edited.toml" in said
    assert load_bank(here / "udacity-edited.toml").kernels[0, 0, 0, 0] == 1
