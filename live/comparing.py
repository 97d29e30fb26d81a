"""Two layers on one frame: what is compared with what, as what it is shown, and where that cannot be, why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from convviz_core.difference import Alignment, Difference, NotAlignedError, align
from convviz_core.layer import Layer
from convviz_core.ranges import Limits, fixed_limits

COMPARABLE = 2.0  # two layers whose fixed limits are at most so many times as large share one range


class CompareMode(StrEnum):
    """How two layers are shown."""

    OFF = "off"
    BESIDE = "beside"  # map by map, in pairs of tiles
    WIPE = "wipe"  # one at the left of a line, the other at its right
    DIFFERENCE = "difference"  # live minus kept

    @property
    def next(self) -> CompareMode:
        """The mode that follows, around the end."""
        modes = list(CompareMode)
        return modes[(modes.index(self) + 1) % len(modes)]


@dataclass(frozen=True)
class Comparing:
    """What a person compares with what they see. kept: the other side, as it was. flipped: its kernels are turned."""

    kept: Layer | None = None
    flipped: bool = False
    mode: CompareMode = CompareMode.OFF

    def with_kept(self, layer: Layer, *, flipped: bool) -> Comparing:
        """Keep another layer, and compare."""
        mode = CompareMode.BESIDE if self.mode == CompareMode.OFF else self.mode
        return replace(self, kept=layer, flipped=flipped, mode=mode)


@dataclass(frozen=True)
class Compared:
    """Two layers on frames of one shape.

    mode: as what they are shown, which is beside where nothing else can be. alignment: how their maps lie on each
    other; None where they cannot. why: what is not as it was asked for, in words.
    """

    live: Layer
    kept: Layer
    flipped: bool
    mode: CompareMode
    alignment: Alignment | None
    why: str = ""

    @property
    def count(self) -> int:
        """Of the pairs of maps: as far as both go."""
        return min(len(self.live.bank), len(self.kept.bank))

    @property
    def difference(self) -> Difference | None:
        """What is computed where that is shown."""
        return Difference(self.live, self.kept) if self.mode == CompareMode.DIFFERENCE else None

    @property
    def overlaid(self) -> Alignment | None:
        """Where their maps are laid over each other: how."""
        return None if self.mode == CompareMode.BESIDE else self.alignment

    @property
    def shares_range(self) -> bool:
        """Whether both are shown in one range: then the same shade is the same response."""
        limits = [fixed_limits(layer)[1] for layer in (self.live, self.kept)]
        return max(limits) <= COMPARABLE * min(limits)

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be said of it beside the layers' names."""
        said = [self.why] if self.why else []
        counts = len(self.live.bank), len(self.kept.bank)
        if counts[0] != counts[1]:
            which = "live" if counts[0] > counts[1] else "kept"
            left = abs(counts[0] - counts[1])
            said.append(
                f"{left} {which} {'map has' if left == 1 else 'maps have'} no partner and {_are(left)} left out"
            )
        if self.overlaid and any(self.overlaid.rest_yx):
            across = {(True, True): "", (True, False): " down", (False, True): " across"}[self.overlaid.rest_yx]
            said.append(f"laid over each other to whole pixels: half a pixel{across} is left, towards the top left")
        return tuple(said)


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


@lru_cache(maxsize=64)
def compared(comparing: Comparing, live: Layer, shape: tuple[int, ...]) -> Compared | None:
    """What is compared on frames of that shape; None where nothing is. FrameSizeError where kernels do not fit."""
    kept, mode = comparing.kept, comparing.mode
    if kept is None or mode == CompareMode.OFF:
        return None
    try:
        return Compared(live, kept, comparing.flipped, mode, align(live, kept, shape))
    except NotAlignedError as error:
        why = "" if mode == CompareMode.BESIDE else f"no {mode}, but side by side: {error}"
        return Compared(live, kept, comparing.flipped, CompareMode.BESIDE, None, why)


def shared_limits(one: Limits, other: Limits) -> Limits:
    """One range for both."""
    return min(one[0], other[0]), max(one[1], other[1])
