"""What a convolutional layer does to a picture: filter banks, engines, ranges, the mosaic."""

from convviz_core.engines.api import Engine, EngineError, FrameSizeError, Result
from convviz_core.engines.opening import open_engine
from convviz_core.filters.bank import Filter, FilterBank, FilterError
from convviz_core.filters.files import load_bank, to_toml
from convviz_core.inspect import Inspection, inspect_pixel
from convviz_core.layer import Activation, Layer, RangeMode

__version__ = "0.1.0"

__all__ = [
    "Activation",
    "Engine",
    "EngineError",
    "Filter",
    "FilterBank",
    "FilterError",
    "FrameSizeError",
    "Inspection",
    "Layer",
    "RangeMode",
    "Result",
    "__version__",
    "inspect_pixel",
    "load_bank",
    "open_engine",
    "to_toml",
]
