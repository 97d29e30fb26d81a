"""curves.png: each filter's transfer function, and its curves with what was measured, drawn with matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from convviz_core.curves_file import FREQUENCIES, ORIENTATIONS, FilterCurves
from convviz_core.figures import CAPTION_PT, DPI, TITLE_PT, quiet_matplotlib, save_figure, short_number
from convviz_core.layer import Layer
from convviz_core.transfer import NYQUIST, Floats, along, gain_at, gain_on_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIDE_IN, CHART_IN = 2.3, 3.0  # the plane's, and a curve's width
LEFT_IN, GAP_IN, ABOVE_IN, BELOW_IN, HEAD_IN = 0.7, 0.65, 0.62, 0.5, 0.45
PLANE_SIDE, LINE_POINTS = 257, 181
HEAD = "Lines: |H| / 2, from the weights. Dots: measured amplitudes. A wave at t° runs along (cos t, sin t), y down."


def write_curves_figure(path: Path, layer: Layer, curves: tuple[FilterCurves, ...]) -> None:
    """A row a filter, in two or three columns of them where they are many. Errors: OSError."""
    from matplotlib.figure import Figure

    across = 1 if len(curves) <= 12 else 2 if len(curves) <= 32 else 3
    rows = -(-len(curves) // across)
    block_w = LEFT_IN + SIDE_IN + 2 * (GAP_IN + CHART_IN) + 0.15
    block_h = ABOVE_IN + SIDE_IN + BELOW_IN
    size_in = across * block_w, rows * block_h + HEAD_IN
    with quiet_matplotlib():
        figure = Figure(figsize=size_in, dpi=DPI, facecolor="white")
        figure.text(LEFT_IN / size_in[0], 1 - 0.3 / size_in[1], HEAD, fontsize=CAPTION_PT, parse_math=False)
        for number, one in enumerate(curves):
            column, row = divmod(number, rows)
            top = HEAD_IN + row * block_h
            left = LEFT_IN + column * block_w
            places = [left, left + SIDE_IN + GAP_IN, left + SIDE_IN + 2 * GAP_IN + CHART_IN]
            bottom = 1 - (top + ABOVE_IN + SIDE_IN) / size_in[1]
            axes = [
                figure.add_axes((x / size_in[0], bottom, width / size_in[0], SIDE_IN / size_in[1]))
                for x, width in zip(places, (SIDE_IN, CHART_IN, CHART_IN), strict=True)
            ]
            _draw(axes, layer, number, one)
            title = f"{number + 1}: {' '.join(one.label.split())}"
            heading_y = 1 - (top + 0.22) / size_in[1]
            figure.text(left / size_in[0], heading_y, title, fontsize=TITLE_PT, weight="bold", parse_math=False)
        save_figure(figure, path)


def _draw(axes: list[Axes], layer: Layer, number: int, one: FilterCurves) -> None:
    kernel, spacing = layer.bank.kernels[number], layer.geometry.dilation_yx
    row, column = (int(at) for at in np.unravel_index(int(one.predicted.argmax()), one.predicted.shape))
    orientation, frequency = float(ORIENTATIONS[row]), float(FREQUENCIES[column])
    side = np.linspace(-NYQUIST, NYQUIST, PLANE_SIDE)
    plane = gain_on_grid(kernel, side, side, spacing)
    axes[0].imshow(plane, cmap="gray", vmin=0, extent=(-NYQUIST, NYQUIST, NYQUIST, -NYQUIST), aspect="auto")
    axes[0].set_title(f"|H|, black 0, white {short_number(float(plane.max()))}", fontsize=CAPTION_PT)
    axes[0].set_xlabel("cycles a pixel", fontsize=CAPTION_PT)
    axes[0].set_xticks([-NYQUIST, 0, NYQUIST])
    axes[0].set_yticks([-NYQUIST, 0, NYQUIST])
    axes[0].set_ylabel("cycles a pixel, down", fontsize=CAPTION_PT)
    angles, waves = np.linspace(0.0, 180.0, LINE_POINTS), np.linspace(0.0, NYQUIST, LINE_POINTS)
    around = gain_at(kernel, *along(frequency, angles), spacing) / 2
    out = gain_at(kernel, *along(waves, orientation), spacing) / 2
    _draw_curve(axes[1], angles, around, ORIENTATIONS, one.measured[:, column], "orientation, degrees")
    axes[1].set_title(f"at {short_number(frequency)} cycles a pixel", fontsize=CAPTION_PT)
    axes[1].set_xticks([0, 45, 90, 135, 180])
    _draw_curve(axes[2], waves, out, FREQUENCIES, one.measured[row], "cycles a pixel")
    axes[2].set_title(f"at {short_number(orientation)}\N{DEGREE SIGN}", fontsize=CAPTION_PT)
    highest = float(np.nanmax([around.max(), out.max()])) or 1.0
    for each in axes[1:]:
        each.set_ylim(-0.03 * highest, 1.08 * highest)
    for each in axes:
        each.tick_params(labelsize=CAPTION_PT - 1)


def _draw_curve(axes: Axes, at: Floats, line: Floats, dots_at: Floats, dots: Floats, words: str) -> None:
    axes.plot(at, line, color="black", linewidth=1.0)
    axes.plot(dots_at, dots, "o", color="tab:blue", markersize=3.5)
    axes.set_xlabel(words, fontsize=CAPTION_PT)
    axes.margins(x=0.02)
