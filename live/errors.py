"""Errors of the viewer that a person is told about."""

from __future__ import annotations


class OutputError(RuntimeError):
    """An output that cannot be written; its message is one sentence."""
