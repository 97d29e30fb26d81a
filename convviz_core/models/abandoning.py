"""Giving up a run that nobody waits for any more, at the next of its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from torch import nn

Unwanted = Callable[[], bool]


class Abandoned(BaseException):
    """A run was given up; no Exception, so that no model catches it."""


_unwanted: ContextVar[Unwanted | None] = ContextVar("unwanted", default=None)  # a thread's own


@contextmanager
def abandoned_when(unwanted: Unwanted) -> Iterator[None]:
    """Inside, this thread's runs of models end with Abandoned once `unwanted` says so; it is asked before each part."""
    token = _unwanted.set(unwanted)
    try:
        yield
    finally:
        _unwanted.reset(token)


def give_up_unwanted() -> None:
    """Abandoned where what this thread does is wanted no more."""
    unwanted = _unwanted.get()
    if unwanted is not None and unwanted():
        raise Abandoned


@contextmanager
def abandonable(module: nn.Module) -> Iterator[None]:
    """Inside, a run of the module may be given up."""
    if _unwanted.get() is None:
        yield
        return
    handles = [part.register_forward_pre_hook(lambda *_: give_up_unwanted(), prepend=True) for part in module.modules()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
