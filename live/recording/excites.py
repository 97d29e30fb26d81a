"""What excited a channel, kept: excites/01.png to 09.png, the highest first, and excites/excites.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import cv2

from live.model_view.exciting import Excitement
from live.outputs import check_directory, replacing

FOLDER = "excites"


def write_excites(directory: Path, layer: str, channel: int, kept: Sequence[Excitement]) -> None:
    """Write FOLDER into `directory`; nothing where nothing was kept. Errors: OutputError.

    The JSON names layer and channel, and of each patch its file, the response, the time in s, the response's (y, x)
    in the map, and the input's rows and columns, end exclusive, null where the receptive field is not known and the
    picture is the whole input.
    """
    if not kept:
        return
    folder = directory / FOLDER
    check_directory(folder)
    with ExitStack() as stack:
        patches = []
        for number, one in enumerate(kept, 1):
            name = f"{number:02}.png"
            stack.enter_context(replacing(folder / name)).write_bytes(cv2.imencode(".png", one.patch)[1].tobytes())
            patches.append({"file": name, **_told(one)})
        about = {"layer": layer, "channel": channel, "patches": patches}
        path = stack.enter_context(replacing(folder / f"{FOLDER}.json"))
        path.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def _told(one: Excitement) -> dict[str, object]:
    box = one.box
    return {
        "response": one.value,
        "time_s": one.time_s,
        "y": one.y,
        "x": one.x,
        "rows": box and [box.top, box.bottom],
        "columns": box and [box.left, box.right],
    }
