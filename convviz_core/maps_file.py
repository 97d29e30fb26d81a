"""maps.npz: one frame's gray, the kernels and the maps before and after the activation, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from convviz_core.arrays import FloatArray


def write_maps(
    path: Path,
    gray: FloatArray,
    kernels: FloatArray,
    conv: FloatArray,
    activated: FloatArray,
    bias: FloatArray | None = None,
) -> None:
    """Write an uncompressed .npz to exactly `path`, all arrays as float32.

    gray: (H, W) in [0, 1]. kernels: (N, C, kh, kw). conv, activated: (N, h, w), in the units of
    weights x [0, 1]. bias: (N,), where the maps have one added. Errors: ValueError for arrays of other ranks, OSError
    where it cannot be written.
    """
    for name, array, rank in (
        ("gray", gray, 2),
        ("kernels", kernels, 4),
        ("conv", conv, 3),
        ("activated", activated, 3),
    ):
        if array.ndim != rank:
            raise ValueError(f"{name} has shape {array.shape}, want {rank} dimensions")
    arrays: dict[str, Any] = {"gray": gray, "kernels": kernels, "conv": conv, "activated": activated}
    if bias is not None:
        arrays["bias"] = bias
    arrays = {name: np.asarray(array, np.float32) for name, array in arrays.items()}
    with path.open("wb") as file:  # np.savez would add .npz to a name that lacks it
        np.savez(file, **arrays)
