"""The screen's size as the toolkit counts it."""

from __future__ import annotations

import pytest

from live.display.x11 import toolkit_scale


@pytest.mark.parametrize(
    ("variables", "scale"),
    [
        ({}, 1.0),
        ({"QT_SCALE_FACTOR": "2"}, 2.0),
        ({"QT_SCALE_FACTOR": "1.5", "QT_SCREEN_SCALE_FACTORS": "2;1"}, 3.0),
        ({"QT_SCREEN_SCALE_FACTORS": "DP-1=2;HDMI-1=1"}, 2.0),
        ({"QT_SCALE_FACTOR": "large"}, 1.0),
        ({"QT_SCALE_FACTOR": "0"}, 1.0),
        ({"QT_SCALE_FACTOR": "nan"}, 1.0),
    ],
)
def test_a_toolkit_s_pixel_is_as_large_as_its_variables_say(variables: dict[str, str], scale: float) -> None:
    assert toolkit_scale(variables) == scale
