"""Names that others gave (files, folders, addresses, devices), written so that a terminal can show them."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

# Control and format characters (a newline, an escape, a change of direction), separators of lines, halves of
# surrogate pairs: what moves the cursor, hides text or cannot be written.
_UNSHOWABLE = ("Cc", "Cf", "Cs", "Zl", "Zp")
_LONGEST, _NEAR = 100, 0.75  # characters that are compared, and how alike names are that may be meant, 0 to 1
_FIRST_SURROGATE_BYTE = 0xDC00  # Python reads byte 0xff of a name that is not UTF-8 as U+DCFF


def shown(name: str | Path) -> str:
    r"""`name` with every character that must not reach a terminal as Python would escape it: \n, \x1b, \xff, \u202e."""
    text = str(name)
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if unicodedata.category(character) not in _UNSHOWABLE:
        return character
    byte = ord(character) - _FIRST_SURROGATE_BYTE
    if 0x80 <= byte <= 0xFF:
        return f"\\x{byte:02x}"
    return character.encode("unicode_escape").decode("ascii")


def is_utf8(name: str | Path) -> bool:
    """Whether `name` can be given to a library that takes UTF-8 only (OpenCV crashes on others)."""
    try:
        str(name).encode()
    except UnicodeEncodeError:
        return False
    return True


def did_you_mean(name: str, names: Sequence[str]) -> str:
    """Behind what is said of a name that there is not: the one that is near to it, where one is."""
    near = difflib.get_close_matches(name[:_LONGEST], names, n=1, cutoff=_NEAR)
    return f" (did you mean '{near[0]}'?)" if near else ""


@contextmanager
def utf8_path(path: Path) -> Iterator[Path]:
    """A path of the file `path` that libraries can open which take UTF-8 only; OSError where it cannot be opened."""
    if is_utf8(path):
        yield path
        return
    with path.open("rb") as file:  # only POSIX has such names, and there every open file has this one too
        yield Path(f"/dev/fd/{file.fileno()}")
