"""What a convolutional layer does to a picture: filter banks, engines, ranges, the mosaic."""

from convviz_core.engines.api import Engine, EngineError, Plan, Result
from convviz_core.engines.opening import open_engine
from convviz_core.filters.bank import Filter, FilterBank, FilterError
from convviz_core.filters.files import load_bank, to_toml
from convviz_core.geometry import ConvGeometry, ConvSettings, FrameSizeError, GeometryError
from convviz_core.inspect import Inspection, inspect_pixel, receptive_field
from convviz_core.layer import Activation, Layer
from convviz_core.ranges import RangeMode

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
    "Plan",
    "RangeMode",
    "Result",
    "__version__",
    "inspect_pixel",
    "load_bank",
    "open_engine",
    "receptive_field",
    "to_toml",
]
