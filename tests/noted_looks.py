"""In which thread auto looks at first pictures."""

from __future__ import annotations

from threading import current_thread

import pytest

from convviz_core import auto_range
from convviz_core.arrays import ByteArray
from convviz_core.sampling import ResponseSampler


def noted_looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The threads' names, one a look, from now on."""
    looks: list[str] = []
    first_look = auto_range._first_look

    def noted(sampler: ResponseSampler, image: ByteArray) -> auto_range._First:
        looks.append(current_thread().name)
        return first_look(sampler, image)

    monkeypatch.setattr(auto_range, "_first_look", noted)
    return looks
