"""A snapshot's maps: how large they will be, said before they are written, and whether the disk has room for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from convviz_core.layer import Layer
from live.errors import OutputError, output_error
from live.outputs import free_bytes

LARGE_BYTES = 200_000_000  # from here on it is said
_FLOAT_BYTES = 4


def maps_bytes(layer: Layer, frame_shape: tuple[int, ...]) -> int:
    """Of maps.npz: the gray frame, and each map before and after the activation. Errors: as Layer.output_hw."""
    height, width = layer.output_hw(frame_shape)
    return _FLOAT_BYTES * (frame_shape[0] * frame_shape[1] + 2 * len(layer.bank) * height * width)


def check_room(directory: Path, size: int, say: Callable[[str], None]) -> str:
    """Before maps of `size` bytes are made: how large they are, which `say` is told, where that is much; else "".

    directory: where they go, which may not be there yet. Errors: OutputError where they do not fit.
    """
    if size < LARGE_BYTES:
        return ""
    there = next((folder for folder in (directory, *directory.absolute().parents) if folder.is_dir()), Path())
    try:
        free = free_bytes(there)
    except OSError as error:
        raise output_error(directory, error) from error
    if free < size:
        found = f"the maps take {_shown(size)} and its disk has {_shown(free)} left"
        raise OutputError(f"cannot write {directory}: {found}: free some space or choose another folder")
    say(f"writing {_shown(size)} of maps into {directory}")
    return _shown(size)


def _shown(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
