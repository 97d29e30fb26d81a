"""The CUDA engine's own doings, on a fake device: whole frames, plans, and what it says when a device fails."""

from __future__ import annotations

import ctypes
import tracemalloc
from itertools import product
from threading import Thread
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from fake_device import FakeDevice

from convviz_core.arrays import ByteArray
from convviz_core.engines.api import EngineError, Plan
from convviz_core.engines.cuda import driver as cuda_driver
from convviz_core.engines.cuda.device import checked_index
from convviz_core.engines.cuda.driver import DriverAnswer, ask_driver, device_count
from convviz_core.engines.cuda.engine import CudaEngine
from convviz_core.engines.planning import run_in_range
from convviz_core.engines.reference import TorchEngine
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.filters.files import load_bank
from convviz_core.geometry import FrameSizeError
from convviz_core.layer import Layer
from convviz_core.ranges import Range, RangeMode

UDACITY = load_bank("udacity")
RGB = FilterBank("rgb", (Filter("any", np.random.default_rng(3).normal(size=(3, 3, 3)).astype(np.float32)),))
RNG = np.random.default_rng(5)
BGR = RNG.integers(0, 256, (30, 40, 3), dtype=np.uint8)


def cuda_engine() -> CudaEngine:
    return CudaEngine(FakeDevice())


@pytest.mark.parametrize("bank", [UDACITY, RGB], ids=["gray", "RGB"])
@pytest.mark.parametrize("mode", ["fixed", "auto", "frame"])
def test_a_result_is_the_reference_s_for_every_kind_of_frame(bank: FilterBank, mode: str) -> None:
    layer = Layer(bank, "none")
    with cuda_engine() as engine:
        for frame, reduce in product((BGR, BGR[..., 1], BGR[:, ::-1], BGR[3:20, 5:33], BGR[::-2]), (1, 2)):
            result, reference = engine.run(frame, layer, mode, reduce), TorchEngine().run(frame, layer, mode, reduce)
            assert np.abs(result.mosaic.astype(int) - reference.mosaic).max() <= 1
            np.testing.assert_allclose(result.ranges, reference.ranges, rtol=0, atol=1e-5)
            assert result.peak == pytest.approx(reference.peak, abs=1e-5)


def test_maps_are_the_reference_s() -> None:
    for layer, frame in product((Layer(UDACITY), Layer(RGB)), (BGR, BGR[..., 0], BGR[:, ::-1])):
        for maps, reference in zip(cuda_engine().maps(frame, layer), TorchEngine().maps(frame, layer), strict=True):
            np.testing.assert_allclose(maps, reference, rtol=0, atol=1e-5)


def test_only_what_the_work_depends_on_is_captured_again() -> None:
    device = FakeDevice()
    engine = CudaEngine(device)
    gray, relu = BGR[..., 0], Layer(UDACITY)

    def captures(frame: ByteArray, layer: Layer, range: Range) -> int:
        engine.run(frame, layer, range)
        return device.captures

    assert captures(gray, relu, "fixed") == 1
    assert captures(gray, relu, (0.0, 4.0)) == 1  # limits are uploaded with the frame
    assert captures(gray, relu, "frame") == 2  # each map's own takes a pass more
    assert captures(gray[1:], relu, "fixed") == 3
    assert captures(gray, Layer(UDACITY, "none"), "fixed") == 4
    assert captures(gray, relu, "fixed") == 4  # the first one is still kept


def test_auto_runs_what_limits_run() -> None:
    device = FakeDevice()
    engine = CudaEngine(device)
    for range in ("auto", (0.0, 2.0), "fixed"):
        engine.run(BGR, Layer(UDACITY), range)
    assert device.captures == 1


@pytest.mark.parametrize("mode", ["auto", "frame"])
def test_a_plan_made_in_another_thread_captures_nothing_more(mode: str) -> None:
    device = FakeDevice()
    engine = CudaEngine(device)
    plans: list[Plan] = []
    thread = Thread(target=lambda: plans.append(engine.plan(Layer(UDACITY), BGR.shape, range=mode)))
    thread.start()
    thread.join()
    captures = device.captures
    for range in ("frame",) if mode == "frame" else ("auto", (0.0, 2.0), "fixed"):
        run_in_range(plans[0], BGR, range)
    assert device.captures == captures


@pytest.mark.parametrize("bank", [UDACITY, RGB], ids=["gray", "RGB"])
@pytest.mark.parametrize("mode", ["fixed", "auto", "frame"])
def test_other_weights_are_taken_without_capturing(bank: FilterBank, mode: str) -> None:
    device, frame = FakeDevice(), BGR
    plan = CudaEngine(device).plan(Layer(bank, "none"), frame.shape, range=mode)
    run_in_range(plan, frame, mode)
    captures = device.captures
    other = FilterBank("other", tuple(Filter(f.label, 3 - f.kernel[..., ::-1]) for f in bank.filters))
    plan.take_weights(other)
    result, reference = run_in_range(plan, frame, mode), TorchEngine().run(frame, Layer(other, "none"), mode)
    assert np.abs(result.mosaic.astype(int) - reference.mosaic).max() <= 1
    np.testing.assert_allclose(result.ranges, reference.ranges, rtol=1e-6, atol=1e-5)
    assert device.captures == captures


