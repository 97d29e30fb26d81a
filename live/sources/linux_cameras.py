"""The cameras of a Linux system, and why one of them cannot be used."""

from __future__ import annotations

import contextlib
import errno
import grp
from dataclasses import replace
from pathlib import Path

from live.sources import v4l2
from live.sources.camera_info import CameraInfo, Offer

BUSY = "in use by another program: close that first"


def list_cameras(with_offers: bool) -> list[CameraInfo]:
    """The device nodes that give pictures, by number."""
    return [camera for path in v4l2.node_paths() if (camera := _camera_at(path, with_offers)) is not None]


def offers(camera: CameraInfo) -> tuple[Offer, ...]:
    """Every format, size and rate of a camera; none when it has just gone."""
    try:
        return v4l2.offers(Path(camera.device))
    except OSError:
        return ()


def _camera_at(path: Path, with_offers: bool) -> CameraInfo | None:
    """The camera behind a device node; None where the node gives no pictures or has just gone."""
    unseen = CameraInfo(int(path.name.removeprefix("video")), str(path), _about(path, "name") or path.name)
    try:
        identity = v4l2.identify(path)
        if identity is None:
            return None
        problem = BUSY if v4l2.is_busy(path) else ""
    except PermissionError:
        # Which node gives pictures cannot be asked; a camera's first one does, its further ones carry metadata.
        return replace(unseen, problem=_not_permitted(path)) if _about(path, "index") in ("0", "") else None
    except OSError as error:
        return replace(unseen, problem=BUSY) if error.errno == errno.EBUSY else None
    camera = replace(unseen, name=identity.card, place=identity.bus_info, problem=problem)
    return replace(camera, offers=offers(camera)) if with_offers else camera


def _not_permitted(path: Path) -> str:
    """What to do about a device node that may not be opened."""
    group = "root"
    with contextlib.suppress(OSError, KeyError):
        group = grp.getgrgid(path.stat().st_gid).gr_name
    group = "video" if group == "root" else group
    return f"not permitted: join the group '{group}' (sudo usermod -aG {group} $USER), then log in again"


def _about(path: Path, what: str) -> str:
    """What the kernel says of a node to anybody: its "name", its "index" among those of its device."""
    try:
        return (Path("/sys/class/video4linux") / path.name / what).read_text().strip()
    except OSError:
        return ""
