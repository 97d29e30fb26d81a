"""In words: which input pixels a response reads, where its middle lies, and what an even kernel does to the map."""

from __future__ import annotations

from math import floor

from convviz_core.layer import Layer

Choices = list[str]  # one sentence, from its fullest form to its shortest


def where_words(layer: Layer, input_hw: tuple[int, int], y: int, x: int) -> list[Choices]:
    """Of pixel (y, x) of a map of an input of (H, W)."""
    top, left, bottom, right = layer.geometry.window(y, x)
    rows_read, columns_read = _read("row", top, bottom), _read("column", left, right)
    sentences = [
        [
            f"reads {rows_read}, {columns_read} of the input",
            f"reads {rows_read}, {columns_read}",
            f"reads {top} to {bottom - 1}, {left} to {right - 1}",
        ]
    ]
    middle = layer.geometry.centre(y, x)
    between = [value != floor(value) for value in middle]
    if any(between):
        rows, columns = layer.bank.kernel_hw
        places = [
            _place(name, value, is_between)
            for name, value, is_between in zip(("row", "column"), middle, between, strict=True)
        ]
        sentences.append(
            [
                f"{rows}x{columns} is even: no pixel is its middle, which lies {places[0]} and {places[1]}",
                f"even: its middle lies {places[0]}, {places[1]}",
                f"its middle: row {middle[0]:g}, column {middle[1]:g}",
                f"middle: {middle[0]:g}, {middle[1]:g}",
            ]
        )
        sentences.append(_size(layer, input_hw, between))
    return sentences


def _read(name: str, first: int, end: int) -> str:
    return f"{name}s {first} to {end - 1}" if end - first > 1 else f"{name} {first}"


def _place(name: str, value: float, between: bool) -> str:
    return f"between {name}s {floor(value)} and {floor(value) + 1}" if between else f"on {name} {value:g}"


def _size(layer: Layer, input_hw: tuple[int, int], between: list[bool]) -> Choices:
    """How large the map is, and why no border makes it exactly as large as the input."""
    map_h, map_w = layer.output_hw(input_hw)
    size = f"the map is {map_w}x{map_h} of {input_hw[1]}x{input_hw[0]}"
    lost = [
        extent - 1
        for side, map_side, extent, is_even in zip(
            input_hw, (map_h, map_w), layer.geometry.extent_hw, between, strict=True
        )
        if is_even and side - map_side == extent - 1  # no border yet, and no pixel left out
    ]
    if not lost:
        return [size]
    missing = lost[0]
    borders = f"a border of {missing // 2} leaves 1 missing, one of {missing // 2 + 1} gives 1 too many"
    return [f"{size}: {missing} less; {borders}", f"{size}: {missing} less; no border fits exactly", size]
