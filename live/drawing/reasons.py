"""Why a response is what it is, and what excites a channel: what the panels of a model's layer tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from convviz_core.arrays import ByteArray
from convviz_core.geometry import Box

if TYPE_CHECKING:
    from convviz_core.models.explaining import Explanation  # which load torch
    from convviz_core.models.reading import Contributions


@dataclass(frozen=True, eq=False)
class Why:
    """Of one response: a convolution's contributions, or another layer's explanation."""

    contributions: Contributions | None
    explanation: Explanation | None

    @property
    def made_by(self) -> str | None:
        """The layer that made the input, where one did."""
        found = self.contributions or self.explanation
        return found.made_by if found else None

    @property
    def lines(self) -> int:
        """How many are listed."""
        return len(self.contributions.largest()[0]) if self.contributions else min(1, len(self._inputs))

    @property
    def _inputs(self) -> tuple[object, ...]:
        return self.explanation.inputs if self.explanation else ()


class Exciting(Protocol):
    """A picture's peak of the channel."""

    @property
    def value(self) -> float:
        """The response."""

    @property
    def time_s(self) -> float:
        """Media time."""

    @property
    def box(self) -> Box | None:
        """What it reads of the input; None where that is not known."""

    @property
    def patch(self) -> ByteArray:
        """uint8, that part of the input, or all of it."""


@dataclass(frozen=True)
class Excites:
    """kept: the highest first. time_s: media time now. finding: what a response reads is not known yet."""

    channel: int
    kept: tuple[Exciting, ...]
    time_s: float
    finding: bool = False
