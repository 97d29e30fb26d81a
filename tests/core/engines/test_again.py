"""The frame that was run last, run again in other limits: the bytes of a whole run, from fewer rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convviz_core import ConvGeometry, Engine, FilterBank, Layer, Limits, TorchEngine, fixed_limits, load_bank
from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.blocks import Reduce
from convviz_core.engines.again import rows_with_other_bytes, takes_less
from convviz_core.engines.api import PlanKey, Result
from convviz_core.engines.halide.engine import HalideEngine
from convviz_core.engines.opencv.engine import OpenCvEngine
