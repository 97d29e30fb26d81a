"""Which engine answers: by name and device, or the fastest that this machine has."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from convviz_core import looks
from convviz_core.engines.api import Engine, EngineError

if TYPE_CHECKING:
    from convviz_core.engines.opencv.engine import OpenCvEngine

NAMES = ("auto", "halide", "opencv", "torch")


OnNotice = Callable[[str], None]


def _ignore(_sentence: str) -> None:
    """Nobody wants to know."""


def open_engine(
    name: str = "auto", device: str = "auto", *, background: bool = False, on_notice: OnNotice = _ignore
) -> Engine:
    """Open an engine.

    name: auto, halide, opencv or torch. device: auto, cpu, cuda or cuda:N. auto takes CUDA where there is a card, else
    Halide where it is installed, else OpenCV. background: pictures come from OpenCV until what `auto` chose, or Halide,
    is ready, so that nothing waits for compiling, or for importing torch to use a card; torch on the CPU, or a card
    that was asked for, is opened before this returns. Without it, all is the one engine's own from the first picture.
    on_notice: told one sentence when what `auto` chose has failed and another engine goes on; it may be called from
    the background. EngineError where the engine cannot be had.
    """
    if name not in NAMES:
        raise EngineError(f"there is no engine {name!r}: choose one of {', '.join(NAMES)}")
    if not isinstance(device, str) or (device not in ("auto", "cpu") and not re.fullmatch(r"cuda(:\d+)?", device)):
        raise EngineError(f"there is no device {device!r}: choose auto, cpu, cuda or cuda:N")
    if device.startswith("cuda"):
        return _open_cuda(name, device)
    cuda_first = device == "auto" and name in ("auto", "torch") and _cards() > 0
    if background:
        return _open_in_background(name, cuda_first, on_notice)
    if cuda_first:
        try:
            return _open_cuda(name, "cuda")
        except EngineError as error:
            on_notice(f"{error}; the CPU computes")
    return _open_cpu(name)


def _open_cuda(name: str, device: str) -> Engine:
    if name not in ("auto", "torch"):
        raise EngineError(f"the {name} engine computes on the CPU only: on {device}, choose the torch engine or auto")
    from convviz_core.engines.cuda.driver import ask_driver

    answer = ask_driver()
    if not answer.count:
        raise EngineError(f"device {device} cannot be had: {answer.why_none}")
    from convviz_core.engines.cuda.engine import CudaEngine

    return CudaEngine(device)


def _cards() -> int:
    from convviz_core.engines.cuda.driver import device_count

    return device_count()


def _open_in_background(name: str, cuda_first: bool, on_notice: OnNotice) -> Engine:
    """OpenCV now, and what is better later: a card that nobody asked for by name, then what the CPU has."""
    from convviz_core.engines.upgrading import Better, UpgradingEngine

    on_cpu = _best_on_cpu(name)
    if on_cpu != "halide" and not cuda_first:
        return _open_cpu(on_cpu)
    from convviz_core.engines.opencv.engine import OpenCvEngine

    first = OpenCvEngine()
    better = [Better(lambda: _open_cuda(name, "cuda"), "the CPU goes on")] if cuda_first else []
    if on_cpu == "halide":
        better.append(Better(lambda: _open_halide(first), "OpenCV goes on", _count_by_halide))
    elif on_cpu == "torch":
        better.append(Better(lambda: _open_cpu("torch"), "OpenCV goes on"))
    return UpgradingEngine(first, better, on_notice)


def _open_cpu(name: str) -> Engine:
    name = _best_on_cpu(name)
    if name == "torch":
        from convviz_core.engines.reference import TorchEngine

        return TorchEngine()
    if name == "halide":
        return _open_halide()
    from convviz_core.engines.opencv.engine import OpenCvEngine

    return OpenCvEngine()


def _best_on_cpu(name: str) -> str:
    """What `name` is on the CPU; EngineError where Halide is asked for and not installed."""
    if name in ("torch", "opencv"):
        return name
    if find_spec("halide") is not None:
        return "halide"
    if name == "halide":
        raise EngineError("the halide engine needs the package 'halide', which is not installed: choose opencv or auto")
    return "opencv"


def _open_halide(opencv: OpenCvEngine | None = None) -> Engine:
    try:
        from convviz_core.engines.halide.engine import HalideEngine
    except ImportError as error:
        raise EngineError(f"the halide engine cannot be loaded: {error}") from error
    return HalideEngine(opencv)


def _count_by_halide() -> None:
    """Where that has been of use: most banks never need what takes a second to compile."""
    if looks.missed():
        from convviz_core.engines.halide.byte_counts import offer_counter

        offer_counter()
