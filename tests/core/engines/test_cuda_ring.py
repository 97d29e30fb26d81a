"""The ring's rules, on a device whose copies and events complete when the test says so, in every order."""

from __future__ import annotations

from collections import deque
from itertools import product

import numpy as np
import pytest
from fake_device import FakeDevice, FakeStream, Interrupted
from hypothesis import given, settings
from hypothesis import strategies as st

from convviz_core.arrays import ByteArray
from convviz_core.engines.api import Result
from convviz_core.engines.cuda.engine import CudaEngine
from convviz_core.engines.cuda.ring import Ring, RingFull
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.layer import Layer

# One 1x1 kernel of weight 1 shows the frame itself: in the fixed range [0, 1], byte = pixel.
SHOWS_THE_FRAME = Layer(FilterBank("itself", (Filter("one", np.ones((1, 1), np.float32)),)))


def numbered_frame(number: int) -> ByteArray:
    return np.full((2, 3), number % 256, np.uint8)


def is_frame(result: Result, number: int) -> bool:
    return bool(np.array_equal(result.mosaic, numbered_frame(number)))


def engine_on(device: FakeDevice, depth: int = 3) -> CudaEngine:
    return CudaEngine(device, depth=depth)


@given(data=st.data(), depth=st.integers(1, 4))
@settings(max_examples=60)
def test_every_order_of_copies_gives_each_frame_its_own_answer_and_keeps_the_last_one(
    data: st.DataObject, depth: int
) -> None:
    device = FakeDevice(lambda busy: data.draw(st.sampled_from(busy)))
    engine = engine_on(device, depth)
    waiting: deque[int] = deque()
    held: tuple[Result, int] | None = None
    for number in range(1, 25):
        actions = ["step"] * bool(device.busy) + ["submit"] * (len(waiting) < depth) + ["collect"] * bool(waiting)
        actions += ["interrupt"] * bool(waiting)
        action = data.draw(st.sampled_from(actions))
        if action == "step":
            device.step()
        elif action == "submit":
            frame = numbered_frame(number)
            engine.submit(frame, SHOWS_THE_FRAME)
            frame[:] = 255  # the caller's own again
            waiting.append(number)
        elif action == "interrupt":
            device.interrupt_next_wait = True
            with pytest.raises(Interrupted):
                engine.collect()
            waiting.popleft()
            held = None
        else:
            held = engine.collect(), waiting.popleft()
        if held is not None:
            assert is_frame(*held)
    while waiting:
        assert is_frame(engine.collect(), waiting.popleft())
    assert device.torn_uploads == 0


def test_a_slot_is_not_refilled_before_its_upload_is_over() -> None:
    device = FakeDevice()
    engine = engine_on(device, depth=1)
    for number in (1, 2):  # both streams: one frame's wait is interrupted, the next one's answer is held
        engine.submit(numbered_frame(number), SHOWS_THE_FRAME)
        device.interrupt_next_wait = True
        with pytest.raises(Interrupted):
            engine.collect()
    first = device.streams[0]
    assert len(first.steps) == 7  # four events, upload, work and download of frame 1: nothing has happened yet
    engine.submit(numbered_frame(3), SHOWS_THE_FRAME)
    assert len(first.steps) == 4 + 7  # frame 1's upload and the event after it are over, and no more was waited for
    assert is_frame(engine.collect(), 3)
    assert device.torn_uploads == 0


def test_nothing_is_waited_for_when_a_frame_is_submitted_to_a_fresh_slot() -> None:
    device = FakeDevice()
    engine = engine_on(device, depth=3)
    for number in range(3):
        engine.submit(numbered_frame(number), SHOWS_THE_FRAME)
    assert device.now_ms == 0
    assert len(device.busy) == 3


@pytest.mark.parametrize("last", range(3))
def test_answers_come_in_the_order_of_their_frames_whichever_lane_is_done_first(last: int) -> None:
    device = FakeDevice()
    engine = engine_on(device, depth=3)
    for number in range(3):
        engine.submit(numbered_frame(number), SHOWS_THE_FRAME)
    for stream in sorted(device.streams[:3], key=lambda stream: device.streams.index(stream) == last):
        stream.synchronize()
    assert all(is_frame(engine.collect(), number) for number in range(3))


def test_collecting_waits_for_its_own_frame_alone() -> None:
    device = FakeDevice()
    engine = engine_on(device, depth=2)
    engine.submit(numbered_frame(1), SHOWS_THE_FRAME)
    engine.submit(numbered_frame(2), SHOWS_THE_FRAME)
    assert is_frame(engine.collect(), 1)
    assert len(device.streams[1].steps) == 7


def test_run_always_takes_the_first_lane_and_makes_one_slot_only() -> None:
    device = FakeDevice()
    engine = engine_on(device)
    for number in range(5):
        assert is_frame(engine.run(numbered_frame(number), SHOWS_THE_FRAME), number)
    assert device.captures == 1


def test_nothing_is_allocated_after_each_slot_was_used_once() -> None:
    device = FakeDevice()
    engine = engine_on(device, depth=2)

    def pass_through(count: int) -> None:
        for number in range(count):
            engine.submit(numbered_frame(number), SHOWS_THE_FRAME)
            if number:
                engine.collect()
        engine.collect()

    pass_through(4)
    assert device.allocations == 3 * 4  # three streams: pinned in, device in, device out, pinned out
    pass_through(50)
    assert (device.allocations, device.captures) == (12, 3)


def test_a_full_ring_refuses_a_frame_and_an_empty_one_has_no_answer() -> None:
    engine = engine_on(FakeDevice(), depth=2)
    with pytest.raises(ValueError, match="no frame is in flight"):
        engine.collect()
    engine.submit(numbered_frame(1), SHOWS_THE_FRAME)
    engine.submit(numbered_frame(2), SHOWS_THE_FRAME)
    with pytest.raises(RingFull, match="2 frames are in flight"):
        engine.submit(numbered_frame(3), SHOWS_THE_FRAME)
    with pytest.raises(ValueError, match="2 frames are in flight: collect them"):
        engine.run(numbered_frame(3), SHOWS_THE_FRAME)
    assert is_frame(engine.collect(), 1)


def test_a_ring_without_room_for_one_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1, got 0"):
        Ring(0)


def test_stage_times_are_the_frame_s_own_and_include_the_wait_behind_other_frames() -> None:
    # Every step takes 1 ms; the streams take turns, so each step of a frame waits for one step of the other.
    turns = product(range(100), (0, 1))

    def take_turns(busy: list[FakeStream]) -> FakeStream:
        return busy[next(turns)[1] % len(busy)]

    device = FakeDevice(take_turns)
    engine = engine_on(device, depth=2)
    engine.submit(numbered_frame(1), SHOWS_THE_FRAME)
    engine.submit(numbered_frame(2), SHOWS_THE_FRAME)
    assert engine.collect().stages_ms == {"upload": 4.0, "device": 4.0, "download": 4.0}

    alone = engine_on(FakeDevice()).run(numbered_frame(1), SHOWS_THE_FRAME)
    assert alone.stages_ms == {"upload": 2.0, "device": 2.0, "download": 2.0}
