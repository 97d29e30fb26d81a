"""Which cameras are plugged in, what they offer, and what to do about one that cannot be used."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

from live.sources.camera_info import CameraInfo

if sys.platform == "linux":
    import grp

    from live.sources import v4l2

_TELLING_S = 20.0  # system_profiler and PowerShell may take seconds


def list_cameras(with_offers: bool = True) -> list[CameraInfo]:
    """The cameras that are plugged in, by number, as far as the system tells."""
    if sys.platform == "linux":
        return [info for path in v4l2.node_paths() if (info := _look_at(path, with_offers)) is not None]
    names = _mac_names() if sys.platform == "darwin" else _windows_names()
    return [CameraInfo(index, "", name) for index, name in enumerate(names)]


def missing(asked: str, cameras: list[CameraInfo]) -> str:
    """The sentence for a camera that is not there."""
    there = ", ".join(f"{camera.index} ({camera.name})" for camera in cameras)
    return f"{asked} is not there: " + (f"the cameras here are {there}" if there else "no camera is plugged in")


def _look_at(path: Path, with_offers: bool) -> CameraInfo | None:
    """The camera behind a device node; None where the node gives no pictures or has just gone."""
    if sys.platform != "linux":
        return None
    index = int(path.name.removeprefix("video"))
    try:
        identity = v4l2.identify(path)
        if identity is None:
            return None
        problem = "in use by another program: close that first" if v4l2.is_busy(path) else ""
        offers = v4l2.offers(path) if with_offers else ()
    except PermissionError:
        if _about(path, "index") not in ("0", ""):  # a camera's further nodes carry metadata
            return None
        return CameraInfo(index, str(path), _about(path, "name") or path.name, problem=_not_permitted(path))
    except OSError as error:
        if error.errno == errno.EBUSY:
            return CameraInfo(
                index, str(path), _about(path, "name"), problem="in use by another program: close that first"
            )
        return None
    return CameraInfo(index, str(path), identity.card, identity.bus_info, offers, problem)


def _not_permitted(path: Path) -> str:
    """What to do about a device node that may not be opened."""
    group = "video"
    if sys.platform == "linux":
        try:
            group = grp.getgrgid(path.stat().st_gid).gr_name
        except (OSError, KeyError):
            group = "video"
        group = "video" if group == "root" else group
    return f"not permitted: join the group '{group}' (sudo usermod -aG {group} $USER), then log in again"


def _about(path: Path, what: str) -> str:
    """What the kernel says of a node to anybody: its "name", its "index" among those of its device."""
    try:
        return (Path("/sys/class/video4linux") / path.name / what).read_text().strip()
    except OSError:
        return ""


def _mac_names() -> list[str]:
    # AVFoundation's cameras are numbered by OpenCV in the order of their unique IDs.
    told = _output(["system_profiler", "-json", "SPCameraDataType"])
    try:
        cameras = json.loads(told).get("SPCameraDataType", [])
        ordered = sorted(cameras, key=lambda camera: str(camera.get("spcamera_unique-id", "")))
        return [str(camera.get("_name", "camera")) for camera in ordered]
    except (ValueError, AttributeError):
        return []


def _windows_names() -> list[str]:
    ask = "Get-CimInstance Win32_PnPEntity -Filter \"PNPClass='Camera' OR PNPClass='Image'\" | ForEach-Object Name"
    return [
        line.strip() for line in _output(["powershell", "-NoProfile", "-Command", ask]).splitlines() if line.strip()
    ]


def _output(command: list[str]) -> str:
    """What a system's own program prints; "" when it fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_TELLING_S, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
