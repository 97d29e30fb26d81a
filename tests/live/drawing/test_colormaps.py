"""The colours of bytes: lightness by CIE's definition, zero wherever a range has it, known colours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from convviz_core.arrays import AnyArray, ByteArray
from live.drawing import colormaps
from live.drawing.colormaps import Palette, base_table, colour_into, lookup_tables, palettes
from live.state import COLORMAPS

SYMMETRIC = np.array([[-8, 8]], np.float32)


def lightness(bgr: ByteArray) -> AnyArray:
    """CIE L* under D65, from the definitions of sRGB (IEC 61966-2-1) and of L* (ISO/CIE 11664-4)."""
    srgb = bgr.astype(np.float64) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    relative = linear @ (0.0722, 0.7152, 0.2126)
    return np.where(relative > (6 / 29) ** 3, 116 * np.cbrt(relative) - 16, relative * (29 / 3) ** 3)


@pytest.mark.parametrize("name", COLORMAPS)
@pytest.mark.parametrize("signed", [False, True])
def test_every_map_has_a_colour_for_every_byte(name: str, signed: bool) -> None:
    assert base_table(name, signed).shape == (256, 3)
    assert lookup_tables(name, signed, np.repeat(SYMMETRIC, 5, axis=0)).shape == (5, 256, 3)


@pytest.mark.parametrize("signed", [False, True])
def test_gray_leaves_bytes_as_they_are(signed: bool) -> None:
    assert (base_table("gray", signed) == np.arange(256)[:, None]).all()


@pytest.mark.parametrize("signed", [False, True])
def test_lift_never_gets_darker_from_black_at_one_end_to_white_at_the_other(signed: bool) -> None:
    table = base_table("lift", signed)
    assert table[0].tolist() == [0, 0, 0]
    assert table[255].tolist() == [255, 255, 255]
    assert np.diff(lightness(table)).min() >= -0.01


def test_lift_tells_a_thirty_second_of_the_range_from_zero_by_more_than_five_in_lightness() -> None:
    one_sided, signed = (lightness(base_table("lift", with_sign)) for with_sign in (False, True))
    assert (one_sided[8:] - one_sided[0] >= 5).all()
    assert (signed[132:] - signed[128] >= 5).all()
    assert (signed[128] - signed[:125] >= 5).all()


def test_lift_shows_both_signs_equally_far_from_a_zero_without_colour() -> None:
    table = base_table("lift", signed=True)
    light = lightness(table)
    assert len(set(table[128].tolist())) == 1
    assert abs((light[128:] - light[128]) - (light[128] - light[128:0:-1])).max() < 1.5
    blue, _, red = table.astype(int).T
    assert (blue > red)[8:126].all()
    assert (red > blue)[130:246].all()


@pytest.mark.parametrize("name", ["lift", "diverging"])
@pytest.mark.parametrize(("lo", "hi", "zero"), [(-8, 8, 128), (-1, 3, 64), (-3, 1, 191), (0, 2, 0), (-2, 0, 255)])
def test_zero_has_its_colour_wherever_a_signed_range_has_it(name: str, lo: float, hi: float, zero: int) -> None:
    middle = base_table(name, signed=True)[128].astype(int)
    (table,) = lookup_tables(name, True, np.array([[lo, hi]], np.float32))
    assert abs(table[zero] - middle).max() <= 8


def test_each_map_of_frame_mode_has_its_own_zero() -> None:
    tables = lookup_tables("diverging", True, np.array([[-1, 1], [0, 1], [-1, 0]], np.float32))
    assert (tables[0, 128], tables[1, 0], tables[2, 255]) == pytest.approx([255, 255, 255])
    assert tables[1, 255].tolist() == [38, 4, 180]
    assert abs(tables[2, 0].astype(int) - (192, 76, 59)).max() <= 2  # byte 1 of the table, which is symmetric about 128


def test_a_map_that_is_zero_everywhere_has_colours_too() -> None:
    assert (lookup_tables("diverging", True, np.zeros((1, 2), np.float32)) == 255).all()


@pytest.mark.parametrize("lasting", [True, False])
@pytest.mark.parametrize("hw", [(1, 1), (9, 31), (401, 401), (402, 401)])
@pytest.mark.parametrize("name", COLORMAPS)
def test_bytes_become_the_table_s_colours(name: str, hw: tuple[int, int], lasting: bool) -> None:
    levels = np.random.default_rng(4).integers(0, 256, hw, np.uint8)
    canvas = np.zeros((410, 420, 3), np.uint8)
    table = base_table(name, signed=True)
    colour_into(levels, Palette(table, lasting=lasting), canvas[5 : 5 + hw[0], 10 : 10 + hw[1]])
    assert (canvas[5 : 5 + hw[0], 10 : 10 + hw[1]] == table[levels]).all()
    assert canvas.sum() == table[levels].sum()


def test_all_pairs_of_bytes_have_both_their_colours() -> None:
    table = np.random.default_rng(4).integers(0, 256, (256, 3), np.uint8)
    levels = np.stack(np.meshgrid(np.arange(256, dtype=np.uint8), np.arange(256, dtype=np.uint8)), axis=-1)
    place = np.empty((256, 512, 3), np.uint8)
    colour_into(levels.reshape(256, 512), Palette(table), place)
    assert (place == table[levels.reshape(256, 512)]).all()


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("name", COLORMAPS)
@pytest.mark.parametrize("ranges", [[[0, 3]] * 2, [[-3, 3]] * 2, [[-1, 3], [0, 2]], [[0, 0]] * 2, [[-2, 0]] * 2])
def test_each_map_has_the_colours_of_its_range(name: str, signed: bool, ranges: list[list[float]]) -> None:
    levels = np.arange(256, dtype=np.uint8)[None]
    limits = np.array(ranges, np.float32)
    found = palettes(name, signed, limits)
    place = np.empty((1, 256, 3), np.uint8)
    for palette, table in zip(found, lookup_tables(name, signed, limits), strict=True):
        colour_into(levels, palette, place)
        assert (place[0] == table).all()


def test_a_limit_that_moves_makes_no_new_tables() -> None:
    for lo in (0, -1):
        before, after = (palettes("diverging", True, np.array([[lo * hi, hi]] * 3, np.float32)) for hi in (0.3, 0.7))
        assert all(palette is before[0] for palette in (*before, *after))


@pytest.mark.parametrize("name", ["viridis", "bone"])
def test_other_names_are_opencv_s(name: str) -> None:
    ramp = np.arange(256, dtype=np.uint8)[None]
    expected = cv2.applyColorMap(ramp, {"viridis": cv2.COLORMAP_VIRIDIS, "bone": cv2.COLORMAP_BONE}[name])[0]
    assert (base_table(name, signed=False) == expected).all()


def test_colours_come_from_lab_as_opencv_has_it_without_asking_opencv(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = np.random.default_rng(0).uniform((0, -60, -60), (100, 60, 60), (500, 3)).astype(np.float32)
    expected = np.rint(255 * np.clip(cv2.cvtColor(lab[None], cv2.COLOR_Lab2BGR)[0], 0, 1))
    monkeypatch.delattr(cv2, "cvtColor")  # whose first call takes longer than a picture may
    assert np.abs(colormaps._lab_to_bgr(*lab.T) - expected).max() <= 1
