"""Rebuild maps.npz from frame.png with torch and OpenCV alone, and print the largest difference.

Run it in the folder of a snapshot: python reproduce.py. It ends with 1 where the difference is larger than
rounding explains: 1e-5, or in proportion more where a kernel's weights, and its bias, sum to more than 16.
"""

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch.nn.functional import conv2d, pad

BAND_BYTES = 200_000_000  # torch unfolds what it convolves in float64: a whole picture might not fit


def padded(x: torch.Tensor, settings: dict[str, Any], kernel_hw: tuple[int, ...]) -> torch.Tensor:
    """The input (C, H, W) with the border that the layer puts around it."""
    padding = settings["padding"]
    if padding == "same":
        total = [step * (side - 1) for step, side in zip(settings["dilation"], kernel_hw, strict=True)]
        (top, bottom), (left, right) = ((whole // 2, whole - whole // 2) for whole in total)
    else:
        top, left = padding
        bottom, right = padding
    mode = settings["padding_mode"]
    return pad(x[None], [left, right, top, bottom], "constant" if mode == "zeros" else mode)[0]


def rebuild(folder: Path) -> tuple[float, float]:
    """The largest difference of gray, conv and activated from the snapshot's own, and how large it may be."""
    kept = np.load(folder / "maps.npz", allow_pickle=False)
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    kept_conv, kept_activated = torch.from_numpy(kept["conv"]), torch.from_numpy(kept["activated"])
    kernels = torch.from_numpy(kept["kernels"]).double()  # (N, C, kh, kw); C is 1 for gray, 3 for R, G, B
    bias = torch.from_numpy(kept["bias"]).double() if settings["bias"] else None

    frame = cv2.imdecode(np.fromfile(folder / "frame.png", np.uint8), cv2.IMREAD_UNCHANGED)
    if frame is None:
        sys.exit("frame.png cannot be read")
    gray = frame if frame.ndim == 2 else cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    colour = frame if frame.ndim == 3 else cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)
    planes = gray[None] if kernels.shape[1] == 1 else colour[:, :, ::-1].transpose(2, 0, 1)
    exact = torch.from_numpy(planes / 255.0)  # float64: the exact answer, next to which float32 only rounds
    x = padded(exact, settings, kernels.shape[2:])

    largest = float(np.abs(kept["gray"] - gray / 255.0).max())
    stride, dilation = settings["stride"], settings["dilation"]
    extent = dilation[0] * (kernels.shape[2] - 1) + 1
    rows = max(1, BAND_BYTES // (8 * x.shape[2] * kernels[0].numel()))
    for top in range(0, kept_conv.shape[1], rows):
        read = x[None, :, top * stride[0] : (top + rows - 1) * stride[0] + extent]
        conv = conv2d(read, kernels, bias, stride=stride, dilation=dilation)[0]
        for rebuilt, map_rows in ((conv, kept_conv), (torch.relu(conv), kept_activated)):
            largest = max(largest, (map_rows[:, top : top + rows] - rebuilt).abs().max().item())
    weights = kernels.abs().flatten(start_dim=1).sum(dim=1)
    if bias is not None:
        weights = weights + bias.abs()
    return largest, 1e-5 * max(1.0, weights.max().item() / 16)


if __name__ == "__main__":
    difference, allowed = rebuild(Path(__file__).parent)
    print(f"largest difference from maps.npz: {difference:.3g}")
    sys.exit(difference > allowed)
