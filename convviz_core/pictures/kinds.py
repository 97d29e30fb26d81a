"""Which kind of picture a file holds, told by its first bytes and not by its name."""

from __future__ import annotations

import re
from enum import StrEnum

HEAD_BYTES = 64


class Kind(StrEnum):
    """The kinds of pictures that are known; the value is what a person calls it."""

    AVIF = "AVIF"
    BMP = "BMP"
    EXR = "OpenEXR"
    GIF = "GIF"
    HDR = "Radiance HDR"
    HEIC = "HEIC"
    JPEG = "JPEG"
    JPEG2000 = "JPEG 2000"
    NETPBM = "PGM, PPM or PAM"
    PBM = "PBM"
    PFM = "PFM"
    PNG = "PNG"
    TIFF = "TIFF"
    WEBP = "WebP"


# What a folder is searched for, and what is taken for a damaged picture where the first bytes tell nothing.
PICTURE_SUFFIXES = (
    *(".apng", ".avif", ".bmp", ".dib", ".gif", ".hdr", ".heic", ".heif", ".j2k", ".jp2", ".jpe", ".jpeg", ".jpg"),
    *(".pam", ".pbm", ".pfm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"),
)

_MAGIC = (
    (Kind.JPEG, rb"\xff\xd8\xff"),
    (Kind.PNG, rb"\x89PNG\r\n\x1a\n"),
    (Kind.GIF, rb"GIF8[79]a"),
    (Kind.WEBP, rb"RIFF....WEBP"),
    (Kind.TIFF, rb"II[*+]\0|MM\0[*+]"),  # with + it is a BigTIFF
    (Kind.AVIF, rb"....ftypavi[fs]|....ftypm[is]f1.{4}(.{4})*?avi[fs]"),
    (Kind.HEIC, rb"....ftyp(hei[cxms]|hev[cxms]|m[is]f1)"),
    (Kind.JPEG2000, rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51"),
    (Kind.BMP, rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0"),
    (Kind.HDR, rb"#\?(RADIANCE|RGBE)"),
    (Kind.PBM, rb"P[14][\s#]"),
    (Kind.NETPBM, rb"P[2356][\s#]|P7\s"),
    (Kind.PFM, rb"P[Ff]\s"),
    (Kind.EXR, rb"\x76\x2f\x31\x01"),
)


def kind_of(head: bytes) -> Kind | None:
    """The kind of the picture that begins with `head` (64 bytes do); None where it is none that is known."""
    head = head[:HEAD_BYTES]
    return next((kind for kind, magic in _MAGIC if re.match(magic, head, re.DOTALL)), None)
