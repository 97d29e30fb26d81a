"""TIFF, page by page, each by the library that reads its kind right.

Both libraries read a file's first page, which may be a thumbnail. So the pages are found here, and a file is handed
on with the address of the page in the place of the first one's.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np

from convviz_core.arrays import AnyArray
from convviz_core.pictures import with_pillow
from convviz_core.pictures.picture import Picture, PictureError
from convviz_core.pictures.tones import from_floats, from_integers
from convviz_core.pictures.with_opencv import decode, read_eight_bits

MOST_PAGES = 10_000
# Tags, and values of them (TIFF 6.0; those of raw pictures: Adobe DNG).
SUBFILE, OLD_SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, SAMPLES = 254, 255, 256, 257, 258, 259, 262, 277
PLANAR, SUB_IFDS, EXTRA_SAMPLES, SAMPLE_FORMAT = 284, 330, 338, 339
REDUCED, MASK, OLD_REDUCED = 1, 4, 2
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, SEPARATED, YCBCR = 0, 1, 2, 3, 5, 6
UNSIGNED, SIGNED, FLOAT, UNDEFINED = 1, 2, 3, 4
UNASSOCIATED = 2  # alpha that the colours are not multiplied by yet
RAW = (32803, 34892)
# Compressions: OpenCV shows black, without a word, what is in none of these; Pillow alone has the second kind.
BOTH_READ = (*range(1, 9), 32766, 32771, 32773, 32809, 32946, 34676, 34677)
PILLOW_READS = {34925: "LZMA", 50000: "Zstandard", 50001: "WebP"}
NOBODY_READS = {
    33003: "JPEG 2000",
    33005: "JPEG 2000",
    34712: "JPEG 2000",
    34887: "LERC",
    34933: "PNG",
    50002: "JPEG XL",
}
_RAW = "holds a raw camera picture (DNG, CR2), which nothing here develops: convert it, to TIFF or PNG for example"
_ONLY_PARTS = "holds only a smaller copy of its picture, or a mask"


@dataclass(frozen=True)
class Page:
    """What one page's tags say; `offset` is the place of its directory in the file."""

    offset: int
    size_wh: tuple[int, int]
    bits: tuple[int, ...]
    compression: int
    samples: int
    sample_format: int
    photometric: int
    separate_planes: bool
    extra: tuple[int, ...]
    is_part: bool  # a smaller copy of another page, or a mask of it
    sub_ifds: tuple[int, ...]


def read_tiff(data: bytes) -> Iterator[Picture]:
    """Every page that is a picture of its own, each as it is; PictureError for one that nobody here reads right."""
    if data[8:10] == b"CR":  # Canon's, which does not mark its raw picture as one
        raise PictureError(_RAW)
    pages = _main_pages(data)
    patched, (start, end, order) = bytearray(data), _first_offset(data)
    for page in pages:
        patched[start:end] = page.offset.to_bytes(end - start, order)
        picture = _read(patched, page)
        yield Picture(picture.image, picture.notes + ((_ONLY_PARTS,) if page.is_part else ()), count=len(pages))


def _main_pages(data: bytes) -> list[Page]:
    try:
        chain = list(_chain(data))
        mains = []
        for page in chain:
            inner = [_page(data, offset)[0] for offset in page.sub_ifds[:MOST_PAGES]]
            candidates = [each for each in (page, *inner) if not each.is_part]
            mains += [max(candidates, key=lambda each: each.size_wh[0] * each.size_wh[1])] if candidates else []
    except Exception:  # what Pillow raises about damaged directories is open
        raise PictureError("is damaged: its directory cannot be read") from None
    if not chain:
        raise PictureError("is damaged: it has no page")
    return mains or chain


def _chain(data: bytes) -> Iterator[Page]:
    start, end, order = _first_offset(data)
    offset = int.from_bytes(data[start:end], order)
    seen: set[int] = set()
    while offset and offset not in seen and len(seen) < MOST_PAGES:
        seen.add(offset)
        page, offset = _page(data, offset)
        yield page


def _first_offset(data: bytes) -> tuple[int, int, Literal["little", "big"]]:
    """Where the header holds the first page's offset, and in which order of bytes; BigTIFF's has 8 of them."""
    return (8, 16, _order(data)) if b"+" in data[2:4] else (4, 8, _order(data))


def _order(data: bytes) -> Literal["little", "big"]:
    return "little" if data.startswith(b"I") else "big"


