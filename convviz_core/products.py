"""From windows of a frame to responses: products with a layer's weights, in units of its fixed limit."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.layer import Layer

AT_ONCE = 1 << 19  # with more of them numpy's BLAS wakes threads, which spin where another program has the core

_LEAST_WEIGHT = -1e6  # in units of the fixed limit: below it, any response is far below zero


@dataclass(frozen=True, eq=False)
class Products:
    """From windows to responses, in the units of the weights.

    channels: the bank's. weights: see scaled_weights.
    """

    channels: int
    weights: FloatArray
    bias: FloatArray | None

    def of(self, pixels: ByteArray) -> FloatArray:
        """(S, N), before the activation, of what windows have read."""
        count, taps, depth = pixels.shape
        if depth == 3 and self.channels == 1:
            pixels = np.asarray(cv2.cvtColor(pixels.reshape(1, count * taps, 3), cv2.COLOR_BGR2GRAY), np.uint8)
        levels = pixels.reshape(count, -1).astype(np.float32)
        found = np.empty((count, self.weights.shape[1]), np.float32)
        step = max(1, AT_ONCE // self.weights.size)
        whole = count // step * step
        if whole:  # many products of matrices in one call: a loop costs as much again where they are small
            steps = levels[:whole].reshape(-1, step, levels.shape[1])
            np.matmul(steps, self.weights, out=found[:whole].reshape(-1, step, found.shape[1]))
        if whole < count:
            np.matmul(levels[whole:], self.weights, out=found[whole:])
        return found if self.bias is None else np.add(found, self.bias, out=found)


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
