"""In words: which input pixels a response reads, where its middle lies, and what an even kernel does to the map."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from convviz_core.geometry import PaddingMode
from convviz_core.layer import Layer
from live.drawing.numbers import figure

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
        place = f"middle: row {figure(middle[0])}, column {figure(middle[1])}"
        sentences.append([f"{even}its middle lies {lies}", f"its middle lies {lies}", lies, place])
        sentences.append(_size(layer, input_hw, between))
    return sentences


def _reads(layer: Layer, input_hw: tuple[int, int], y: int, x: int) -> Choices:
    """The rows and columns inside the frame that weights lie on; what padding repeats of it is told apart."""
    top, left = layer.geometry.window(y, x)[:2]
    each = zip((top, left), layer.geometry.dilation_yx, layer.bank.kernel_hw, input_hw, strict=True)
    rows, columns = (
        [at for at in range(first, first + step * count, step) if 0 <= at < size] for first, step, count, size in each
    )
    if not rows or not columns:
        return ["its weights lie on padding alone", "lies on padding alone"]
    named = f"{_read('row', rows)}, {_read('column', columns)}"
    short = f"reads {rows[0]} to {rows[-1]}, {columns[0]} to {columns[-1]}"
    return [f"reads {named} of the input", f"reads {named}", short]


def _read(name: str, positions: Sequence[int]) -> str:
    if len(positions) == 1:
        return f"{name} {positions[0]}"
    step = positions[1] - positions[0]
    return f"{name}s {positions[0]} to {positions[-1]}{f' in steps of {step}' if step > 1 else ''}"


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
    above, below, left, right = map(figure, (floor(row), floor(row) + 1, floor(column), floor(column) + 1))
    if all(between):
        return f"between rows {above} and {below}, columns {left} and {right}"
    if between[0]:
        return f"between rows {above} and {below}, on column {left}"
    return f"on row {above}, between columns {left} and {right}"


def _size(layer: Layer, input_hw: tuple[int, int], between: list[bool]) -> Choices:
    """How large the map is, and why no border makes it exactly as large as the input."""
    map_h, map_w = layer.output_hw(input_hw)
    height, width = input_hw
    lost = [
        extent - 1
        for side, map_side, extent, is_even in zip(
            input_hw, (map_h, map_w), layer.geometry.extent_hw, between, strict=True
        )
        if is_even and side - map_side == extent - 1 and layer.geometry.stride_yx == (1, 1)  # no border yet
    ]
    if not lost:
        size = f"the map has {map_h} rows and {map_w} columns"
        return [f"{size}, the input {height} and {width}", size]
    missing = lost[0]
    around = [padding for padding in (missing // 2, missing // 2 + 1) if padding]  # the next to it, if there are two
    paddings = "".join(f"padding {one} gives {2 * one} back, " for one in around) + f"none gives {missing}"
    least = f"{missing} less than the input: no padding gives {missing} back"
    size = f"{map_h} of {height} rows, {map_w} of {width} columns"
    return [f"the map has {size}: {paddings}", f"{missing} less than the input: {paddings}", least, size]
