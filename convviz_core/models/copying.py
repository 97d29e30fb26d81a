"""Copies of a person's module: theirs is never changed, nor are the weights of ours."""

from __future__ import annotations

import copy
from typing import Any

from torch import Tensor, nn

from convviz_core.models.errors import ModelError, first_line


def own_copy(module: nn.Module) -> nn.Module:
    """A copy of the module with weights of its own. ModelError where it cannot be copied."""
    return _copied(module, {})


def sharing_copy(module: nn.Module) -> nn.Module:
    """A copy with buffers and attributes of its own, and the same parameters: for another thread, or for probing."""
    return _copied(module, {id(parameter): parameter for parameter in module.parameters()})


def _copied(module: nn.Module, memo: dict[int, Any]) -> nn.Module:
    for part in module.modules():
        for value in vars(part).values():  # as weight_norm leaves them: copy refuses what autograd has computed
            if isinstance(value, Tensor) and not value.is_leaf:
                memo[id(value)] = value.detach().clone()
    try:
        return copy.deepcopy(module, memo)
    except Exception as error:  # a lock, an open file: whatever the module holds
        raise ModelError(
            f"{type(module).__name__} cannot be copied, so it would be changed ({first_line(error)}): "
            "load it by file.py:NAME instead"
        ) from error


def unwrapped(module: nn.Module) -> nn.Module:
    """The module inside DataParallel and torch.compile, which hide its layers' calls."""
    while type(module).__name__ in ("DataParallel", "DistributedDataParallel", "OptimizedModule"):
        module = module._orig_mod if type(module).__name__ == "OptimizedModule" else module.module  # type: ignore[assignment]
    return module


def uncompiled(module: nn.Module) -> nn.Module:
    """Our copy, with torch.compile undone in its parts, which hides their layers' calls."""
    for part in module.modules():
        part._compiled_call_impl = None
        for name, child in part.named_children():
            if unwrapped(child) is not child:
                setattr(part, name, unwrapped(child))
    return module
