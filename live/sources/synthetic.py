"""Computed scenes as a source: no camera, no file, the same pixels every time."""

from __future__ import annotations

import time

from convviz_core.scenes import Scene, SceneError, open_scene
from live.sources.frame import Frame, SourceCounts, SourceError, SourceSettings
from live.sources.pacing import Clock, Pacer, Sleep

SIZE_WH = (640, 480)
FPS = 30.0


class SyntheticSource:
    """The FrameSource of a scene: every frame of it, at --fps, or at 30 where settings.paced; it never ends."""

    live = False
    silent_since_s = None

    def __init__(
        self, scene_name: str, settings: SourceSettings, clock: Clock = time.monotonic, sleep: Sleep = time.sleep
    ) -> None:
        """Open the scene; SourceError for a name that there is not and a size that cannot be."""
        self._size_wh = (_or(settings.width, SIZE_WH[0]), _or(settings.height, SIZE_WH[1]))
        self._scene = _opened(scene_name, self._size_wh)
        self.name = f"synthetic:{self._scene.name}"
        self.counts = SourceCounts()
        self.ended = False
        self.fps = settings.fps or FPS
        self._clock = clock
        self._pacer = Pacer(settings.paced or settings.fps is not None, clock, sleep)

    @property
    def granted(self) -> str:
        """The scene's name, size and rate."""
        return f"{self.name}, {self._size_wh[0]}x{self._size_wh[1]} at {self.fps:g} fps"

    def read(self, timeout_s: float) -> Frame | None:
        """The next frame once it is due."""
        index = self.counts.captured
        media_time_s = index / self.fps
        if self.ended or not self._pacer.wait(media_time_s, timeout_s):
            return None
        started_s = self._clock()
        image = self._scene.frame(index, self.fps)
        now_s = self._clock()
        self.counts.captured += 1
        return Frame(image, index, now_s, media_time_s, now_s - started_s)

    def advice(self, measured_fps: float) -> str | None:  # noqa: ARG002
        """No camera, no advice."""
        return None

    def pause(self, paused: bool) -> None:
        """A scene waits by itself."""

    def close(self) -> None:
        """Nothing is held."""
        self.ended = True


def _opened(scene_name: str, size_wh: tuple[int, int]) -> Scene:
    try:
        return open_scene(scene_name, size_wh)
    except SceneError as error:
        raise SourceError(str(error)) from None


def _or(asked: int | None, default: int) -> int:
    return default if asked is None else asked
