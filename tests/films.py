"""Video files made here, by FFmpeg's own encoders, so that no program of its name is needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import cv2  # noqa: F401 - before av
import numpy as np

from convviz_core.arrays import ByteArray

import av  # isort: skip  (after cv2, see live/recording/movie.py)
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

INTERLACED = 0x20040000  # AV_CODEC_FLAG_INTERLACED_ME and _DCT


def ramp(shift: int = 0, size_wh: tuple[int, int] = (64, 48)) -> ByteArray:
    """Gray from left to right, brighter by `shift`, dark in its last quarter of lines: no turn looks like it."""
    width, height = size_wh
    image = np.broadcast_to(np.linspace(20, 180, width)[None, :, None], (height, width, 3)) + shift
    image[3 * height // 4 :] = 10 + shift
    return image.astype(np.uint8)


def add_stream(
    movie: av.container.OutputContainer,
    size_wh: tuple[int, int],
    codec: str = "mjpeg",
    fps: Fraction | int = 10,
    pix_fmt: str = "yuvj420p",
    flags: int = 0,
    options: dict[str, str] | None = None,
    time_base: Fraction | None = None,
) -> VideoStream:
    stream = movie.add_stream(codec, rate=fps, options=options or {})
    assert isinstance(stream, VideoStream)
    context = stream.codec_context
    assert isinstance(context, VideoCodecContext)
    stream.width, stream.height, stream.pix_fmt = *size_wh, pix_fmt
    context.flags |= flags
    context.time_base = time_base or 1 / Fraction(fps)
    return stream


def encode(
    movie: av.container.OutputContainer, stream: VideoStream, images: Iterable[ByteArray], ticks: Sequence[int] | None
) -> None:
    for number, image in enumerate(images):
        frame = av.VideoFrame.from_ndarray(image, "bgr24")
        frame.pts = number if ticks is None else ticks[number]
        frame.time_base = stream.codec_context.time_base
        movie.mux(stream.encode(frame))
    movie.mux(stream.encode(None))


def write_film(
    path: Path,
    images: Sequence[ByteArray],
    codec: str = "mjpeg",
    *,
    fps: Fraction | int = 10,
    pix_fmt: str = "yuvj420p",
    flags: int = 0,
    options: dict[str, str] | None = None,
    container: str | None = None,
    container_options: dict[str, str] | None = None,
    ticks: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    pixel_shape: Fraction | None = None,
) -> Path:
    """A film of BGR `images`; their times are `ticks` of `time_base`, or one after the other at `fps`."""
    size_wh = (images[0].shape[1], images[0].shape[0])
    with av.open(str(path), "w", format=container, container_options=container_options or {}) as movie:
        stream = add_stream(movie, size_wh, codec, fps, pix_fmt, flags, options, time_base)
        if pixel_shape:
            stream.sample_aspect_ratio = pixel_shape
        encode(movie, stream, images, ticks)
    return path


def damage_packets(path: Path, numbers: Iterable[int]) -> None:
    """Overwrite what these pictures' packets hold, but not their lengths."""
    with av.open(str(path)) as movie:
        places = [(packet.pos, packet.size) for packet in movie.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for number in numbers:
        position, size = places[number]
        assert position is not None
        data[position + 8 : position + size] = bytes(size - 8)
    path.write_bytes(data)
