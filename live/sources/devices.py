"""Which cameras are plugged in and what they offer, as far as the system tells."""

from __future__ import annotations

import json
import subprocess
import sys

from live.sources.camera_info import CameraInfo, Offer

# Older webcams are of Windows' class Image, as scanners are: the services of scanners' drivers tell them apart.
_SCANNERS = ("", "usbscan", "scsiscan", "serscan", "wsdscan")
_TELLING_S = 20.0  # system_profiler and PowerShell may take seconds


def list_cameras(with_offers: bool = True) -> list[CameraInfo]:
    """The cameras that are plugged in, by number; virtual ones may be left out on macOS and Windows."""
    if sys.platform == "linux":
        from live.sources import linux_cameras

        return linux_cameras.list_cameras(with_offers)
    names = _mac_names() if sys.platform == "darwin" else _windows_names()
    return [CameraInfo(index, "", name) for index, name in enumerate(names)]


def offers(camera: CameraInfo) -> tuple[Offer, ...]:
    """Every format, size and rate of a camera; none where the system does not tell."""
    if sys.platform == "linux":
        from live.sources import linux_cameras

        return linux_cameras.offers(camera)
    return ()


def missing(asked: str, cameras: list[CameraInfo]) -> str:
    """The sentence for a camera that is not there."""
    there = ", ".join(f"{camera.index} ({camera.name})" for camera in cameras)
    return f"{asked} is not there: " + (f"the cameras here are {there}" if there else "no camera is plugged in")


def _mac_names() -> list[str]:
    # OpenCV numbers AVFoundation's cameras in the order of their unique IDs.
    told = _output(["system_profiler", "-json", "SPCameraDataType"])
    try:
        cameras = json.loads(told).get("SPCameraDataType", [])
        ordered = sorted(cameras, key=lambda camera: str(camera.get("spcamera_unique-id", "")))
        return [str(camera.get("_name", "camera")) for camera in ordered]
    except (ValueError, AttributeError):
        return []


def _windows_names() -> list[str]:
    ask = (
        "Get-CimInstance Win32_PnPEntity -Filter \"PNPClass='Camera' OR PNPClass='Image'\" | "
        "ForEach-Object { $_.PNPClass + '|' + $_.Service + '|' + $_.Name }"
    )
    told = _output(["powershell", "-NoProfile", "-Command", ask])
    rows = [line.strip().split("|", 2) for line in told.splitlines() if line.count("|") >= 2]
    return [name for kind, service, name in rows if kind == "Camera" or service.lower() not in _SCANNERS]


def _output(command: list[str]) -> str:
    """What a system's own program prints; "" when it fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_TELLING_S, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
