"""Which engine answers: by name and device, or the fastest that this machine has."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec

from convviz_core.engine import Engine, EngineError

NAMES = ("auto", "halide", "opencv", "torch")


OnNotice = Callable[[str], None]


def _ignore(_sentence: str) -> None:
    """Nobody wants to know."""


def open_engine(
    name: str = "auto", device: str = "auto", *, background: bool = False, on_notice: OnNotice = _ignore
) -> Engine:
    """Open an engine.

    name: auto, halide, opencv or torch. device: auto, cpu, cuda or cuda:N. auto takes CUDA where there is a card, else
    Halide where it is installed, else OpenCV. background: pictures come from OpenCV until what was asked for is ready,
    so that nothing waits for compiling or for importing torch; without it, all is this engine's own from the first.
    on_notice: told one sentence when what `auto` chose has failed and another engine goes on; it may be called from
    the background. EngineError where the engine cannot be had.
    """
    if name not in NAMES:
        raise EngineError(f"there is no engine '{name}': choose one of {', '.join(NAMES)}")
    if device not in ("auto", "cpu") and not re.fullmatch(r"cuda(:\d+)?", device):
        raise EngineError(f"there is no device '{device}': choose auto, cpu, cuda or cuda:N")
    if device.startswith("cuda"):
        return _open_cuda(name, device)
    if device == "auto" and name in ("auto", "torch") and _cards():
        return _open_preferred_cuda(name, background, on_notice)
    return _open_cpu(name, background, on_notice)


def _open_cuda(name: str, device: str) -> Engine:
    if name not in ("auto", "torch"):
        raise EngineError(f"the {name} engine computes on the CPU only: on {device}, choose the torch engine or auto")
    from convviz_core.engines.cuda_driver import ask_driver

    answer = ask_driver()
    if not answer.count:
        raise EngineError(f"device {device} cannot be had: {answer.why_none}")
    from convviz_core.engines.cuda_stream import CudaEngine

    return CudaEngine(device)


def _cards() -> int:
    from convviz_core.engines.cuda_driver import device_count

    return device_count()


def _open_preferred_cuda(name: str, background: bool, on_notice: OnNotice) -> Engine:
    """CUDA because there is a card, not because it was asked for: where it fails, the CPU computes."""

    def open_cuda() -> Engine:
        return _open_cuda(name, "cuda")

    if background:
        from convviz_core.engines.background import BackgroundEngine

        return BackgroundEngine(_open_cpu("auto", True, on_notice), open_cuda, _and_then("the CPU goes on", on_notice))
    try:
        return open_cuda()
    except EngineError as error:
        _and_then("the CPU computes", on_notice)(str(error))
        return _open_cpu(name, False, on_notice)


def _open_cpu(name: str, background: bool, on_notice: OnNotice) -> Engine:
    if name == "torch":
        from convviz_core.engines.torch_cpu import TorchEngine

        return TorchEngine()
    has_halide = find_spec("halide") is not None
    if name == "halide" and not has_halide:
        raise EngineError("the halide engine needs the package 'halide', which is not installed: choose opencv or auto")
    from convviz_core.engines.opencv_cpu import OpenCvEngine

    if name == "opencv" or not has_halide:
        return OpenCvEngine()
    if background:
        from convviz_core.engines.background import BackgroundEngine

        return BackgroundEngine(OpenCvEngine(), _open_halide, _and_then("OpenCV goes on", on_notice))
    return _open_halide()


def _and_then(what_follows: str, on_notice: OnNotice) -> OnNotice:
    return lambda sentence: on_notice(f"{sentence}; {what_follows}")


def _open_halide() -> Engine:
    try:
        from convviz_core.engines.halide_cpu import HalideEngine
    except ImportError as error:
        raise EngineError(f"the halide engine cannot be loaded: {error}") from error
    return HalideEngine()
