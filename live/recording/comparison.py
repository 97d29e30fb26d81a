"""What a snapshot keeps of the layer that the shown one is compared with: its files, and their difference."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.difference import Difference
from convviz_core.engines.api import Engine, Result
from convviz_core.filters.toml import to_toml, writable
from convviz_core.gray import to_gray, to_unit
from convviz_core.layer import Layer
from convviz_core.maps_file import write_maps
from convviz_core.ranges import Range, RangeMode
from live.comparing import Compared, Pairing
from live.errors import output_error
from live.outputs import check_directory, replacing
from live.recording.snapshot import layer_settings

FOLDER = "compare"
COMPARISON_FILES = ("mosaic.png", "maps.npz", "filters.toml")
DIFFERENCE_FILE = "difference.npz"


@dataclass(frozen=True, eq=False)
class OtherSide:
    """What is compared on the screen; kept: the kept layer's answer, where it has one of its own."""

    two: Compared
    kept: Result | None = None


def files_of(directory: Path, other: OtherSide | None) -> list[Path]:
    """What a snapshot in that folder keeps of a comparison."""
    if other is None:
        return []
    names = [*COMPARISON_FILES, DIFFERENCE_FILE] if other.two.difference else COMPARISON_FILES
    return [directory / FOLDER / name for name in names]


def earlier_files(directory: Path) -> list[Path]:
    """What an earlier snapshot in the folder may keep of one; nothing where its settings do not say so."""
    try:
        said = json.loads((directory / "settings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    names = (*COMPARISON_FILES, DIFFERENCE_FILE) if isinstance(said, dict) and "compare" in said else ()
    return [directory / FOLDER / name for name in names]


def remove_files(files: Iterable[Path]) -> None:
    """Remove them, and a folder that is left empty. Errors: OutputError."""
    for path in files:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise output_error(path, error) from error
        with suppress(OSError):  # where others' files lie in it, it stays
            path.parent.rmdir()


def as_shown(range: RangeMode, result: Result | None) -> Range:
    """The range with which `result` was made, so that another size has the same; without one, the mode's own."""
    if result is None or range == RangeMode.FRAME:
        return range
    return float(result.ranges[0, 0]), float(result.ranges[0, 1])


def write_comparison(
    directory: Path, engine: Engine, image: ByteArray, range: RangeMode, other: OtherSide, live_maps: FloatArray
) -> dict[str, object]:
    """mosaic.png, maps.npz and filters.toml of the kept layer in the folder's `compare/`, and difference.npz.

    live_maps: the live layer's, float32 (N, h, w), after its activation. Returns what settings.json says of it.
    Errors: OutputError.
    """
    two, kept = other.two, other.two.kept
    said, kept_maps = write_kept_bank(directory, engine, image, as_shown(range, other.kept), kept)
    if two.difference and two.pairing.alignment:
        write_difference(directory, Difference(two.live, kept).of(live_maps, kept_maps, two.pairing.alignment))
    return pairing_settings(two.pairing) | {"true_convolution": two.flipped, **said}


def write_kept_bank(
    directory: Path, engine: Engine, image: ByteArray, range: Range, kept: Layer
) -> tuple[dict[str, object], FloatArray]:
    """The kept bank's COMPARISON_FILES; what settings.json says of it, and its maps after the activation."""
    full = engine.run(image, kept, range)
    mosaic, ranges = full.mosaic.copy(), full.ranges.tolist()
    conv, activated = engine.maps(image, kept)
    with folder_of(directory) as beside:
        beside("mosaic.png").write_bytes(cv2.imencode(".png", mosaic)[1].tobytes())
        gray, bank = to_unit(to_gray(image)), kept.weights
        write_maps(beside("maps.npz"), gray, bank.kernels, conv, activated, bank.bias)
        beside("filters.toml").write_text(to_toml(replace(writable(kept.bank), conv=kept.conv)), encoding="utf-8")
    said = {"filters": kept.bank.name, "labels": list(kept.bank.labels), "activation": str(kept.activation)}
    return said | layer_settings(kept) | {"ranges": ranges}, conv if kept.signed else activated


def write_difference(directory: Path, difference: FloatArray) -> None:
    """difference.npz: float32 (n, h, w), live minus kept."""
    with folder_of(directory) as beside, beside(DIFFERENCE_FILE).open("wb") as file:  # np.savez adds .npz to a name
        np.savez(file, difference=difference)


@contextmanager
def folder_of(directory: Path) -> Iterator[Callable[[str], Path]]:
    """Inside, where to write a file of the folder's `compare/`, by name: they are there once all are written."""
    folder = directory / FOLDER
    check_directory(folder)
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(replacing(folder / name))


def pairing_settings(two: Pairing) -> dict[str, object]:
    """How two are compared, and where in either's maps their difference begins."""
    alignment = two.alignment
    return {
        "as": str(two.mode),
        "aligned": alignment
        and {
            "live_yx": list(alignment.live_yx),
            "kept_yx": list(alignment.kept_yx),
            "hw": list(alignment.hw),
            "maps": alignment.count,
            "half_pixel_left_yx": list(alignment.rest_yx),
        },
        "notes": list(two.notes),
    }
