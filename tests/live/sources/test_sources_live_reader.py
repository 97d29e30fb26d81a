from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from source_fakes import Events, FakeClock, Read, ScriptedCapture, ScriptedDevice, picture, reads_on

from convviz_core.arrays import ByteArray
from live.sources.frame import SourceError, SourceSettings
from live.sources.live_reader import FIRST_PICTURE_S, LiveReader

PATIENCE_S = 10.0  # only a broken test waits so long


class Hand:
    """Feeds a capture by hand: what is given is read, and `give` returns once the reader asks for more."""

    def __init__(self) -> None:
        self._items: queue.Queue[ByteArray | bool | None] = queue.Queue()
        self._asked = threading.Semaphore(0)
        self.closed = threading.Event()

    def read(self) -> ByteArray | bool | None:
        self._asked.release()
        while not self.closed.is_set():
            try:
                return self._items.get(timeout=0.01)
            except queue.Empty:
                continue
        return False

    def give(self, item: ByteArray | bool | None) -> None:
        assert self._asked.acquire(timeout=PATIENCE_S)
        self._items.put(item)
        assert self._asked.acquire(timeout=PATIENCE_S)
        self._asked.release()


class Rig:
    """A LiveReader on a capture that is fed by hand."""

    def __init__(self) -> None:
        self.hand = Hand()
        self.events = Events()
        self.clock = FakeClock()
        self.capture = ScriptedCapture([self.hand.read] * 100_000)
        self.reader = LiveReader(ScriptedDevice([self.capture]), self.events, SourceSettings(), self.clock)

    def close(self) -> None:
        self.hand.closed.set()
        self.reader.close()


@contextmanager
def rig() -> Iterator[Rig]:
    made = Rig()
    try:
        yield made
    finally:
        made.close()


def value(image: ByteArray) -> int:
    return int(image[0, 0, 0])


def test_the_newest_frame_is_given_and_those_before_it_are_counted() -> None:
    with rig() as r:
        for shade in (10, 20, 30):
            r.hand.give(picture(shade))
        frame = r.reader.read(0)
        assert frame is not None
        assert (value(frame.image), frame.index) == (30, 2)
        assert (r.reader.counts.captured, r.reader.counts.dropped) == (3, 2)
        assert r.reader.read(0) is None


def test_a_frame_stays_as_it_was_until_the_second_one_after_it_is_given_out() -> None:
    with rig() as r:
        r.hand.give(picture(1))
        frame = r.reader.read(0)
        assert frame is not None
        for shade in range(2, 12):
            r.hand.give(picture(shade))
        assert value(frame.image) == 1
        second = r.reader.read(0)
        assert second is not None
        for shade in range(12, 22):
            r.hand.give(picture(shade))
        assert (value(frame.image), value(second.image)) == (1, 11)


def test_four_places_in_memory_are_enough() -> None:
    with rig() as r:
        places = set()
        for shade in range(30):
            r.hand.give(picture(shade))
            if shade % 3 == 0:
                frame = r.reader.read(0)
                assert frame is not None
                places.add(frame.image.__array_interface__["data"][0])
        assert sum(memory is None for memory in r.capture.memories) <= 4
        assert len(places) <= 4


def test_a_frame_of_another_size_follows() -> None:
    with rig() as r:
        r.hand.give(picture(1))
        r.hand.give(picture(2, (16, 12)))
        frame = r.reader.read(0)
        assert frame is not None
        assert frame.image.shape == (12, 16, 3)


def test_paused_nothing_is_decoded_captured_or_dropped_and_the_next_frame_is_fresh() -> None:
    with rig() as r:
        r.hand.give(picture(1))
        r.reader.pause(True)  # the waiting frame would be stale on resuming
        assert (r.reader.counts.captured, r.reader.counts.dropped) == (1, 1)
        for shade in (2, 3, 4):
            r.hand.give(picture(shade))
        assert (r.reader.counts.captured, r.reader.counts.dropped, r.capture.decoded) == (1, 1, 1)
        assert r.reader.silent_since_s is None
        r.reader.pause(False)
        r.hand.give(picture(5))
        frame = r.reader.read(0)
        assert frame is not None
        assert value(frame.image) == 5


def test_a_waiting_frame_at_the_end_counts_as_passed_over_and_closing_twice_is_fine() -> None:
    with rig() as r:
        r.hand.give(picture(1))
        r.close()
        r.close()
        assert (r.reader.counts.captured, r.reader.counts.dropped) == (1, 1)
        assert not reads_on("scripted")


def test_only_the_reading_thread_releases_the_device() -> None:
    with rig() as r:
        r.hand.give(picture(1))
    assert [thread.name for thread in r.capture.released_by] == ["capture scripted"]


def test_a_damaged_picture_is_one_failed_read() -> None:
    with rig() as r:
        r.hand.give(picture(1))
        r.hand.give(None)
        r.hand.give(False)
        r.hand.give(picture(2))
        counts = r.reader.counts
        assert (counts.captured, counts.failed_reads, counts.reconnects) == (2, 2, 0)
        assert r.events.kinds().count("failed_read") == 2


