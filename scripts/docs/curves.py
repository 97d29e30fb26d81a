"""Makes the pictures of docs/curves.md: the panel beside a camera's noise, the blind wave, and an anti-aliasing blur.

`.venv/bin/python scripts/docs/curves.py`; needs no screen.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT)]

from matplotlib.axes import Axes  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

from convviz_core.arrays import ByteArray, FloatArray  # noqa: E402
from convviz_core.engines.opening import open_engine  # noqa: E402
from convviz_core.filters.bank import FilterBank  # noqa: E402
from convviz_core.filters.built_in import BUILT_IN_BANKS  # noqa: E402
from convviz_core.gratings import GratingBench  # noqa: E402
from convviz_core.layer import Layer  # noqa: E402
from convviz_core.ranges import RangeMode  # noqa: E402
from convviz_core.scenes import open_scene  # noqa: E402
from convviz_core.transfer import gain_at  # noqa: E402
from live.curve_bench import PAIR_EVERY_S, CurveBench, Question  # noqa: E402
from live.drawing.curves_panel import CurvesPanel  # noqa: E402
from live.drawing.scene import Scene, Status  # noqa: E402
from live.layout import LayoutRequest, arrange  # noqa: E402
from live.layout.panel_places import Panel  # noqa: E402

EDGE = BUILT_IN_BANKS[0].kernels[0, 0]
SIGMA = 3.0  # levels of 255
WAVES = np.linspace(0.0, 0.5, 201)
DOTS = np.linspace(0.0, 0.5, 21)


def panel() -> ByteArray:
    """The panel of the seed bank's first kernel, in front of a still scene with white noise."""
    scene, layer = open_scene("checker", (640, 480)).frame(0, 30.0), Layer(BUILT_IN_BANKS[0])
    quiet = np.clip(scene, 40, 215).astype(np.float64)
    chance = np.random.default_rng(0)
    bench = CurveBench(open_engine, threaded=False)
    bench.ask(Question(layer, 0, ("opencv", "cpu")))
    for number in range(12):
        noisy = np.rint(quiet + SIGMA * chance.normal(size=quiet.shape)).astype(np.uint8)
        bench.take(noisy, number * PAIR_EVERY_S, None)
        while bench.step():
            pass
    layout = arrange(LayoutRequest((1280, 800), layer.output_hw(scene.shape), 4, panels=(Panel.CURVES,)))
    ranges = np.array([[0, 8]] * 4, np.float32)
    shown = Scene(layer, RangeMode.AUTO, ranges, scene, scene, Status("a camera"), curves=bench.info)
    (sprite,) = CurvesPanel().draw(layout, shown)
    bench.close()
    return sprite.pixels


def blind() -> Figure:
    """Two gratings under the seed edge, and the curve between them."""
    figure = Figure(figsize=(8.4, 2.7), dpi=100, facecolor="white", layout="constrained")
    axes: list[Axes] = list(figure.subplots(1, 3, width_ratios=(1.0, 1.0, 1.3)))
    columns = np.arange(12)
    for each, frequency, words in zip(
        axes, (0.196, 0.5), ("5.1 pixels a wave: 6.16", "2 pixels a wave: 0"), strict=False
    ):
        middle = 5.5 if frequency < 0.5 else 5.0  # of a rising slope; two pixels a wave are black and white there
        angle = 2 * np.pi * frequency * (columns - middle) + (np.pi / 2 if frequency == 0.5 else 0.0)
        grating = 0.5 + 0.5 * np.sin(angle)
        each.bar(columns, grating, width=1.0, color=[str(value) for value in grating], edgecolor="black", linewidth=0.6)
        for column, weight in zip(range(4, 8), EDGE[0], strict=True):
            each.annotate("+" if weight > 0 else "\N{MINUS SIGN}", (column, 1.06), ha="center", fontsize=10)
        each.set_ylim(0, 1.2)
        each.set_xticks([])
        each.set_yticks([0, 1])
        each.set_title(words, fontsize=9)
    curve(axes[2], EDGE, "black", "|H| / 2 of the seed edge")
    axes[2].legend(fontsize=8, frameon=False)
    return figure


def blurred() -> Figure:
    """The seed edge with a blur before it, on every second pixel."""
    figure = Figure(figsize=(8.4, 2.9), dpi=100, facecolor="white", layout="constrained")
    axes: list[Axes] = list(figure.subplots(1, 2))
    kernels = {"the seed edge": EDGE, "after 1 2 1": with_blur(EDGE, 1), "after 1 4 6 4 1": with_blur(EDGE, 2)}
    for (name, kernel), colour in zip(kernels.items(), ("black", "tab:blue", "tab:orange"), strict=True):
        curve(axes[0], kernel, colour, name)
        folded = gain_at(kernel, np.zeros(101), 0.5 - WAVES[:101]) / gain_at(kernel, np.zeros(101), WAVES[:101] + 1e-9)
        axes[1].plot(WAVES[:101], 100 * folded, color=colour)
    axes[0].axvline(0.25, color="gray", linewidth=0.8, linestyle=":")
    axes[0].set_title("dots: measured", fontsize=9)
    axes[0].legend(fontsize=8, frameon=False)
    axes[1].set_ylim(0, 100)
    axes[1].set_title("stride 2: the wave that looks like this one, % of it", fontsize=9)
    axes[1].set_xlabel("cycles a pixel", fontsize=9)
    return figure


def with_blur(kernel: FloatArray, times: int) -> FloatArray:
    """The kernel that does the same as `kernel` after a blur of 1 2 1 quarters along rows, so many times."""
    for _ in range(times):
        kernel = np.stack([np.convolve(row, [0.25, 0.5, 0.25]) for row in kernel]).astype(np.float32)
    return kernel


def curve(axes: Axes, kernel: FloatArray, colour: str, name: str) -> None:
    """Predicted as a line, measured as dots."""
    axes.plot(WAVES, gain_at(kernel, np.zeros(len(WAVES)), WAVES) / 2, color=colour, linewidth=1.0, label=name)
    bench = GratingBench(Layer(FilterBank.from_array("one", kernel), "none"), side=48)
    with open_engine("opencv") as engine:
        dots = [bench.measure(engine, 0.0, float(at))[0][0] for at in DOTS]
    axes.plot(DOTS, dots, "o", color=colour, markersize=3.5)
    axes.set_xlabel("cycles a pixel", fontsize=9)
    axes.set_ylim(bottom=-0.2)


def main() -> None:
    """Write them into docs/."""
    docs = ROOT / "docs"
    cv2.imwrite(str(docs / "curves.png"), panel(), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    blind().savefig(docs / "curves-blind.png")
    blurred().savefig(docs / "curves-blur.png")


if __name__ == "__main__":
    main()
