"""Two layers on one frame: what is compared with what, as what it is shown, and where that cannot be, why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from convviz_core.difference import Difference
from convviz_core.layer import Activation, Layer
from convviz_core.placement import Alignment, MapPlacement, NotAlignedError, Placed, lay_over
from convviz_core.ranges import Limits, fixed_limits
from live.layer_settings import LayerChoice

UNCHANGED = "nothing is changed yet"  # since a layer was kept
HIDDEN = "they differ only in what the viewer's ReLU sets to 0"
COMPARABLE = 2.0  # two layers whose limits are at most so many times as large share one range


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
    """What a person compares with what they see.

    kept: the other side, as it was. file: what a filter file made of it, which makes it anew when it changes.
    flipped: its kernels are turned.
    """

    kept: Placed | None = None
    file: LayerChoice | None = None
    flipped: bool = False
    mode: CompareMode = CompareMode.OFF

    def with_kept(self, layer: Placed, *, flipped: bool) -> Comparing:
        """Keep another layer, and compare."""
        mode = CompareMode.BESIDE if self.mode == CompareMode.OFF else self.mode
        file = self.file if layer == self.kept else None
        return replace(self, kept=layer, file=file, flipped=flipped, mode=mode)

    def with_file(self, choice: LayerChoice) -> Comparing:
        """With what the other side's file has become."""
        activation = self.kept.activation if isinstance(self.kept, Layer) else Activation.RELU
        return replace(self, kept=choice.layer(Activation(activation)), file=choice)


@dataclass(frozen=True)
class Pairing:
    """The maps of two layers, of whatever kind, on frames of one shape.

    mode: as what they are shown, which is beside where nothing else can be. alignment: how they lie on each other; None
    where they cannot. why: what is not as it was asked for, in words. crossed: some pairs are of channels whose numbers
    differ.
    """

    live: MapPlacement
    kept: MapPlacement
    mode: CompareMode
    alignment: Alignment | None
    why: str = ""
    crossed: bool = False

    @classmethod
    def of(cls, live: MapPlacement, kept: MapPlacement, mode: CompareMode, *, finding: bool = False) -> Pairing:
        """As near to `mode` as can be. finding: where they lie is not known yet, and will be in a moment."""
        try:
            return cls(live, kept, mode, lay_over(live, kept))
        except NotAlignedError as error:
            reason = "what they read is being found" if finding else str(error)
            why = "" if mode == CompareMode.BESIDE else f"no {mode}, but side by side: {reason}"
            return cls(live, kept, CompareMode.BESIDE, None, why)

    @property
    def count(self) -> int:
        """Of the pairs of maps: as far as both go."""
        return min(self.live.count, self.kept.count)

    @property
    def overlaid(self) -> Alignment | None:
        """Where their maps are laid over each other: how."""
        return None if self.mode == CompareMode.BESIDE else self.alignment

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be said of it beside the layers' names."""
        said = [self.why] if self.why else []
        counts = self.live.count, self.kept.count
        if counts[0] != counts[1]:
            which = "live" if counts[0] > counts[1] else "kept"
            left = abs(counts[0] - counts[1])
            said.append(
                f"{left} {which} {'map has' if left == 1 else 'maps have'} no partner and {_are(left)} left out"
            )
        if self.crossed:
            said.append("the pairs are by their places on the pages, not by their channels' numbers")
        if self.overlaid and any(self.overlaid.rest_yx):
            sides = [side for side, rest in zip(("above", "left of"), self.overlaid.rest_yx, strict=True) if rest]
            halves = self._rests_are_halves(self.overlaid)
            where = f"half a pixel {' and '.join(sides)}" if halves else "less than half a pixel beside"
            said.append(f"a kept pixel belongs {where} the live one that it is compared with")
        return tuple(said)

    def _rests_are_halves(self, overlaid: Alignment) -> bool:
        """Whether what is left is half of a map's pixel, not less as there may be with a stride."""
        assert self.live.centre_yx is not None
        assert self.kept.centre_yx is not None
        for axis, rest in enumerate(overlaid.rest_yx):
            apart = (self.live.centre_yx[axis] - self.kept.centre_yx[axis]) / self.live.stride_yx[axis]
            if rest and abs(apart - (overlaid.kept_yx[axis] - overlaid.live_yx[axis])) != 0.5:
                return False
        return True


@dataclass(frozen=True)
class Compared:
    """Two layers of banks, and how their maps lie."""

    live: Layer
    kept: Layer
    flipped: bool
    pairing: Pairing

    @property
    def mode(self) -> CompareMode:
        """As what they are shown."""
        return self.pairing.mode

    @property
    def difference(self) -> Difference | None:
        """What is computed where that is shown."""
        return Difference(self.live, self.kept) if self.mode == CompareMode.DIFFERENCE else None

    @property
    def shares_range(self) -> bool:
        """Whether both are shown in one range: then the same shade is the same response."""
        return comparable_limits(*(fixed_limits(layer)[1] for layer in (self.live, self.kept)))


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


@lru_cache(maxsize=64)
def compared(comparing: Comparing, live: Layer, shape: tuple[int, ...]) -> Compared | None:
    """What is compared on frames of that shape; None where nothing is. FrameSizeError where kernels do not fit."""
    kept, mode = comparing.kept, comparing.mode
    if not isinstance(kept, Layer) or mode == CompareMode.OFF:
        return None
    return Compared(live, kept, comparing.flipped, Pairing.of(live.placement(shape), kept.placement(shape), mode))


def comparable_limits(one: float, other: float) -> bool:
    """Whether two layers with these limits are shown in one range."""
    return max(one, other) <= COMPARABLE * min(one, other)


def shared_limits(one: Limits, other: Limits) -> Limits:
    """One range for both."""
    return min(one[0], other[0]), max(one[1], other[1])
