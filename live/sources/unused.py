"""What was asked of a source that cannot give it: a file's pictures have the size that they have."""

from __future__ import annotations

from live.sources.frame import SourceSettings

# --loop and --wait are not among them: what never ends and is always there does what they ask for.
_OPTIONS = ("width", "height", "fps", "format")


def unused(settings: SourceSettings, takes: tuple[str, ...], kind: str) -> str:
    """The sentence about what `kind` ("a video") makes nothing of; "" where all that was asked for is among `takes`."""
    asked = [f"--{option}" for option in _OPTIONS if option not in takes and getattr(settings, option) is not None]
    if not asked:
        return ""
    listed = f"{', '.join(asked[:-1])} and {asked[-1]} change" if len(asked) > 1 else f"{asked[0]} changes"
    return f"{listed} nothing: {kind} is shown as it is"
