"""The ways from a BGR frame to the mosaic of four ReLU maps that the CUDA benchmark compares.

All of them show the fixed range, so that all must give the same picture. A way is called with frame after frame and
gives each one's mosaic, or None while it is still filling up.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import Tensor

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.cuda.engine import CudaEngine
from convviz_core.filters.bank import FilterBank
from convviz_core.layer import Activation, Layer
from convviz_core.mosaic import MosaicGrid
from convviz_core.network import Net
from convviz_core.ranges import fixed_limit

Way = Callable[[ByteArray], ByteArray | None]


def run_way(engine: CudaEngine, layer: Layer) -> Way:
    """Our engine, one frame after the other."""
    return lambda frame: engine.run(frame, layer).mosaic


def in_flight_way(engine: CudaEngine, layer: Layer, depth: int) -> Way:
    """Our engine with `depth` frames in flight: the mosaics come `depth` frames late, in order."""
    waiting = 0

    def step(frame: ByteArray) -> ByteArray | None:
        nonlocal waiting
        mosaic = None
        if waiting == depth:
            mosaic = engine.collect().mosaic
            waiting -= 1
        engine.submit(frame, layer)
        waiting += 1
        return mosaic

    return step


def naive_way(bank: FilterBank, place: torch.device) -> Way:
    """The notebook's loop moved to CUDA: a float picture up, one synchronise, each map down as float, numpy's tiles."""
    net = Net(Layer(bank)).to(place)

    def step(frame: ByteArray) -> ByteArray:
        gray = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
        with torch.no_grad():
            _, activated = net(torch.from_numpy(gray)[None, None].to(place))
        torch.cuda.synchronize(place)
        return tile_in_numpy(bank, [response.cpu().numpy() for response in activated[0]])

    return step


def naive_pinned_way(bank: FilterBank, place: torch.device) -> Way:
    """The same, its host memory pinned once and for all and its copies asynchronous."""
    net = Net(Layer(bank)).to(place)
    sent: Tensor | None = None
    received: Tensor | None = None

    def step(frame: ByteArray) -> ByteArray:
        nonlocal sent, received
        gray = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
        if sent is None:
            sent = torch.empty(gray.shape, pin_memory=True)
        np.copyto(sent.numpy(), gray)
        with torch.no_grad():
            _, activated = net(sent[None, None].to(place, non_blocking=True))
        if received is None:
            received = torch.empty(activated[0].shape, pin_memory=True)
        for target, response in zip(received, activated[0], strict=True):
            target.copy_(response, non_blocking=True)
        torch.cuda.synchronize(place)
        return tile_in_numpy(bank, list(received.numpy()))

    return step


def tile_in_numpy(bank: FilterBank, maps: list[FloatArray]) -> ByteArray:
    """The notebook's way to one picture of a whole grid of maps."""
    scale = 255 / fixed_limit(bank, Activation.RELU)
    tiles = [np.clip(response * scale + 0.5, 0, 255).astype(np.uint8) for response in maps]
    columns = MosaicGrid(len(bank), (1, 1)).columns
    return np.vstack([np.hstack(tiles[first : first + columns]) for first in range(0, len(tiles), columns)])


def opencv_way(bank: FilterBank) -> Way:
    """OpenCV on the CPU as one writes it first: a float picture, filter2D for each kernel, bytes, tiles."""
    scale = 255 / fixed_limit(bank, Activation.RELU)
    layer = Layer(bank)

    def step(frame: ByteArray) -> ByteArray:
        unit = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
        grid = MosaicGrid(len(bank), layer.output_hw(frame.shape))
        mosaic = np.empty(grid.size_hw, np.uint8)
        for index, kernel in enumerate(bank.kernels[:, 0]):
            response = cv2.filter2D(unit, cv2.CV_32F, kernel, anchor=(0, 0))[: grid.tile_hw[0], : grid.tile_hw[1]]
            mosaic[grid.tile(index)] = cv2.convertScaleAbs(np.maximum(response, 0), alpha=scale)
        return mosaic

    return step


def floor_way(sent_shape: tuple[int, ...], bank: FilterBank, place: torch.device) -> Way:
    """Nothing but the copies: a picture into pinned memory, as many bytes up, and the mosaic's bytes down.

    `sent_shape` is that of the picture that the engine sends: where it is gray, a third of the BGR frame is copied.
    """
    size_hw = MosaicGrid(len(bank), Layer(bank).output_hw(sent_shape)).size_hw
    pinned_in, pinned_out = (torch.empty(shape, dtype=torch.uint8, pin_memory=True) for shape in (sent_shape, size_hw))
    device_in, device_out = (torch.zeros(shape, dtype=torch.uint8, device=place) for shape in (sent_shape, size_hw))
    target, mosaic = pinned_in.numpy(), pinned_out.numpy()
    stream = torch.cuda.Stream(place)  # type: ignore[no-untyped-call]  # torch's
    done = torch.cuda.Event()  # type: ignore[no-untyped-call]  # torch's

    def step(frame: ByteArray) -> ByteArray:
        np.copyto(target, frame.reshape(-1)[: target.size].reshape(target.shape))
        with torch.cuda.stream(stream):
            device_in.copy_(pinned_in, non_blocking=True)
            pinned_out.copy_(device_out, non_blocking=True)
            done.record(stream)
        done.synchronize()
        return np.asarray(mosaic)

    return step