def test_silence_is_told_once_and_so_is_its_end() -> None:
    with rig() as r:
        r.hand.give(picture(1))
        r.reader.read(0)
        since_s = r.clock.now_s
        r.clock.now_s += 1.5
        assert r.reader.silent_since_s == since_s
        assert r.reader.read(0) is None
        assert r.reader.read(0) is None
        r.hand.give(picture(2))
        assert r.reader.silent_since_s is None
        assert r.events.kinds() == ["stall", "signal"]


def test_a_device_that_never_gives_a_picture_is_an_error_after_a_while() -> None:
    with rig() as r:
        r.clock.now_s += FIRST_PICTURE_S + 1
        with pytest.raises(SourceError, match="no picture for 15 s"):
            r.reader.read(0)


def test_a_device_that_is_absent_at_the_start_fails_at_once() -> None:
    device = ScriptedDevice([None])
    with pytest.raises(SourceError, match="scripted is not there"):
        LiveReader(device, Events(), SourceSettings())


def test_wait_keeps_trying_until_the_device_is_there() -> None:
    events = Events()
    hand = Hand()
    device = ScriptedDevice([None, ScriptedCapture([hand.read] * 1000)])
    reader = LiveReader(device, events, SourceSettings(wait=True))
    try:
        assert reader.read(0) is None
        hand.give(picture(7))
        frame = reader.read(PATIENCE_S)
        assert frame is not None
        assert value(frame.image) == 7
        assert reader.counts.reconnects == 0
        assert [event.detail for event in events if event.kind == "notice"] == ["scripted is not there; waiting for it"]
    finally:
        hand.closed.set()
        reader.close()


def test_one_unplugging_and_plugging_in_is_one_reconnect() -> None:
    events = Events()
    hand = Hand()
    dead_on_opening = ScriptedCapture([])  # opens, and every read fails
    device = ScriptedDevice([ScriptedCapture([lambda: picture(1)]), dead_on_opening, ScriptedCapture([hand.read] * 99)])
    reader = LiveReader(device, events, SourceSettings())
    try:
        hand.give(picture(2, (4, 4)))
        frame = reader.read(PATIENCE_S)
        assert frame is not None
        assert frame.image.shape == (4, 4, 3)
        counts = reader.counts
        assert (counts.captured, counts.dropped, counts.reconnects) == (2, 1, 1)
        assert events.kinds().count("reconnect") == 1
    finally:
        hand.closed.set()
        reader.close()


def test_the_end_of_a_recording_ends_the_source_after_its_last_frame() -> None:
    capture = ScriptedCapture([lambda: picture(1)])
    capture.ended = True
    reader = LiveReader(ScriptedDevice([capture]), Events(), SourceSettings())
    assert reader.read(PATIENCE_S) is not None
    assert reader.read(PATIENCE_S) is None
    assert reader.ended
    assert reader.silent_since_s is None
    reader.close()


def test_an_error_that_nobody_foresaw_reaches_the_reader_without_the_password() -> None:
    def breaks() -> bool:
        raise RuntimeError("http://me:secret@host/ broke")

    reader = LiveReader(ScriptedDevice([ScriptedCapture([breaks])]), Events(), SourceSettings())
    with pytest.raises(SourceError, match=r"reading scripted failed: http://\*\*\*@host/ broke"):
        reader.read(PATIENCE_S)
    reader.close()


def test_a_thread_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.sources.live_reader.JOIN_S", 0.01)
    release = threading.Event()
    inside = threading.Event()

    def hangs() -> bool:
        inside.set()
        release.wait(PATIENCE_S)
        return False

    capture = ScriptedCapture([hangs])
    reader = LiveReader(ScriptedDevice([capture]), Events(), SourceSettings())
    assert inside.wait(PATIENCE_S)
    reading = next(thread for thread in threading.enumerate() if thread.name == "capture scripted")
    reader.close()
    assert reading.is_alive()
    assert not capture.released_by  # releasing beside a blocked read crashes
    release.set()
    reading.join(PATIENCE_S)


READS: dict[str, Read] = {
    "picture": lambda: picture(1),
    "larger picture": lambda: picture(2, (16, 9)),
    "damaged": lambda: None,
    "failed": lambda: False,
}


@settings(max_examples=25)
@given(st.lists(st.sampled_from(["read", "pause", "resume", *READS]), max_size=25))
def test_the_counts_add_up_whatever_happens(script: list[str]) -> None:
    r = Rig()
    seen: list[int] = []
    failures = 0
    for what in script:
        if what == "read":
            frame = r.reader.read(0)
            seen += [frame.index] if frame else []
        elif what in ("pause", "resume"):
            r.reader.pause(what == "pause")
        elif what == "failed" and failures == 3:
            continue  # the fifth in a row would be a device that is gone
        else:
            failures = failures + 1 if what == "failed" else 0
            r.hand.give(READS[what]())
    r.close()
    assert not reads_on("scripted")
    assert seen == sorted(set(seen))
    assert r.reader.counts.captured == len(seen) + r.reader.counts.dropped
    assert r.events.kinds().count("drop") == r.reader.counts.dropped
    assert r.events.kinds().count("failed_read") == r.reader.counts.failed_reads


def test_a_frames_repr_shows_no_pixels() -> None:
    with rig() as r:
        r.hand.give(np.zeros((6, 8, 3), np.uint8))
        assert repr(r.reader.read(0)) == "Frame(0, uint8 (6, 8, 3), captured at 100.000 s)"
