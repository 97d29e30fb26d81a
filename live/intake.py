"""Where frames enter the loop: mirrored once, paused, stepped, and passed over where the bank cannot read them."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from convviz_core.arrays import ByteArray
from convviz_core.geometry import FrameSizeError
from convviz_core.layer import Layer
from live.measuring.profiler import Profiler
from live.sources.frame import Film, Frame, FrameSource

PATIENCE_S = 0.04  # how long a read may keep the window waiting; each picture shown looks for keys anyway


class Intake:
    """Takes in the source's frames. `frame` is the newest, its image as it is computed and kept: mirrored if asked."""

    def __init__(self, source: FrameSource, profiler: Profiler) -> None:
        self.frame: Frame | None = None
        self.refused = ""
        self._source, self._profiler = source, profiler
        self._mirrored = False
        self._turned: ByteArray = np.empty(0, np.uint8)
        self._stepping = False
        self._draining = False  # the source has been told to pause

    def take(self, paused: bool, mirrored: bool, layer: Layer | None, patience_s: float = PATIENCE_S) -> Frame | None:
        """The next frame; None while paused, at the end, and when none came in time.

        FrameSizeError where `layer` cannot read it: one picture of many may be too small. It is passed over then, its
        name is `refused`, and the frame before stays, in memory of its own. None reads frames of any size.
        """
        if self.over or self.stands_still(paused):
            self._profiler.bars.stand_still()
            return None
        asked_s = self._profiler.clock()
        frame = self._source.read(patience_s)
        self._profiler.frames_captured(self._source.counts.captured)
        if frame is None:
            self._profiler.waited(asked_s, self._profiler.clock())
            return None
        start_s = frame.captured_at_s if self._source.live else frame.captured_at_s - frame.read_s
        self._profiler.waited(asked_s, self._profiler.clock() if self._source.live else start_s, frame.index)
        self._profiler.begin_frame(frame.index)
        self._profiler.add("capture", start_s, start_s + frame.read_s)
        self._check(frame, layer)
        if mirrored:
            if self._turned.shape != frame.image.shape:
                self._turned = np.empty(frame.image.shape, np.uint8)
            frame = replace(frame, image=np.asarray(cv2.flip(frame.image, 1, self._turned), np.uint8))
        self.frame, self._mirrored, self._stepping = frame, mirrored, False
        return frame

    @property
    def picture(self) -> tuple[int, float, bool] | None:
        """Which picture `frame` is: equal where the pixels are."""
        return (self.frame.index, self.frame.captured_at_s, self._mirrored) if self.frame else None

    def _check(self, frame: Frame, layer: Layer | None) -> None:
        try:
            if layer:
                layer.output_hw(frame.image.shape)
        except FrameSizeError:
            self.refused = frame.name
            if self.frame:  # whose memory the source takes again from the next read on
                self.frame = replace(self.frame, image=self.frame.image.copy())
            raise

    def mirror(self, mirrored: bool) -> None:
        """Turn the frame that is there, where it does not lie that way yet."""
        if self.frame and mirrored != self._mirrored:
            self.frame = replace(self.frame, image=np.asarray(cv2.flip(self.frame.image, 1), np.uint8))
            self._mirrored = mirrored

    @property
    def over(self) -> bool:
        """Whether no other frame comes."""
        return self._source.ended

    @property
    def replays(self) -> bool:
        """Whether it is over, and `play_again` begins anew."""
        return isinstance(self._source, Film) and self._source.replays

    def play_again(self) -> None:
        """Have what is over begin anew, where it `replays`."""
        if isinstance(self._source, Film):
            self._source.play_again()

    def stands_still(self, paused: bool) -> bool:
        """Whether it is paused, and not waiting for one more frame."""
        return paused and not self._stepping and self.frame is not None

    def step(self) -> None:
        """Let one more frame come while it is paused."""
        self._stepping = True

    def pause(self, paused: bool) -> None:
        """Have the source drained while nothing is taken from it."""
        draining = paused and not self._stepping
        if draining != self._draining:
            self._source.pause(draining)
            self._draining = draining
