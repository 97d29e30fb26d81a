"""Frames as Halide takes them."""

from __future__ import annotations

import numpy as np

from convviz_core.arrays import ByteArray
from convviz_core.engines.padding import padding_for
from convviz_core.gray import dense
from convviz_core.layer import Layer


class FrameReader:
    """For one layer and frames of one shape. shape: of what is read, with its padding."""

    def __init__(self, layer: Layer, shape: tuple[int, ...]) -> None:
        self._padding = padding_for(layer, shape)
        self._frame_shape = shape
        self._turned: ByteArray | None = None  # memory for a frame that Halide cannot read
        self._in_its_place: ByteArray | None = None  # what was made of the frame that was read last, if anything
        self.shape = self._padding.shape if self._padding else shape

    def read(self, frame: ByteArray) -> ByteArray:
        """The frame with its padding, dense pixels, rows downwards, and not read-only."""
        found = self._readable(frame)
        self._in_its_place = None if found is frame else found
        return found

    def again(self, frame: ByteArray) -> ByteArray:
        """The same of the frame that was read last, which has not changed."""
        return frame if self._in_its_place is None else self._in_its_place

    def _readable(self, frame: ByteArray) -> ByteArray:
        if self._padding:
            return self._padding.added(frame)
        if self._turned is None:
            if frame.flags.c_contiguous and frame.flags.writeable:
                return frame
            self._turned = np.empty(self._frame_shape, np.uint8)
        upright = dense(frame, self._turned)
        if not upright.flags.writeable:
            np.copyto(self._turned, upright)
            return self._turned
        return upright
