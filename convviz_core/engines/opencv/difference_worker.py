"""One worker's share of a difference: a band of the maps, from the frame to bytes in the tiles."""

from __future__ import annotations

from collections import Counter

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.blocks import block_means
from convviz_core.engines.api import PlanKey
from convviz_core.engines.cpu_kernels import DistinctKernels
from convviz_core.engines.opencv.bands import Rows
from convviz_core.engines.opencv.correlator import Correlator
from convviz_core.engines.opencv.difference_terms import Term, Terms


class PictureReader:
    """One picture in one worker: what each kernel answers in a band of it, from its first use to its last."""

    def __init__(self, correlator: Correlator, corner_yx: tuple[int, int]) -> None:
        """corner_yx: the response with which what both layers have begins."""
        self._correlator, self._corner = correlator, corner_yx
        self._room: list[FloatArray] = []
        self._found: dict[int, tuple[FloatArray, FloatArray]] = {}

    def take(self, distinct: DistinctKernels, uses: Counter[int]) -> None:
        """Go on with these kernels, each asked for so many times in a band."""
        self._correlator.take(distinct)
        self._uses = uses

    def read(self, picture: ByteArray, rows: Rows) -> None:
        """Take the band with those responses."""
        top, left = self._corner
        self._correlator.read(picture, (rows[0] + top, rows[1] + top), left)
        self._left = self._uses.copy()

    def responses(self, kernel: int) -> FloatArray:
        """float32 (rows, columns), valid until it was let go as often as it is used."""
        if kernel not in self._found:
            room = self._room.pop() if self._room else np.empty(self._correlator.response_hw, np.float32)
            self._found[kernel] = room, self._correlator.responses(kernel, room)
        return self._found[kernel][1]

    def let_go(self, kernel: int) -> None:
        """One of its uses is over."""
        self._left[kernel] -= 1
        if not self._left[kernel]:
            self._room.append(self._found.pop(kernel)[0])


class DifferenceWorker:
    """One worker's memory, and the extremes of the differences that it has seen, float32 (n, 2)."""

    def __init__(self, readers: list[PictureReader], terms: Terms, key: PlanKey, most_hw: tuple[int, int]) -> None:
        self._readers, self._blocks = readers, key.blocks
        self.take(terms)
        self._memory = [np.empty(most_hw, np.float32) for _ in range(2)]
        self._levels = None if key.blocks.single else np.empty(most_hw, np.uint8)
        self.extremes: FloatArray = np.empty((key.grid.count, 2), np.float32)

    def take(self, terms: Terms) -> None:
        """Go on with these maps."""
        self._maps = terms.maps
        for number, (reader, distinct) in enumerate(zip(self._readers, terms.readers, strict=True)):
            reader.take(distinct, terms.uses(number))

    def forget_extremes(self) -> None:
        """Start a new picture."""
        self.extremes[:] = (np.inf, -np.inf)

    def work(self, pictures: list[ByteArray], rows: Rows, mappings: AnyArray, tiles: list[ByteArray]) -> None:
        """The bytes of those rows into the tiles; without tiles, only the extremes."""
        for reader, picture in zip(self._readers, pictures, strict=True):
            reader.read(picture, rows)
        for index, live, kept in self._maps:
            negated = self._negated(live, kept, rows)
            low, high = -negated.max(), -negated.min()
            reached = self.extremes[index]
            reached[:] = min(reached[0], low), max(reached[1], high)
            if tiles:
                self._write(negated, float(low), mappings[index], rows, tiles[index])
            for term in (live, kept):
                self._readers[term.reader].let_go(term.kernel)

    def _negated(self, live: Term, kept: Term, rows: Rows) -> FloatArray:
        """Kept minus live, of which OpenCV is quick to cut off what is too large."""
        one, other = (memory[: rows[1] - rows[0]] for memory in self._memory)
        (more, sign), (less, kept_sign) = self._shown(live, one), self._shown(kept, other)
        if sign != kept_sign:
            np.add(more, less, out=one)
            return np.negative(one, out=one) if sign > 0 else one
        return np.subtract(less, more, out=one) if sign > 0 else np.subtract(more, less, out=one)

    def _shown(self, term: Term, out: FloatArray) -> tuple[FloatArray, int]:
        """One side of a map, after the activation, and the sign it is meant with; it may be in `out`."""
        found, sign = self._readers[term.reader].responses(term.kernel), term.sign
        if term.bias:
            found = (np.subtract if sign < 0 else np.add)(np.float32(term.bias), found, out=out)
            sign = 1
        if term.signed:
            return found, sign
        kind = cv2.THRESH_TOZERO if sign > 0 else cv2.THRESH_TOZERO_INV  # relu(-r) = -min(r, 0): no pass to negate
        return np.asarray(cv2.threshold(found, 0, 0, kind, out)[1], np.float32), sign

    def _write(self, negated: FloatArray, low: float, mapping: AnyArray, rows: Rows, tile: ByteArray) -> None:
        """The bytes of a band: round(v * scale + zero point), v = -negated."""
        scale, zero_point = mapping.tolist()
        place = tile[slice(*self._blocks.down.blocks(rows))]
        if scale == 0:
            place[:] = round(zero_point)
            return
        if low * scale + zero_point < 0:  # convertScaleAbs takes the absolute value
            cv2.threshold(negated, zero_point / scale, 0, cv2.THRESH_TRUNC, negated)
        levels = place if self._levels is None else self._levels[: len(negated)]
        cv2.convertScaleAbs(negated, levels, -scale, zero_point)
        if self._levels is not None:
            place[:] = block_means(levels, self._blocks, rows)