def _page(data: bytes, offset: int) -> tuple[Page, int]:
    """The page whose directory lies at `offset`, and the offset of the next one, 0 after the last."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    tags = ImageFileDirectory_v2(data[: _first_offset(data)[1]])
    file = io.BytesIO(data)
    file.seek(offset)

    def numbers(tag: int, default: int) -> tuple[int, ...]:
        with warnings.catch_warnings(action="ignore"):  # Pillow's, about tags with too many values
            value: Any = tags.get(tag, default)
        return tuple(int(each) for each in value) if isinstance(value, tuple) else (int(value),)

    with warnings.catch_warnings(action="ignore"):
        tags.load(file)

    page = Page(
        offset=offset,
        size_wh=(numbers(WIDTH, 0)[0], numbers(HEIGHT, 0)[0]),
        bits=numbers(BITS, 1),
        compression=numbers(COMPRESSION, 1)[0],
        samples=numbers(SAMPLES, 1)[0],
        sample_format=numbers(SAMPLE_FORMAT, UNSIGNED)[0],
        photometric=numbers(PHOTOMETRIC, BLACK_IS_ZERO)[0],
        separate_planes=numbers(PLANAR, 1)[0] == 2 and numbers(SAMPLES, 1)[0] > 1,
        extra=numbers(EXTRA_SAMPLES, 0) if EXTRA_SAMPLES in tags else (),
        is_part=bool(numbers(SUBFILE, 0)[0] & (REDUCED | MASK)) or numbers(OLD_SUBFILE, 0)[0] == OLD_REDUCED,
        sub_ifds=numbers(SUB_IFDS, 0) if SUB_IFDS in tags else (),
    )
    return page, int(tags.next or 0)


def _read(data: bytearray, page: Page) -> Picture:
    if page.photometric in RAW:
        raise PictureError(_RAW)
    if reason := _refusal(page):
        raise PictureError(f"holds {reason}")
    if page.sample_format == FLOAT:
        return from_floats(_without_unknown(decode(data, cv2.IMREAD_UNCHANGED), page))
    bits = page.bits[0]
    if bits <= 8:
        return _read_eight_bits(data, page)
    samples = decode(data, cv2.IMREAD_UNCHANGED)  # those of 10, 12 and 14 bits are moved up to 16
    if samples.dtype != np.uint16:
        raise PictureError(f"holds {bits}-bit samples of a kind that OpenCV does not read")
    samples = samples >> (16 - bits)
    white = (1 << bits) - 1
    return from_integers(
        white - samples if page.photometric == WHITE_IS_ZERO else _without_unknown(samples, page), white
    )


def _read_eight_bits(data: bytearray, page: Page) -> Picture:
    """libtiff's own RGB, over black, by OpenCV; what it has not, or shows damaged without a word, by Pillow."""
    gray_with_alpha = page.samples == 2 and page.photometric in (WHITE_IS_ZERO, BLACK_IS_ZERO)
    if not (gray_with_alpha or page.separate_planes or page.compression in PILLOW_READS):
        try:
            return Picture(read_eight_bits(data))
        except PictureError:
            pass
    return next(with_pillow.read(data, "TIFF"))


def _without_unknown(samples: AnyArray, page: Page) -> AnyArray:
    """Without a fourth channel that is no alpha, or whose alpha is in the colours already."""
    has_alpha = page.extra[:1] == (UNASSOCIATED,)
    return samples if has_alpha or samples.ndim == 2 else samples[:, :, :3]


def _refusal(page: Page) -> str | None:
    """Why neither library reads such a page right, None where one does."""
    bits, gray = page.bits[0], page.photometric in (WHITE_IS_ZERO, BLACK_IS_ZERO)
    unknown = ": black and white are not known; save it with 8 or 16 bits, or as floating point from 0 to 1"
    if page.compression not in (*BOTH_READ, *PILLOW_READS):
        way = NOBODY_READS.get(page.compression, f"TIFF's way {page.compression}")
        return f"pixels compressed by {way}, which neither OpenCV nor Pillow reads: save it with Deflate or LZW"
    if len(set(page.bits)) > 1:
        return f"channels of {', '.join(map(str, page.bits))} bits, want one depth for all"
    if page.sample_format not in (UNSIGNED, FLOAT, UNDEFINED):
        return (f"{bits}-bit signed integers" if page.sample_format == SIGNED else "complex numbers") + unknown
    if page.sample_format != FLOAT and bits > 16:
        return f"{bits}-bit integers{unknown}"
    if bits > 8:
        return _deep_refusal(page, gray)
    if not gray and page.photometric not in (RGB, PALETTE, SEPARATED, YCBCR):
        return (
            f"colours of TIFF's kind {page.photometric} (Lab, for example), which neither OpenCV nor Pillow reads right"
        )
    most = 2 if gray else 4
    return f"{page.samples} channels, want gray or RGB" if page.samples > most else None


def _deep_refusal(page: Page, gray: bool) -> str | None:
    """The same for more than 8 bits: OpenCV reads gray, and RGB whose channels lie together."""
    kind = f"{page.bits[0]}-bit {'floating point' if page.sample_format == FLOAT else 'integers'}"
    neither = ", which neither OpenCV nor Pillow reads right: save it as 16-bit gray or RGB"
    if way := PILLOW_READS.get(page.compression):
        return f"{kind} compressed by {way}, which OpenCV does not read: save it with Deflate or LZW"
    if page.separate_planes:
        return f"{kind} with each channel by itself{neither}"
    known = (32, 64) if page.sample_format == FLOAT else (10, 12, 14, 16)
    if page.bits[0] not in known:
        return f"{kind}{neither}"
    if not gray and page.photometric != RGB:
        return f"{kind}, of colours of TIFF's kind {page.photometric}{neither}"
    if page.samples not in ((1,) if gray else (3, 4)):
        return f"{page.samples} channels of {kind}{neither}"
    if page.sample_format == FLOAT and page.photometric == WHITE_IS_ZERO:
        return f"{kind} with white at 0{neither}"
    return None
