"""The tint: what counts as removed, how strongly it shows, and what it leaves alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from convviz_core import Layer, load_bank, open_engine
from convviz_core.arrays import ByteArray
from convviz_core.filters.bank import FilterBank
from convviz_core.filters.opposites import with_opposites
from convviz_core.layer import Activation
from convviz_core.ranges import RangeMode
from live.drawing.colormaps import base_table, lookup_tables, palettes
from live.drawing.numbers import percents
from live.drawing.scene import Scene, Status
from live.drawing.tiles import TilePainter
from live.drawing.tint import (
    Removed,
    counts_from,
    noise_responses,
    removed_shares,
    strengths,
    tint_into,
    tinted_from,
)
from live.layout import Layout, LayoutRequest, arrange
from live.state import COLORMAPS

SEED = load_bank("udacity")


def removed_of(bank: FilterBank, lo: float, hi: float) -> Removed:
    both = with_opposites(bank)
    return Removed(both.opposite_of, len(both), np.array([[lo, hi]] * len(bank), np.float32))


def test_noise_of_two_gray_levels_in_every_pixel_is_not_tinted() -> None:
    rng = np.random.default_rng(5)
    noise = np.clip(128 + rng.normal(0, 2, (200, 200)), 0, 255).astype(np.uint8)
    for name in ("udacity", "sobel", "gabor"):
        bank = load_bank(name)
        with open_engine("torch", "cpu") as engine:
            conv = engine.maps(noise, Layer(bank))[0]
        sums = bank.kernels.sum(axis=(1, 2, 3))
        for responses, least, total in zip(conv, noise_responses(bank), sums, strict=True):
            if abs(total) < 1e-4:  # others answer to the gray itself
                assert (responses < -least).mean() < 0.01
                assert (responses < -least / 6).mean() > 0.1


def test_what_counts_lies_above_half_a_byte_s_rounding_too() -> None:
    assert counts_from(SEED, removed_of(SEED, 0, 0.5)) == pytest.approx([3 * 2 / 255 * 4] * 4)
    assert counts_from(SEED, removed_of(SEED, 0, 510)) == pytest.approx([1.0] * 4)


@pytest.mark.parametrize(("lo", "hi"), [(0, 8), (0, 0.25), (0.1, 2)])
def test_the_tint_begins_where_removed_responses_count_and_grows_with_them(lo: float, hi: float) -> None:
    removed = removed_of(SEED, lo, hi)
    least = counts_from(SEED, removed)[0]
    strong = strengths(tinted_from(SEED, removed)[0]).astype(int)
    sizes = lo + (hi - lo) * np.arange(256) / 255
    assert (strong[sizes < least] == 0).all()
    assert (strong[sizes >= least] > 0).all()
    assert (np.diff(strong) >= 0).all()
    assert strong[255] > 200


def test_a_map_of_which_nothing_was_removed_has_no_tint() -> None:
    for first in tinted_from(SEED, removed_of(SEED, 0, 0)):
        assert not strengths(first).any()


@pytest.mark.parametrize("colormap", COLORMAPS)
def test_a_tint_is_none_of_the_colour_map_s_own_colours(colormap: str) -> None:
    """By CIE L*a*b*, in which colours 2 apart can just be told from each other."""
    limits = np.array([[0, 8]], np.float32)
    canvas = np.zeros((1, 256, 3), np.uint8)
    removed = np.arange(256, dtype=np.uint8)[None]
    tint_into(np.zeros_like(removed), palettes(colormap, False, limits)[0], removed, 1, canvas)
    own, tinted = (
        cv2.cvtColor((colours[None] / 255).astype(np.float32), cv2.COLOR_BGR2Lab)[0]
        for colours in (lookup_tables(colormap, False, limits)[0], canvas[0])
    )
    nearest = np.linalg.norm(tinted[:, None] - own[None], axis=2).min(axis=1)
    strong = strengths(1)
    assert nearest[strong >= 60].min() > 20
    assert nearest[strong >= 128].min() > 40


@pytest.mark.parametrize("colormap", ["gray", "lift", "viridis", "diverging"])
def test_zero_becomes_violet_by_more_light_where_it_is_dark_and_by_less_where_it_is_light(colormap: str) -> None:
    first = tinted_from(SEED, removed_of(SEED, 0, 8))[0]
    (palette,) = palettes(colormap, False, np.array([[0, 8]], np.float32))
    canvas = np.zeros((2, 256, 3), np.uint8)
    removed = np.tile(np.arange(256, dtype=np.uint8), (2, 1))
    tint_into(np.zeros_like(removed), palette, removed, first, canvas)
    assert canvas[0, 0].tolist() == base_table(colormap, signed=False)[128 if colormap == "diverging" else 0].tolist()
    blue, green, red = canvas[0, 255].astype(int)
    assert blue > red > green + 50


@pytest.mark.parametrize("colormap", COLORMAPS)
def test_any_two_bytes_become_the_one_s_colour_with_so_much_tint_as_the_other_is_strong(colormap: str) -> None:
    limits = np.array([[0, 8]], np.float32)
    levels, removed = np.indices((256, 256)).astype(np.uint8)
    (palette,), table = palettes(colormap, False, limits), lookup_tables(colormap, False, limits)[0].astype(int)
    canvas = np.zeros((260, 260, 3), np.uint8)
    tint_into(levels, palette, removed, 20, canvas[2:-2, 1:257])
    strong = strengths(20).astype(int)[removed]
    green, crimson = [0, 2, 0], [1, 0, 2]
    halves = {"diverging": [0, -2, -1], "magma": green, "inferno": green, "turbo": crimson}.get(colormap, [2, 0, 1])
    expected = table[levels] + np.stack([np.sign(part) * (strong * abs(part) // 2) for part in halves], axis=-1)
    assert (canvas[2:-2, 1:257] == np.clip(expected, 0, 255)).all()


def test_the_share_counts_from_that_size_on() -> None:
    bank = FilterBank.from_array("both signs", np.array([[[-1]], [[1]]], np.float32))
    frame = np.tile(np.array([0, 9, 10, 11, 255], np.uint8), (50, 10))
    for least, share in ((9.9, 0.6), (10.1, 0.4), (0.5, 0.8)):
        shares = removed_shares(Layer(bank), frame, np.full(2, least / 255))
        np.testing.assert_allclose(shares, [share, 0])


@pytest.mark.parametrize("kernel_hw", [(4, 4), (15, 15)])
def test_the_share_is_the_map_s_also_where_a_grating_is_as_fine_as_the_pixels(kernel_hw: tuple[int, int]) -> None:
    rng = np.random.default_rng(8)
    bank = FilterBank.from_array("some", rng.normal(size=(3, *kernel_hw)).astype(np.float32))
    y, x = np.indices((480, 640))
    frame = (((x // 2 + y // 3) % 2) * 90 + ((x // 40 + y // 40) % 2) * 120 + rng.integers(0, 40, x.shape)).astype(
        np.uint8
    )
    least = np.full(3, 0.2)
    with open_engine("torch", "cpu") as engine:
        conv = engine.maps(frame, Layer(bank))[0]
    exact = np.mean(conv <= -0.2, axis=(1, 2))
    assert exact.min() > 0.1
    np.testing.assert_allclose(removed_shares(Layer(bank), frame, least), exact, atol=0.015)


def test_of_a_part_of_the_pixels_none_and_all_are_not_said_to_be_so_of_the_map() -> None:
    kernels = np.array([[[-1, 1]], [[1, -1]], [[0, 1]]], np.float32)
    layer, frame = Layer(FilterBank.from_array("some", kernels)), np.zeros((480, 640), np.uint8)
    frame[200, 301] = 255  # too small a part to be met
    shares = removed_shares(layer, frame, np.full(3, 0.1))
    assert (shares[:2] > 0).all()
    assert [percents(share) for share in shares] == ["<1 %", "<1 %", "0 %"]  # the third has no negative weight
    ramp = np.tile(np.arange(640) // 3, (480, 1)).astype(np.uint8)
    share = removed_shares(
        Layer(FilterBank.from_array("down", -np.ones((1, 4, 4), np.float32))), 255 - ramp, np.ones(1)
    )
    assert percents(float(share[0])) == ">99 %"


def painted(layout: Layout, scene: Scene) -> ByteArray:
    width, height = layout.canvas_wh
    canvas = np.zeros((height, width, 3), np.uint8)
    TilePainter().paint(canvas, layout, scene)
    return canvas


@pytest.mark.parametrize("colormap", COLORMAPS)
@pytest.mark.parametrize("name", ["udacity", "sobel"])
def test_only_what_relu_removes_changes_on_the_canvas(colormap: str, name: str) -> None:
    bank = load_bank(name)
    both = with_opposites(bank)
    frame = np.zeros((83, 123), np.uint8)
    frame[:, :40], frame[:, 40:80], frame[:, 80:] = 20, 200, 60  # brighter, then darker to the right
    limits = (0.0, 8.0)
    with open_engine("torch", "cpu") as engine:
        conv = engine.maps(frame, Layer(bank))[0]
        plain = engine.run(frame, Layer(bank), limits)
        tinted = engine.run(frame, Layer(both), limits)
    height, width = conv.shape[1:]
    layout = arrange(LayoutRequest((width * 3 + 60, 2 * height + 400), (height, width), len(bank)))
    assert layout.tile(0) is not None
    scene = Scene(Layer(bank), RangeMode.FIXED, plain.ranges, frame, plain.mosaic, Status("test"), colormap=colormap)
    before = painted(layout, scene)
    removed = Removed(both.opposite_of, len(both), tinted.ranges[list(both.opposite_of)])
    shown = Scene(
        Layer(bank, Activation.RELU),
        RangeMode.FIXED,
        plain.ranges,
        frame,
        tinted.mosaic,
        Status("test"),
        colormap=colormap,
        removed=removed,
    )
    after = painted(layout, shown)
    seen = set()
    for index in range(len(bank)):
        for y, x in ((height // 2, 38), (height // 2, 78), (height // 2, 10)):
            place = layout.canvas_rect(index, y, x)
            assert place is not None
            middle = place.y + place.height // 2, place.x + place.width // 2
            is_removed = conv[index, y, x] < -0.2
            assert (before[middle] != after[middle]).any() == is_removed
            seen.add(bool(is_removed))
    assert seen == {True, False}
    tile = layout.tile(None)
    assert tile is not None
    assert (before[tile.picture.slices] == after[tile.picture.slices]).all()
