"""Which convolution a network's input meets, from the names, the shapes and the order of its weights.

Files do not say how layers are connected, so these are rules of thumb; docs/formats.md has them in plain words. Which
weights were taken is always told, and whoever wants others names them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise

from convviz_core.filters.checkpoints.stored_tensor import Shape

_WORDS = re.compile(r"[a-z]+")
_LAST_PART = re.compile(r"[^./]*$")

# A layer calls its weights so. (Keras and Flax: kernel; TensorFlow adds a number to a name.)
_WEIGHTS = ("weight", "kernel", "kernel:0")
# What else has four dimensions: statistics, tables of positions, masks, fixed blurs, an optimizer's averages.
_NO_WEIGHTS = {
    *("mean", "std", "var", "shift", "scale", "bias", "offset", "gamma", "beta", "norm", "affine", "running", "avg"),
    *(
        "pos",
        "position",
        "positions",
        "positional",
        "relative",
        "rel",
        "embedding",
        "table",
        "grid",
        "anchor",
        "anchors",
    ),
    *("mask", "window", "filt", "blur", "noise", "momentum", "buffer", "token", "tokens", "const"),
}
_POSITIONS = {"pos", "position", "positional", "posembed"}
_DEPTHWISE = re.compile(r"(?:^|[._/])dw|dw(?:[._/\d]|$)|depth_?wise")
_TRANSPOSED = re.compile(r"deconv|transpos|tconv|convt(?:[._/\d]|$)|conv_?t(?:[._/\d]|$)|up_?conv")
# Copies and helpers of a network; where there is another choice it is taken.
_COPIES = {"ema", "teacher", "shadow", "swa", "averaged"}
_HELPERS = {"loss", "losses", "criterion", "perceptual", "lpips", "metric", "metrics"}
# In a file that keeps no order, where in a network a layer stands can be told only from such names.
_EARLY = {"stem", "patch", "intro", "first", "inc", "fromrgb", "in"}
_LATE = {"out", "outc", "last", "final", "head", "decoder", "dec", "up", "aux", "torgb", "ending", "tail", "exit"}


def reads_frames(shape: Shape) -> bool:
    """Whether weights of this shape, (N, C, kh, kw), can read a gray or a colour frame."""
    return len(shape) == 4 and shape[1] in (1, 3)


def is_copy(name: str) -> bool:
    """Whether the name is that of an average or another copy of the network that was trained."""
    return bool(_COPIES & _words(name))


def in_layer_order(names: Iterable[str]) -> list[str]:
    """The names of a file that keeps no order, with numbers as numbers."""

    def place(name: str) -> list[tuple[int, str]]:
        return [(int(word), "") if word.isdecimal() else (-1, word) for word in re.split(r"([0-9]{1,9})", name)]

    return sorted(names, key=place)


def first_convolution(shapes: Mapping[str, Shape], in_order: bool) -> str | None:
    """The name of the weights that read the frame, or None; `in_order` where the names come as the layers were made.

    `shapes` are those of all tensors of one or more networks, biases included.
    """
    layers = _convolutions(shapes)
    if not in_order:
        layers = in_layer_order(layers)
    before = _before_each(layers, in_order)
    colour = _by_likelihood([name for name in layers if shapes[name][1] == 3], shapes, in_order)
    gray = _by_likelihood(_gray(layers, shapes, in_order), shapes, in_order)
    if not colour or not gray:
        return next(iter(colour or gray), None)
    # Both: either the gray ones are depthwise layers further in, or a gray frame was made to three channels first.
    feeder = before.get(colour[0])
    fed = gray[0] if shapes[gray[0]][0] == 3 else feeder
    earlier = layers.index(gray[0]) < layers.index(colour[0])
    return gray[0] if earlier and fed is not None and shapes[fed][0] == 3 else colour[0]


def _convolutions(shapes: Mapping[str, Shape]) -> list[str]:
    """The names of all that may be a convolution's weights, those further in a network included."""
    four = [name for name, shape in shapes.items() if len(shape) == 4 and not (shape[0] == 1 == shape[2] == shape[3])]
    called = [name for name in four if _last(name) in _WEIGHTS and not _POSITIONS & _words(name)]
    if not called:
        called = [name for name in four if not _NO_WEIGHTS & _words(name)]
    siblings = _before_each(in_layer_order(called), in_order=False)
    return [name for name in called if not _seems_transposed(name, shapes, siblings.get(name))]


def is_transposed(name: str, shapes: Mapping[str, Shape]) -> bool:
    """Whether its bias shows that they are a transposed convolution's weights, (in, out, kh, kw)."""
    first, second = shapes[name][:2]
    return first != second and shapes.get(bias_of(name)) == (second,)


def _seems_transposed(name: str, shapes: Mapping[str, Shape], sibling: str | None) -> bool:
    """Whether bias, name or the layer before say so: in a row of them each puts out what the next one takes in."""
    first, second = shapes[name][:2]
    if shapes.get(bias_of(name)) == (first,) and first != second:
        return False
    chained = sibling is not None and shapes[sibling][1] == first and shapes[sibling][0] != second
    return is_transposed(name, shapes) or chained or bool(_TRANSPOSED.search(name.lower()))


def _gray(layers: list[str], shapes: Mapping[str, Shape], in_order: bool) -> list[str]:
    """The layers that read one channel and are not depthwise: those have their channels from a layer before."""
    if len(layers) == 1:
        return layers if shapes[layers[0]][1] == 1 else []
    single = [name for name in layers if shapes[name][1] == 1 and not _DEPTHWISE.search(name.lower())]

    def is_fed(name: str) -> bool:
        if in_order:
            return any(shapes[other][0] == shapes[name][0] for other in layers[: layers.index(name)])
        if len(single) == 1 or _EARLY & _words(name):
            return False
        return any(shapes[other][0] == shapes[name][0] for other in layers if shapes[other][1] != 1)

    return [name for name in single if not is_fed(name)]


def _before_each(layers: list[str], in_order: bool) -> dict[str, str]:
    """For each layer the one before it: in order, or the one whose name differs in a number only."""
    if in_order:
        return {after: before for before, after in pairwise(layers)}
    rows: dict[str, list[str]] = {}
    for name in layers:
        rows.setdefault(re.sub(r"\d+", "#", name), []).append(name)
    return {after: before for row in rows.values() for before, after in pairwise(row)}


def _by_likelihood(names: list[str], shapes: Mapping[str, Shape], in_order: bool) -> list[str]:
    """`names` with the likeliest first; equals stay as they are."""

    def rank(name: str) -> tuple[bool, ...]:
        words = _words(name)
        beside = (bool(_COPIES & words), bool(_HELPERS & words))
        if in_order:
            return beside
        # Of two branches from the frame the 1x1 one says least; where it only mixes R, G and B, others follow it.
        is_point = shapes[name][2:] == (1, 1) and shapes[name][0] != 3
        return (*beside, not _EARLY & words, bool(_LATE & words), is_point)

    return sorted(names, key=rank)


def bias_of(name: str) -> str:
    """The name that the bias has beside the weights called `name`."""
    last = _last(name)
    return name[: len(name) - len(last)] + ("bias:0" if last == "kernel:0" else "bias")


def _last(name: str) -> str:
    found = _LAST_PART.search(name)
    return found[0] if found else name


def _words(name: str) -> set[str]:
    return set(_WORDS.findall(name.lower()))
