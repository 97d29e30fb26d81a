"""State to layout and scene."""

from __future__ import annotations

import numpy as np
import pytest

from convviz_core.engines.api import Result
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.geometry import FrameSizeError
from convviz_core.mosaic import tile_maps
from live.composing import layout_request, own_mosaic, scene_of
from live.drawing.scene import Status
from live.layout import arrange
from live.layout.panel_places import Panel
from live.layout.viewport import Viewport
from live.pointing import kept_inside
from live.state import LayerSettings, ViewState

STATE = ViewState(LayerSettings.of(BUILT_IN_BANKS))


def test_the_input_is_shown_at_first() -> None:
    request = layout_request((640, 480), (100, 200), STATE)
    assert request.input_tile
    assert (request.map_hw, request.count) == ((97, 197), 4)


def test_open_panels_are_asked_for() -> None:
    state = STATE.with_appearance(panels=frozenset({Panel.INSPECTOR, Panel.PROFILE}))
    assert layout_request((640, 480), (100, 200), state).panels == (Panel.INSPECTOR, Panel.PROFILE)


def test_an_enlarged_map_s_panning_comes_back_inside() -> None:
    state = STATE.with_interaction(viewport=Viewport(enlarged=1, corner_yx=(10_000, -50)))
    layout = arrange(layout_request((640, 480), (1080, 1920), state))
    assert kept_inside(state, layout).interaction.viewport.corner_yx == (layout.crop.y, 0)


def test_a_pin_outside_comes_back_to_the_edge() -> None:
    state = STATE.with_appearance(panels=frozenset({Panel.INSPECTOR})).with_interaction(pinned=(0, -3, 5000))
    layout = arrange(layout_request((640, 480), (100, 200), state))
    assert kept_inside(state, layout).interaction.pinned == (0, 0, 196)


def test_a_frame_smaller_than_the_kernel_is_refused() -> None:
    with pytest.raises(FrameSizeError, match="3x9"):
        layout_request((640, 480), (9, 3), STATE)


def test_a_closed_inspector_explains_nothing() -> None:
    image = np.zeros((100, 200), np.uint8)
    result = Result(np.zeros((194, 394), np.uint8), np.array([[0, 1]] * 4, np.float32), 0.0, "test")
    state = STATE.with_appearance(panels=frozenset({Panel.INSPECTOR})).with_interaction(hovered=(0, 48, 98))
    assert scene_of(state, image, result, Status("test")).target == (0, 48, 98)
    assert scene_of(state.with_appearance(panels=frozenset()), image, result, Status("test")).target is None


@pytest.mark.parametrize(("have", "own"), [(8, (20, 20)), (4, (20, 20)), (2, (10, 20))])
def test_of_a_mosaic_its_own_maps_are_kept_without_those_of_a_tint_and_of_a_difference_all(
    have: int, own: tuple[int, int]
) -> None:
    maps = np.arange(1, have + 1, dtype=np.uint8)[:, None, None].repeat(10, axis=1).repeat(10, axis=2)
    result = Result(tile_maps(maps), np.array([[0, 1]] * have, np.float32), 0.0, "test")
    mosaic = own_mosaic(STATE, result)  # of a bank of four
    assert mosaic.shape == own
    assert np.array_equal(mosaic, tile_maps(maps[:4]))
