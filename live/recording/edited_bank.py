"""A bank that was changed by hand becomes a filter file: a new one each time, never over another."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

from convviz_core.atomic_files import replacing
from convviz_core.filters.bank import FilterBank
from convviz_core.filters.toml import to_toml, writable
from live.errors import output_error

LONGEST_NAME = 60  # characters of the bank's name in the file's: in four bytes each they still are a name
_UNSAFE = re.compile(r"[^\w.,+() -]+")  # what a file's name had better not hold on one system or another


def write_edited(bank: FilterBank, folder: Path) -> Path:
    """Write `bank` to NAME-edited.toml in `folder`, or -2 and so on where that is taken; OutputError if not.

    The bank in the file is called as the file is. What was not whole is not left behind.
    """
    name = safe_name(bank.name)
    candidates = (folder / f"{name}-edited{'' if number == 1 else f'-{number}'}.toml" for number in count(1))
    try:
        path = next(candidate for candidate in candidates if _taken(candidate))
    except OSError as error:
        raise output_error(folder / f"{name}-edited.toml", error) from error
    named = replace(bank, name=path.stem, description=f"{bank.name.rstrip('*')}, changed by hand")
    try:
        with replacing(path) as beside:
            beside.write_text(to_toml(writable(named)), encoding="utf-8")
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        with suppress(OSError):
            if path.stat().st_size == 0:
                path.unlink()
    return path


def _taken(path: Path) -> bool:
    """Whether the name was free; it is ours then, whoever else wants it."""
    try:
        path.open("x").close()
    except FileExistsError:
        return False
    return True


def safe_name(name: str) -> str:
    """The bank's name, without its star and with dashes for whatever a file's name may not hold everywhere."""
    kept = _UNSAFE.sub("-", name.removesuffix("*"))[:LONGEST_NAME].strip(" .-")
    return kept or "bank"
