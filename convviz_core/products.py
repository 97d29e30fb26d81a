"""From windows of a frame to responses: products with a layer's weights, in units of its fixed limit."""

from __future__ import annotations

import cv2
import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.layer import Layer

# With more of them in a product of matrices numpy's BLAS wakes threads, which spin where another program has the core.
AT_ONCE = (1 << 19) - 1
_LAYING_OUT = 8  # a product's weights are laid out for it, which costs as much as so many windows do
_ADDED = 20  # adding a part of a sum costs as much as so many products
_MOST_PARTS = 64

_LEAST_WEIGHT = -1e6  # in units of the fixed limit: below it, any response is far below zero


class Products:
    """From windows to responses, in the units of the weights.

    step: windows that go into one product of matrices; a multiple of them at a time costs least. parts: of each sum.
    """

    def __init__(self, channels: int, weights: FloatArray, bias: FloatArray | None) -> None:
        """channels: the bank's. weights: see scaled_weights."""
        self.weights = weights
        self._channels, self._bias = channels, bias
        taps, answers = weights.shape
        even = [parts for parts in range(1, min(taps, _MOST_PARTS) + 1) if taps % parts == 0]
        self.parts = min(even, key=lambda parts: _cost(taps, answers, parts))
        self.step = _step(taps // self.parts, answers)

    def of(self, pixels: ByteArray) -> FloatArray:
        """(S, N), before the activation, of what windows have read."""
        count, taps, depth = pixels.shape
        if depth == 3 and self._channels == 1:
            pixels = np.asarray(cv2.cvtColor(pixels.reshape(1, count * taps, 3), cv2.COLOR_BGR2GRAY), np.uint8)
        levels = pixels.reshape(count, -1).astype(np.float32)
        found = np.empty((count, self.weights.shape[1]), np.float32)
        if self.parts > 1:
            self._add_up(levels, found)
        else:
            self._multiply(levels, found)
        return found if self._bias is None else np.add(found, self._bias, out=found)

    def _multiply(self, levels: FloatArray, found: FloatArray) -> None:
        whole = len(levels) // self.step * self.step
        if whole:  # many products of matrices in one call: a loop costs as much again where they are small
            steps = levels[:whole].reshape(-1, self.step, levels.shape[1])
            np.matmul(steps, self.weights, out=found[:whole].reshape(-1, self.step, found.shape[1]))
        if whole < len(levels):
            np.matmul(levels[whole:], self.weights, out=found[whole:])

    def _add_up(self, levels: FloatArray, found: FloatArray) -> None:
        """A few taps of many windows cost less than all taps of few."""
        weights = self.weights.reshape(self.parts, -1, self.weights.shape[1])
        for first in range(0, len(levels), self.step):
            some = levels[first : first + self.step]
            sums = np.matmul(some.reshape(len(some), self.parts, -1).transpose(1, 0, 2), weights)
            np.add.reduce(sums, axis=0, out=found[first : first + self.step])


def _step(taps: int, answers: int) -> int:
    step = max(1, AT_ONCE // (taps * answers))
    return step if step < 4 else step // 4 * 4  # four windows fill a vector's turn


def _cost(taps: int, answers: int, parts: int) -> float:
    """Of a window, in products, added up from so many parts."""
    sums = parts * answers * _ADDED if parts > 1 else 0
    return taps * answers * (1 + _LAYING_OUT / _step(taps // parts, answers)) + sums


def scaled_weights(layer: Layer, limit: float, *, gray: bool) -> FloatArray:
    """float32 (kh * kw * C, N): what makes responses of bytes as they lie in the frame, in units of `limit`."""
    bank = layer.bank
    kernels = bank.kernels[: bank.own].astype(np.float64).transpose(0, 2, 3, 1)  # channels last, as in a frame
    kernels = kernels.sum(axis=3, keepdims=True) if gray else kernels[..., ::-1]  # BGR
    weights = kernels.reshape(bank.own, -1).T / limit / 255
    return np.ascontiguousarray(np.maximum(weights, _LEAST_WEIGHT), np.float32)


def scaled_bias(layer: Layer, limit: float) -> FloatArray | None:
    """float32 (N,), in units of `limit`; None where the layer has none."""
    bank = layer.weights
    if bank.bias is None:
        return None
    return np.asarray(np.maximum(bank.bias[: bank.own].astype(np.float64) / limit, _LEAST_WEIGHT), np.float32)
