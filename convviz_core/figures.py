"""The notebook's still figures, drawn with matplotlib: the input, the filters, the maps before and after ReLU.

Their form is that of Udacity's "Visualizing convolving" notebook, for any bank. matplotlib is imported only when
a figure is drawn, and pyplot, with its windows and its list of open figures, never.
"""

from __future__ import annotations

import io
import logging
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, FloatArray
from convviz_core.atomic_files import replacing
from convviz_core.filters.bank import FilterBank

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FIGURE_FILES = ("input.png", "filters.png", "conv.png", "relu.png")
DPI = 100
LARGEST_DRAWN = 2000  # pixels a side
GAP_IN, TITLE_IN, CAPTION_IN = 0.2, 0.45, 0.3
TITLE_PT, CAPTION_PT = 11.0, 9.0
MIN_FONT_PT, MAX_FONT_PT = 6.0, 16.0  # a weight that would be written smaller is left out
GLYPH_EM = 0.62  # a digit's width in DejaVu Sans, in units of its font size


def write_figures(
    directory: Path, gray: FloatArray, bank: FilterBank, conv: FloatArray, activated: FloatArray
) -> tuple[Path, ...]:
    """Write the FIGURE_FILES, input.png, filters.png, conv.png and relu.png, into `directory`; returns their paths.

    gray: float32 (H, W) in [0, 1]. conv, activated: float32 (N, h, w) of the bank's N filters. Maps are black at
    their own minimum and white at their own maximum, as imshow does, and both numbers stand below. Each file is
    written beside its name and renamed into place. Errors: ValueError for other shapes, OSError.
    """
    if gray.ndim != 2 or conv.ndim != 3 or conv.shape != activated.shape or len(conv) != len(bank):
        raise ValueError(
            f"want gray (H, W) and {len(bank)} maps (N, h, w) before and after ReLU, "
            f"got {gray.shape}, {conv.shape} and {activated.shape}"
        )
    paths = tuple(directory / name for name in FIGURE_FILES)
    with quiet_matplotlib():
        figures = (_input_figure(gray), _filters_figure(bank), _maps_figure(conv), _maps_figure(activated))
        for path, figure in zip(paths, figures, strict=True):
            save_figure(figure, path)
    return paths


def _input_figure(gray: FloatArray) -> Figure:
    figure, (axes,) = _grid(["Input"], 6.4, _aspect(gray.shape))
    axes.imshow(_no_larger_than_drawn(gray), cmap="gray", vmin=0, vmax=1, aspect="auto")
    axes.set_xlabel(f"{gray.shape[1]}x{gray.shape[0]}, gray, black 0 to white 1", fontsize=CAPTION_PT)
    return figure


def _maps_figure(maps: FloatArray) -> Figure:
    count = len(maps)
    width_in = 4.0 if count <= 4 else 3.0 if count <= 16 else 1.8
    figure, panels = _grid([f"Output {number + 1}" for number in range(count)], width_in, _aspect(maps.shape[1:]))
    for axes, response in zip(panels, maps, strict=True):
        low, high = float(response.min()), float(response.max())
        axes.imshow(_no_larger_than_drawn(response), cmap="gray", vmin=low, vmax=high, aspect="auto")
        axes.set_xlabel(f"{short_number(response.min())} to {short_number(response.max())}", fontsize=CAPTION_PT)
    return figure


def _no_larger_than_drawn(picture: FloatArray) -> FloatArray:
    """Area means where a picture has far more pixels than its figure: drawing 48 million took minutes."""
    shrink = max(picture.shape) / LARGEST_DRAWN
    if shrink <= 1:
        return picture
    size_wh = (max(1, round(picture.shape[1] / shrink)), max(1, round(picture.shape[0] / shrink)))
    return np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA), np.float32)


