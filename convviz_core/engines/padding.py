"""Padding for the CPU engines: a copy of the picture with its border, on which the layer then lies without any."""

from __future__ import annotations

import cv2
import numpy as np

from convviz_core.arrays import ByteArray
from convviz_core.geometry import ConvGeometry, PaddingMode
from convviz_core.gray import dense
from convviz_core.layer import Layer


class Padding:
    """One layer's, for frames of one shape: its memory, into which each frame is copied and made gray in one go.

    shape: of the padded picture, (H, W) where the filters read gray or the frame is, else (H, W, 3) BGR.
    """

    def __init__(self, layer: Layer, frame_shape: tuple[int, ...]) -> None:
        """Allocate. frame_shape: (H, W) or (H, W, 3)."""
        top, bottom, left, right = layer.geometry.margins
        height, width = frame_shape[:2]
        padded_hw = (height + top + bottom, width + left + right)
        self.shape = padded_hw if layer.bank.channels == 1 else (*padded_hw, *frame_shape[2:])
        self._mode = PaddingMode(layer.padding_mode)
        self._inside = slice(top, top + height), slice(left, left + width)
        self._picture = np.zeros(self.shape, np.uint8)  # whose border stays 0 in the mode of zeros
        self._turned = np.empty(frame_shape, np.uint8)
        bare = ConvGeometry(padded_hw, 1, (top, left), self._mode)  # its one window is the padded picture
        self._rows, self._columns = bare.rows_read(height, 0), bare.columns_read(width, 0)

    def added(self, frame: ByteArray) -> ByteArray:
        """The frame with its border, valid until the next one; uint8 of the frames' shape, any strides."""
        rows, columns = self._inside
        picture, inside = self._picture, self._picture[rows, columns]
        frame = dense(frame, self._turned)
        if frame.ndim > picture.ndim:
            cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY, dst=inside)
        else:
            np.copyto(inside, frame)
        if self._mode != PaddingMode.ZEROS:
            for beside in (slice(0, columns.start), slice(columns.stop, None)):
                picture[rows, beside] = inside[:, self._columns[beside]]
            for beside in (slice(0, rows.start), slice(rows.stop, None)):
                picture[beside] = picture[rows.start + self._rows[beside]]
        return picture


def padding_for(layer: Layer, frame_shape: tuple[int, ...]) -> Padding | None:
    """The layer's padding; None where it has none."""
    return Padding(layer, frame_shape) if any(layer.geometry.margins) else None
