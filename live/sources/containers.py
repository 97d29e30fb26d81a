"""Opens containers, files or addresses, and finds the video stream in them that is to be shown."""

from __future__ import annotations

from collections import Counter
from typing import BinaryIO

import cv2  # noqa: F401 - before av

import av  # isort: skip  (after cv2, see live/recording/movie.py)
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

_LOOKED_AT_PACKETS = 200  # of a file with more than one video stream
_NO_FILM = Disposition.attached_pic | Disposition.timed_thumbnails

Opened = tuple[InputContainer, VideoStream]


class NoVideoError(ValueError):
    """The container was opened and holds no video stream that can be decoded."""


def open_file(file: BinaryIO) -> Opened:
    """The container in an open file, of whose name only the ending matters, and the stream to show.

    A stream of one picture is passed over where there are longer ones. `file` is to be closed after the container.
    av.FFmpegError, OSError or NoVideoError where there is none.
    """
    container = _open(file)
    try:
        streams = _candidates(container)
        if len(streams) > 1:
            lasting = _lasting(container, streams)
            container.close()
            file.seek(0)
            container = _open(file)
            streams = [stream for stream in _candidates(container) if stream.index in lasting]
        return container, _preferred(container, streams)
    except BaseException:
        container.close()
        raise


def open_address(url: str, options: dict[str, str], timeout_s: float) -> Opened:
    """The container at an address and the stream to show; connecting and each read may take `timeout_s`.

    av.FFmpegError, OSError or NoVideoError where there is none.
    """
    container = av.open(url, container_options=options, timeout=(timeout_s, timeout_s), metadata_errors="replace")
    try:
        return container, _preferred(container, _candidates(container))
    except BaseException:
        container.close()
        raise


def _open(file: BinaryIO) -> InputContainer:
    # A playlist that gets past the test for text may name files, but nothing on the network.
    return av.open(file, "r", container_options={"protocol_whitelist": "file"}, metadata_errors="replace")


def _candidates(container: InputContainer) -> list[VideoStream]:
    """The video streams that can be decoded, without cover pictures where there is anything else."""
    streams = [stream for stream in container.streams.video if getattr(stream, "codec_context", None) is not None]
    if not streams:
        raise NoVideoError
    return [stream for stream in streams if not stream.disposition & _NO_FILM] or streams


def _lasting(container: InputContainer, streams: list[VideoStream]) -> set[int]:
    """The indices of those of `streams` that hold more than one picture, as far as one soon sees; else of all."""
    seen: Counter[int] = Counter()
    try:
        for number, packet in enumerate(container.demux()):
            seen[packet.stream_index] += packet.size > 0
            if number == _LOOKED_AT_PACKETS or all(seen[stream.index] > 1 for stream in streams):
                break
    except (av.FFmpegError, OSError):  # what was seen before the damage has to do
        pass
    indices = {stream.index for stream in streams}
    return {index for index in indices if seen[index] > 1} or indices


def _preferred(container: InputContainer, streams: list[VideoStream]) -> VideoStream:
    """The stream that says it is the default; of several, FFmpeg's choice, or the first."""
    best = container.streams.best("video")
    return max(streams, key=lambda s: (bool(s.disposition & Disposition.default), s is best, -s.index))
