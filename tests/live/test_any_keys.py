"""Whatever is pressed, in whatever order, the next picture is drawn."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from test_loop import STATE, Run, keys, random_image

from live.controls import KEYS
from live.edit_keys import EDIT_BINDING_OF

ENDING = {"q", "Esc"}  # the run
KEPT = {"s", "v"}  # files, which takes long
ALL = sorted({key for binding in KEYS for key in binding.keys} - ENDING - KEPT)
WITHIN = sorted(EDIT_BINDING_OF.keys() - ENDING)  # a panel
PRESSED, FRAMES = 250, 60


@pytest.mark.parametrize("seed", range(8))
def test_no_order_of_keys_ends_the_run(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where an edited bank is kept
    chance = random.Random(seed)
    pressed: list[str] = []
    while len(pressed) < PRESSED:
        pressed.append(chance.choice(ALL))
        pressed += chance.choices(WITHIN, k=chance.choice((0, 0, 3, 6)))
    images = [random_image(number, (40, 50, 3)) for number in range(FRAMES)]
    done = Run(images, keys(*pressed), STATE)()
    assert not done.display.script
    assert len(done.display.shown) >= FRAMES


@pytest.mark.parametrize("line", range(11))
@pytest.mark.parametrize("way", ["Left", "Right"])
def test_every_setting_of_the_layer_can_be_changed_and_drawn(line: int, way: str) -> None:
    done = Run([random_image()], keys("l", *["Down"] * line, *[way] * 3, ""))()
    assert len(done.display.shown) >= 2
