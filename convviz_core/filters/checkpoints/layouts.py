"""The orders in which libraries lay out a convolution's weights: torch's (N, C, kh, kw), Keras's (kh, kw, C, N)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from convviz_core.arrays import AnyArray
from convviz_core.filters.bank import MAX_SIDE
from convviz_core.filters.checkpoints.stored_tensor import Shape, StoredTensor

KERAS_NOTE = "its shape {shape} is taken as (kh, kw, in, out), as Keras and Flax lay weights out"
EITHER_NOTE = (
    "its shape {shape} is taken as (N, C, kh, kw), as torch lays weights out; in Keras it would be another bank"
)
_KERAS_TO_TORCH = (3, 2, 0, 1)
_MLX_TO_TORCH = (0, 3, 1, 2)
_EVERYTHING = 1 << 30  # rows
_KERAS_NAMES = ("kernel", "kernel:0")


def is_keras(shape: Shape) -> bool:
    """Whether weights of this shape, of which nothing else is known, lie as (kh, kw, in, out).

    They do where only that can read a frame, and where both can and only that has square kernels.
    """
    return _as_keras(shape) and (not _as_torch(shape) or (_is_square(shape[:2]) and not _is_square(shape[2:])))


def is_either(shape: Shape) -> bool:
    """Whether the shape leaves open which of the two it is: (3, 3, 8, 16) is 3x3 kernels further in, in Keras."""
    if not _as_torch(shape):
        return False
    return _is_square(shape[:2]) == _is_square(shape[2:]) if _as_keras(shape) else _is_square(shape[:2])


def keras_to_torch(array: AnyArray) -> AnyArray:
    """(kh, kw, in, out) as (out, in, kh, kw)."""
    return array.transpose(_KERAS_TO_TORCH)


def in_torch_layout(tensors: Mapping[str, StoredTensor], *, mlx: bool = False) -> dict[str, StoredTensor]:
    """`tensors` with those in torch's order that lie in another: Keras's, which are called kernel, and MLX's."""
    return {name: _in_torch_layout(name, tensor, mlx) for name, tensor in tensors.items()}


def _in_torch_layout(name: str, tensor: StoredTensor, mlx: bool) -> StoredTensor:
    if len(tensor.shape) != 4:
        return tensor
    if mlx:
        note = f"its shape {tensor.shape} is taken as (N, kh, kw, C), as MLX lays weights out"
        return _turned(tensor, _MLX_TO_TORCH, note)
    if name.replace("/", ".").rpartition(".")[2] in _KERAS_NAMES and (
        is_keras(tensor.shape) or not _as_torch(tensor.shape)
    ):
        return _turned(tensor, _KERAS_TO_TORCH, KERAS_NOTE.format(shape=tensor.shape))
    return tensor


def _turned(tensor: StoredTensor, axes: tuple[int, ...], note: str) -> StoredTensor:
    shape = tuple(tensor.shape[axis] for axis in axes)

    def read(count: int) -> AnyArray:
        return np.ascontiguousarray(tensor.read(_EVERYTHING).transpose(axes)[:count])

    return replace(tensor, shape=shape, read=read, note=note)


def _as_torch(shape: Shape) -> bool:
    return len(shape) == 4 and shape[1] in (1, 3) and all(1 <= side <= MAX_SIDE for side in shape[2:])


def _as_keras(shape: Shape) -> bool:
    return len(shape) == 4 and shape[2] in (1, 3) and all(1 <= side <= MAX_SIDE for side in shape[:2])


def _is_square(sides: Shape) -> bool:
    """Whether the sides are those of a square kernel (1x1 aside, which every shape of ones would be)."""
    return sides[0] == sides[1] > 1
