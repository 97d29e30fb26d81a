"""Canvases on their way to the pages: encoded in a thread of their own, never more than two on the way to one page.

The loop gives a canvas and goes on. A page that has not said that it has seen the two before gets none: the newest one
waits, those in between are never encoded, so that a slow link lowers the rate and no queue is built. When the picture
stands still, what JPEG has lost follows without a loss, in strips of rows, which a new picture may cut short.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np

from convviz_core.arrays import ByteArray
from live.display.browser.messages import JPEG, PICTURE, PNG

MOST_UNSEEN = 2
REST_S = 0.25  # without a new canvas: the picture stands still
STRIP_BYTES = 768 * 1024  # of pixels: a fifth of that as PNG, and half a second of a slow link
BEST_QUALITY, LEAST_QUALITY, QUALITY_STEP = 85, 45, 10
SLOW_S, QUICK_S = 0.25, 0.1  # from sending a picture till it is seen: smaller pictures help, or are not needed
PNG_EFFORT = 1  # of 9: the maps' noise does not get much smaller by more


@dataclass(eq=False)
class Page:
    """What a page has been sent. send: hands a message to its socket, from any thread, and returns at once."""

    send: Callable[[bytes], None]
    quality: int = BEST_QUALITY
    canvas: int = 0  # the newest one sent
    strips: int = 0  # of that canvas, sent without a loss
    unseen: dict[int, float] = field(default_factory=dict)  # number of each picture on its way -> when it was sent

    def sent(self, number: int, now_s: float) -> None:
        """A picture is on its way."""
        self.unseen[number] = now_s

    def seen(self, number: int, now_s: float) -> None:
        """It has come, and those before it; a number that is not on its way changes nothing."""
        sent_s = self.unseen.get(number)
        if sent_s is None:
            return
        self.unseen = {later: at_s for later, at_s in self.unseen.items() if later > number}
        if now_s - sent_s > SLOW_S:
            self.quality = max(LEAST_QUALITY, self.quality - QUALITY_STEP)
        elif now_s - sent_s < QUICK_S:
            self.quality = min(BEST_QUALITY, self.quality + QUALITY_STEP)


@dataclass(frozen=True, eq=False)
class _Canvas:
    """pixels: uint8 BGR (H, W, 3). Times in seconds; captured_at_s is NaN where nobody knows."""

    pixels: ByteArray
    number: int
    captured_at_s: float
    shown_at_s: float

    @property
    def strip_rows(self) -> int:
        width: int = self.pixels.shape[1]
        return max(1, STRIP_BYTES // (3 * width))

    @property
    def strip_count(self) -> int:
        height: int = self.pixels.shape[0]
        return -(-height // self.strip_rows)


@dataclass(frozen=True)
class _Job:
    """What is to be encoded next, and for whom. strip: None for the whole canvas as JPEG."""

    canvas: _Canvas
    pages: list[Page]
    strip: int | None = None


class Pictures:
    """Between the loop, which publishes, the server's thread, which joins pages and tells what is seen, and its own."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()  # guards what follows
        self._pages: list[Page] = []
        self._newest: _Canvas | None = None
        self._encoding: _Canvas | None = None
        self._spare: list[ByteArray] = []
        self._sent = 0
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="encode", daemon=True)

    def start(self) -> None:
        """Begin to encode."""
        self._thread.start()

    def close(self) -> None:
        """Encode no more; twice is fine."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def publish(self, canvas: ByteArray, captured_at_s: float) -> None:
        """The canvas to be seen from now on; it is copied. Only the loop's thread calls this."""
        pixels = self._memory(canvas.shape)
        np.copyto(pixels, canvas)
        with self._changed:
            before = self._newest
            number = before.number + 1 if before else 1
            self._newest = _Canvas(pixels, number, captured_at_s, self._clock())
            if before is not None and before is not self._encoding:
                self._spare.append(before.pixels)
            self._changed.notify_all()

    def join(self, page: Page) -> None:
        """A page is there, and gets the newest canvas."""
        with self._changed:
            self._pages.append(page)
            self._changed.notify_all()

    def leave(self, page: Page) -> None:
        """It is gone; twice is fine."""
        with self._changed:
            self._pages = [other for other in self._pages if other is not page]

    @property
    def pages(self) -> tuple[Page, ...]:
        """Those that are there."""
        with self._changed:
            return tuple(self._pages)

    def seen(self, page: Page, number: int) -> None:
        """The page has drawn the picture of that number."""
        with self._changed:
            page.seen(number, self._clock())
            self._changed.notify_all()

    def _memory(self, shape: tuple[int, ...]) -> ByteArray:
        with self._changed:
            while self._spare:
                pixels = self._spare.pop()
                if pixels.shape == shape:
                    return pixels
        return np.empty(shape, np.uint8)

    # From here on: the encoding thread.

    def _run(self) -> None:
        while job := self._next_job():
            if job.strip is None:
                self._send_whole(job)
            else:
                self._send_strip(job.canvas, job.pages, job.strip)
            with self._changed:
                if self._encoding is not self._newest and self._encoding is not None:
                    self._spare.append(self._encoding.pixels)
                self._encoding = None

    def _next_job(self) -> _Job | None:
        """Waits for it; None when there will be none."""
        with self._changed:
            while not self._closing:
                job, due_s = self._due()
                if job:
                    self._encoding = job.canvas
                    return job
                self._changed.wait(due_s)
        return None

    def _due(self) -> tuple[_Job | None, float | None]:
        """What may be sent now; else in how many seconds something may, None where that takes something new."""
        canvas = self._newest
        ready = [page for page in self._pages if len(page.unseen) < MOST_UNSEEN]
        if canvas is None or not ready:
            return None, None
        behind = [page for page in ready if page.canvas != canvas.number]
        if behind:
            return _Job(canvas, behind), None
        lossy = [page for page in ready if page.strips < canvas.strip_count]
        rest_s = canvas.shown_at_s + REST_S - self._clock()
        if lossy and rest_s <= 0:
            strip = min(page.strips for page in lossy)
            return _Job(canvas, [page for page in lossy if page.strips == strip], strip), None
        return None, max(rest_s, 0.001) if lossy else None

    def _send_whole(self, job: _Job) -> None:
        for quality in {page.quality for page in job.pages}:
            _, encoded = cv2.imencode(".jpg", job.canvas.pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
            pages = [page for page in job.pages if page.quality == quality]
            self._send(job.canvas, pages, _Part(JPEG, encoded.tobytes(), strips=0))

    def _send_strip(self, canvas: _Canvas, pages: list[Page], strip: int) -> None:
        top = strip * canvas.strip_rows
        rows = canvas.pixels[top : top + canvas.strip_rows]
        _, encoded = cv2.imencode(".png", rows, [cv2.IMWRITE_PNG_COMPRESSION, PNG_EFFORT])
        last = strip + 1 == canvas.strip_count
        self._send(canvas, pages, _Part(PNG, encoded.tobytes(), strip + 1, top, last))

    def _send(self, canvas: _Canvas, pages: list[Page], part: _Part) -> None:
        height, width = canvas.pixels.shape[:2]
        with self._changed:
            self._sent += 1
            head = PICTURE.pack(
                part.kind, part.last, width, height, part.top, self._sent, canvas.captured_at_s, canvas.shown_at_s
            )
            for page in pages:
                page.canvas, page.strips = canvas.number, part.strips
                page.sent(self._sent, self._clock())
        for page in pages:
            page.send(head + part.encoded)


@dataclass(frozen=True)
class _Part:
    """One encoded picture: all rows, or those from `top` on. strips: how many are then there without a loss."""

    kind: int
    encoded: bytes
    strips: int
    top: int = 0
    last: bool = False
