"""What is kept of one frame: the picture, the mosaic, the maps, the settings, and a program that rebuilds the maps."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path

import cv2

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.api import Engine, Result
from convviz_core.filters.toml import to_toml, writable
from convviz_core.gray import to_gray, to_unit
from convviz_core.layer import Layer
from convviz_core.maps_file import write_maps
from live.outputs import check_directory, replacing
from live.state import ViewState

SNAPSHOT_FILES = ("frame.png", "mosaic.png", "maps.npz", "settings.json", "filters.toml", "reproduce.py")
_REPRODUCE = Path(__file__).with_name("reproduce.py")


def write_snapshot(
    directory: Path,
    frame: ByteArray,
    mosaic: ByteArray,
    layer: Layer,
    conv: FloatArray,
    activated: FloatArray,
    settings: Mapping[str, object],
) -> Path:
    """Write the SNAPSHOT_FILES into `directory`, and return it.

    frame: uint8 (H, W) gray or (H, W, 3) BGR, as captured. mosaic: uint8 (rows, columns), kept byte for byte.
    conv, activated: float32 (N, h, w). settings: whatever JSON can hold; the layer's geometry is added. The folder is
    made when missing. All files are written beside their places and only then renamed: none is ever half there.
    Errors: OutputError.
    """
    check_directory(directory)
    with ExitStack() as kept:

        def beside(name: str) -> Path:
            return kept.enter_context(replacing(directory / name))

        beside("frame.png").write_bytes(_png(frame))
        beside("mosaic.png").write_bytes(_png(mosaic))
        gray, bank = to_unit(to_gray(frame)), layer.weights
        write_maps(beside("maps.npz"), gray, bank.kernels, conv, activated, bank.bias)
        beside("filters.toml").write_text(to_toml(replace(writable(layer.bank), conv=layer.conv)), encoding="utf-8")
        written = {**settings, **layer_settings(layer)}
        beside("settings.json").write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
        beside("reproduce.py").write_bytes(_REPRODUCE.read_bytes())
    return directory


def layer_settings(layer: Layer) -> dict[str, object]:
    """What settings.json says of the layer's geometry, and whether its bias is added."""
    padding = layer.padding
    return {
        "stride": list(layer.geometry.stride_yx),
        "padding": list(padding) if isinstance(padding, tuple) else padding,
        "padding_mode": str(layer.padding_mode),
        "dilation": list(layer.geometry.dilation_yx),
        "bias": layer.bias,
    }


def view_settings(state: ViewState, full: Result, engine: Engine) -> dict[str, object]:
    """What settings.json says of the layer and of how it is shown; `full`: its answer at full size."""
    bank = state.layer.bank
    return {
        "filters": bank.name,
        "labels": list(bank.labels),
        "activation": str(state.layer.activation),
        "range": str(state.appearance.range),
        "ranges": full.ranges.tolist(),
        "mirrored": state.appearance.mirror,
        "true_convolution": state.settings.true_convolution,
        "engine": engine.name,
        "device": engine.device,
    }


def next_snapshot_directory(parent: Path) -> Path:
    """The first of parent/snapshot-0001, -0002, ... that does not exist; it is not made."""
    candidates = (parent / f"snapshot-{number:04}" for number in count(1))
    return next(path for path in candidates if not os.path.lexists(path))


def _png(picture: ByteArray) -> bytes:
    return cv2.imencode(".png", picture)[1].tobytes()
