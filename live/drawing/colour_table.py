"""Colours of bytes, looked up two at a time."""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray

_ALL_PAIRS = np.arange(2**16, dtype=np.uint16).view(np.uint8)[None]  # of bytes, as they lie in memory
_MANY = 2**17  # bytes; for fewer, bringing the larger table into the core's cache takes what it saves


class ColourTable:
    """The colours of all bytes, table: uint8 BGR (256, 3). lasting: whether it is for many pictures.

    A colour and a byte of zero are one word, which is looked up in the time that a single byte takes. So are two
    words at once, of two bytes beside each other: in half a megabyte, which is not made for a single picture.
    """

    def __init__(self, table: ByteArray, *, lasting: bool = True) -> None:
        words = np.zeros((256, 4), np.uint8)
        words[:, :3] = table
        self._words = words.view(np.int32).reshape(1, 256)
        self._lasting = lasting

    def look_up(self, levels: ByteArray) -> ByteArray:
        """uint8 (H, W, 4): the colours of `levels`, uint8 (H, W), in BGR, and zeros."""
        if not self._lasting or levels.size < _MANY:
            return np.asarray(cv2.LUT(levels, self._words)).view(np.uint8).reshape(*levels.shape, 4)
        flat = levels.reshape(1, -1)
        if flat.size % 2:
            flat = np.append(flat, np.zeros((1, 1), np.uint8), axis=1)
        found = np.asarray(cv2.LUT(flat.view(np.uint16), self._pairs)).view(np.uint8)
        return found.ravel()[: 4 * levels.size].reshape(*levels.shape, 4)

    @cached_property
    def _pairs(self) -> AnyArray:
        """float64 (1, 65536), which cv2 hands on bit by bit: it has no other type of eight bytes."""
        return np.asarray(cv2.LUT(_ALL_PAIRS, self._words)).view(np.float64).reshape(1, -1)
