"""The pictures of the tiles, pixel for pixel: which byte of which map is where, in which colour."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.geometry import ConvGeometry
from convviz_core.layer import Activation, Layer
from convviz_core.mosaic import MosaicGrid, reduce_maps, tile_maps
from convviz_core.ranges import RangeMode
from live.drawing import tiles
from live.drawing.colormaps import base_table
from live.drawing.scene import Scene, Status
from live.drawing.tiles import TilePainter, input_part
from live.layout import Layout, LayoutRequest, arrange
from live.layout.tiling import Rect
from live.layout.viewport import Viewport

BESIDE = 99  # what stands on the canvas before; nothing beside the tiles may change


def bank_of(count: int, kernel_hw: tuple[int, int] = (4, 4), channels: int = 1) -> FilterBank:
    shape = kernel_hw if channels == 1 else (channels, *kernel_hw)
    return FilterBank("test", tuple(Filter(f"f{i}", np.full(shape, i + 1, np.float32)) for i in range(count)))


def random_bytes(*shape: int) -> ByteArray:
    return np.random.default_rng(sum(shape)).integers(0, 256, shape, np.uint8)


def scene_of(maps: ByteArray, bank: FilterBank, **changes: object) -> Scene:
    """A scene of those map bytes, (N, h, w), and of a frame that fits them."""
    height, width = (side + kernel - 1 for side, kernel in zip(maps.shape[1:], bank.kernel_hw, strict=True))
    scene = Scene(
        layer=Layer(bank, Activation.RELU),
        range=RangeMode.AUTO,
        ranges=np.array([[0, 1]] * len(bank), np.float32),
        image=random_bytes(height, width),
        mosaic=tile_maps(maps),
        status=Status("test"),
        colormap="gray",
    )
    return replace(scene, **changes)  # type: ignore[arg-type]


def layout_of(canvas_wh: tuple[int, int], maps: ByteArray, enlarged: int | None = None) -> Layout:
    return arrange(LayoutRequest(canvas_wh, (maps.shape[1], maps.shape[2]), len(maps), viewport=Viewport(enlarged)))


def painted(layout: Layout, scene: Scene) -> ByteArray:
    width, height = layout.canvas_wh
    canvas = np.full((height, width, 3), BESIDE, np.uint8)
    TilePainter().paint(canvas, layout, scene)
    return canvas


def picture(canvas: ByteArray, layout: Layout, index: int | None) -> AnyArray:
    tile = layout.tile(index)
    assert tile is not None
    return canvas[tile.picture.slices].astype(int)


def at_same_size(layout: Layout, size_hw: tuple[int, int]) -> Layout:
    """That layout, its tiles as large as their maps: what is painted is then exact."""
    tiles = tuple(
        replace(tile, picture=Rect(10 + 40 * number, 20, size_hw[1], size_hw[0]))
        for number, tile in enumerate(layout.tiles)
    )
    return replace(layout, tiles=tiles, reduce=1)


@pytest.mark.parametrize("count", [1, 3, 5, 64])
def test_every_map_s_bytes_stand_in_its_own_tile_and_nothing_stands_beside_them(count: int) -> None:
    maps = random_bytes(count, 20, 30)
    layout = at_same_size(layout_of((2800, 300), maps), (20, 30))
    canvas = painted(layout, scene_of(maps, bank_of(count)))
    for index in range(count):
        assert (picture(canvas, layout, index) == maps[index][:, :, None]).all()
    for tile in layout.tiles:
        canvas[tile.picture.slices] = BESIDE
    assert (canvas == BESIDE).all()


def test_bytes_become_the_colours_of_the_colour_map_and_the_input_stays_gray() -> None:
    maps = random_bytes(2, 20, 30)
    layout = at_same_size(layout_of((300, 300), maps), (20, 30))
    scene = scene_of(maps, bank_of(2), colormap="viridis")
    canvas = painted(layout, scene)
    for index in range(2):
        assert (picture(canvas, layout, index) == base_table("viridis", signed=False)[maps[index]]).all()
    assert (picture(canvas, layout, None) == scene.image[1:21, 1:31, None]).all()


def test_without_relu_each_map_of_frame_mode_has_white_at_its_own_zero() -> None:
    maps = np.array([np.full((20, 30), 64), np.full((20, 30), 191)], np.uint8)
    ranges: FloatArray = np.array([[-1, 3], [-3, 1]], np.float32)
    layout = layout_of((300, 300), maps)
    layer = Layer(bank_of(2), Activation.NONE)
    canvas = painted(layout, scene_of(maps, bank_of(2), layer=layer, ranges=ranges, colormap="diverging"))
    for index in range(2):
        assert picture(canvas, layout, index).min() >= 253


def test_the_input_shows_the_middle_of_what_each_response_reads() -> None:
    image = random_bytes(23, 34)
    assert (input_part(image, ConvGeometry((4, 5)), Rect(0, 0, 30, 20)) == image[1:21, 2:32]).all()
    assert (input_part(image, ConvGeometry((1, 1)), Rect(0, 0, 34, 23)) == image).all()
    assert (input_part(image, ConvGeometry((4, 5)), Rect(3, 7, 10, 9)) == image[8:17, 5:15]).all()


def test_the_input_is_gray_as_the_filters_read_it_and_in_colour_where_they_read_colour() -> None:
    image = random_bytes(23, 33, 3)
    maps = random_bytes(2, 20, 30)
    layout = at_same_size(layout_of((300, 300), maps), (20, 30))
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    canvas = painted(layout, scene_of(maps, bank_of(2), image=image))
    assert (picture(canvas, layout, None) == gray[1:21, 1:31, None]).all()
    colour = bank_of(2, channels=3)
    canvas = painted(layout, scene_of(maps, colour, image=image))
    assert (picture(canvas, layout, None) == image[1:21, 1:31]).all()
    canvas = painted(layout, scene_of(maps, colour))
    assert (picture(canvas, layout, None) == random_bytes(23, 33)[1:21, 1:31, None]).all()


def test_a_small_input_tile_shows_the_means_of_the_input() -> None:
    image = np.repeat(np.repeat(random_bytes(12, 16), 4, axis=0), 4, axis=1)  # 48x64, blocks of one gray
    maps = random_bytes(1, 48, 64)
    bank = bank_of(1, (1, 1))
    layout = at_same_size(layout_of((300, 300), maps), (12, 16))
    canvas = painted(layout, scene_of(maps, bank, image=image))
    assert (picture(canvas, layout, None) == image[::4, ::4, None]).all()
    colour = np.stack([image, image // 2, image // 3], axis=2)
    canvas = painted(layout, scene_of(maps, bank_of(1, (1, 1), channels=3), image=colour))
    assert (picture(canvas, layout, None) == colour[::4, ::4]).all()


def test_a_mirrored_frame_is_shown_mirrored() -> None:
    image = random_bytes(23, 33, 3)
    maps = random_bytes(2, 20, 30)
    layout = at_same_size(layout_of((300, 300), maps), (20, 30))
    canvas = painted(layout, scene_of(maps, bank_of(2, channels=3), image=image[:, ::-1]))
    assert (picture(canvas, layout, None) == image[1:21, 2:32][:, ::-1]).all()


def test_an_enlarged_map_shows_its_crop_pixel_by_pixel() -> None:
    maps = random_bytes(3, 90, 120)
    layout = replace(at_same_size(layout_of((640, 480), maps, enlarged=1), (40, 50)), crop=Rect(20, 10, 50, 40))
    canvas = painted(layout, scene_of(maps, bank_of(3)))
    assert (picture(canvas, layout, 1) == maps[1, 10:50, 20:70, None]).all()


def test_a_reduced_mosaic_is_cut_at_its_reduced_tiles() -> None:
    maps = np.stack([np.full((50, 70), 40 * index, np.uint8) for index in range(5)])
    layout = replace(layout_of((640, 480), maps), reduce=3)
    reduced = tile_maps(reduce_maps(maps, 3))
    assert reduced.shape == MosaicGrid(5, (17, 24)).size_hw
    canvas = painted(layout, scene_of(maps, bank_of(5), mosaic=reduced))
    for index in range(5):
        assert (picture(canvas, layout, index) == 40 * index).all()


@pytest.mark.parametrize("canvas_wh", [(960, 720), (1280, 800), (1920, 1080), (3840, 2160)])
def test_thin_lines_of_a_720p_frame_are_as_bright_as_their_area_average(canvas_wh: tuple[int, int]) -> None:
    maps = np.zeros((4, 717, 1277), np.uint8)
    layout = layout_of(canvas_wh, maps)
    for at in range(3, 1270, 61):
        maps[0] = 0
        maps[0, :, at] = 255
        canvas = painted(layout, scene_of(maps, bank_of(4), mosaic=tile_maps(reduce_maps(maps, layout.reduce))))
        line = picture(canvas, layout, 0)
        assert_as_bright_as_its_area_average(line, at)


@pytest.mark.parametrize("count", [4, 25, 64])
@pytest.mark.parametrize("canvas_wh", [(960, 720), (1280, 800), (1920, 1080), (3840, 2160)])
def test_thin_lines_of_the_input_are_as_bright_as_their_area_average(canvas_wh: tuple[int, int], count: int) -> None:
    maps = np.zeros((count, 717, 1277), np.uint8)
    layout, bank = layout_of(canvas_wh, maps), bank_of(count, (4, 4))
    mosaic = tile_maps(reduce_maps(maps, layout.reduce))
    image = np.zeros((720, 1280), np.uint8)
    for at in range(3, 1270, 61):
        image[:] = 0
        image[:, at + 1] = 255  # in the middle of what the responses in map column `at` read
        line = picture(painted(layout, scene_of(maps, bank, image=image, mosaic=mosaic)), layout, None)
        assert_as_bright_as_its_area_average(line, at)


def assert_as_bright_as_its_area_average(line: ByteArray, at: int) -> None:
    """line: a tile that shows 1277 columns, of which column `at` is white."""
    width = line.shape[1]
    shares = np.arange(width + 1) * 1277 / width  # the ends of the canvas pixels, in map pixels
    expected = 255 * np.clip(np.minimum(shares[1:], at + 1) - np.maximum(shares[:-1], at), 0, 1) * width / 1277
    across = line[line.shape[0] // 2, :, 0].astype(float)
    assert 0.7 < across.sum() / expected.sum() < 1.3
    assert across.max() / expected.max() > 0.7


@pytest.mark.parametrize("canvas_wh", [(1, 1), (160, 120), (320, 240), (3840, 300), (200, 2160)])
def test_every_canvas_is_painted(canvas_wh: tuple[int, int]) -> None:
    maps = np.full((7, 33, 9), 200, np.uint8)
    layout = layout_of(canvas_wh, maps)
    reduced = tile_maps(reduce_maps(maps, layout.reduce))
    canvas = painted(layout, scene_of(maps, bank_of(7), mosaic=reduced))
    for tile in layout.tiles:
        if tile.index is not None:
            assert (canvas[tile.picture.slices] == 200).all()


def test_one_painter_serves_canvases_of_different_sizes() -> None:
    painter = TilePainter()
    for canvas_wh in ((640, 480), (320, 240), (640, 480)):
        maps = np.full((2, 20, 30), canvas_wh[0] % 251, np.uint8)
        layout = layout_of(canvas_wh, maps)
        canvas = np.zeros((canvas_wh[1], canvas_wh[0], 3), np.uint8)
        painter.paint(canvas, layout, scene_of(maps, bank_of(2)))
        assert (picture(canvas, layout, 0) == canvas_wh[0] % 251).all()


@pytest.mark.parametrize("canvas_wh", [(640, 480), (2560, 1440)])
def test_one_thread_and_several_paint_the_same(canvas_wh: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    maps = random_bytes(5, 300, 400)
    layout, canvases = layout_of(canvas_wh, maps), []
    for from_pixels in (0, canvas_wh[0] * canvas_wh[1] + 1):
        monkeypatch.setattr(tiles, "_MANY", from_pixels)
        canvases.append(painted(layout, scene_of(maps, bank_of(5))))
    assert (canvases[0] == canvases[1]).all()
    assert canvases[0].any()


def test_every_tile_is_painted_whatever_the_caller_does_meanwhile() -> None:
    maps = np.full((2, 20, 30), 77, np.uint8)
    layout = layout_of((640, 480), maps)
    canvas = np.zeros((480, 640, 3), np.uint8)
    done: list[str] = []
    painter = TilePainter()
    painter.paint(canvas, layout, scene_of(maps, bank_of(2)), lambda: done.append("once"))
    assert done == ["once"]
    with pytest.raises(RuntimeError, match="a panel"):
        painter.paint(canvas, layout, scene_of(maps, bank_of(2)), fail)
    for index in range(2):
        assert (picture(canvas, layout, index) == 77).all()


def fail() -> None:
    raise RuntimeError("a panel that cannot be drawn")


def zoomed_layout(maps: ByteArray, canvas_wh: tuple[int, int], viewport: Viewport) -> Layout:
    return arrange(LayoutRequest(canvas_wh, (maps.shape[1], maps.shape[2]), len(maps), viewport=viewport))


@pytest.mark.parametrize("corner", [(0.0, 0.0), (10.0, 20.0), (10.5, 20.25), (84.0, 111.0)])
def test_zoomed_every_tile_shows_each_pixel_where_the_pointer_finds_it(corner: tuple[float, float]) -> None:
    maps = random_bytes(3, 90, 120)
    layout = zoomed_layout(maps, (640, 480), Viewport(None, corner, 60))
    bank = bank_of(3)
    scene = scene_of(maps, bank)
    canvas = painted(layout, scene)
    assert layout.scale == pytest.approx(64)
    for tile in layout.tiles:
        shown = scene.image[1:91, 1:121] if tile.index is None else maps[tile.index]
        for y in range(layout.crop.y, layout.crop.bottom):
            for x in range(layout.crop.x, layout.crop.right):
                place = layout.canvas_rect(tile.index, y, x)
                if place is not None and min(place.width, place.height) > 4:
                    inner = canvas[place.y + 2 : place.bottom - 2, place.x + 2 : place.right - 2]
                    assert (inner == shown[y, x]).all()
    outside = np.ones(canvas.shape[:2], bool)
    for tile in layout.tiles:
        outside[tile.picture.slices] = False
    assert (canvas[outside] == BESIDE).all()


@pytest.mark.parametrize("notches", [1.0, 2.0, 7.0, 12.0])
def test_a_ramp_s_brightness_is_where_it_belongs_at_every_zoom(notches: float) -> None:
    ramp = np.broadcast_to(np.linspace(0, 250, 1200).astype(np.uint8), (4, 600, 1200)).copy()
    layout = zoomed_layout(ramp, (640, 480), Viewport(None, (70.3, 111.7), notches))
    canvas = painted(layout, scene_of(ramp, bank_of(4)))
    tile = layout.tiles[1].picture
    for x in range(tile.x, tile.right, 7):
        found = layout.map_pixel(x, tile.y)
        assert found is not None
        shown = int(canvas[tile.y + tile.height // 2, x, 0])
        assert abs(shown - int(ramp[0, 0, found[2]])) <= 1 + 500 / 1200 / layout.scale


def test_zoomed_the_colour_of_a_pixel_is_where_the_pointer_finds_it() -> None:
    image = random_bytes(93, 123, 3)
    maps = random_bytes(2, 90, 120)
    layout = zoomed_layout(maps, (640, 480), Viewport(None, (10.5, 20.25), 60))
    canvas = painted(layout, scene_of(maps, bank_of(2, channels=3), image=image))
    place = layout.canvas_rect(None, 12, 22)
    assert place is not None
    assert (canvas[place.y + 2 : place.bottom - 2, place.x + 2 : place.right - 2] == image[13, 23]).all()
