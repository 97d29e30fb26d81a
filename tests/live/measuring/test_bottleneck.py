"""Which part of the way is named as the limit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from live.measuring.bottleneck import Circumstances, bottleneck

FILE = Circumstances(33.3, False, 30.0, None, (3840, 2160), (1280, 720), "4 kernels of 31x31 by opencv on cpu")
CAMERA = replace(FILE, live=True)


@pytest.mark.parametrize(
    ("bar", "about", "said"),
    [  # capture, compute, draw, show, waiting
        ((1.0, 1.0, 0.5, 0.5, 30.0), FILE, "nothing: 3 of 33 ms used"),
        ((1.0, 1.0, 25.0, 4.0, 2.0), FILE, "drawing: 25 of 33 ms, for a 3840x2160 window"),
        ((1.0, 1.0, 4.0, 40.0, 0.0), FILE, "showing: 40 of 33 ms, for a 3840x2160 window"),
        ((1.0, 50.0, 4.0, 4.0, 0.0), FILE, "computing: 50 of 33 ms, 4 kernels of 31x31 by opencv on cpu"),
        ((28.0, 1.0, 4.0, 4.0, 0.0), FILE, "capture: 28 of 33 ms to fetch and decode 1280x720"),
        ((28.0, 1.0, 4.0, 4.0, 0.0), CAMERA, "nothing: 28 of 33 ms used"),  # another thread fetches
        ((1.0, 1.0, 1.0, 1.0, 96.0), replace(CAMERA, arriving_fps=10.0), "the source: 10 of its 30 fps come"),
        ((9.0, 9.0, 9.0, 9.0, 0.0), replace(FILE, interval_ms=None), "nothing: the picture stands still"),
        (
            (9.0, 9.0, 9.0, 9.0, 9.0),
            replace(CAMERA, advice="10 fps because of YUYV at 1280x720: try --format MJPG"),
            "the camera: 10 fps because of YUYV at 1280x720: try --format MJPG",
        ),
        (
            (9.0, 9.0, 9.0, 9.0, 9.0),
            replace(CAMERA, advice="the camera gives 10 of its 30 fps: give it more light"),
            "the camera gives 10 of its 30 fps: give it more light",
        ),
    ],
)
def test_the_sentence_names_what_takes_the_time(bar: tuple[float, ...], about: Circumstances, said: str) -> None:
    assert bottleneck(np.array([bar] * 5), about) == said


def test_one_slow_picture_is_no_bottleneck() -> None:
    bars = np.array([(1.0, 1.0, 0.5, 0.5, 30.0)] * 5 + [(1.0, 1.0, 500.0, 0.5, 0.0)])
    assert bottleneck(bars, FILE) == "nothing: 3 of 33 ms used"
