"""In words and numbers: how large a layer's maps are, why, and what of the input no response reads."""

from __future__ import annotations

from collections.abc import Sequence

from convviz_core.layer import Layer
from live.drawing.numbers import MINUS, TIMES, figure

MOST_NAMED = 3  # stretches of rows


def layer_words(layer: Layer) -> list[str]:
    """What of its geometry is not torch's default, and whether its bias is added; nothing for a plain layer."""
    words = [
        f"{name} {_pair(value)}"
        for name, value, plain in (
            ("stride", layer.stride, (1, 1)),
            ("padding", layer.padding, (0, 0)),
            ("dilation", layer.dilation, (1, 1)),
        )
        if value != plain
    ]
    if any(layer.geometry.margins):
        words = [f"{said} ({layer.padding_mode})" if said.startswith("padding") else said for said in words]
    return [*words, "with bias"] if layer.bias else words


def _pair(value: object) -> str:
    if not isinstance(value, tuple):
        return str(value)
    return str(value[0]) if value[0] == value[1] else f"{value[0]},{value[1]}"


def size_words(layer: Layer, input_hw: tuple[int, int]) -> list[str]:
    """The map's size, and for rows and columns the formula that gives it, as torch.nn.Conv2d's documentation has it."""
    map_hw = layer.output_hw(input_hw)
    top, bottom, left, right = layer.geometry.margins
    added = (top + bottom, left + right)
    each = zip(
        ("rows", "columns"),
        *(input_hw, added, layer.geometry.dilation_yx, layer.bank.kernel_hw, layer.geometry.stride_yx, map_hw),
        strict=True,
    )
    lines = ["the map has {} rows and {} columns, the input {} and {}".format(*map_hw, *input_hw)]
    for name, size, padding, dilation, kernel, stride, map_side in each:
        spanned = f"({dilation} {TIMES} ({kernel} {MINUS} 1) + 1)"
        whole = (size + padding - dilation * (kernel - 1) - 1) % stride == 0
        floored = "" if whole else ", cut to a whole number"
        lines.append(f"{name}: ({size} + {padding} {MINUS} {spanned}) / {stride} + 1 = {map_side}{floored}")
    return lines


def shape_words(layer: Layer) -> list[str]:
    """Why the scene looks squeezed, where it does."""
    step_y, step_x = layer.geometry.stride_yx
    if step_y == step_x:
        return []
    return [
        f"a map's pixels are drawn square, and stand for {step_y}x{step_x} of the input's, rows x columns: "
        "the scene looks squeezed"
    ]


def unread_words(layer: Layer, input_hw: tuple[int, int]) -> list[str]:
    """Which rows and columns of the input, and of its padding, no response reads; nothing where all are read."""
    found = []
    both = zip(("row", "column"), layer.geometry.unread(input_hw), input_hw, strict=True)
    for name, unread, size in both:
        positions = unread.tolist()
        inside = [at for at in positions if 0 <= at < size]
        if inside:
            found.append(f"left unread: {_named(name, inside)} of the input")
        if len(inside) < len(positions):
            beyond = [at for at in positions if not 0 <= at < size]
            found.append(f"left unread: {_named(name, beyond)}, which {'is' if len(beyond) == 1 else 'are'} padding")
    return found


def _named(name: str, positions: Sequence[int]) -> str:
    """ "row 7", "rows 7 and 8", "160 rows: 3, 7, 11 and so on"."""
    if len(positions) == 1:
        return f"{name} {figure(positions[0])}"
    if positions[-1] - positions[0] == len(positions) - 1:
        return f"{name}s {figure(positions[0])} to {figure(positions[-1])}"
    some = ", ".join(map(figure, positions[:MOST_NAMED]))
    return f"{len(positions)} {name}s: {some}{' and so on' if len(positions) > MOST_NAMED else ''}"
