"""Picture files made byte by byte, of the kinds that no library here writes."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray

GRAY, RGB, WHITE_IS_ZERO, CFA = 1, 2, 0, 32803


@dataclass(frozen=True)
class TiffPage:
    """One uncompressed page: the samples (H, W) or (H, W, C) as they lie there, and tags beside the necessary ones."""

    samples: AnyArray
    photometric: int | None = None
    tags: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    sub_pages: tuple[TiffPage, ...] = ()


def tiff(*pages: TiffPage, order: str = "<") -> bytes:
    """A TIFF of these pages (TIFF 6.0), all values as 32-bit numbers."""
    file = bytearray((b"II*\0" if order == "<" else b"MM\0*") + bytes(4))
    link = 4
    for page in pages:
        link = _add_page(file, page, order, link)
    return bytes(file)


def _add_page(file: bytearray, page: TiffPage, order: str, link: int) -> int:
    """Append the page, and its place where `link` says; where the next page's place belongs."""
    sub_offsets = []
    for sub in page.sub_pages:
        file += bytes(4)
        place = len(file) - 4
        _add_page(file, sub, order, place)
        sub_offsets.append(struct.unpack_from(order + "I", file, place)[0])
    samples = page.samples
    channels = samples.shape[2] if samples.ndim == 3 else 1
    data = samples.astype(samples.dtype.newbyteorder(order)).tobytes()  # type: ignore[arg-type]
    bits = {"b": 1}.get(samples.dtype.kind, samples.dtype.itemsize * 8)
    strip = len(file)
    tags = {
        256: (samples.shape[1],),
        257: (samples.shape[0],),
        258: (bits,) * channels,
        259: (1,),
        262: (page.photometric if page.photometric is not None else RGB if channels >= 3 else GRAY,),
        273: (strip,),
        277: (channels,),
        278: (samples.shape[0],),
        279: (len(data),),
        284: (1,),
        339: ({"u": 1, "i": 2, "f": 3, "c": 6}[samples.dtype.kind],) * channels,
        **({330: tuple(sub_offsets)} if sub_offsets else {}),
        **page.tags,
    }
    file += data + bytes(len(data) % 2)
    places = {}
    for tag, values in tags.items():
        if len(values) > 1:
            places[tag] = len(file)
            file += struct.pack(f"{order}{len(values)}I", *values)
    struct.pack_into(order + "I", file, link, len(file))
    file += struct.pack(order + "H", len(tags))
    for tag in sorted(tags):
        values = tags[tag]
        file += struct.pack(order + "HHII", tag, 4, len(values), places.get(tag, values[0]))
    file += bytes(4)
    return len(file) - 4


def png(samples: AnyArray, colour_type: int, before: Sequence[tuple[bytes, bytes]] = ()) -> bytes:
    """A PNG of 8 or 16 bits a sample, with the chunks `before` the pixels."""
    rows = b"".join(b"\0" + row.astype(row.dtype.newbyteorder(">")).tobytes() for row in samples)
    height, width = samples.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, samples.dtype.itemsize * 8, colour_type, 0, 0, 0)
    chunks = [(b"IHDR", header), *before, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    framed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def heic(gray: ByteArray, *, item: bytes = b"hvc1", properties: Sequence[bytes] = ()) -> bytes:
    """A HEIC (ISO 23008-12) whose main item is of the kind `item`: uint8 (H, W), even sizes, coded by x265."""
    coded, settings = _h265(gray)
    height, width = gray.shape
    owned = [
        _box(b"hvcC", settings),
        _full(b"ispe", struct.pack(">II", width, height)),
        _box(b"colr", b"nclx" + struct.pack(">HHHB", 1, 13, 1, 0)),
        *properties,
    ]
    entries = b"".join(bytes([0x80 | number]) for number in range(1, len(owned) + 1))
    associations = _full(b"ipma", struct.pack(">IHB", 1, 1, len(owned)) + entries)

    def meta(offset: int) -> bytes:
        infe = _box(b"infe", b"\2\0\0\0" + struct.pack(">HH", 1, 0) + item + b"\0")
        location = struct.pack(">BBHHHHII", 0x44, 0, 1, 1, 0, 1, offset, len(coded))
        return _full(
            b"meta",
            _full(b"hdlr", bytes(4) + b"pict" + bytes(13))
            + _full(b"pitm", struct.pack(">H", 1))
            + _full(b"iinf", struct.pack(">H", 1) + infe)
            + _full(b"iloc", location)
            + _box(b"iprp", _box(b"ipco", b"".join(owned)) + associations),
        )

    start = _box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    return start + meta(len(start) + len(meta(0)) + 8) + _box(b"mdat", coded)


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def _full(kind: bytes, content: bytes) -> bytes:
    return _box(kind, bytes(4) + content)


def _h265(gray: ByteArray) -> tuple[bytes, bytes]:
    """NAL units with their lengths before them, and the decoder's settings (hvcC), by way of a Matroska file."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as writer:
        stream = writer.add_stream("libx265", rate=25, options={"x265-params": "lossless=1:log-level=none"})
        stream.width, stream.height, stream.pix_fmt = gray.shape[1], gray.shape[0], "yuv420p"
        luma = np.rint(16 + gray * (219 / 255)).astype(np.uint8)  # ITU-R BT.601, and no colour
        planes = np.concatenate([luma, np.full((len(luma) // 2, luma.shape[1]), 128, np.uint8)])
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = 0
        for packet in [*stream.encode(frame), *stream.encode()]:
            writer.mux(packet)
    with av.open(io.BytesIO(file.getvalue()), "r") as reader:
        packet = next(packet for packet in reader.demux(video=0) if packet.size)
        return bytes(packet), bytes(reader.streams.video[0].codec_context.extradata or b"")


def gray_ramp(count: int, dtype: str) -> AnyArray:
    """0 to count - 1 in one row, twice."""
    return np.tile(np.arange(count, dtype=dtype), (2, 1))


def jpeg2000(samples: AnyArray, pixel_format: str) -> bytes:
    """A lossless JPEG 2000 codestream of samples that FFmpeg calls `pixel_format`, "gray12le"."""
    encoder = av.CodecContext.create("jpeg2000", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = samples.shape[1], samples.shape[0], pixel_format
    encoder.time_base, encoder.options = Fraction(1, 25), {"format": "j2k", "pred": "dwt53"}
    frame = av.VideoFrame(samples.shape[1], samples.shape[0], pixel_format)
    rows = np.frombuffer(memoryview(frame.planes[0]), np.uint16).reshape(samples.shape[0], -1)
    rows[:, : samples.shape[1]] = samples
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode()])
