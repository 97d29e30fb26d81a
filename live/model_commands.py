"""The command about models beside the viewer: layers."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from convviz_core.names import shown
from live.torch_settings import share_cores

if TYPE_CHECKING:
    from convviz_core.models.layer import LayerInfo

Say = Callable[[str], None]

DEFAULT_HW = (224, 224)


def layers(arguments: argparse.Namespace, say: Say) -> None:
    """List a model's layers on stdout. Errors: ModelError."""
    share_cores()  # before torch is loaded
    from convviz_core.models.model import load_model

    with redirect_stdout(sys.stderr):  # a model may print as it is made or runs; stdout holds data only
        model = load_model(arguments.model, arguments.weights)
        found = model.layers(arguments.input or DEFAULT_HW)
    for note in model.notes:
        say(note)
    if arguments.json:
        print(json.dumps([layer._asdict() for layer in found]))
        return
    rows = [("layer", "type", "channels x rows x columns", "stride y,x", "receptive field"), *map(_row, found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _row(layer: LayerInfo) -> tuple[str, ...]:
    channels, height, width = layer.shape
    y, x = (f"{stride:g}" for stride in layer.stride)
    field = "not known" if layer.receptive_field is None else "{}x{}".format(*layer.receptive_field)
    return shown(layer.name), shown(layer.type), f"{channels} x {height}x{width}", f"{y},{x}", field
