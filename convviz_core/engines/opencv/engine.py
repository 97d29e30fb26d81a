"""OpenCV on the CPU: needs no compiling, shows the first pictures, and serves where Halide has no wheel."""

from __future__ import annotations

import cv2
import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.cores import Crew
from convviz_core.engines.api import PlanKey
from convviz_core.engines.opencv.difference import OpenCvDifferencePlan
from convviz_core.engines.opencv.parts import spread
from convviz_core.engines.opencv.plan import OpenCvPlan
from convviz_core.engines.padding import padding_for
from convviz_core.engines.planning import PlanningEngine
from convviz_core.gray import to_planes, to_unit
from convviz_core.layer import Layer, check_frame
from convviz_core.models.layer import ModelLayer


class OpenCvEngine(PlanningEngine[OpenCvPlan | OpenCvDifferencePlan]):
    """filter2D in float32, band by band on every core, from the frame straight into the mosaic's tiles."""

    name = "opencv"
    device = "cpu"

    def __init__(self) -> None:
        """Threads start with the first frame."""
        super().__init__()
        self._workers = max(1, cv2.getNumberOfCPUs())
        self._crew = Crew(self._workers - 1, "convviz-opencv")

    def make_plan(self, key: PlanKey) -> OpenCvPlan | OpenCvDifferencePlan:
        """A new plan."""
        if key.minus:
            return OpenCvDifferencePlan(key, self.check_open, self._crew, self._workers)
        return OpenCvPlan(key, self.check_open, self._crew, self._workers)

    def maps(self, frame: ByteArray, layer: Layer | ModelLayer) -> tuple[FloatArray, FloatArray]:
        """conv and activated, float32 (N, h, w) each."""
        if isinstance(layer, ModelLayer):
            return self.models.maps(frame, layer)
        self.check_open()
        height, width = check_frame(frame, layer)
        padding, (stride_y, stride_x) = padding_for(layer, frame.shape), layer.geometry.stride_yx
        planes = to_unit(to_planes(padding.added(frame) if padding else frame, layer.bank.channels))
        conv = np.zeros((len(layer.bank), height, width), np.float32)
        for kernel, response in zip(layer.bank.kernels, conv, strict=True):
            for plane, weights in zip(planes, kernel, strict=True):
                dense = cv2.filter2D(plane, cv2.CV_32F, spread(weights, layer.geometry), anchor=(0, 0))
                response += dense[::stride_y, ::stride_x][:height, :width]
        if layer.bias and layer.bank.bias is not None:
            conv += layer.bank.bias[:, None, None]
        return conv, np.maximum(conv, 0)

    def close(self) -> None:
        """Join the threads."""
        super().close()
        self._crew.close()
