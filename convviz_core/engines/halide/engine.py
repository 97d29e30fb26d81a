"""Halide on the CPU: one fused pass over the frame on every core, compiled for the layer that is shown."""

from __future__ import annotations

import os
from collections import OrderedDict
from threading import Lock

import cv2
import halide as hl

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.api import EngineError, Plan, PlanKey
from convviz_core.engines.halide.difference import HalideDifferencePlan, difference_recipe_for
from convviz_core.engines.halide.difference_pipeline import DifferencePipeline, DifferenceRecipe
from convviz_core.engines.halide.pipeline import Pipeline
from convviz_core.engines.halide.plan import HalidePlan
from convviz_core.engines.halide.recipe import Recipe, recipe_for
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.engines.planning import PlanningEngine
from convviz_core.layer import Layer
from convviz_core.models.layer import ModelLayer

KEPT_PIPELINES = 48  # a megabyte each


class HalideEngine(PlanningEngine[Plan]):
    """Whole-number banks in exact integers, others in float32; what would compile too long, OpenCV computes.

    opencv: the engine for that where one is there already, on the same thread; whoever has opened it closes it.
    """

    name = "halide"
    device = "cpu"

    def __init__(self, opencv: OpenCvEngine | None = None) -> None:
        """Nothing is compiled yet."""
        super().__init__()
        # Halide itself counts all the machine's cores; OpenCV those that this process may use.
        os.environ.setdefault("HL_NUM_THREADS", str(max(1, cv2.getNumberOfCPUs())))
        self._opencv = opencv or OpenCvEngine()
        self._owns_opencv = opencv is None
        self._pipelines: OrderedDict[Recipe | DifferenceRecipe, Pipeline | DifferencePipeline] = OrderedDict()
        self._lock = Lock()  # for what is kept
        self._compiling = Lock()  # one compilation at a time; runs of what is kept do not wait for it

    def make_plan(self, key: PlanKey) -> Plan:
        """A new plan; what is missing is compiled, and other threads go on meanwhile."""
        if key.minus:
            both = difference_recipe_for(key)
            return HalideDifferencePlan(key, both, self) if both else self.opencv_plan(key)
        recipe = recipe_for(key)
        return HalidePlan(key, recipe, self) if recipe else self.opencv_plan(key)

    def plans_at_once(self, key: PlanKey) -> bool:
        """Whether all that a plan needs is compiled."""
        if key.minus:
            both = difference_recipe_for(key)
            return both is None or self.compiled(both)
        recipe = recipe_for(key)
        return recipe is None or all(self.compiled(needed) for needed in recipe.needed(key.range))

    def opencv_plan(self, key: PlanKey) -> Plan:
        """What computes where Halide does not."""
        return self._opencv.make_plan(key)

    def maps(self, frame: ByteArray, layer: Layer | ModelLayer) -> tuple[FloatArray, FloatArray]:
        """conv and activated, float32 (N, h, w) each."""
        if isinstance(layer, ModelLayer):
            return self.models.maps(frame, layer)
        self.check_open()
        return self._opencv.maps(frame, layer)

    def close(self) -> None:
        """Forget what was compiled."""
        super().close()
        self._pipelines.clear()
        if self._owns_opencv:
            self._opencv.close()

    def compiled(self, recipe: Recipe | DifferenceRecipe) -> bool:
        """Whether the recipe's pipeline is there already."""
        return self._compiled(recipe) is not None

    def pipeline(self, recipe: Recipe) -> Pipeline:
        """The recipe's pipeline, compiled now where it has to be."""
        found = self._found(recipe)
        assert isinstance(found, Pipeline)
        return found

    def difference_pipeline(self, recipe: DifferenceRecipe) -> DifferencePipeline:
        """The same for the difference of two layers."""
        found = self._found(recipe)
        assert isinstance(found, DifferencePipeline)
        return found

    def _found(self, recipe: Recipe | DifferenceRecipe) -> Pipeline | DifferencePipeline:
        kept = self._compiled(recipe)
        if kept is not None:
            return kept
        with self._compiling:
            kept = self._compiled(recipe)
            if kept is None:
                kept = _compile(recipe)
                with self._lock:
                    self._pipelines[recipe] = kept
                    while len(self._pipelines) > KEPT_PIPELINES:
                        self._pipelines.popitem(last=False)
            return kept

    def _compiled(self, recipe: Recipe | DifferenceRecipe) -> Pipeline | DifferencePipeline | None:
        with self._lock:
            kept = self._pipelines.get(recipe)
            if kept is not None:
                self._pipelines.move_to_end(recipe)
            return kept


def _compile(recipe: Recipe | DifferenceRecipe) -> Pipeline | DifferencePipeline:
    pipeline = Pipeline(recipe) if isinstance(recipe, Recipe) else DifferencePipeline(recipe)
    try:
        pipeline.compile()
    except hl.HalideError as error:
        what = recipe.arithmetic if isinstance(recipe, Recipe) else "the difference of two layers"
        raise EngineError(f"Halide could not compile a pipeline in {what}: {error}") from error
    return pipeline
