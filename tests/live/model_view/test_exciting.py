"""A channel keeps the nine inputs that drove it highest, at most one a second from each place."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.geometry import Box
from live.model_view.exciting import MOST_CHANNELS, Exciting
from live.recording.excites import write_excites

PICTURE: ByteArray = np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8)


def peak(y: int, x: int, value: float) -> FloatArray:
    """A map of 20x30 with one peak; it is of stride 2."""
    responses = np.full((20, 30), -1.0, np.float32)
    responses[y, x] = value
    return responses


def box(y: int, x: int) -> Box:
    """Five pixels, cut off at the borders of 40x60."""
    return Box(max(2 * y - 2, 0), max(2 * x - 2, 0), min(2 * y + 3, 40), min(2 * x + 3, 60))


def test_the_nine_highest_are_kept_in_order_with_their_patches() -> None:
    exciting = Exciting()
    values = [3.0, 9.0, 1.0, 7.0, 11.0, 5.0, 2.0, 8.0, 4.0, 10.0, 6.0]
    for at, value in enumerate(values):
        exciting.take("a", peak(10, 2 * at, value), PICTURE, 0.1 * at, box)
    kept = exciting.kept("a")
    assert [one.value for one in kept] == [11, 10, 9, 8, 7, 6, 5, 4, 3]
    first = kept[0]
    assert (first.time_s, first.y, first.x) == (0.1 * 4, 10, 8)
    assert np.array_equal(first.patch, PICTURE[18:23, 14:19])
    assert exciting.kept("b") == ()


def test_one_place_gives_one_a_second_and_its_highest() -> None:
    exciting = Exciting()
    for time_s, value in ((0.0, 1.0), (0.3, 3.0), (0.6, 2.0), (1.2, 2.5), (1.4, 1.0)):
        exciting.take("a", peak(5, 5, value), PICTURE, time_s, box)
    # 3 replaced 1; 2 and 2.5 came within a second of 3, and 1.0 is more than a second later than 3 at 0.3.
    assert [(one.value, one.time_s) for one in exciting.kept("a")] == [(3.0, 0.3), (1.0, 1.4)]


def test_a_place_is_the_same_where_half_of_the_field_is_shared() -> None:
    exciting = Exciting()
    exciting.take("a", peak(5, 5, 2.0), PICTURE, 0.0, box)
    exciting.take("a", peak(5, 6, 1.0), PICTURE, 0.0, box)  # 3 of 5 columns shared
    exciting.take("a", peak(5, 7, 1.5), PICTURE, 0.0, box)  # 1 of 5
    assert [one.x for one in exciting.kept("a")] == [5, 7]


def test_without_a_receptive_field_the_whole_input_is_kept_and_it_is_not_said_to_be_a_field() -> None:
    exciting = Exciting()
    exciting.take("a", peak(3, 4, 2.0), PICTURE, 0.0, lambda _y, _x: None)
    (one,) = exciting.kept("a")
    assert one.box is None
    assert np.array_equal(one.patch, PICTURE)


def test_a_map_of_nan_keeps_nothing_and_patches_do_not_follow_the_buffer() -> None:
    exciting, picture = Exciting(), PICTURE.copy()
    exciting.take("a", np.full((20, 30), np.nan, np.float32), picture, 0.0, box)
    assert exciting.kept("a") == ()
    exciting.take("a", peak(3, 4, 2.0), picture, 0.0, box)
    picture[:] = 0
    assert exciting.kept("a")[0].patch.any()


def test_the_channels_looked_at_last_are_remembered() -> None:
    exciting = Exciting()
    for channel in range(MOST_CHANNELS + 1):
        exciting.take(channel, peak(3, 4, 2.0), PICTURE, 0.0, box)
    assert exciting.kept(0) == ()
    assert exciting.kept(1) != ()


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    exciting = Exciting()
    exciting.take("a", peak(10, 10, 2.5), PICTURE, 0.25, box)
    exciting.take("a", peak(0, 0, 1.5), PICTURE, 0.5, lambda _y, _x: None)
    write_excites(tmp_path, "layer1.conv", 7, exciting.kept("a"))
    folder = tmp_path / "excites"
    about = json.loads((folder / "excites.json").read_text(encoding="utf-8"))
    assert (about["layer"], about["channel"]) == ("layer1.conv", 7)
    known, unknown = about["patches"]
    assert known == {"file": "01.png", "response": 2.5, "time_s": 0.25, "y": 10, "x": 10} | {
        "rows": [18, 23],
        "columns": [18, 23],
    }
    assert unknown["rows"] is None
    assert np.array_equal(np.asarray(cv2.imread(str(folder / "01.png"))), PICTURE[18:23, 18:23])
    assert np.array_equal(np.asarray(cv2.imread(str(folder / "02.png"))), PICTURE)


def test_nothing_is_written_of_nothing(tmp_path: Path) -> None:
    write_excites(tmp_path, "conv", 0, ())
    assert list(tmp_path.iterdir()) == []
