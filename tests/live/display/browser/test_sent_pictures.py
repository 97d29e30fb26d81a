"""Canvases on their way to pages: never more than two, the newest one, and without a loss when it stands still."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from queue import SimpleQueue

import cv2
import numpy as np
import pytest

from convviz_core.arrays import ByteArray
from live.display.browser.pictures import MOST_UNSEEN, Page, Pictures

HEAD = struct.Struct("<BBHHHIdd")  # written down here once more: the page reads these bytes
PATIENCE_S = 10.0  # only a broken test waits so long


@dataclass(frozen=True)
class Arrived:
    kind: int
    last: int
    width: int
    height: int
    top: int
    number: int
    captured_at_s: float
    shown_at_s: float
    pixels: ByteArray


def arrived(message: bytes) -> Arrived:
    pixels = cv2.imdecode(np.frombuffer(message[HEAD.size :], np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    kind, last, width, height, top, number, captured_at_s, shown_at_s = HEAD.unpack_from(message)
    drawn = np.asarray(pixels, np.uint8)
    return Arrived(kind, last, width, height, top, number, captured_at_s, shown_at_s, drawn)


@dataclass
class Receiver:
    """A page whose network a test is."""

    messages: list[bytes] = field(default_factory=list)
    came: SimpleQueue[bytes] = field(default_factory=SimpleQueue)

    def __post_init__(self) -> None:
        self.page = Page(self.receive)

    def receive(self, message: bytes) -> None:
        self.messages.append(message)
        self.came.put(message)

    def next(self) -> Arrived:
        return arrived(self.came.get(timeout=PATIENCE_S))


@pytest.fixture
def pictures() -> Iterator[Pictures]:
    made = Pictures()
    made.start()
    yield made
    made.close()


def canvas(value: int, size_wh: tuple[int, int] = (64, 48)) -> ByteArray:
    return np.full((size_wh[1], size_wh[0], 3), value, np.uint8)


def test_a_page_that_has_seen_nothing_gets_two_pictures_and_then_only_the_newest(pictures: Pictures) -> None:
    receiver = Receiver()
    pictures.join(receiver.page)
    for value in (10, 20):
        pictures.publish(canvas(value), 0.0)
        assert abs(int(receiver.next().pixels[0, 0, 0]) - value) <= 2
    for value in (30, 40, 50):
        pictures.publish(canvas(value), 0.0)
    assert len(receiver.page.unseen) == MOST_UNSEEN == 2
    pictures.seen(receiver.page, 1)
    assert abs(int(receiver.next().pixels[0, 0, 0]) - 50) <= 2
    assert len(receiver.messages) == 3


def test_a_slow_page_does_not_hold_up_a_quick_one(pictures: Pictures) -> None:
    slow, quick = Receiver(), Receiver()
    pictures.join(slow.page)
    pictures.join(quick.page)
    for value in range(0, 250, 50):
        pictures.publish(canvas(value), 0.0)
        pictures.seen(quick.page, quick.next().number)
    assert len(quick.messages) == 5
    assert len(slow.messages) == 2


def test_what_stands_still_comes_without_a_loss_strip_by_strip(pictures: Pictures) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (700, 800, 3), np.uint8)
    receiver = Receiver()
    pictures.join(receiver.page)
    pictures.publish(noise, 3.5)
    first = receiver.next()
    assert (first.kind, first.width, first.height, first.captured_at_s) == (1, 800, 700, 3.5)
    assert (first.pixels != noise).any()
    built = np.zeros_like(noise)
    strips: list[Arrived] = []
    pictures.seen(receiver.page, first.number)
    while not strips or not strips[-1].last:
        strips.append(receiver.next())
        built[strips[-1].top : strips[-1].top + len(strips[-1].pixels)] = strips[-1].pixels
        pictures.seen(receiver.page, strips[-1].number)
        assert strips[-1].kind == 2
    assert (built == noise).all()
    assert len(strips) == 3  # 327 rows of 2400 bytes are 3/4 MiB
    pictures.publish(canvas(1), 0.0)
    assert receiver.next().kind == 1  # nothing came in between: what is there without a loss is not sent again


def test_a_new_picture_cuts_the_strips_short(pictures: Pictures) -> None:
    receiver = Receiver()
    pictures.join(receiver.page)
    pictures.publish(np.zeros((2000, 800, 3), np.uint8), 0.0)
    pictures.seen(receiver.page, receiver.next().number)
    assert [receiver.next().kind, receiver.next().kind] == [2, 2]
    pictures.publish(canvas(90), 0.0)
    pictures.seen(receiver.page, 3)
    newest = receiver.next()
    assert (newest.kind, newest.width) == (1, 64)


def test_the_canvas_is_copied_so_that_the_loop_may_draw_on(pictures: Pictures) -> None:
    receiver = Receiver()
    drawn = canvas(200)
    pictures.publish(drawn, 0.0)
    drawn[:] = 0
    pictures.join(receiver.page)
    assert abs(int(receiver.next().pixels[0, 0, 0]) - 200) <= 2


def test_a_page_that_has_left_gets_nothing_and_nobody_waits_for_it(pictures: Pictures) -> None:
    gone, there = Receiver(), Receiver()
    pictures.join(gone.page)
    pictures.leave(gone.page)
    pictures.leave(gone.page)
    pictures.join(there.page)
    pictures.publish(canvas(7), 0.0)
    there.next()
    assert gone.messages == []


def test_pictures_get_smaller_for_a_page_that_sees_them_late_and_better_again() -> None:
    page = Page(lambda _: None)
    for number in range(20):
        page.sent(number, now_s=float(number))
        page.seen(number, now_s=number + 0.5)
    assert page.quality == 45
    page.sent(21, now_s=30.0)
    page.seen(21, now_s=30.01)
    assert page.quality == 55


def test_a_number_that_was_never_sent_sees_nothing() -> None:
    page = Page(lambda _: None)
    page.sent(5, 0.0)
    page.seen(6, 0.0)
    page.seen(4, 0.0)
    assert list(page.unseen) == [5]
