"""What is kept of one frame and a model's layer: the picture, the page's mosaic, what went in, all maps, settings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np

from convviz_core.arrays import ByteArray
from convviz_core.engines.model_page import page_levels
from convviz_core.models.model_input import to_input
from convviz_core.mosaic import MosaicGrid, tile_maps
from live.model_view.picture import Shown
from live.outputs import check_directory, replacing
from live.recording.excites import write_excites
from live.recording.model_comparison import write_model_comparison
from live.state import ViewState
from live.watching import Watched

MODEL_FILES = ("frame.png", "mosaic.png", "maps.npz", "settings.json")


def write_model_snapshot(
    directory: Path, shown: Shown, state: ViewState, watched: Sequence[Watched], about: Mapping[str, object]
) -> None:
    """Write MODEL_FILES into `directory`, which is made where it is missing; OutputError if not.

    maps.npz: input float32 (C, H, W) as the model got it, maps float32 (N, h, w) of all channels, before the viewer's
    ReLU. about: more for settings.json. What excited an enlarged channel comes with it, see excites.py.
    """
    answer = shown.answer
    layer, image = answer.asked.layer, answer.frame.image
    channels = layer.model.channels_for(answer.input_hw)
    values = to_input(image, answer.input_hw, channels, layer.normalization)
    limits = shown.other.limits[0] if shown.other else shown.page.limits  # a difference's are not the layer's
    levels, ranges = page_levels(answer.output, shown.page.look.channels, limits)
    mosaic = tile_maps(levels)
    settings = {**_settings(shown, state), "ranges": ranges.tolist(), **about}
    settings["watched"] = _watched(shown, state, mosaic, watched)
    check_directory(directory)
    if shown.other:
        settings["compare"] = write_model_comparison(directory, shown, shown.other, state, values)
    with ExitStack() as kept:

        def beside(name: str) -> Path:
            return kept.enter_context(replacing(directory / name))

        beside("frame.png").write_bytes(cv2.imencode(".png", image)[1].tobytes())
        beside("mosaic.png").write_bytes(cv2.imencode(".png", mosaic)[1].tobytes())
        with beside("maps.npz").open("wb") as file:  # np.savez would add .npz to a name that lacks it
            np.savez(file, input=values, maps=answer.conv)
        if shown.excites:
            write_excites(directory, layer.name, *shown.excites)
        beside("settings.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def _settings(shown: Shown, state: ViewState) -> dict[str, object]:
    answer, choice = shown.answer, state.model
    assert choice is not None
    layer = answer.asked.layer
    height, width = answer.input_hw
    return {
        "model": layer.model.name,
        "weights": choice.weights,
        "layer": layer.name,
        "input": f"{width}x{height}",
        "normalize": str(layer.normalization or "none"),
        "page": choice.page + 1,
        "pages": -(-len(answer.conv) // 64),
        "order": str(choice.order),
        "channels": list(shown.page.look.channels),
        "activation": str(layer.activation),
        "range": str(state.appearance.range),
        "mirrored": state.appearance.mirror,
    }


def _watched(shown: Shown, state: ViewState, mosaic: ByteArray, watched: Sequence[Watched]) -> list[dict[str, object]]:
    """Each pin with its values; index, y and x are those of maps.npz."""
    conv, channels = shown.answer.conv, shown.page.look.channels
    grid = MosaicGrid(len(channels), (conv.shape[1], conv.shape[2]))
    history = {one.pixel: one for one in watched}
    found = []
    for pixel in state.interaction.pins:
        tile, y, x = pixel
        response = float(conv[channels[tile], y, x])
        values: dict[str, object] = {
            "index": channels[tile],
            "label": f"channel {channels[tile]}",
            "y": y,
            "x": x,
            "response": response,
            "activated": max(response, 0.0),
            "byte": int(mosaic[grid.mosaic_pixel(tile, y, x)]),
        }
        if pixel in history:
            values |= {"standard_deviation": history[pixel].deviation, "seconds": history[pixel].span_s}
        found.append(values)
    return found
