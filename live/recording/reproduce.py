"""Rebuild maps.npz from frame.png with torch and OpenCV alone, and print the largest difference.

Run it in the folder of a snapshot: python reproduce.py. It ends with 1 where the difference is larger than
rounding explains: 1e-5, or in proportion more where a kernel's weights sum to more than 16.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn.functional import conv2d

BAND_BYTES = 200_000_000  # torch unfolds what it convolves in float64: a whole picture might not fit


def rebuild(folder: Path) -> tuple[float, float]:
    """The largest difference of gray, conv and activated from the snapshot's own, and how large it may be."""
    kept = np.load(folder / "maps.npz", allow_pickle=False)
    kept_conv, kept_activated = torch.from_numpy(kept["conv"]), torch.from_numpy(kept["activated"])
    kernels = torch.from_numpy(kept["kernels"]).double()  # (N, C, kh, kw); C is 1 for gray, 3 for R, G, B

    frame = cv2.imdecode(np.fromfile(folder / "frame.png", np.uint8), cv2.IMREAD_UNCHANGED)
    if frame is None:
        sys.exit("frame.png cannot be read")
    gray = frame if frame.ndim == 2 else cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    colour = frame if frame.ndim == 3 else cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)
    planes = gray[None] if kernels.shape[1] == 1 else colour[:, :, ::-1].transpose(2, 0, 1)
    x = torch.from_numpy(planes / 255.0)  # float64: the exact answer, next to which float32 only rounds

    largest = float(np.abs(kept["gray"] - gray / 255.0).max())
    rows = max(1, BAND_BYTES // (8 * x.shape[2] * kernels[0].numel()))
    for top in range(0, kept_conv.shape[1], rows):
        conv = conv2d(x[None, :, top : top + rows + kernels.shape[2] - 1], kernels)[0]
        for rebuilt, map_rows in ((conv, kept_conv), (torch.relu(conv), kept_activated)):
            largest = max(largest, (map_rows[:, top : top + rows] - rebuilt).abs().max().item())
    weights = kernels.abs().flatten(start_dim=1).sum(dim=1).max().item()
    return largest, 1e-5 * max(1.0, weights / 16)


if __name__ == "__main__":
    difference, allowed = rebuild(Path(__file__).parent)
    print(f"largest difference from maps.npz: {difference:.3g}")
    sys.exit(difference > allowed)
