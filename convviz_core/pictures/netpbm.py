"""PGM, PPM and PAM, by their maxval (https://netpbm.sourceforge.net/doc/).

OpenCV leaves the samples as they are, swaps PAM's red and blue and turns its black and white round; Pillow has no PAM,
scales sample by sample in Python, and rounds twice above 8 bits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from convviz_core.arrays import AnyArray
from convviz_core.pictures.picture import Picture, PictureError
from convviz_core.pictures.tones import from_integers

LARGEST_MAXVAL = 65535
MOST_PIXELS = 2**30
_SPACE = rb"(?:\s|#[^\n\r]*[\n\r])+"
_PNM_HEADER = re.compile(rb"P([2356])" + _SPACE + rb"(\d{1,9})" + _SPACE + rb"(\d{1,9})" + _SPACE + rb"(\d{1,9})\s")
_PAM_HEADER = re.compile(rb"P7[ \t\r]*\n(.*?)^[ \t]*ENDHDR[ \t\r]*\n", re.DOTALL | re.MULTILINE)
_PAM_LINE = re.compile(rb"^[ \t]*(WIDTH|HEIGHT|DEPTH|MAXVAL)[ \t]+(\d{1,9})[ \t\r]*$", re.MULTILINE)


def read_netpbm(data: bytes) -> Iterator[Picture]:
    """The first picture in a PGM, PPM (plain ones too) or PAM file; PictureError where it is not whole."""
    if data.startswith(b"P7"):
        depth, maxval, samples = _read_pam(data)
    else:
        depth, maxval, samples = _read_pnm(data)
    yield from_integers(samples[:, :, [2, 1, 0, 3][:depth]] if depth >= 3 else samples, maxval)


def _read_pnm(data: bytes) -> tuple[int, int, AnyArray]:
    header = _PNM_HEADER.match(data)
    if header is None:
        raise PictureError("is damaged: it does not begin with the width, the height and the maxval of a PGM or PPM")
    width, height, maxval = (int(number) for number in header.groups()[1:])
    depth = 3 if header[1] in (b"3", b"6") else 1
    _check(width, height, depth, maxval)
    if header[1] in (b"5", b"6"):
        return depth, maxval, _raster(data, header.end(), (height, width, depth), maxval)
    text = re.sub(rb"#[^\n\r]*", b"", data[header.end() - 1 :])
    if re.search(rb"[^\d\s]", text):
        raise PictureError("is damaged: it holds something else than numbers")
    count = height * width * depth
    values = np.fromstring(text.decode("ascii"), np.float64, sep=" ")[:count]
    if len(values) < count:
        raise PictureError(f"ends before its last pixel: it holds {len(values)} of {count} values")
    samples = np.minimum(values, LARGEST_MAXVAL).astype(np.uint16)
    return depth, maxval, samples.reshape(height, width, depth)


def _read_pam(data: bytes) -> tuple[int, int, AnyArray]:
    header = _PAM_HEADER.match(data)
    fields = {name: int(number) for name, number in _PAM_LINE.findall(header[1])} if header else {}
    if header is None or len(fields) < 4:
        raise PictureError("is damaged: it does not begin with the WIDTH, HEIGHT, DEPTH and MAXVAL of a PAM")
    width, height, depth, maxval = (fields[name] for name in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL"))
    _check(width, height, depth, maxval)
    if depth > 4:
        raise PictureError(f"has {depth} channels, want gray or RGB, with or without alpha")
    return depth, maxval, _raster(data, header.end(), (height, width, depth), maxval)


def _check(width: int, height: int, depth: int, maxval: int) -> None:
    if not (width and height and depth) or not 1 <= maxval <= LARGEST_MAXVAL:
        raise PictureError(f"is damaged: it states {width}x{height} pixels of {depth} channels up to {maxval}")
    if width * height > MOST_PIXELS:
        raise PictureError(f"is too large a picture: {width}x{height}, at most 2^30 pixels")


def _raster(data: bytes, start: int, shape: tuple[int, int, int], maxval: int) -> AnyArray:
    dtype = np.dtype(np.uint8 if maxval < 256 else ">u2")
    count = shape[0] * shape[1] * shape[2]
    held = (len(data) - start) // dtype.itemsize
    if held < count:
        raise PictureError(f"ends before its last pixel: it holds {held} of {count} values")
    return np.frombuffer(data, dtype, count, start).astype(dtype.newbyteorder("=")).reshape(shape)
