"""Filter files: a bank written by hand in TOML, and a bank as such a file."""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from convviz_core.arrays import AnyArray, FloatArray
from convviz_core.filters.bank import MAX_FILTERS, MAX_SIDE, Filter, FilterBank, FilterError
from convviz_core.geometry import ConvSettings, GeometryError
from convviz_core.names import shown

MAX_TOML_BYTES = 5 << 20  # 64 filters of 31x31 that read colour, every digit written, are 3.4 MB
MAX_REACH = 1024  # pixels of stride, padding or dilation
GEOMETRY = ("stride", "padding", "padding_mode", "dilation")
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
    """`bank` as a filter file, which loads back to exactly the same float32 weights, biases and geometry.

    FilterError for a name or a label that the format would refuse.
    """
    lines = [f"name = {_quoted(_checked_text('the name', bank.name))}"]
    if bank.description and bank.description.isprintable():
        lines.insert(0, f"# {bank.description}")
    if bank.conv is not None:
        lines += ["", *_geometry_lines(bank.conv)]
    for index, filter in enumerate(bank.filters):
        label = _quoted(_checked_text("a label", filter.label))
        lines += ["", "[[filter]]", f"label = {label}"]
        lines += [] if bank.bias is None else [f"bias = {_number(bank.bias[index])}"]
        lines += ["kernel = [", *_kernel_lines(filter.kernel), "]"]
    return "\n".join(lines) + "\n"


def writable(bank: FilterBank) -> FilterBank:
    """The bank with a name, labels and a description that a filter file may have, whatever they were."""
    filters = tuple(
        replace(filter, label=_shortened(filter.label) or f"filter {number}")
        for number, filter in enumerate(bank.filters, 1)
    )
    name, description = _shortened(bank.name) or "filters", _shortened(bank.description)
    return replace(bank, name=name, filters=filters, description=description)


def _shortened(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in shown(text))[:MAX_TEXT].strip()


def _geometry_lines(conv: ConvSettings) -> Iterator[str]:
    for name in GEOMETRY:
        value = getattr(conv, name)
        if isinstance(value, tuple):
            value = value[0] if value[0] == value[1] else list(value)
        yield f"{name} = {_quoted(value) if isinstance(value, str) else value}"


def _kernel_lines(kernel: FloatArray) -> Iterator[str]:
    """A row a line; of a kernel of three channels, R, G and B one below the other."""
    rows = [[f"[{', '.join(map(_number, row))}]" for row in plane] for plane in kernel.reshape(-1, *kernel.shape[-2:])]
    if kernel.ndim == 2:
        yield from (f"    {row}," for row in rows[0])
        return
    for plane in rows:
        yield from ("    [", *(f"        {row}," for row in plane), "    ],")


def _number(weight: np.float32) -> str:
    """The shortest decimal that is this float32: 1, -0.25, 1e-08 (and -0.0, since TOML's -0 is a whole number)."""
    text = str(weight)
    return text if text == "-0.0" else text.removesuffix(".0")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _bank_of(table: dict[str, Any]) -> FilterBank:
    _check_keys("the file", table, ("name", "filter"), optional=GEOMETRY)
    name = _checked_text("the bank's name", table["name"])
    filters = table["filter"]
    if not isinstance(filters, list):
        raise FilterError("'filter' is not a list of tables, write [[filter]] in double brackets before each filter")
    if len(filters) > MAX_FILTERS:
        raise FilterError(f"it has {len(filters)} filters, want 1 to {MAX_FILTERS}")
    read = [_filter_of(number, entry) for number, entry in enumerate(filters, 1)]
    biases = [bias for _, bias in read]
    bias = (
        None if all(bias is None for bias in biases) else np.array([0.0 if bias is None else bias for bias in biases])
    )
    return FilterBank(name, tuple(filter for filter, _ in read), bias=bias, conv=_geometry_of(table))


def _geometry_of(table: dict[str, Any]) -> ConvSettings | None:
    given = {key: _setting(key, table[key]) for key in GEOMETRY if key in table}
    try:
        return ConvSettings(**given) if given else None
    except GeometryError as error:
        raise FilterError(str(error).replace("(y, x)", "[y, x]")) from None


def _setting(key: str, value: object) -> Any:
    """What ConvSettings checks further: a text, a whole number, or two of them."""
    if isinstance(value, str):
        return _checked_text(key, value)
    numbers = value if isinstance(value, list) else [value]
    if not 1 <= len(numbers) <= 2 or not all(isinstance(number, int) for number in numbers):
        raise FilterError(f"{key} is {_kind(value)}, want a whole number, or [y, x], or a text where it has one")
    if max(numbers) > MAX_REACH:
        raise FilterError(f"{key} is larger than {MAX_REACH}, which is the most")
    return tuple(numbers) if isinstance(value, list) else value


def _filter_of(number: int, entry: object) -> tuple[Filter, float | None]:
    """The filter and its bias, where it has one."""
    where = f"filter {number}"
    if not isinstance(entry, dict):
        raise FilterError(f"{where} is not a table, write [[filter]] before its label and kernel")
    _check_keys(where, entry, ("label", "kernel"), optional=("scale", "bias"))
    label = _checked_text(f"the label of {where}", entry["label"])
    scale = _checked_number(f"the scale of {where}", entry.get("scale", 1))
    bias = _checked_number(f"the bias of {where}", entry["bias"]) if "bias" in entry else None
    if bias is not None and not _fits_float32(bias):
        raise FilterError(f"the bias of {where} is {bias}, want a finite float32 number")
    kernel = entry["kernel"]
    if not _is_colour(kernel):
        return Filter(label, _plane_of(f"the kernel of {where}", kernel, scale, where)), bias
    if len(kernel) != 3:
        raise FilterError(f"the kernel of {where} has {len(kernel)} channels, want 3: [[R rows], [G rows], [B rows]]")
    planes = [
        _plane_of(f"the {channel} rows of the kernel of {where}", rows, scale, where)
        for channel, rows in zip("RGB", kernel, strict=True)
    ]
    if len({plane.shape for plane in planes}) > 1:
        raise FilterError(f"the R, G and B rows of the kernel of {where} have different shapes, want one")
    return Filter(label, np.stack(planes)), bias


def _fits_float32(number: float) -> bool:
    """Whether it is a finite float32: also the largest one's shortest decimal, which lies above it."""
    with np.errstate(over="ignore"):
        return bool(np.isfinite(np.float32(number)))


def _is_colour(kernel: object) -> bool:
    """Whether it is meant as [[[R rows]], [[G]], [[B]]]."""
    first = kernel[0] if isinstance(kernel, list) and kernel else None
    return isinstance(first, list) and bool(first) and isinstance(first[0], list)


def _plane_of(what: str, rows: object, scale: float, where: str) -> AnyArray:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise FilterError(f"{what} is not a list of rows such as [[-1, 1], [-1, 1]]")
    if not 1 <= len(rows) <= MAX_SIDE or not 1 <= len(rows[0]) <= MAX_SIDE:
        wide = len(rows[0]) if rows else 0
        raise FilterError(f"{what} is {len(rows)}x{wide}, want 1x1 to {MAX_SIDE}x{MAX_SIDE}")
    for index, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise FilterError(f"{what} is ragged: its row {index} is {len(row)} wide, and row 1 is {len(rows[0])}")
    return np.array([[scale * _checked_number(f"a weight of {where}", weight) for weight in row] for row in rows])


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
