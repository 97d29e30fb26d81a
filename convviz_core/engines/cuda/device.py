"""The real device: an NVIDIA card's streams, events, graphs and memory, through torch."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from threading import Lock
from typing import cast

import torch
from torch import Tensor

from convviz_core.engines.api import EngineError
from convviz_core.engines.cuda.driver import ask_driver
from convviz_core.engines.cuda.errors import first_line
from convviz_core.engines.cuda.kernels import WorkKey
from convviz_core.engines.cuda.slot import Event, Launch, Work
from convviz_core.engines.cuda.work import WorkChoice

_WARM_UP = 3  # runs before a capture, as torch's documentation of graphs has it
_capturing = Lock()  # torch allows one capture at a time in a process


class CudaStream:
    """A CUDA stream, and the memory that the graphs launched on it share: they never run at the same time."""

    def __init__(self, place: torch.device) -> None:
        """Make the stream."""
        self._stream = torch.cuda.Stream(place)  # type: ignore[no-untyped-call]  # torch's
        self._side = torch.cuda.Stream(place)  # type: ignore[no-untyped-call]  # torch's
        self._pool = torch.cuda.graph_pool_handle()

    def event(self) -> Event:
        """A new event that keeps the time. The host spins while it waits for it, which wakes it up soonest."""
        return cast(Event, torch.cuda.Event(enable_timing=True))  # type: ignore[no-untyped-call]  # torch's

    def queue(self) -> AbstractContextManager[object]:
        """Make this the current stream."""
        return torch.cuda.stream(self._stream)

    def record(self, event: Event) -> None:
        """Queue the event."""
        assert isinstance(event, torch.cuda.Event)
        event.record(self._stream)

    def copy(self, target: Tensor, source: Tensor) -> None:
        """Queue a copy; the host does not wait, since its side of it is pinned."""
        target.copy_(source, non_blocking=True)

    def launch(self, work: Launch) -> None:
        """Queue a graph, or the work itself."""
        work()

    def prepare(self, work: Launch) -> tuple[Launch, str]:
        """Warm `work` up and capture it in a graph; where it cannot be captured, it is what to launch itself.

        All of this happens on a second stream, so that it may be done beside frames that are on their way.
        """
        # The outer block sets the stream back also where a capture breaks off and its own block does not.
        with _capturing, torch.cuda.stream(self._side):
            for _ in range(_WARM_UP):
                work()
            self._side.synchronize()
            graph = torch.cuda.CUDAGraph()
            try:
                # thread_local: what another thread does meanwhile neither joins this capture nor ends it.
                with torch.cuda.graph(graph, pool=self._pool, stream=self._side, capture_error_mode="thread_local"):
                    work()
            except torch.OutOfMemoryError:
                raise
            except RuntimeError as error:
                work()  # where the device is lost, this says so
                self._side.synchronize()
                return work, f"without a CUDA graph ({first_line(error)})"
            return graph.replay, "CUDA graph"

    def synchronize(self) -> None:
        """Return once the stream is empty."""
        self._stream.synchronize()


class CudaDevice:
    """One card."""

    def __init__(self, name: str) -> None:
        """`name` is cuda or cuda:N. EngineError where there is no such card, or torch cannot use it."""
        index = checked_index(name)
        self.name = f"cuda:{index}"
        self.place = torch.device("cuda", index)
        self._choice = WorkChoice(self.place, _fused_work)

    def pinned(self, size: int) -> Tensor:
        """Page-locked host memory."""
        with torch.cuda.device(self.place):
            return torch.zeros(size, dtype=torch.uint8, pin_memory=True)

    def memory(self, size: int) -> Tensor:
        """Device memory, 0 for every stream once it is returned."""
        memory = torch.zeros(size, dtype=torch.uint8, device=self.place)
        torch.cuda.current_stream(self.place).synchronize()
        return memory

    def stream(self) -> CudaStream:
        """A new stream."""
        return CudaStream(self.place)

    def work(self, key: WorkKey) -> Work:
        """The fused kernel, where it is installed, suits the bank and agrees with torch's operations; else those."""
        with torch.cuda.device(self.place):
            return self._choice.work(key)

    def synchronize(self) -> None:
        """Return once what was copied to the card outside its streams is there."""
        torch.cuda.current_stream(self.place).synchronize()

    def close(self) -> None:
        """Give unused memory back to the system, so that other programs have it."""
        torch.cuda.empty_cache()


def _fused_work(key: WorkKey, place: torch.device) -> Work | None:
    """The fused kernel where it suits the bank; ImportError without Triton."""
    from convviz_core.engines.cuda.triton import TritonWork, suits

    return TritonWork(key, place) if suits(key) else None


def checked_index(name: str) -> int:
    """The index in cuda or cuda:N; EngineError where the name, the card, the driver or torch's build is not right."""
    match = re.fullmatch(r"cuda(?::(\d{1,3}))?", name)
    if match is None:
        raise EngineError(f"device '{name}' is not known: write cuda, or cuda:1 for the second card")
    index = int(match[1] or 0)
    cards = ask_driver()
    if cards.count == 0:
        raise EngineError(f"{name} cannot be used: {cards.why_none}; use --device cpu")
    if index >= cards.count:
        seen = "only cuda:0" if cards.count == 1 else f"cuda:0 to cuda:{cards.count - 1}"
        raise EngineError(f"there is no cuda:{index}: this machine has {seen}")
    if torch.version.cuda is None:
        raise EngineError(
            f"{name} needs torch built for CUDA and this torch, {torch.__version__}, is not: "
            "install that build (pytorch.org has the command) or use --device cpu"
        )
    try:
        torch.cuda.init()  # type: ignore[no-untyped-call]  # torch's
    except RuntimeError as error:  # a driver too old for this build of torch, which the message says
        raise EngineError(f"{name} cannot be used by torch {torch.__version__}: {first_line(error)}") from error
    return index
