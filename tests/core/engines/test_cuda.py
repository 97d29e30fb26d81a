"""The CUDA engine on a card. These tests skip without one, and fail instead where CONVVIZ_REQUIRE_CUDA is set."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from threading import Thread

import cv2
import numpy as np
import pytest
import torch

from convviz_core.arrays import ByteArray
from convviz_core.blocks import Reduce
from convviz_core.engines.api import EngineError, Plan, Result
from convviz_core.engines.cuda.device import CudaDevice
from convviz_core.engines.cuda.engine import CudaEngine
from convviz_core.engines.cuda.kernels import TorchWork, WorkKey
from convviz_core.engines.cuda.slot import Work
from convviz_core.engines.planning import run_in_range
from convviz_core.engines.reference import TorchEngine
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.filters.files import load_bank
from convviz_core.layer import Layer
from convviz_core.ranges import Range

pytestmark = pytest.mark.cuda

RNG = np.random.default_rng(6)
UDACITY = load_bank("udacity")


def bank_of(count: int, *shape: int) -> FilterBank:
    kernels = RNG.normal(size=(count, *shape)).astype(np.float32)
    return FilterBank("random", tuple(Filter(f"filter {i}", kernel) for i, kernel in enumerate(kernels)))


ITSELF = FilterBank("itself", (Filter("one", np.ones((1, 1), np.float32)),))  # byte = gray, in the fixed range
BANKS = {
    "udacity": UDACITY,
    "five 7x3": bank_of(5, 7, 3),
    "three RGB 5x5": bank_of(3, 3, 5, 5),
    "two 31x31": bank_of(2, 31, 31),
}


def frame_of(width: int, height: int, *, gray: bool = False) -> ByteArray:
    return RNG.integers(0, 256, (height, width) if gray else (height, width, 3), dtype=np.uint8)


def check(result: Result, frame: ByteArray, layer: Layer, range: Range = "fixed", reduce: Reduce = 1) -> None:
    reference = TorchEngine().run(frame, layer, range, reduce)
    allowed = 1e-5 * max(1.0, float(np.abs(layer.bank.kernels).sum(axis=(1, 2, 3)).max()) / 16)
    assert np.abs(result.mosaic.astype(np.int16) - reference.mosaic).max() <= 1
    np.testing.assert_allclose(result.ranges, reference.ranges, rtol=1e-6, atol=2 * allowed)
    assert result.peak == pytest.approx(reference.peak, rel=1e-6, abs=2 * allowed)


@pytest.fixture
def engine() -> Iterator[CudaEngine]:
    with CudaEngine() as engine:
        yield engine


@pytest.mark.parametrize("bank", BANKS.values(), ids=BANKS)
@pytest.mark.parametrize("activation", ["relu", "none"])
@pytest.mark.parametrize("mode", ["fixed", "auto", "frame"])
@pytest.mark.parametrize("reduce", [1, 3, (Fraction(7, 3), Fraction(29, 9))])
def test_the_mosaic_is_within_a_level_of_the_reference_s(
    engine: CudaEngine, bank: FilterBank, activation: str, mode: str, reduce: Reduce
) -> None:
    layer = Layer(bank, activation)
    for frame in (frame_of(321, 243), frame_of(160, 120, gray=True), frame_of(321, 243)[:, ::-1]):
        check(engine.run(frame, layer, mode, reduce), frame, layer, mode, reduce)
        check(engine.run(frame, layer, (-0.25, 1.5), reduce), frame, layer, (-0.25, 1.5), reduce)


@pytest.mark.parametrize("size_wh", [(640, 480), (1920, 1080), (3840, 2160)])
def test_every_size_is_right_many_times_over(engine: CudaEngine, size_wh: tuple[int, int]) -> None:
    layer = Layer(UDACITY)
    for _ in range(5):
        frame = frame_of(*size_wh)
        check(engine.run(frame, layer), frame, layer)


def test_frames_in_flight_keep_their_order_and_their_pixels(engine: CudaEngine) -> None:
    layer = Layer(UDACITY)
    frames = [frame_of(1280, 720) for _ in range(24)]
    expected = [TorchEngine().run(frame, layer).mosaic for frame in frames]
    results = 0
    for number, frame in enumerate(frames):
        sent = frame.copy()
        engine.submit(sent, layer)
        sent[:] = 0  # the caller's own again
        if number >= 2:
            assert np.abs(engine.collect().mosaic.astype(np.int16) - expected[results]).max() <= 1
            results += 1
    while results < len(frames):
        assert np.abs(engine.collect().mosaic.astype(np.int16) - expected[results]).max() <= 1
        results += 1


@pytest.mark.parametrize("bank", BANKS.values(), ids=BANKS)
def test_the_convolution_is_real_float32_with_the_process_set_to_tf32(engine: CudaEngine, bank: FilterBank) -> None:
    frame = frame_of(640, 480)
    setting = torch.backends.cudnn.conv  # type: ignore[attr-defined]  # torch makes it at run time
    before = setting.fp32_precision
    setting.fp32_precision = "tf32"
    try:
        conv, activated = engine.maps(frame, Layer(bank))
        assert setting.fp32_precision == "tf32"
    finally:
        setting.fp32_precision = before
    planes = (
        cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)[None] if bank.channels == 1 else frame[..., ::-1].transpose(2, 0, 1)
    )
    unit = torch.from_numpy(np.ascontiguousarray(planes)).to(torch.float64) / 255
    exact = torch.nn.functional.conv2d(unit[None], torch.from_numpy(bank.kernels.copy()).to(torch.float64))[0].numpy()
    allowed = 1e-5 * max(1.0, float(np.abs(bank.kernels).sum(axis=(1, 2, 3)).max()) / 16)
    assert np.abs(conv - exact).max() <= allowed
    assert np.array_equal(activated, np.maximum(conv, 0))


def test_an_identity_kernel_shows_cv2_s_gray_byte_for_byte(engine: CudaEngine) -> None:
    frame = frame_of(1920, 1080)
    assert np.array_equal(engine.run(frame, Layer(ITSELF)).mosaic, cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))


def test_the_work_is_one_graph_and_its_stages_are_timed(engine: CudaEngine) -> None:
    engine.run(frame_of(1920, 1080), Layer(UDACITY))
    result = engine.run(frame_of(1920, 1080), Layer(UDACITY))
    assert result.implementation.endswith(", CUDA graph")
    assert list(result.stages_ms) == ["upload", "device", "download"]
    assert all(0 < milliseconds < 1000 for milliseconds in result.stages_ms.values())


@pytest.mark.parametrize("mode", ["fixed", "auto", "frame"])
def test_where_nothing_can_be_captured_the_work_is_launched_itself(monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("no graphs today")

    monkeypatch.setattr(torch.cuda, "graph", refuse)
    frame, layer = frame_of(640, 480), Layer(UDACITY)
    with CudaEngine() as engine:
        result = engine.run(frame, layer, mode)
        assert "without a CUDA graph (no graphs today)" in result.implementation
        check(result, frame, layer, mode)
        check(engine.run(frame, layer, mode), frame, layer, mode)


@pytest.mark.parametrize("mode", ["fixed", "auto", "frame"])
def test_torch_s_own_operations_give_the_same_where_the_fused_kernel_is_missing(
    monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    def torch_only(device: CudaDevice, key: WorkKey) -> Work:
        return TorchWork(key, device.place)

    monkeypatch.setattr(CudaDevice, "work", torch_only)
    frame, layer = frame_of(1920, 1080), Layer(UDACITY, "none")
    with CudaEngine() as engine:
        result = engine.run(frame, layer, mode)
        assert result.implementation == "torch float32, CUDA graph"
        check(result, frame, layer, mode)


def test_a_frame_allocates_nothing_on_the_card(engine: CudaEngine) -> None:
    frame, layer = frame_of(1280, 720), Layer(UDACITY)

    def allocations() -> int:
        return int(torch.cuda.memory_stats()["allocation.all.allocated"])

    engine.run(frame, layer)
    before = allocations()
    for _ in range(20):
        engine.run(frame, layer)
    assert allocations() == before


def test_planning_in_another_thread_disturbs_no_frame(engine: CudaEngine) -> None:
    frame, layer = frame_of(640, 480), Layer(UDACITY)
    expected = TorchEngine().run(frame, layer).mosaic
    engine.run(frame, layer)
    other = Layer(bank_of(6, 5, 5), "none")
    plans: list[Plan] = []
    thread = Thread(target=lambda: plans.append(engine.plan(other, frame.shape, range="auto")))
    thread.start()
    while thread.is_alive():
        assert np.abs(engine.run(frame, layer).mosaic.astype(np.int16) - expected).max() <= 1
    thread.join()
    check(run_in_range(plans[0], frame, "auto"), frame, other, "auto")


def test_a_card_without_memory_says_so_in_a_sentence(engine: CudaEngine) -> None:
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(1e-6)
    try:
        with pytest.raises(EngineError, match=r"^cuda:0 has too little free memory: .*, or use --device cpu$"):
            engine.run(frame_of(3840, 2160), Layer(UDACITY))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    frame = frame_of(64, 48)
    check(engine.run(frame, Layer(UDACITY)), frame, Layer(UDACITY))


def test_a_card_that_is_not_there_is_named() -> None:
    with pytest.raises(EngineError, match="there is no cuda:99: this machine has"):
        CudaEngine("cuda:99")
