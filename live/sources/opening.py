"""From what was written on the command line to an open source."""

from __future__ import annotations

import glob
import re
import sys
import time
from pathlib import Path

import cv2

from live.sources.address import STREAM_SCHEMES, redact, scheme
from live.sources.camera import CameraDevice
from live.sources.devices import list_cameras
from live.sources.frame import FrameSource, Listener, SourceError, SourceEvent, SourceSettings
from live.sources.live_reader import LiveReader
from live.sources.pictures import PICTURE_SUFFIXES, PictureSource, natural_order
from live.sources.synthetic import SyntheticSource

MOVING_JPEG_SUFFIXES = (".mjpg", ".mjpeg")  # one JPEG after the other, of which the first one is no picture by itself


def open_source(text: str | None, settings: SourceSettings, listener: Listener) -> FrameSource:
    """Open SOURCE, in one of the forms that `convviz --help` lists.

    None is the first camera, or the default scene where there is none. SourceError, one sentence, says what is in
    the way and what to do. `listener` hears of what happens to the source, from whatever thread.
    """
    if text is None:
        return _open_first(settings, listener)
    if re.fullmatch(r"[+-]?\d+", text) or (text.startswith("/dev/") and not Path(text).is_file()):
        return _open_camera(text, settings, listener)
    if text == "synthetic" or text.startswith("synthetic:"):
        return SyntheticSource(text.partition(":")[2], settings)
    if address_scheme := scheme(text):
        if address_scheme not in STREAM_SCHEMES:
            known = ", ".join(f"{known}://" for known in STREAM_SCHEMES)
            raise SourceError(f"{redact(text)} begins with {address_scheme}://, want one of {known}")
        from live.sources.stream import StreamDevice  # its library would hold up a camera's first picture

        return LiveReader(StreamDevice(text, settings, listener), listener, settings)
    return _open_files(text, settings, listener)


def _open_first(settings: SourceSettings, listener: Listener) -> FrameSource:
    cameras = list_cameras(with_offers=False)
    if cameras or settings.wait:
        return _open_camera(str(cameras[0].index) if cameras else "0", settings, listener)
    if sys.platform != "linux":  # the system's list may leave one out
        try:
            return _open_camera("0", settings, listener)
        except SourceError:
            pass
    source = SyntheticSource("", settings)
    listener(SourceEvent("notice", time.monotonic(), f"no camera is plugged in: showing {source.name}"))
    return source


def _open_camera(text: str, settings: SourceSettings, listener: Listener) -> FrameSource:
    return LiveReader(CameraDevice(text, settings), listener, settings)


def _open_files(text: str, settings: SourceSettings, listener: Listener) -> FrameSource:
    if not text:
        raise SourceError("SOURCE is empty; leave it out for the first camera")
    path = Path(text)
    try:
        if path.is_dir():
            return PictureSource(text, _pictures_in(path), settings, listener)
        if not path.exists():
            paths = _matching(text)
            if any(_is_picture(path) for path in paths):
                return PictureSource(text, paths, settings, listener)
            if len(paths) > 1:
                raise SourceError(f"{text} names {len(paths)} files and no picture: name one video, such as {paths[0]}")
            path = paths[0]
        if not path.is_file():
            raise SourceError(f"{text} is neither a file nor a folder")
        if path.stat().st_size == 0:
            raise SourceError(f"{text} is empty, want a picture or a video")
        if path.suffix.lower() != ".gif" and _is_picture(path):
            return PictureSource(text, [path], settings, listener)
        from live.sources.video import VideoSource  # as above

        return VideoSource(path, settings, listener)
    except OSError as error:
        raise SourceError(f"{text} cannot be read: {error.strerror or error}") from None


def _is_picture(path: Path) -> bool:
    suffix = path.suffix.lower()
    return suffix in PICTURE_SUFFIXES or (suffix not in MOVING_JPEG_SUFFIXES and cv2.haveImageReader(str(path)))


def _pictures_in(folder: Path) -> list[Path]:
    paths = [path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()]
    if not paths:
        raise SourceError(f"the folder {folder} holds no pictures ({', '.join(PICTURE_SUFFIXES)})")
    return sorted(paths, key=natural_order)


def _matching(pattern: str) -> list[Path]:
    mistyped_address = "@" in pattern or scheme(pattern.replace(":/", "://"))
    named = redact(pattern) if mistyped_address else pattern
    if not glob.has_magic(pattern):
        raise SourceError(f"there is no file {named}; SOURCE is a camera's number, a file, a folder or an address")
    found = glob.iglob(pattern, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
    paths = [path for path in map(Path, found) if path.is_file()]
    if not paths:
        raise SourceError(f"no file matches {named}")
    return sorted(paths, key=natural_order)
