"""From an engine's mosaic to the coloured picture on the canvas: gray tile, enlarged map, colour map, tint."""

from __future__ import annotations

import cv2
import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.api import Result
from convviz_core.filters.bank import FilterBank
from convviz_core.gray import to_gray
from convviz_core.mosaic import MosaicGrid
from convviz_core.ranges import flat_spans
from live.colormaps import centred, lookup_table
from live.controls import ViewState
from live.layout import Layout, Rect
from live.text import Colour

TINT: Colour = (200, 60, 120)  # violet: no colour map in the list has it at its dark end


class Painter:
    """Paints mosaics into a canvas; its buffers are kept, so that nothing of picture size is allocated per frame."""

    def __init__(self) -> None:
        self.canvas: ByteArray = np.zeros((0, 0, 3), np.uint8)
        self._mosaic: ByteArray = np.zeros((0, 0), np.uint8)
        self._scaled: ByteArray = np.zeros((0, 0), np.uint8)

    def paint(self, layout: Layout, state: ViewState, result: Result, image: ByteArray) -> ByteArray:
        """The canvas, uint8 BGR (H, W, 3), with the picture in it and black elsewhere; valid until the next call."""
        width, height = layout.canvas_wh
        self.canvas = _sized(self.canvas, (height, width, 3))
        self.canvas[:] = 0
        scaled = self._scaled_picture(layout, state, result, image)
        place = self.canvas[layout.picture.slices]
        table = lookup_table(state.colormap)
        if table is None:
            cv2.cvtColor(scaled, cv2.COLOR_GRAY2BGR, dst=place)
        elif state.colormap != "diverging":
            cv2.applyColorMap(scaled, table, dst=place)
        else:
            self._colour_by_tile(layout, scaled, result.ranges, table)
        if state.gray_tile:
            self._leave_gray(layout, scaled)
        return self.canvas

    def _scaled_picture(self, layout: Layout, state: ViewState, result: Result, image: ByteArray) -> ByteArray:
        mosaic = result.mosaic
        if layout.enlarged is not None:
            crop, grid = layout.crop, MosaicGrid(layout.map_count, layout.grid.tile_hw)
            tile = mosaic[grid.tile(layout.enlarged)]
            mosaic = tile[crop.slices]
        elif state.gray_tile:
            mosaic = self._with_gray_tile(layout, state, mosaic, image)
        size_wh = (layout.picture.width, layout.picture.height)
        shrinks = size_wh[0] < mosaic.shape[1]
        self._scaled = _sized(self._scaled, (size_wh[1], size_wh[0]))
        cv2.resize(mosaic, size_wh, dst=self._scaled, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST)
        return self._scaled

    def _with_gray_tile(self, layout: Layout, state: ViewState, mosaic: ByteArray, image: ByteArray) -> ByteArray:
        count, reduce = layout.map_count, layout.reduce
        height, width = (-(-side // reduce) for side in layout.grid.tile_hw)
        engine_grid, shown_grid = MosaicGrid(count, (height, width)), MosaicGrid(count + 1, (height, width))
        self._mosaic = _sized(self._mosaic, shown_grid.size_hw)
        self._mosaic[:] = 0
        for index in range(count):
            self._mosaic[shown_grid.tile(index)] = mosaic[engine_grid.tile(index)]
        seen = valid_part(to_gray(image), state.layer.bank.kernel_hw)
        cv2.resize(seen, (width, height), dst=self._mosaic[shown_grid.tile(count)], interpolation=cv2.INTER_AREA)
        return self._mosaic

    def _colour_by_tile(self, layout: Layout, scaled: ByteArray, ranges: FloatArray, table: ByteArray) -> None:
        """A diverging map has its middle at zero, wherever each map's own range has it."""
        for index, (lo, hi) in enumerate(ranges.tolist()):
            place = layout.tile(index)
            if place:
                cv2.applyColorMap(
                    _part(scaled, place, layout.picture), centred(table, lo, hi), dst=self.canvas[place.slices]
                )

    def _leave_gray(self, layout: Layout, scaled: ByteArray) -> None:
        place = layout.tile(layout.map_count)
        if place:
            cv2.cvtColor(_part(scaled, place, layout.picture), cv2.COLOR_GRAY2BGR, dst=self.canvas[place.slices])

    def tint(self, layout: Layout, conv: FloatArray, bank: FilterBank) -> list[float]:
        """Tint the negative responses, which ReLU sets to zero; returns each map's percentage of them.

        What is below zero by no more than float32's rounding is zero.
        """
        percentages = []
        for index, (responses, rounding) in enumerate(zip(conv, flat_spans(bank), strict=True)):
            removed = (responses < -rounding).astype(np.uint8)
            percentages.append(100.0 * float(removed.mean()))
            place = layout.tile(index)
            if place is None:
                continue
            shown = removed[layout.crop.slices] if layout.enlarged is not None else removed
            size_wh = (place.width, place.height)
            mask = cv2.resize(shown, size_wh, interpolation=cv2.INTER_NEAREST).astype(bool)
            region = self.canvas[place.slices]
            region[mask] = (region[mask] // 2 + np.array(TINT, np.uint8) // 2).astype(np.uint8)
        return percentages


def valid_part(gray: ByteArray, kernel_hw: tuple[int, int]) -> ByteArray:
    """The gray pixels that have a response of their own: those at the middle of a receptive field.

    For even kernels the middle lies between pixels; the one above and left of it is taken.
    """
    (kernel_h, kernel_w), (height, width) = kernel_hw, gray.shape
    top, left = (kernel_h - 1) // 2, (kernel_w - 1) // 2
    return gray[top : height - (kernel_h - 1 - top), left : width - (kernel_w - 1 - left)]


def _sized(buffer: ByteArray, shape: tuple[int, ...]) -> ByteArray:
    return buffer if buffer.shape == shape else np.empty(shape, np.uint8)


def _part(scaled: ByteArray, place: Rect, picture: Rect) -> ByteArray:
    left, top = place.x - picture.x, place.y - picture.y
    return scaled[top : top + place.height, left : left + place.width]
