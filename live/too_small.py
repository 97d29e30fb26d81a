"""Pictures of a series that are too small for the filters."""

from __future__ import annotations

from collections.abc import Callable

from convviz_core.geometry import FrameSizeError
from live.sources.frame import FrameSource, SourceError


class TooSmall:
    """Passes them over, with a word to `say`, as long as one may come that fits; SourceError where none does."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._names: set[str] = set()
        self._way_out = ""  # for the last of them

    def pass_over(self, name: str, error: FrameSizeError, *, any_fitted: bool) -> None:
        """A picture was too small. A source without names for its pictures has one size for all of them."""
        if not any_fitted and (not name or name in self._names):
            raise SourceError(f"{error}{way_out(error)}")
        self._names.add(name)
        self._way_out = way_out(error)
        self._say(f"{name}: {error}: passed over" if name else f"{error}: passed over")

    def check_end(self, source: FrameSource, *, any_fitted: bool) -> None:
        """SourceError where `source` has ended, and every picture was too small."""
        if source.ended and self._names and not any_fitted:
            raise SourceError(f"every picture of {source.name} is too small for the filters{self._way_out}")


def way_out(error: FrameSizeError) -> str:
    """What to do about it, behind the sentence; nothing where that says so itself."""
    if error.least_padding is None:
        return ""
    return f": give --padding {error.least_padding} or more, or --filters with smaller kernels"
