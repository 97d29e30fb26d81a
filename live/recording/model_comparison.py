"""What a snapshot of a model's layer keeps of what it is compared with, and of their difference."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from convviz_core.arrays import FloatArray
from convviz_core.engines.model_page import difference_output, page_levels
from convviz_core.engines.opening import open_engine
from convviz_core.layer import Layer
from convviz_core.models.layer import ModelLayer
from convviz_core.mosaic import tile_maps
from live.comparing import CompareMode
from live.model_view.comparing import Other
from live.model_view.picture import Shown
from live.recording.comparison import (
    COMPARISON_FILES,
    DIFFERENCE_FILE,
    FOLDER,
    as_shown,
    folder_of,
    pairing_settings,
    write_difference,
    write_kept_bank,
)
from live.state import ViewState

LAYER_FILES = ("mosaic.png", "maps.npz")  # of a kept layer of the model


def model_comparison_files(directory: Path, other: Other | None) -> list[Path]:
    """What a snapshot in that folder keeps of a comparison."""
    if other is None:
        return []
    names = COMPARISON_FILES if isinstance(other.layer, Layer) else LAYER_FILES
    names = (*names, DIFFERENCE_FILE) if other.two.mode == CompareMode.DIFFERENCE else names
    return [directory / FOLDER / name for name in names]


def write_model_comparison(
    directory: Path, shown: Shown, other: Other, state: ViewState, values: FloatArray
) -> dict[str, object]:
    """The kept side's files in the folder's `compare/`; what settings.json says of it. Errors: OutputError.

    values: float32 (C, H, W), what the model got.
    """
    if isinstance(other.layer, Layer):
        with open_engine("opencv", "cpu") as engine:  # the model's has a thread of its own
            range = as_shown(state.appearance.range, other.result)
            said, _ = write_kept_bank(directory, engine, shown.answer.frame.image, range, other.layer)
        said["true_convolution"] = state.comparing.flipped
    else:
        said = _write_layer(directory, other, other.layer, values)
    if other.two.mode == CompareMode.DIFFERENCE and other.output and other.two.alignment:
        channels = shown.page.look.channels, other.channels
        found = difference_output(shown.answer.output, other.output, channels, other.two.alignment)
        write_difference(directory, found.conv)
    return pairing_settings(other.two) | said


def _write_layer(directory: Path, other: Other, layer: ModelLayer, values: FloatArray) -> dict[str, object]:
    assert other.output is not None
    levels, ranges = page_levels(other.output, other.channels, other.limits[1])
    with folder_of(directory) as beside:
        beside("mosaic.png").write_bytes(cv2.imencode(".png", tile_maps(levels))[1].tobytes())
        with beside("maps.npz").open("wb") as file:
            np.savez(file, input=values, maps=other.output.conv)
    said = {"model": layer.model.name, "layer": layer.name, "activation": str(layer.activation)}
    return said | {"channels": list(other.channels), "ranges": ranges.tolist()}
