"""A device's errors, each made one sentence for a person that names the device and says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from convviz_core.engines.api import EngineError

FATAL = (torch.OutOfMemoryError, torch.AcceleratorError)  # after these the device has no other way to try


@contextmanager
def device_errors(device: str) -> Iterator[None]:
    """Raise what torch says about `device` inside the block as an EngineError; other errors pass."""
    try:
        yield
    except EngineError:
        raise
    except RuntimeError as error:
        raise EngineError(sentence(device, error)) from error


def sentence(device: str, error: RuntimeError) -> str:
    """What happened to `device`, and what to do."""
    if isinstance(error, torch.OutOfMemoryError) or "out of memory" in str(error):
        return (
            f"{device} has too little free memory: close other programs on it, take smaller frames, or use --device cpu"
        )
    if isinstance(error, torch.AcceleratorError) or "CUDA error" in str(error):
        return f"{device} was lost ({first_line(error)}): start again, or use --device cpu"
    return f"{device} failed ({first_line(error)}): use --device cpu"


def first_line(error: BaseException) -> str:
    """The error's first line, without the full stop."""
    return str(error).strip().split("\n")[0].rstrip(".:") or type(error).__name__
