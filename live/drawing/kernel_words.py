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
        lies = _lies(middle, between)
        even = f"{rows}x{columns} is even: "
        sentences.append([f"{even}its middle lies {lies}", f"its middle lies {lies}", lies])
        sentences.append(_size(layer, input_hw, between))
    return sentences


def _read(name: str, first: int, end: int) -> str:
    return f"{name}s {first} to {end - 1}" if end - first > 1 else f"{name} {first}"


def _lies(middle: tuple[float, float], between: list[bool]) -> str:
    """Where the middle of a window is: between pixels in at least one direction."""
    row, column = middle
    if all(between):
        return f"between rows {floor(row)} and {floor(row) + 1}, columns {floor(column)} and {floor(column) + 1}"
    if between[0]:
        return f"between rows {floor(row)} and {floor(row) + 1}, on column {column:g}"
    return f"on row {row:g}, between columns {floor(column)} and {floor(column) + 1}"


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
    borders = f"a border on both sides adds {missing - 1} or {missing + 1}, never {missing}"
    least = f"{missing} less than the input: no border adds {missing}"
    return [f"{size}, {missing} less: {borders}", f"{missing} less than the input: {borders}", least, size]
