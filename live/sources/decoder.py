"""Decodes one video stream, picture by picture, and keeps what is damaged apart from what is whole."""

from __future__ import annotations

from collections import deque
from enum import StrEnum

import cv2  # noqa: F401 - before av

import av  # isort: skip  (after cv2, see live/recording/movie.py)
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

_PREDICTED_AT_MOST = 300  # pictures withheld after damage: a stream may have no key picture ever again
_ORDERS_KEPT = 64  # decoders hold back fewer pictures than that


class Step(StrEnum):
    """What came next in a stream."""

    PICTURE = "picture"  # in `Decoder.picture`
    DAMAGED = "damaged"  # a picture that cannot be decoded, or only from damaged ones
    BROKEN = "broken"  # reading failed; what follows may be good
    END = "end"


class Wholeness:
    """Which pictures are whole: from a damaged one on, none is that was predicted from it, until a key picture.

    Pictures are known by their order in the stream, from 0; they are decoded in another order than they are shown in.
    """

    def __init__(self) -> None:
        self.smeared = False  # it was given up to wait for a key picture
        self._damaged_at: int | None = None
        self._told = 0  # of the pictures from there on

    def damaged(self, order: int) -> None:
        """The picture cannot be decoded, which is told."""
        if self._damaged_at is None or order < self._damaged_at:
            self._damaged_at = order
        self._told += 1

    def is_whole(self, order: int, is_key: bool) -> bool:
        """Whether a decoded picture may be shown; where not, that is told."""
        if self._damaged_at is None or order < self._damaged_at or (is_key and order > self._damaged_at):
            return True
        self._told += 1
        return False

    def untold(self, order: int) -> int:
        """How many pictures the damage has cost without a word up to the whole one `order`, which ends it."""
        if self._damaged_at is None or order < self._damaged_at:
            return 0
        lost = order - self._damaged_at - self._told
        self._damaged_at, self._told = None, 0
        return max(0, lost)

    def give_up(self) -> None:
        """Take what comes from here on as whole, where no key picture came for too long."""
        if self._told > _PREDICTED_AT_MOST:
            self._damaged_at, self._told, self.smeared = None, 0, True


class Decoder:
    """The pictures of `stream`, one `step` after the other. All calls come from one thread."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self.picture: VideoFrame | None = None  # the last whole one
        self._container = container
        self._stream = stream
        self._packets = container.demux(stream)
        self._wholeness = Wholeness()
        self._fed = 0  # packets, which are pictures but for the fields of some interlaced streams
        self._orders: dict[int, int] = {}  # of the packets by their time stamps
        self._decoded: deque[VideoFrame | None] = deque()  # None for a damaged one
        self._over = False

    @property
    def smeared(self) -> bool:
        """Whether pictures are shown that were predicted from damaged ones, since no key picture came."""
        return self._wholeness.smeared

    def step(self) -> Step:
        """Read and decode until there is something to tell. Blocks as long as the container's time-out allows."""
        while not self._decoded:
            if self._over:
                return Step.END
            try:
                packet = next(self._packets)
            except (StopIteration, IndexError):  # PyAV stumbles at the end where streams have appeared on the way
                self._finish()
            except (av.FFmpegError, OSError):
                self._packets = self._container.demux(self._stream)  # an exception has ended the old one
                return Step.BROKEN
            else:
                self._decode(packet)
        decoded = self._decoded.popleft()
        if decoded is None:
            return Step.DAMAGED
        self.picture = decoded
        return Step.PICTURE

    def _decode(self, packet: Packet[VideoStream]) -> None:
        order = self._fed
        if packet.size:
            self._fed += 1
            if packet.pts is not None:
                self._orders[packet.pts] = order
        try:
            frames = packet.decode()
        except (av.FFmpegError, OSError):
            self._tell_damaged(order)
            return
        for frame in frames:
            self._judge(frame)

    def _judge(self, frame: VideoFrame) -> None:
        order = self._fed - 1 if frame.pts is None else self._orders.pop(frame.pts, self._fed - 1)
        if len(self._orders) > _ORDERS_KEPT:
            self._orders = {pts: kept for pts, kept in self._orders.items() if kept > order - _ORDERS_KEPT}
        if frame.is_corrupt:
            self._tell_damaged(order)
        elif self._wholeness.is_whole(order, frame.key_frame):
            self._decoded.extend([None] * self._wholeness.untold(order))
            self._decoded.append(frame)
        else:
            self._decoded.append(None)
            self._wholeness.give_up()

    def _tell_damaged(self, order: int) -> None:
        self._wholeness.damaged(order)
        self._decoded.append(None)

    def _finish(self) -> None:
        self._decoded.extend([None] * self._wholeness.untold(self._fed))
        self._over = True
