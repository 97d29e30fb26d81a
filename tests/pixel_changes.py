"""Which responses of a model change with which pixels: what receptive fields are compared with."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def responses(module: nn.Module, name: str, values: Tensor) -> Tensor:
    """What a part gives for each picture of a batch, in its last call."""
    found: list[Tensor] = []
    handle = module.get_submodule(name).register_forward_hook(lambda _part, _in, out: found.append(out.clone()))
    with torch.no_grad():
        module(values)
    handle.remove()
    return found[-1]


def changed(module: nn.Module, name: str, hw: tuple[int, int], axis: int, *, one_by_one: bool = False) -> Tensor:
    """bool (n, h, w): which responses change with each row (axis 0) or column of pixels, in some of 12 pictures.

    one_by_one: the pictures go in alone, in place of in batches.
    """
    seen = None
    for seed in range(12):
        torch.manual_seed(seed)
        values = torch.rand(1, 3, *hw).double()
        variants = values.repeat(hw[axis], 1, 1, 1)
        for at in range(hw[axis]):
            variants[at].select(1 + axis, at).uniform_(-3, 3)
        if one_by_one:
            answers = torch.cat([responses(module, name, variant[None]) for variant in variants])
        else:
            answers = responses(module, name, variants)
        differs = (answers != responses(module, name, values)).any(1)
        seen = differs if seen is None else seen | differs
    assert seen is not None
    return seen


def span(changes: Tensor) -> tuple[int, int]:
    where = changes.nonzero()[:, 0]
    return int(where.min()), int(where.max()) + 1
