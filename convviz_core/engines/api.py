"""What every engine does: one frame in, the mosaic of its activation maps out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.filters.bank import FilterBank
from convviz_core.layer import Layer
from convviz_core.ranges import Limits


class EngineError(RuntimeError):
    """An engine or a device that cannot be had or has failed; its message is one sentence for a person."""


class FrameSizeError(ValueError):
    """A frame that is smaller than the kernel, so that no response exists."""


@dataclass(frozen=True)
class Result:
    """One frame's answer.

    mosaic: uint8, the maps' tiles (see MosaicGrid); owned by the engine and valid until its next run.
    ranges: float32 (N, 2), lo and hi of each map, in the units of weights x [0, 1].
    peak: the picture's largest |response|, after the activation.
    way: how it was computed, for the profile ("halide int16", "opencv float32").
    stages_ms: times measured inside, in ms, by stage (upload, device, download on CUDA).
    """

    mosaic: ByteArray
    ranges: FloatArray
    peak: float
    way: str
    stages_ms: Mapping[str, float] = field(default_factory=dict)


class Engine(Protocol):
    """Computes frame -> mosaic on one device. One thread owns an engine; only `plan` may be called beside it."""

    @property
    def name(self) -> str:
        """halide, opencv or torch."""

    @property
    def device(self) -> str:
        """cpu, or the card: cuda:0."""

    def run(self, frame: ByteArray, layer: Layer, limits: Limits | None = None, reduce: int = 1) -> Result:
        """One frame's mosaic, complete on return.

        frame: uint8 (H, W) gray or (H, W, 3) BGR, any strides. limits: lo and hi for the whole bank in fixed
        and auto mode; None takes the layer's own (auto: this picture's own peak, never below the floor).
        reduce: the mosaic's tiles are block means of `reduce` x `reduce` bytes (see mosaic.reduce_maps).
        Errors: FrameSizeError, TypeError or ValueError for what is no frame, layer or reduce, EngineError for the
        device and after closing.
        """

    def maps(self, frame: ByteArray, layer: Layer) -> tuple[FloatArray, FloatArray]:
        """conv and activated of one frame, float32 (N, h, w) each, in the units of weights x [0, 1]."""

    def planned(self, shape: tuple[int, ...], layer: Layer, reduce: int = 1) -> bool:
        """Whether `run` would answer a frame of this shape without compiling or capturing anything first."""

    def plan(self, shape: tuple[int, ...], layer: Layer, reduce: int = 1) -> None:
        """Do now what the first `run` would have to; may be called from another thread."""

    def close(self) -> None:
        """Give back what the engine holds; more than once is fine."""

    def __enter__(self) -> Self:
        """Enter a with-block that closes the engine."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the engine."""


class WithBlock:
    """What every engine has: `with engine:` closes it at the end, and after that it answers no more."""

    closed = False

    def close(self) -> None:
        """Give back what is held; more than once is fine."""
        self.closed = True

    def check_open(self) -> None:
        """EngineError where the engine was closed."""
        if self.closed:
            raise EngineError("this engine was closed: open another one")

    def __enter__(self) -> Self:
        """Enter a with-block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the engine."""
        self.close()


class CpuEngine(WithBlock):
    """What the engines that need no planning share: they are always ready."""

    device = "cpu"

    def planned(self, shape: tuple[int, ...], layer: Layer, reduce: int = 1) -> bool:  # noqa: ARG002
        """Nothing is ever compiled here."""
        return True

    def plan(self, shape: tuple[int, ...], layer: Layer, reduce: int = 1) -> None:
        """Nothing to do."""


def check_request(frame: ByteArray, layer: Layer, reduce: int = 1) -> tuple[int, int]:
    """The maps' (h, w) at full size, for the arguments of Engine.run; errors as there."""
    if not isinstance(layer, Layer):
        raise TypeError(f"an engine runs a Layer, such as Layer(load_bank('udacity')), got {type(layer).__name__}")
    if not isinstance(reduce, int):
        raise TypeError(f"maps are reduced by a whole number, got {type(reduce).__name__}")
    if reduce < 1:
        raise ValueError(f"maps are reduced by a factor of at least 1, got {reduce}")
    return check_frame(frame, layer.bank)


def check_frame(frame: ByteArray, bank: FilterBank) -> tuple[int, int]:
    """The maps' (h, w) for this frame and bank.

    TypeError for what is no numpy array, ValueError for anything but uint8 (H, W) or (H, W, 3); FrameSizeError where
    the kernel does not fit.
    """
    if not isinstance(frame, np.ndarray):
        raise TypeError(f"a frame is a numpy array, uint8 gray (H, W) or BGR (H, W, 3), got {type(frame).__name__}")
    if frame.dtype != np.uint8:
        raise ValueError(f"a frame is uint8, got {frame.dtype}")
    return map_hw(frame.shape, bank)


def map_hw(shape: tuple[int, ...], bank: FilterBank) -> tuple[int, int]:
    """The maps' (h, w) for a frame of `shape`; errors as check_frame."""
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] != 3):
        raise ValueError(f"a frame is gray (H, W) or BGR (H, W, 3), got shape {shape}")
    (frame_h, frame_w), (kernel_h, kernel_w) = shape[:2], bank.kernel_hw
    if frame_h < kernel_h or frame_w < kernel_w:
        raise FrameSizeError(
            f"the frame is {frame_w}x{frame_h}, smaller than the {kernel_w}x{kernel_h} kernels of '{bank.name}'"
        )
    return frame_h - kernel_h + 1, frame_w - kernel_w + 1
