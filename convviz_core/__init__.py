"""What a convolutional layer does to a picture: filter banks, engines, ranges, the mosaic."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from convviz_core.engines.api import Engine, EngineError, Plan, Result
from convviz_core.engines.opening import open_engine
from convviz_core.filters.bank import Filter, FilterBank, FilterError
from convviz_core.filters.files import load_bank, to_toml
from convviz_core.geometry import ConvGeometry, ConvSettings, FrameSizeError, GeometryError
from convviz_core.inspect import Inspection, inspect_pixel, receptive_field
from convviz_core.layer import Activation, Layer
from convviz_core.models.errors import ModelError
from convviz_core.models.layer import LayerInfo, ModelLayer
from convviz_core.ranges import RangeMode

if TYPE_CHECKING:
    from convviz_core.models.model import Model, load_model
    from convviz_core.models.reading import contributions

__version__ = "0.1.0"

__all__ = [
    "Activation",
    "ConvGeometry",
    "ConvSettings",
    "Engine",
    "EngineError",
    "Filter",
    "FilterBank",
    "FilterError",
    "FrameSizeError",
    "GeometryError",
    "Inspection",
    "Layer",
    "LayerInfo",
    "Model",
    "ModelError",
    "ModelLayer",
    "Plan",
    "RangeMode",
    "Result",
    "__version__",
    "contributions",
    "inspect_pixel",
    "load_bank",
    "load_model",
    "open_engine",
    "receptive_field",
    "to_toml",
]

# What needs torch, which takes seconds to import, is imported when it is used.
_WITH_TORCH = {
    "Model": "convviz_core.models.model",
    "load_model": "convviz_core.models.model",
    "contributions": "convviz_core.models.reading",
}


def __getattr__(name: str) -> object:
    if name in _WITH_TORCH:
        return getattr(import_module(_WITH_TORCH[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