def _filters_figure(bank: FilterBank) -> Figure:
    (height, width), largest_in = bank.kernel_hw, 6.0 if len(bank) <= 4 else 3.5
    cell_in = min(0.7, largest_in / max(height, width))
    width_in = max(1.6, cell_in * width)  # room for the title
    letters = int(72 * width_in / (TITLE_PT * GLYPH_EM))
    titles = [_title(number, label, letters) for number, label in enumerate(bank.labels, 1)]
    figure, panels = _grid(titles, width_in, cell_in * height / width_in)
    texts, font_pt = _weight_texts(bank, 72 * cell_in)
    for axes, kernel, kernel_texts in zip(panels, bank.kernels, texts, strict=True):
        lightness = _lightness(kernel)
        axes.imshow(lightness, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        if font_pt >= MIN_FONT_PT:
            _write_weights(axes, kernel_texts, lightness, font_pt)
        else:
            axes.set_xlabel(f"{short_number(kernel.min())} to {short_number(kernel.max())}", fontsize=CAPTION_PT)
    return figure


def _weight_texts(bank: FilterBank, cell_pt: float) -> tuple[AnyArray, float]:
    """The weights as str (N, C, kh, kw), and the font size at which all fit into their cells, one line a channel.

    Three digits of each weight where there is room; else all to a hundredth of the power of ten of the largest.
    """
    largest = float(np.abs(bank.kernels).max())
    decimals = 2 - math.floor(math.log10(largest)) if largest else 0
    for weights in (bank.kernels.astype(np.float64), bank.kernels.astype(np.float64).round(decimals)):
        texts = np.array([short_number(weight) for weight in weights.flat]).reshape(weights.shape)
        letters = max(len(text) for text in texts.flat)
        font_pt = min(MAX_FONT_PT, 0.85 * cell_pt / (GLYPH_EM * letters), 0.85 * cell_pt / (1.3 * bank.channels))
        if font_pt >= MIN_FONT_PT:
            break
    return texts, font_pt


def _write_weights(axes: Axes, texts: AnyArray, lightness: FloatArray, font_pt: float) -> None:
    """Each weight in the middle of its cell, white on dark and black on light; texts: str (C, kh, kw)."""
    light = lightness if lightness.ndim == 2 else cv2.cvtColor(lightness, cv2.COLOR_RGB2GRAY)
    for (row, column), level in np.ndenumerate(light):
        axes.annotate(
            "\n".join(texts[:, row, column]),
            xy=(column, row),
            horizontalalignment="center",
            verticalalignment="center",
            color="white" if level < 0.5 else "black",
            fontsize=font_pt,
        )


def _lightness(kernel: FloatArray) -> FloatArray:
    """(C, kh, kw) weights -> their place between the smallest, 0, and the largest, 1: (kh, kw), or (kh, kw, 3) RGB."""
    weights = kernel.astype(np.float64)
    span = weights.max() - weights.min()
    lightness = ((weights - weights.min()) / (span or 1.0)).astype(np.float32)
    return lightness[0] if len(kernel) == 1 else np.moveaxis(lightness, 0, 2)


def short_number(number: np.floating[Any] | float) -> str:
    """Three digits, with a true minus sign."""
    return f"{number + 0.0:.3g}".replace("-", "\N{MINUS SIGN}")


def _title(number: int, label: str, letters: int) -> str:
    plain = " ".join(label.split())
    if plain.casefold() in ("", f"filter {number}"):
        return f"Filter {number}"
    return f"Filter {number}\n{plain if len(plain) <= letters else plain[: letters - 1] + '…'}"


def _aspect(shape: Sequence[int]) -> float:
    # A picture of one row or one column is stretched until it can be seen.
    return min(max(shape[0] / shape[1], 0.2), 4.0)


def _grid(titles: Sequence[str], width_in: float, aspect: float) -> tuple[Figure, list[Axes]]:
    """A figure of panels `width_in` inches wide and `aspect` times as high, one a title: at most 4 or 8 in a row."""
    from matplotlib.figure import Figure

    columns = min(len(titles), 4 if len(titles) <= 16 else 8)
    rows = math.ceil(len(titles) / columns)
    across_in, down_in = width_in + GAP_IN, width_in * aspect + TITLE_IN + CAPTION_IN
    size_in = columns * across_in + GAP_IN, rows * down_in + GAP_IN
    figure = Figure(figsize=size_in, dpi=DPI, facecolor="white")
    panels = []
    for place, title in enumerate(titles):
        row, column = divmod(place, columns)
        left, top = GAP_IN + column * across_in, GAP_IN / 2 + row * down_in + TITLE_IN
        bottom = size_in[1] - top - width_in * aspect
        axes = figure.add_axes(
            (left / size_in[0], bottom / size_in[1], width_in / size_in[0], width_in * aspect / size_in[1])
        )
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_title(title, fontsize=TITLE_PT, parse_math=False)
        panels.append(axes)
    return figure, panels


def save_figure(figure: Figure, path: Path) -> None:
    """Write it as a PNG, whole or not at all. Errors: OSError."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    with replacing(path) as beside:
        beside.write_bytes(picture.getvalue())


@contextmanager
def quiet_matplotlib() -> Iterator[None]:
    """matplotlib says on stderr that it builds its font cache, and which letters of a label its font lacks."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
