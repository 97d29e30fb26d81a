"""Halide on the CPU: one fused pass over the frame on every core, compiled for the layer that is shown."""

from __future__ import annotations

import os
from collections import OrderedDict
from threading import Lock

import cv2
import halide as hl
import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.api import EngineError, Result, WithBlock, check_request
from convviz_core.engines.halide.pipeline import Pipeline
from convviz_core.engines.halide.plan import LayerView
from convviz_core.engines.halide.recipe import Recipe, recipe_for, recipes_for
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.gray import dense
from convviz_core.layer import Layer
from convviz_core.ranges import Limits, known_limits

KEPT_PIPELINES = 48  # a megabyte each


class HalideEngine(WithBlock):
    """Whole-number banks in exact integers, others in float32; what would compile too long, OpenCV computes.

    opencv: the engine for that where one is there already, on the same thread; whoever has opened it closes it.
    """

    name = "halide"
    device = "cpu"

    def __init__(self, opencv: OpenCvEngine | None = None) -> None:
        """Nothing is compiled yet."""
        # Halide itself counts all the machine's cores; OpenCV those that this process may use.
        os.environ.setdefault("HL_NUM_THREADS", str(max(1, cv2.getNumThreads())))
        self._opencv = opencv or OpenCvEngine()
        self._owns_opencv = opencv is None
        self._pipelines: OrderedDict[Recipe, Pipeline] = OrderedDict()
        self._lock = Lock()  # for what is kept
        self._compiling = Lock()  # one compilation at a time; runs of what is kept do not wait for it
        self._key: object = None
        self._view: LayerView | None = None
        self._turned: ByteArray = np.empty(0, np.uint8)

    def run(self, frame: ByteArray, layer: Layer, limits: Limits | None = None, reduce: int = 1) -> Result:
        """One frame's mosaic (see Engine.run)."""
        self.check_open()
        check_request(frame, layer, reduce)
        known = known_limits(layer, limits)
        key = (frame.shape, layer, reduce)
        if key != self._key:
            recipe = recipe_for(frame.shape, layer, reduce)
            self._view = LayerView(layer, frame.shape, recipe, self._pipeline) if recipe else None
            self._key = key
        if self._view is None:
            return self._opencv.run(frame, layer, limits, reduce)
        return self._view.run(self._readable(frame), known)

    def maps(self, frame: ByteArray, layer: Layer) -> tuple[FloatArray, FloatArray]:
        """conv and activated, float32 (N, h, w) each."""
        return self._opencv.maps(frame, layer)

    def planned(self, shape: tuple[int, ...], layer: Layer, reduce: int = 1) -> bool:
        """Whether every pipeline that `run` may need is compiled."""
        return all(recipe in self._pipelines for recipe in recipes_for(shape, layer, reduce))

    def plan(self, shape: tuple[int, ...], layer: Layer, reduce: int = 1) -> None:
        """Compile what is missing; other threads go on meanwhile."""
        self.check_open()
        for recipe in recipes_for(shape, layer, reduce):
            self._pipeline(recipe)

    def close(self) -> None:
        """Forget what was compiled."""
        super().close()
        self._key, self._view = None, None
        self._pipelines.clear()
        if self._owns_opencv:
            self._opencv.close()

    def _pipeline(self, recipe: Recipe) -> Pipeline:
        kept = self._kept(recipe)
        if kept is not None:
            return kept
        with self._compiling:
            kept = self._kept(recipe)
            if kept is None:
                kept = _compiled(recipe)
                with self._lock:
                    self._pipelines[recipe] = kept
                    while len(self._pipelines) > KEPT_PIPELINES:
                        self._pipelines.popitem(last=False)
            return kept

    def _kept(self, recipe: Recipe) -> Pipeline | None:
        with self._lock:
            kept = self._pipelines.get(recipe)
            if kept is not None:
                self._pipelines.move_to_end(recipe)
            return kept

    def _readable(self, frame: ByteArray) -> ByteArray:
        """The frame as Halide takes it: dense pixels, rows downwards, and not read-only."""
        if self._turned.shape != frame.shape:
            self._turned = np.empty(frame.shape, np.uint8)
        upright = dense(frame, self._turned)
        if not upright.flags.writeable:
            np.copyto(self._turned, upright)
            return self._turned
        return upright


def _compiled(recipe: Recipe) -> Pipeline:
    pipeline = Pipeline(recipe)
    try:
        pipeline.compile()
    except hl.HalideError as error:
        raise EngineError(f"Halide could not compile a pipeline in {recipe.arithmetic}: {error}") from error
    return pipeline
