"""One pass through a video, file or stream: its pictures one after the other, each with its time."""

from __future__ import annotations

import os
from fractions import Fraction
from typing import BinaryIO

import cv2  # noqa: F401 - before av

from convviz_core.arrays import ByteArray
from live.sources.bgr import BgrConverter, Turn, turn_of
from live.sources.containers import Opened
from live.sources.decoder import Decoder, Step
from live.sources.timeline import LONGEST_GAP_OF_JOINED_S, LONGEST_GAP_S, Timeline

import av  # isort: skip  (after cv2, see live/recording/movie.py)
from av.video.frame import VideoFrame

_ONE_THREAD_PIXELS = 1920 * 1088  # what one thread decodes fast enough; a second one costs more than it gives
_MOST_THREADS = 4
# Without it, a damaged JPEG is decoded to nonsense. Other decoders tell of damage anyway, or stumble over trifles.
_STRICT_CODECS = ("mjpeg",)

_TS_DISCONT = 0x0200  # AVFMT_TS_DISCONT: a format that may be joined from pieces with clocks of their own


class VideoInput:
    """An opened video that is played once. All calls come from one thread.

    fps: the rate that it states, or the one that was asked for, which then replaces its time stamps.
    has_end: it is a recording. may_be_still: it may be a single picture, which an address gives anew each time.
    """

    def __init__(self, opened: Opened, asked_fps: float | None, file: BinaryIO | None = None) -> None:
        """Takes over what was opened, and `file`, from which it is read."""
        self._container, self._stream = opened
        self._file = file
        self._asked_fps = asked_fps
        self.fps = asked_fps or _sane(self._stream.guessed_rate) or _sane(self._stream.average_rate)
        context = self._stream.codec_context
        few = context.width * context.height <= _ONE_THREAD_PIXELS
        context.thread_count = 1 if few else min(_MOST_THREADS, os.cpu_count() or 1)
        context.thread_type = "AUTO"
        if context.name in _STRICT_CODECS:
            context.options = {"err_detect": "explode"}
        format_ = self._container.format
        self.has_end = bool(self._container.duration and self._container.duration > 0) or self._container.size > 0
        self.may_be_still = format_.name.endswith("_pipe") or format_.name == "image2"
        longest_gap_s = LONGEST_GAP_OF_JOINED_S if format_.flags & _TS_DISCONT else LONGEST_GAP_S
        self._timeline = Timeline(1 / self.fps if self.fps else None, longest_gap_s)
        self._decoder = Decoder(*opened)
        self._converter = BgrConverter()
        self._turn: Turn | None = Turn()  # of the last whole picture
        self._turn_of: object = None  # what a change of it would show in
        self._told: object = None  # how the pictures looked when their oddities were told
        self.pictures = 0  # whole and damaged ones
        self.time_s = 0.0  # of the last whole picture, from the first one
        self.size_wh = (context.width, context.height)  # as the last whole picture is to be shown

    def step(self) -> Step:
        """Read and decode one picture, or find that it is damaged, or that there is none."""
        step = self._decoder.step()
        picture = self._decoder.picture
        if step is Step.PICTURE and picture is not None:
            self._look_at_turn(picture)
            swapped = self._turn is not None and self._turn.swapped
            self.size_wh = (picture.height, picture.width) if swapped else (picture.width, picture.height)
            counted_s = self.pictures / self._asked_fps if self._asked_fps else None
            self.time_s = self._timeline.at(picture.time) if counted_s is None else counted_s
        if step in (Step.PICTURE, Step.DAMAGED):
            self.pictures += 1
        return step

    @property
    def end_s(self) -> float:
        """When the last picture's time is over."""
        if self._asked_fps:
            return self.pictures / self._asked_fps
        picture = self._decoder.picture
        lasts_s = float(picture.duration * (picture.time_base or 0)) if picture else 0.0
        end_s = self.time_s + (lasts_s or self._timeline.frame_s)
        return max(end_s, self._stated_length_s() or 0.0) if self._timeline.steady else end_s

    def bgr(self) -> ByteArray:
        """The last whole picture, uint8 BGR (H, W, 3), in new memory.

        UnknownColourError where its colours cannot be converted.
        """
        assert self._decoder.picture is not None
        return self._converter.convert(self._decoder.picture, self._turn or Turn())

    def oddities(self) -> list[str]:
        """What a person should know of how it is shown, each as the rest of a sentence; empty where all was told."""
        look = (self.size_wh, self._turn, self._decoder.smeared)
        if look == self._told:
            return []
        self._told = look
        odd = []
        shape = self._stream.sample_aspect_ratio
        if shape and shape > 0 and shape != 1:
            odd.append(f"has pixels of {shape.numerator}:{shape.denominator}: they are shown as squares")
        if self._turn is None:
            odd.append("asks to be turned by less than a quarter: it is shown as it is")
        if self._decoder.smeared:
            odd.append("has no key picture after its damage: what follows may be smeared")
        return odd

    def close(self) -> None:
        """Close it, in the thread that reads. Twice is fine."""
        self._container.close()
        if self._file is not None:
            self._file.close()

    def _look_at_turn(self, picture: VideoFrame) -> None:
        """Find how to turn `picture`; not for each one, since PyAV frees a picture late whose side data was read."""
        seen = (picture.width, picture.height, picture.rotation)
        predicts = not self._stream.codec_context.codec.intra_only
        if seen != self._turn_of or (predicts and picture.key_frame):
            self._turn_of, self._turn = seen, turn_of(picture)

    def _stated_length_s(self) -> float | None:
        if self._stream.duration and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        if self._container.duration and len(self._container.streams) == 1:
            return self._container.duration / av.time_base
        return None


def _sane(rate: Fraction | None) -> float | None:
    return float(rate) if rate and 0 < rate <= 1000 else None
