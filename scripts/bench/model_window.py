"""A model in the window: how soon another layer is there, and how long the window stands still, whatever one does.

`.venv/bin/python scripts/bench/model_window.py [--model SPEC] [--switches N] [-- OPTIONS]`, on Linux, with the package
xvfb. Without --model it is residual.py's. JSON on stdout: for N switches to the next layer and N to one by chance, the
time from the key to that layer's first picture beyond what its pass takes alone; for each part of the run, the longest
times between two looks for events (with every picture comes one), and how many pictures a second.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from person import DrivenWindow, Person  # noqa: E402
from x11 import xvfb  # noqa: E402

from live import app, cli  # noqa: E402
from live.events import Button, Gesture, Key, MouseButton, Wheel  # noqa: E402
from live.responding import Last  # noqa: E402

PATIENCE_S = 90.0
EACH_PART_S = 2.0
FOUND = ("conv1", "layer2.0.conv1", "layer4.1.conv2")


class Visit:
    """A person's visit: everything that one can do to a model, in parts. window: theirs; last: what they see."""

    def __init__(self, switches: int) -> None:
        self._switches, self._chance = switches, random.Random(0)
        self.window: DrivenWindow | None = None
        self.last: Last | None = None
        self.took: dict[str, list[tuple[str, float]]] = {"next": [], "by chance": []}
        self.rates: dict[str, float] = {}

    def __call__(self) -> Person:
        """What they do, one step a look."""
        yield from self._part("begin", self._for(EACH_PART_S))
        yield from self._part("next layers", self._all_switches("next"))
        yield from self._part("layers by chance", self._all_switches("by chance"))
        yield from self._part("back to the second stage", self._switch_to(self._place("layer2.0.conv1")))
        yield from self._part("pictures", self._for(2 * EACH_PART_S))
        for keys in (["PageDown"], ["PageUp"], ["o"], ["o"], ["l"], ["Down"], ["l"], ["/", "l", "a", "1"], ["Esc"]):
            yield from self._part("".join(keys), self._press(*keys))
        for keys in (["s"], ["t"], ["t"], ["n"], ["n"], ["n"], ["r"], ["r"], ["p"], ["p"], ["h"], ["h"], ["z"], ["z"]):
            yield from self._part("".join(keys), self._press(*keys))
        yield from self._part("wheel", self._wheel())
        yield from self._part("i", self._press("i"))
        for name in FOUND:
            yield from self._switch_to(self._place(name))
            yield from self._part(f"what {name} reads is being found", self._fields())
            yield from self._part(f"what {name} reads is known", self._for(EACH_PART_S))

    def _part(self, name: str, person: Person) -> Person:
        assert self.window is not None
        self.window.part, begun_s, answers = name, time.monotonic(), {id(self._answer)}
        seen = [self._answer]
        for events in person:
            yield events
            if id(self._answer) not in answers:
                answers.add(id(self._answer))
                seen.append(self._answer)  # so that no other has its id
        self.rates[name] = (len(answers) - 1) / (time.monotonic() - begun_s)

    @property
    def _answer(self) -> Any:
        return self.last.shown.answer if self.last and self.last.shown else None

    def _names(self) -> list[str]:
        assert self.last is not None
        assert self.last.state.model is not None
        return [line.name for line in self.last.state.model.lines]

    def _place(self, name: str) -> int:
        names = self._names()
        return names.index(name) if name in names else len(names) // 2

    def _now(self) -> int:
        return self._names().index(self._answer.asked.layer.name)

    def _for(self, seconds: float) -> Person:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            yield ()

    def _until(self, met: Callable[[], bool]) -> Person:
        end_s = time.monotonic() + PATIENCE_S
        while not met():
            assert time.monotonic() < end_s, "waited in vain"
            yield ()

    def _press(self, *keys: str) -> Person:
        yield [Key(key) for key in keys]
        yield from self._for(EACH_PART_S / 2)

    def _all_switches(self, kind: str) -> Person:
        step = 1
        for _ in range(self._switches):
            now, count = self._now(), len(self._names())
            if not 0 <= now + step < count:
                step = -step
            place = now + step if kind == "next" else self._chance.choice([at for at in range(count) if at != now])
            yield from self._switch_to(place, kind)
            yield from self._for(self._chance.uniform(0.0, 0.2))

    def _switch_to(self, place: int, kind: str | None = None) -> Person:
        assert self.window is not None
        name, now = self._names()[place], self._now()
        pressed_s = time.monotonic()
        if place != now:
            yield [Key("]" if place > now else "[")] * abs(place - now)
        yield from self._until(lambda: bool(self._answer.asked.layer.name == name))
        if kind:
            self.took[kind].append((name, self.window.shown_at_s - pressed_s))

    def _wheel(self) -> Person:
        assert self.window is not None
        assert self.window.canvas_wh is not None
        width, height = self.window.canvas_wh
        for notches in (1.0,) * 12 + (-1.0,) * 12:
            yield [Wheel((width // 2, height // 3), notches)]
            yield from self._for(0.1)

    def _fields(self) -> Person:
        """Pin a pixel, and wait until it is known what it reads."""
        assert self.window is not None
        assert self.window.canvas_wh is not None
        width, height = self.window.canvas_wh
        yield [Button(MouseButton.LEFT, Gesture.CLICK, (width // 3, height // 3))]
        yield from self._for(0.2)
        yield from self._until(lambda: all(thread.name != "convviz-fields" for thread in threading.enumerate()))


def alone_ms(last: Last, names: set[str]) -> dict[str, float]:
    """What one pass up to each layer takes, with nothing else going on: the median of five."""
    from convviz_core.engines.opening import open_engine
    from live.model_view.answer import Asked, run
    from live.sources.frame import Frame

    assert last.state.model is not None
    assert last.shown is not None
    frame: Frame = last.shown.answer.frame
    with open_engine("torch", "auto") as engine:
        layers = {name: last.state.model.showing(name).layer(last.state.settings.activation) for name in names}
        return {
            name: statistics.median([run(engine, frame, Asked(layer, index)).forward_ms for index in range(6)][1:])
            for name, layer in layers.items()
        }


def report(visit: Visit, alone: dict[str, float]) -> dict[str, Any]:
    """What was measured."""
    assert visit.window is not None
    beyond = {
        kind: sorted(((1e3 * took_s - alone[name], name, 1e3 * took_s) for name, took_s in took), reverse=True)
        for kind, took in visit.took.items()
    }
    return {
        "switches_ms_beyond_the_pass": {
            kind: {
                "count": len(found),
                "p50": round(statistics.median(one[0] for one in found)),
                "longest": [{"beyond": round(one), "layer": name, "all": round(took)} for one, name, took in found[:5]],
            }
            for kind, found in beyond.items()
        },
        "parts": {
            name: {
                "longest_gaps_ms": [round(1e3 * gap.s) for gap in times.longest],
                "answers_per_second": round(visit.rates.get(name, 0.0), 1),
            }
            for name, times in visit.window.parts.items()
        },
        "longest_gap_ms": round(1e3 * max(gap.s for times in visit.window.parts.values() for gap in times.gaps)),
    }


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=f"{Path(__file__).with_name('residual.py')}:net", help="as of the viewer")
    parser.add_argument("--switches", type=int, default=100, help="of each kind")
    parser.add_argument("options", nargs="*", help="more options of the viewer, behind --")
    arguments = parser.parse_args()
    visit = Visit(arguments.switches)

    def open_driven(_arguments: argparse.Namespace, screen: Any) -> DrivenWindow:
        visit.window = DrivenWindow(screen, visit)
        return visit.window

    def run_noting(source: Any, engine: Any, display: Any, profiler: Any, last: Last, **more: Any) -> None:
        visit.last = last
        run(source, engine, display, profiler, last, **more)

    run: Callable[..., None] = vars(app)["run"]
    vars(app).update(open_display=open_driven, run=run_noting)
    with tempfile.TemporaryDirectory() as folder, xvfb("1920x1080") as display:
        os.environ["DISPLAY"] = display
        os.chdir(folder)
        code = cli.main(["synthetic", "--model", arguments.model, *arguments.options])
        assert code == 0, code
    assert visit.last is not None
    names = {name for took in visit.took.values() for name, _ in took}
    print(json.dumps(report(visit, alone_ms(visit.last, names)), indent=2))


if __name__ == "__main__":
    main()
