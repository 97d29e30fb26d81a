"""What a response of a model's layer was made of: by input channel with its kernel slice, or in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convviz_core.arrays import FloatArray
from live.drawing.kernels import draw_picture, shades
from live.drawing.model_scene import titled
from live.drawing.numbers import TIMES, aligned, figure
from live.drawing.panel import PanelPage
from live.drawing.reasons import Why
from live.drawing.text import ACCENT, DIM, INK
from live.layout.why_places import WhyPlaces

if TYPE_CHECKING:
    from convviz_core.models.explaining import Explanation  # which load torch
    from convviz_core.models.reading import Contributions

KERNEL_AT, INPUT_AT = 0.36, 0.56  # shares of the width at which slices begin
LARGEST_CELL = 6.0


def write_why(page: PanelPage, places: WhyPlaces, top: int, why: Why) -> None:
    """Fill the panel from row `top` of its own on."""
    page.y = top
    if why.contributions:
        _write_contributions(page, places, why.contributions)
    elif why.explanation:
        _write_explanation(page, why.explanation)


def _write_from(page: PanelPage, found: Contributions | Explanation) -> None:
    """Say what made the inputs, and whether a click leads there."""
    if found.made_by:
        made_by = titled(found.made_by)
        goes = "a click on a line goes there"
        page.write_first(
            [f"made of what {made_by} gives: {goes}", f"from {made_by}: {goes}", f"from {made_by}", goes], ACCENT
        )
    elif found.of_input:
        page.write_first(["made of the model's input itself", "from the model's input", "from the input"])
    else:
        several = "made of what several layers or a function give"
        page.write_first([f"{several}: no click leads there", several, "from several layers or a function"])


def _write_contributions(page: PanelPage, places: WhyPlaces, found: Contributions) -> None:
    listed, _ = found.largest()
    listed, rest = found.largest(min(places.seen, len(listed)))
    _write_from(page, found)
    head = [
        ("input channel", 0.0, DIM),
        ("kernel", -KERNEL_AT, DIM),
        (f"{TIMES} input", -INPUT_AT, DIM),
        ("adds", 1.0, DIM),
    ]
    page.row(head, small=True)
    slices = [found.slice_of(channel) for channel, _ in listed]
    reaches = [max((float(np.abs(pair[side]).max(initial=0)) for pair in slices), default=0.0) for side in range(2)]
    others = found.channels[1] - found.channels[0] - len(listed)
    amounts = np.array([*(amount for _, amount in listed), *[rest] * bool(others), found.bias, found.output])
    *texts, bias, output = aligned(amounts, min((found.output, amounts[0]), key=abs))
    for (channel, _), text, pair in zip(listed, texts, slices, strict=False):
        y = page.y
        page.write_value([f"channel {channel}", str(channel)], text, small=True)
        for at, values, reach in zip((KERNEL_AT, INPUT_AT), pair, reaches, strict=True):
            _draw_slice(page, np.asarray(values, np.float32), reach, page.left + round(at * page.width), y, places.step)
    if others:
        words = f"the other {others} together" if listed else f"all {others} together: no room for each"
        page.write_value([words, f"all {others}" if not listed else f"{others} others"], texts[-1], DIM, small=True)
    page.write_value(["bias"], bias, DIM, small=True)
    page.write_value(["in all, before any ReLU", "in all"], output, ACCENT, small=True)


def _draw_slice(page: PanelPage, values: FloatArray, reach: float, x: int, y: int, step: int) -> None:
    if not values.size:
        return
    rows, columns = values.shape
    cell = min(LARGEST_CELL, (step - 3) / rows, (INPUT_AT - KERNEL_AT) * page.width * 0.9 / columns)
    draw_picture(page.pixels, np.repeat(shades(values, reach)[:, :, None], 3, axis=2), x, y + 1, cell)


def _write_explanation(page: PanelPage, found: Explanation) -> None:
    end = page.y
    if found.inputs:
        first = found.inputs[0]
        _write_from(page, found)
        page.write_first(["its input there, or the one that counts most:", "its input, or the main one:", "its input:"])
        at = f"({first.y}, {first.x})"
        where = [f"channel {first.channel}, row {first.y}, column {first.x}", f"channel {first.channel} at {at}", at]
        value = figure(first.value)
        page.row([(page.fitting(where, value, small=True), 0.0, INK), (value, 1.0, INK)], small=True)
        end = page.y
    page.y = end
    page.write_whole([found.words], "how", INK)
