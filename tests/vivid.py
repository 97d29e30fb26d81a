"""Linux's virtual test camera: its controls, and how long a test waits for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

PATIENCE_S = 60.0  # only a broken test waits so long
DRIVER = Path("/sys/bus/platform/drivers/vivid")


def control(name: str, value: int) -> None:
    """Set one of the camera's controls, as from another program."""
    subprocess.run(["v4l2-ctl", "-c", f"{name}={value}"], check=True, capture_output=True)
