"""What a picture of two layers costs in the whole program, beside the pictures of either alone.

`.venv/bin/python scripts/bench/picture_comparing.py [--seconds S] [--rounds N]`, on Linux, with the packages xvfb and
xdotool, on a machine that does nothing else: 15 seconds each of ten runs a round. A table in Markdown on stdout.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
from cost import FPS, write_video
from whole_program import WINDOW_WH, run
from x11 import missing, xvfb

from convviz_core import FilterBank, load_bank
from convviz_core.filters.toml import to_toml

MODES = ("beside", "wipe", "difference")

Figures = dict[str, float]


def gabor_turned(path: Path) -> Path:
    """The Gabor bank with its kernels turned by a right angle, as a filter file."""
    bank = load_bank("gabor")
    turned = FilterBank.from_array("gabor turned", np.rot90(bank.kernels, axes=(2, 3)))
    path.write_text(to_toml(turned))
    return path


def measured(display: str, video: Path, pair: tuple[str, str], seconds: float) -> dict[str, Figures]:
    """Either bank alone, and both in each way."""
    live, kept = (("--filters", bank) for bank in pair)
    both = (*live, "--compare", pair[1])
    programs = {"live alone": live, "kept alone": kept} | {mode: (*both, "--compare-as", mode) for mode in MODES}
    return {name: run(display, video, (), seconds, options) for name, options in programs.items()}


def rows(rounds: int, seconds: float) -> Iterator[tuple[str, Figures, Figures]]:
    """Of each pair and each way: what it costs, and what both alone cost together; medians of the rounds."""
    with tempfile.TemporaryDirectory() as folder, xvfb("{}x{}".format(*WINDOW_WH)) as display:
        video = Path(folder) / "video.avi"
        write_video(video, 10 * FPS)
        turned = gabor_turned(Path(folder) / "turned.toml")
        for pair in (("udacity", "sobel"), ("gabor", str(turned))):
            runs = [measured(display, video, pair, seconds) for _ in range(rounds)]
            found = {
                name: {figure: median(one[name][figure] for one in runs) for figure in runs[0][name]}
                for name in runs[0]
            }
            alone = {figure: value + found["kept alone"][figure] for figure, value in found["live alone"].items()}
            for mode in MODES:
                yield f"{pair[0]} and {Path(pair[1]).stem}, {mode}", found[mode], alone


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each program's run")
    parser.add_argument("--rounds", type=int, default=1, help="runs of each program")
    arguments = parser.parse_args()
    if missing():
        raise SystemExit(f"picture_comparing.py {missing()}")
    heads = "720p at 30 fps in a 1920x1080 window", "making a picture, ms", "by both alone", "CPU, ms", "by both alone"
    print(f"| {' | '.join(heads)} |")
    print("| --- | --- | --- | --- | --- |")
    for name, its, alone in rows(arguments.rounds, arguments.seconds):
        shares = [f"{its[figure]:.2f} | {its[figure] / alone[figure]:.2f}" for figure in ("work_ms", "cpu_ms")]
        print(f"| {name} | {' | '.join(shares)} |", flush=True)


if __name__ == "__main__":
    main()
