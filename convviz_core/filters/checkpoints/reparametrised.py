"""Weights that a layer computes from others, put together as the layer does it when it is used (not trained).

weight_norm keeps a direction v and a length g, w = g v / ||v|| (Salimans and Kingma, 2016); spectral_norm keeps w and
two vectors, w / (u' W v) with W as one row an output channel (Miyato et al., 2018); pruning keeps w and a mask.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from convviz_core.arrays import AnyArray
from convviz_core.filters.bank import FilterError
from convviz_core.filters.checkpoints.stored_tensor import StoredTensor, unreadable

# The parts' names behind the layer's own, in torch's older and newer ways; the first one has the weights' shape.
_WEIGHT_NORM = (("weight_v", "weight_g"), ("parametrizations.weight.original1", "parametrizations.weight.original0"))
_SPECTRAL_NORM = (
    ("weight_orig", "weight_u", "weight_v"),
    ("parametrizations.weight.original", "parametrizations.weight.0._u", "parametrizations.weight.0._v"),
)
_PRUNED = (("weight_orig", "weight_mask"),)
_PARAMETRIZED = "parametrizations.weight."
_UNKNOWN_WAY = "ones that a parametrization changes: take it off with remove_parametrizations and save them again"
_ALL = 1 << 30  # rows


def put_together(tensors: Mapping[str, StoredTensor]) -> dict[str, StoredTensor]:
    """`tensors` with `weight` in the place of its parts, wherever all parts of one are there."""
    whole: dict[str, StoredTensor] = {}
    gone: set[str] = set()
    for name, tensor in tensors.items():
        layer, last = _layer_of(name)
        for parts, make in _WAYS:
            others = [layer + part for part in parts[1:]]
            if last == parts[0] and all(other in tensors for other in others):
                weight = make(tensor, *(tensors[other] for other in others))
                if weight is not None:
                    gone.update((name, *others))
                    whole[f"{layer}weight"] = weight
                    break
        else:
            if last.startswith(_PARAMETRIZED):  # in a way that is not known here
                gone.add(name)
                if last.startswith(f"{_PARAMETRIZED}original"):
                    whole.setdefault(f"{layer}weight", unreadable(tensor.shape, _UNKNOWN_WAY))
            else:
                whole[name] = tensor
    return {name: tensor for name, tensor in whole.items() if name not in gone}


def _layer_of(name: str) -> tuple[str, str]:
    """The name of a tensor's layer, with its dot, and of the part in it."""
    layer, parametrized, rest = name.rpartition(_PARAMETRIZED)
    if parametrized and (not layer or layer.endswith(".")):
        return layer, parametrized + rest
    layer, dot, last = name.rpartition(".")
    return layer + dot, last


def _weight_norm(direction: StoredTensor, length: StoredTensor) -> StoredTensor | None:
    shape, lengths = direction.shape, length.shape
    kept = [axis for axis, size in enumerate(lengths) if size != 1]
    if lengths and (len(lengths) != len(shape) or any(lengths[axis] != shape[axis] for axis in kept)):
        return None

    def read(count: int) -> AnyArray:
        # Each row has a length of its own, unless g says that lengths lie along another axis, or there is only one.
        rows = count if kept == [0] else _ALL
        v, g = direction.read(rows).astype(np.float64), length.read(rows).astype(np.float64)
        over = tuple(axis for axis in range(v.ndim) if axis not in kept)
        norm = np.sqrt((v**2).sum(axis=over, keepdims=True))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray((g * v / norm)[:count])

    return replace(direction, read=read, note="they are put together from weight_norm's direction and length")


def _spectral_norm(weight: StoredTensor, u: StoredTensor, v: StoredTensor) -> StoredTensor | None:
    if not weight.shape or u.shape != weight.shape[:1] or v.shape != (math.prod(weight.shape[1:]),):
        return None

    def read(count: int) -> AnyArray:
        w = weight.read(_ALL).astype(np.float64)
        largest = u.read(_ALL).astype(np.float64) @ w.reshape(len(w), -1) @ v.read(_ALL).astype(np.float64)
        if not largest:
            raise FilterError("weights whose spectral norm is 0")
        return np.asarray(w[:count] / largest)

    return replace(weight, read=read, note="they are divided by their spectral norm, as the layer does it")


def _pruned(weight: StoredTensor, mask: StoredTensor) -> StoredTensor | None:
    if mask.shape != weight.shape:
        return None
    return replace(
        weight, read=lambda count: weight.read(count) * mask.read(count), note="what was pruned of them is 0"
    )


_WAYS: tuple[tuple[tuple[str, ...], Callable[..., StoredTensor | None]], ...] = (
    *((parts, _weight_norm) for parts in _WEIGHT_NORM),
    *((parts, _spectral_norm) for parts in _SPECTRAL_NORM),
    *((parts, _pruned) for parts in _PRUNED),
)
