"""In words: which input pixels a response reads, where its middle lies, and what an even kernel does to the map."""

from __future__ import annotations

from math import floor

from convviz_core.geometry import PaddingMode
from convviz_core.layer import Layer

Choices = list[str]  # one sentence, from its fullest form to its shortest


def where_words(layer: Layer, input_hw: tuple[int, int], y: int, x: int) -> list[Choices]:
    """Of pixel (y, x) of a map of an input of (H, W)."""
    sentences = [_reads(layer, input_hw, y, x), *_outside(layer, input_hw, y, x)]
    middle = layer.geometry.centre(y, x)
    between = [value != floor(value) for value in middle]
    if any(between):
        rows, columns = layer.bank.kernel_hw
        lies = _lies(middle, between)
        even = f"{rows}x{columns} is even: "
        sentences.append([f"{even}its middle lies {lies}", f"its middle lies {lies}", lies])
        sentences.append(_size(layer, input_hw, between))
    return sentences


def _reads(layer: Layer, input_hw: tuple[int, int], y: int, x: int) -> Choices:
    """The rows and columns inside the frame; what is repeated there by padding is told apart."""
    top, left, bottom, right = layer.geometry.window(y, x)
    spans = [(top, bottom, input_hw[0]), (left, right, input_hw[1])]
    (first_y, end_y), (first_x, end_x) = ((max(0, first), min(end, size)) for first, end, size in spans)
    if first_y >= end_y or first_x >= end_x:
        return ["reads nothing of the input: it lies on padding alone", "lies on padding alone"]
    step_y, step_x = layer.geometry.dilation_yx
    rows, columns = _read("row", first_y, end_y, step_y), _read("column", first_x, end_x, step_x)
    short = f"reads {first_y} to {end_y - 1}, {first_x} to {end_x - 1}"
    return [f"reads {rows}, {columns} of the input", f"reads {rows}, {columns}", short]


def _read(name: str, first: int, end: int, step: int) -> str:
    every = f", every {_ordinal(step)}" if step > 1 else ""
    return f"{name}s {first} to {end - 1}{every}" if end - first > 1 else f"{name} {first}"


def _ordinal(number: int) -> str:
    return f"{number}{ {2: 'nd', 3: 'rd'}.get(number, 'th') }".replace(" ", "")


STANDS_OUTSIDE = {
    PaddingMode.ZEROS: "zeros",
    PaddingMode.REFLECT: "the frame, reflected",
    PaddingMode.REPLICATE: "its border's pixels again",
    PaddingMode.CIRCULAR: "its other side's pixels",
}


def _outside(layer: Layer, input_hw: tuple[int, int], y: int, x: int) -> list[Choices]:
    """Where the window reaches outside the frame, and what stands there."""
    top, left, bottom, right = layer.geometry.window(y, x)
    height, width = input_hw
    reaches = [(-top, "above"), (bottom - height, "below"), (-left, "left of"), (right - width, "right of")]
    sides = [f"{count} {side}" for count, side in reaches if count > 0]
    if not sides:
        return []
    what = STANDS_OUTSIDE[PaddingMode(layer.padding_mode)]
    return [
        [
            f"reaches {', '.join(sides)} the frame, where padding (violet) has {what}",
            f"padding ({what}): {', '.join(sides)}",
        ]
    ]


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
        if is_even and side - map_side == extent - 1 and layer.geometry.stride_yx == (1, 1)  # no border yet
    ]
    if not lost:
        return [size]
    missing = lost[0]
    borders = f"a border on both sides adds {missing - 1} or {missing + 1}, never {missing}"
    least = f"{missing} less than the input: no border adds {missing}"
    return [f"{size}, {missing} less: {borders}", f"{missing} less than the input: {borders}", least, size]
