"""From what was written on the command line to an open source."""

from __future__ import annotations

import glob
import re
import sys
import time
from contextlib import suppress
from pathlib import Path

from convviz_core.names import did_you_mean, is_utf8
from convviz_core.pictures import PICTURE_SUFFIXES, kind_of
from convviz_core.pictures.kinds import HEAD_BYTES
from live.sources.address import STREAM_SCHEMES, redact, scheme
from live.sources.camera import CameraDevice
from live.sources.devices import list_cameras
from live.sources.frame import FrameSource, Listener, SourceError, SourceEvent, SourceSettings
from live.sources.live_reader import LiveReader
from live.sources.pictures import PictureSource, natural_order
from live.sources.synthetic import SyntheticSource
from live.sources.unused import unused

MOVING_JPEG_SUFFIXES = (".mjpg", ".mjpeg")  # one JPEG after the other, of which the first one is no picture by itself

_OF_A_SCENE = ("width", "height", "fps")
WORDS = ("cameras", "filters", "layers", "still", "synthetic", "browser")  # of the command line, for a mistyped one


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
        return _open_scene(text.partition(":")[2], settings, listener)
    address_scheme = scheme(text)
    if address_scheme in STREAM_SCHEMES:
        return _open_stream(text, settings, listener)
    if address_scheme is not None and not _is_there(text):
        known = ", ".join(f"{known}://" for known in STREAM_SCHEMES)
        raise SourceError(f"{redact(text)} begins with {address_scheme}://, want one of {known}")
    return _open_files(text, settings, listener)


def check_named(text: str) -> None:
    """SourceError where SOURCE can only be a file, and there is none: before anything else is opened."""
    other = re.fullmatch(r"[+-]?\d+|(/dev/|synthetic).*|", text) or scheme(text)
    with suppress(OSError):  # which is told when it is opened
        if not other and not Path(text).exists():
            _matching(text)


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
    _say_unused(settings, _OF_A_SCENE, "a scene", listener)
    return source


def _open_scene(name: str, settings: SourceSettings, listener: Listener) -> FrameSource:
    _say_unused(settings, _OF_A_SCENE, "a scene", listener)
    return SyntheticSource(name, settings)


def _open_pictures(name: str, paths: list[Path], settings: SourceSettings, listener: Listener) -> FrameSource:
    source = PictureSource(name, paths, settings, listener)
    takes, kind = ((), "a picture") if source.fps is None else (("fps",), "each picture")
    _say_unused(settings, takes, kind, listener)
    return source


def _say_unused(settings: SourceSettings, takes: tuple[str, ...], kind: str, listener: Listener) -> None:
    if sentence := unused(settings, takes, kind):
        listener(SourceEvent("notice", time.monotonic(), sentence))


def _open_camera(text: str, settings: SourceSettings, listener: Listener) -> FrameSource:
    return LiveReader(CameraDevice(text, settings), listener, settings)


def _open_stream(url: str, settings: SourceSettings, listener: Listener) -> FrameSource:
    if not is_utf8(url):  # no library takes it
        raise SourceError(f"the address {redact(url)} is not UTF-8: write such bytes as %XX")
    from live.sources.stream import StreamDevice  # its library would hold up a camera's first picture

    _say_unused(settings, ("fps",), "a stream", listener)
    return LiveReader(StreamDevice(url, settings, listener), listener, settings)


def _is_there(text: str) -> bool:
    """Whether a file or folder has this name, whatever it looks like: "a:b", "file:", "12:30:05.mp4"."""
    try:
        return Path(text).exists()
    except OSError:  # a name that is too long, or a folder that may not be looked into
        return False


def _open_files(text: str, settings: SourceSettings, listener: Listener) -> FrameSource:
    if not text:
        raise SourceError("SOURCE is empty; leave it out for the first camera")
    path = Path(text)
    try:
        if path.is_dir():
            return _open_pictures(text, _pictures_in(path), settings, listener)
        if path.exists():
            return open_file(path, settings, listener)
        paths = _matching(text)
        if any(_is_picture(path) for path in paths):
            return _open_pictures(text, paths, settings, listener)
        if len(paths) > 1:
            raise SourceError(f"{text} names {len(paths)} files and no picture: name one video, such as {paths[0]}")
        return open_file(paths[0], settings, listener)
    except OSError as error:
        raise SourceError(f"{text} cannot be read: {error.strerror or error}") from None


def open_file(path: Path, settings: SourceSettings, listener: Listener) -> FrameSource:
    """Open the picture or the video in one file; SourceError says what it is instead."""
    try:
        if path.is_dir():
            raise SourceError(f"{path} is a folder, want a picture")
        if not path.exists():
            raise SourceError(f"there is no file {path}")
        if not path.is_file():
            raise SourceError(f"{path} is neither a file nor a folder")
        if path.stat().st_size == 0:
            raise SourceError(f"{path} is empty, want a picture or a video")
        if _is_picture(path):
            return _open_pictures(str(path), [path], settings, listener)
        from live.sources.video import VideoSource  # as above

        source = VideoSource(path, settings, listener)
        _say_unused(settings, ("fps",), "a video", listener)
        return source
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from None


def _is_picture(path: Path) -> bool:
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES or suffix in MOVING_JPEG_SUFFIXES:
        return suffix in PICTURE_SUFFIXES
    with path.open("rb") as file:
        return kind_of(file.read(HEAD_BYTES)) is not None


def _pictures_in(folder: Path) -> list[Path]:
    paths = [path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()]
    if not paths:
        raise SourceError(f"the folder {folder} holds no pictures ({', '.join(PICTURE_SUFFIXES)})")
    return sorted(paths, key=natural_order)


def _matching(pattern: str) -> list[Path]:
    mistyped_address = "@" in pattern or scheme(pattern.replace(":/", "://"))
    named = redact(pattern) if mistyped_address else pattern
    if not glob.has_magic(pattern):
        named += did_you_mean(pattern, WORDS)
        raise SourceError(f"there is no file {named}; SOURCE is a camera's number, a file, a folder or an address")
    found = glob.iglob(pattern, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
    paths = [path for path in map(Path, found) if path.is_file()]
    if not paths:
        raise SourceError(f"no file matches {named}")
    return sorted(paths, key=natural_order)
