"""Where frames come from: camera, stream, video, pictures, synthetic scene."""

from live.sources.frame import (
    Frame,
    FrameSource,
    Listener,
    SourceCounts,
    SourceError,
    SourceEvent,
    SourceSettings,
)
from live.sources.opening import open_source

__all__ = [
    "Frame",
    "FrameSource",
    "Listener",
    "SourceCounts",
    "SourceError",
    "SourceEvent",
    "SourceSettings",
    "open_source",
]