def test_weights_change_only_for_the_frames_that_come_after() -> None:
    engine = CudaEngine(FakeDevice())
    expected = TorchEngine().run(BGR, Layer(UDACITY)).mosaic
    engine.submit(BGR, Layer(UDACITY))
    plan = engine.kept_plan(BGR, Layer(UDACITY), RangeMode.FIXED, 1)
    plan.take_weights(UDACITY.flipped())
    assert np.abs(engine.collect().mosaic.astype(int) - expected).max() <= 1


def test_in_flight_a_range_must_be_known_before_the_picture() -> None:
    with pytest.raises(ValueError, match="auto's limits come from the picture itself"):
        cuda_engine().submit(BGR, Layer(UDACITY), "auto")


def test_a_frame_allocates_nothing_of_a_picture_s_size_on_the_host() -> None:
    engine = cuda_engine()
    frame = RNG.integers(0, 256, (400, 500, 3), dtype=np.uint8)
    engine.run(frame, Layer(UDACITY))
    tracemalloc.start()
    engine.run(frame, Layer(UDACITY))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 400 * 500 / 4


def test_wrong_frames_are_refused_and_leave_the_ring_as_it_was() -> None:
    engine = cuda_engine()
    with pytest.raises(FrameSizeError, match="3x9, smaller than the 4x4 kernels"):
        engine.run(np.zeros((9, 3), np.uint8), Layer(UDACITY))
    with pytest.raises(ValueError, match="a frame is uint8, got float32"):
        engine.run(np.zeros((9, 9), np.float32), Layer(UDACITY))
    with pytest.raises(ValueError, match="at least 1, got 0"):
        engine.run(BGR, Layer(UDACITY), reduce=0)
    assert engine.run(BGR, Layer(UDACITY)).mosaic.shape == (54, 74)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried ..."), "fake:0 has too little free memory: close"),
        (torch.AcceleratorError("CUDA error: an illegal memory access"), r"fake:0 was lost \(CUDA error: an illegal"),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED\nmore"), r"fake:0 failed \(cuDNN error: [A-Z_]*\)"),
    ],
)
def test_a_device_s_failure_is_one_sentence_and_the_engine_still_closes(error: RuntimeError, sentence: str) -> None:
    device = FakeDevice()
    engine = CudaEngine(device)
    engine.submit(BGR, Layer(UDACITY))
    device.fail_with = error
    with pytest.raises(EngineError, match=sentence) as caught:
        engine.collect()
    assert "\n" not in str(caught.value)
    assert "--device cpu" in str(caught.value)
    engine.close()
    engine.close()
    with pytest.raises(EngineError, match="was closed"):
        engine.run(BGR, Layer(UDACITY))


def test_closing_waits_for_what_is_on_its_way() -> None:
    device = FakeDevice()
    with CudaEngine(device) as engine:
        engine.submit(BGR, Layer(UDACITY))
        assert device.busy
    assert not device.busy
    assert device.closed


def driver(monkeypatch: pytest.MonkeyPatch, init: int, count: int) -> None:
    """A driver library that answers cuInit with the code `init`, and has `count` cards."""

    def get_count(out: object) -> int:
        out._obj.value = count  # type: ignore[attr-defined]  # what ctypes.byref keeps
        return 0

    library = SimpleNamespace(cuInit=lambda _: init, cuDeviceGetCount=get_count)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)


def test_the_driver_s_cards_are_counted_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    driver(monkeypatch, init=0, count=2)
    assert device_count() == 2
    assert not hasattr(cuda_driver, "torch")


@pytest.mark.parametrize(
    ("init", "sentence"),
    [
        (100, "the NVIDIA driver sees no card (CUDA_VISIBLE_DEVICES is '7')"),
        (803, "the NVIDIA driver and its library are of different versions: restart the machine"),
        (999, "the NVIDIA driver does not start (CUDA error 999): see what nvidia-smi says"),
    ],
)
def test_a_driver_without_cards_says_why(monkeypatch: pytest.MonkeyPatch, init: int, sentence: str) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    driver(monkeypatch, init=init, count=0)
    assert ask_driver() == DriverAnswer(0, sentence)


def test_without_the_driver_s_library_there_is_no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", missing)
    assert device_count() == 0
    with pytest.raises(
        EngineError, match=r"^cuda:1 cannot be used: there is no NVIDIA driver here .*; use --device cpu$"
    ):
        checked_index("cuda:1")


def test_a_card_s_name_is_checked_before_torch_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    driver(monkeypatch, init=0, count=2)
    with pytest.raises(EngineError, match="there is no cuda:2: this machine has cuda:0 to cuda:1"):
        checked_index("cuda:2")
    with pytest.raises(EngineError, match="device 'gpu' is not known: write cuda, or cuda:1"):
        checked_index("gpu")


def test_a_build_without_cuda_and_a_driver_too_old_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    driver(monkeypatch, init=0, count=1)
    monkeypatch.setattr(torch.version, "cuda", None)
    with pytest.raises(EngineError, match=r"cuda needs torch built for CUDA and this torch, .* is not: install that"):
        checked_index("cuda")

    def too_old() -> None:
        raise RuntimeError("The NVIDIA driver on your system is too old (found version 11040).\nPlease update it.")

    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "init", too_old)
    with pytest.raises(
        EngineError, match=r"cuda cannot be used by torch .*: The NVIDIA driver .* \(found version 11040\)$"
    ):
        checked_index("cuda")
