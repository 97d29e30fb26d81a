"""How a stream drives torch.cuda, told by stand-ins for it; that CUDA does the same is test_cuda.py's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import pytest
import torch
from torch import Tensor
from torch_models import make

from convviz_core import ModelLayer, load_model
from convviz_core.engines.cuda.device import CudaStream


class Stream:
    """Knows whether it has been waited for."""

    def __init__(self, _: torch.device) -> None:
        self.waited = 0

    def synchronize(self) -> None:
        self.waited += 1


class Cuda:
    """torch.cuda's current stream, graphs that record nothing, and what was done on which stream."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.current: list[Stream | None] = [None]
        self.capture_fails_with: Exception | None = None
        self.left_by: list[type | None] = []  # what each capture was left by
        cuda = self

        class Capture:
            def __init__(self, _: object, *, pool: object, stream: Stream, capture_error_mode: str) -> None:
                assert (pool, capture_error_mode) == ("pool", "thread_local")
                self.stream = stream

            def __enter__(self) -> None:
                cuda.current.append(self.stream)

            def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
                cuda.left_by.append(kind)
                if cuda.capture_fails_with is not None:
                    raise cuda.capture_fails_with  # as torch: the stream is not set back
                cuda.current.pop()

        class Graph:
            def replay(self) -> None:
                pass

        monkeypatch.setattr(torch.cuda, "Stream", Stream)
        monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
        monkeypatch.setattr(torch.cuda, "graph", Capture)
        monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: "pool")
        monkeypatch.setattr(torch.cuda, "stream", self.stream)

    @contextmanager
    def stream(self, stream: Stream) -> Iterator[None]:
        before = list(self.current)
        self.current.append(stream)
        try:
            yield
        finally:
            self.current[:] = before


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Cuda:
    return Cuda(monkeypatch)


def test_work_is_warmed_up_and_captured_beside_the_lane_s_own_stream(cuda: Cuda) -> None:
    stream = CudaStream(torch.device("cuda", 0))
    with stream.queue():
        own = cuda.current[-1]
    streams: list[Stream | None] = []
    launch, how = stream.prepare(lambda: streams.append(cuda.current[-1]))
    assert how == "CUDA graph"
    assert len(streams) == 4  # three to warm up, one captured
    assert own not in streams
    assert None not in streams
    assert cuda.current == [None]
    launch()
    assert len(streams) == 4  # a replay runs no Python


@pytest.mark.parametrize("error", [RuntimeError("cuDNN\nmore"), torch.AcceleratorError("CUDA error: not permitted")])
def test_work_that_cannot_be_captured_is_launched_itself_and_the_current_stream_is_set_back(
    cuda: Cuda, error: Exception
) -> None:
    cuda.capture_fails_with = error
    done: list[int] = []
    launch, how = CudaStream(torch.device("cuda", 0)).prepare(lambda: done.append(1))
    assert how == f"without a CUDA graph ({str(error).splitlines()[0]})"
    assert cuda.current == [None]
    before = len(done)
    launch()
    assert len(done) == before + 1


def test_a_device_lost_during_a_capture_is_not_taken_for_work_that_cannot_be_captured(cuda: Cuda) -> None:
    cuda.capture_fails_with = RuntimeError("capture invalidated")
    runs = 0

    def work() -> None:
        nonlocal runs
        runs += 1
        if runs > 4:
            raise torch.AcceleratorError("CUDA error: unspecified launch failure")

    with pytest.raises(torch.AcceleratorError, match="unspecified launch failure"):
        CudaStream(torch.device("cuda", 0)).prepare(work)


def test_too_little_memory_for_a_capture_is_not_worked_around(cuda: Cuda) -> None:
    cuda.capture_fails_with = torch.OutOfMemoryError("CUDA out of memory.")
    with pytest.raises(torch.OutOfMemoryError):
        CudaStream(torch.device("cuda", 0)).prepare(lambda: None)


def test_the_exception_that_ends_a_pass_behind_its_layer_does_not_leave_the_capture(cuda: Cuda) -> None:
    layer = ModelLayer(load_model(make("plain")), "0", (30, 40))
    layer.model.kinds((30, 40))
    module, values = layer.model.replica(), layer.model.noise((30, 40))
    outputs: list[Tensor] = []
    _, how = CudaStream(torch.device("cuda", 0)).prepare(
        lambda: outputs.append(layer.model.call(module, "0", values).output)
    )
    assert how == "CUDA graph"
    assert len(outputs) == 4  # three to warm up, one captured, each of them ended there
    assert cuda.left_by == [None]
