"""Filter files: a bank written by hand in TOML, and a bank as such a file."""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np

from convviz_core.filters.bank import MAX_FILTERS, MAX_SIDE, Filter, FilterBank, FilterError

MAX_TOML_BYTES = 2 << 20  # 64 filters of 31x31, every digit written, are 1.1 MB
MAX_TEXT = 100  # characters of a name or a label: they are drawn on the picture

# tomllib's memory grows with the square of a dotted key's parts: a.a.a... of one megabyte would take all there is.
_LONG_DOTTED_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){32}""")


def read_toml(path: Path) -> FilterBank:
    """The bank in a filter file; FilterError for whatever is wrong with what it says, OSError where it is not read."""
    with path.open("rb") as file:
        content = file.read(MAX_TOML_BYTES + 1)
    if len(content) > MAX_TOML_BYTES:
        raise FilterError(f"it is larger than the {MAX_TOML_BYTES >> 20} MiB that a filter file may have")
    try:
        text = content.decode("utf-8-sig")
        if _LONG_DOTTED_KEY.search(text):
            raise FilterError("it has a key of more than 32 parts, want no dotted keys at all")
        return _bank_of(tomllib.loads(text))
    except FilterError:
        raise
    except UnicodeDecodeError as error:
        raise FilterError(f"byte {error.start} is not UTF-8 text, as a TOML file must be") from error
    except RecursionError as error:
        raise FilterError("its arrays are nested too deeply, want a kernel as a list of rows") from error
    except tomllib.TOMLDecodeError as error:
        raise FilterError(f"it is not a TOML file: {error}") from error
    except ValueError as error:  # from int(), which takes no more digits than this
        raise FilterError("it is not a filter file: a number in it has thousands of digits") from error


def to_toml(bank: FilterBank) -> str:
    """`bank` as a filter file, which loads back to exactly the same float32 weights.

    FilterError for RGB filters, which the format does not have, and for a name or a label that it would refuse.
    """
    if bank.channels != 1:
        raise FilterError(f"bank '{bank.name}' reads colour, and a filter file holds only filters that read gray")
    lines = [f"name = {_quoted(_checked_text('the name', bank.name))}"]
    if bank.description and bank.description.isprintable():
        lines.insert(0, f"# {bank.description}")
    for filter in bank.filters:
        rows = [", ".join(_number(weight) for weight in row) for row in filter.kernel]
        label = _quoted(_checked_text("a label", filter.label))
        lines += ["", "[[filter]]", f"label = {label}", "kernel = [", *(f"    [{row}]," for row in rows), "]"]
    return "\n".join(lines) + "\n"


def _number(weight: np.float32) -> str:
    """The shortest decimal that is this float32: 1, -0.25, 1e-08 (and -0.0, since TOML's -0 is a whole number)."""
    text = str(weight)
    return text if text == "-0.0" else text.removesuffix(".0")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _bank_of(table: dict[str, Any]) -> FilterBank:
    _check_keys("the file", table, ("name", "filter"))
    name = _checked_text("the bank's name", table["name"])
    filters = table["filter"]
    if not isinstance(filters, list):
        raise FilterError("'filter' is not a list of tables, write [[filter]] in double brackets before each filter")
    if len(filters) > MAX_FILTERS:
        raise FilterError(f"it has {len(filters)} filters, want 1 to {MAX_FILTERS}")
    return FilterBank(name, tuple(_filter_of(number, entry) for number, entry in enumerate(filters, 1)))


def _filter_of(number: int, entry: object) -> Filter:
    where = f"filter {number}"
    if not isinstance(entry, dict):
        raise FilterError(f"{where} is not a table, write [[filter]] before its label and kernel")
    _check_keys(where, entry, ("label", "kernel"), optional=("scale",))
    label = _checked_text(f"the label of {where}", entry["label"])
    rows = entry["kernel"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise FilterError(f"the kernel of {where} is not a list of rows such as [[-1, 1], [-1, 1]]")
    if not 1 <= len(rows) <= MAX_SIDE or not 1 <= len(rows[0]) <= MAX_SIDE:
        wide = len(rows[0]) if rows else 0
        raise FilterError(
            f"the kernel of {where} has {len(rows)} rows of {wide} weights, want 1x1 to {MAX_SIDE}x{MAX_SIDE}"
        )
    for index, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise FilterError(
                f"the kernel of {where} is ragged: row {index} has {len(row)} weights, want {len(rows[0])} like row 1"
            )
    scale = _checked_number(f"the scale of {where}", entry.get("scale", 1))
    weights = [[scale * _checked_number(f"a weight of {where}", weight) for weight in row] for row in rows]
    return Filter(label, np.array(weights, np.float64))


def _check_keys(where: str, table: dict[str, Any], wanted: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
    known = wanted + optional
    for key in table:
        if key not in known:
            meant = difflib.get_close_matches(key[:MAX_TEXT], known, n=1)
            help = f"did you mean '{meant[0]}'?" if meant else f"known are {', '.join(known)}"
            raise FilterError(f"{where} has the unknown key {key[:MAX_TEXT]!a}, {help}")
    for key in wanted:
        if key not in table:
            raise FilterError(f"{where} has no '{key}'")


def _checked_text(what: str, text: object) -> str:
    if not isinstance(text, str):
        raise FilterError(f'{what} is {_kind(text)}, want text in quotes, such as "edges"')
    if not 1 <= len(text) <= MAX_TEXT:
        raise FilterError(f"{what} has {len(text)} characters, want 1 to {MAX_TEXT}")
    if not text.isprintable():
        raise FilterError(f"{what}, {text!a}, holds a character that cannot be shown, want plain text")
    return text


def _checked_number(what: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FilterError(f"{what} is {_kind(value)}, want a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise FilterError(f"{what} is {'too large' if isinstance(value, int) else value}, want a finite number")
    return number


def _kind(value: object) -> str:
    """What TOML calls the kind of `value`."""
    kinds = {bool: "true or false", str: "text", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return kinds.get(type(value), "a date or time")
