"""What can be wrong with a model."""

from __future__ import annotations


class ModelError(ValueError):
    """A model, weights or a layer that cannot be had; its message is one sentence for a person."""


def first_line(error: BaseException) -> str:
    """The kind of an error and the first line of its message, at most 200 characters."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return text if len(text) <= 200 else f"{text[:197]}..."
