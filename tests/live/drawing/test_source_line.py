"""The strip's last line: zoom and enlarging with their ways back, numbers on pixels, the end, a recording."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convviz_core.filters.bank import FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.layer import Layer
from convviz_core.ranges import RangeMode
from live.drawing import source_line
from live.drawing.captions import caption_needs
from live.drawing.numbers import TIMES
from live.drawing.scene import EditView, Scene, Status
from live.drawing.source_line import second_words
from live.drawing.strip import Strip
from live.drawing.text import DIM, INK, REGULAR, text_width
from live.layout import Layout, LayoutRequest, arrange
from live.layout.viewport import Viewport

SEED = BUILT_IN_BANKS[0]
SCENE = Scene(
    Layer(SEED),
    RangeMode.AUTO,
    np.array([[0, 5.917]] * 4, np.float32),
    np.zeros((480, 640), np.uint8),
    np.zeros((954, 1274), np.uint8),
    Status("synthetic:bar, 640x480 at 30 fps"),
)


def layout_of(viewport: Viewport, canvas_wh: tuple[int, int] = (1280, 800)) -> Layout:
    needs = caption_needs(SEED, numbers=False)
    return arrange(LayoutRequest(canvas_wh, (477, 637), 4, viewport=viewport, captions=needs))


def said(scene: Scene, viewport: Viewport, canvas_wh: tuple[int, int] = (1280, 800)) -> list[str]:
    return [word for word, _, _ in second_words(scene, layout_of(viewport, canvas_wh))]


def test_a_zoomed_view_says_how_much_and_the_way_back() -> None:
    assert said(SCENE, Viewport()) == [SCENE.status.source]
    assert said(SCENE, Viewport(notches=1))[0] == f"zoom {TIMES} 1.2, 0: back"
    assert said(SCENE, Viewport(notches=10))[0] == f"zoom {TIMES} 9.3, 0: back"  # 1.25 ** 10
    assert said(SCENE, Viewport(notches=12))[0] == f"zoom {TIMES} 15, 0: back"  # 14.55


def test_an_enlarged_map_says_its_way_back() -> None:
    assert said(SCENE, Viewport(enlarged=2))[0] == "enlarged, z: back"
    both = said(SCENE, Viewport(enlarged=2, notches=10))
    assert both[:2] == ["enlarged, z: back", f"zoom {TIMES} 9.3, 0: back"]


def test_no_key_is_named_that_means_something_else_or_that_nobody_can_press() -> None:
    editing = replace(SCENE, editing=EditView(0, (0, 0, 0), 1.0))
    assert said(editing, Viewport(notches=10))[0] == f"zoom {TIMES} 9.3, wheel: back"  # 0 sets the weight to 0
    nobody = replace(SCENE, hints=False, status=replace(SCENE.status, ended=True))
    assert said(nobody, Viewport(enlarged=0, notches=10))[:3] == ["enlarged", f"zoom {TIMES} 9.3", "ended"]


def test_numbers_on_pixels_say_what_they_are() -> None:
    lens = layout_of(Viewport()).lens
    assert "numbers: response / byte, input: gray 0-255, read as 0-1" in said(SCENE, Viewport(notches=99))
    fewer = next(n for n in range(99) if lens.scale * 1.25**n >= 32)  # the first with numbers; bytes come at 48
    assert said(SCENE, Viewport(notches=fewer - 1))[1:] == [SCENE.status.source]
    assert said(SCENE, Viewport(notches=fewer))[1] == "numbers: response, input: gray 0-255, read as 0-1"
    colour = Layer(FilterBank.from_array("c", np.ones((4, 3, 4, 4), np.float32)))
    words = said(replace(SCENE, layer=colour), Viewport(notches=99))
    assert words[1] == "numbers: response / byte, input: R G B 0-255, read as 0-1"
    assert said(replace(SCENE, difference=True), Viewport(notches=99))[1].startswith("numbers: difference / byte")
    assert said(SCENE, Viewport(enlarged=0, notches=99))[2] == "numbers: response / byte"  # the input is not there


def test_what_another_line_has_no_room_for_comes_before_the_numbers_unless_it_is_dim() -> None:
    unsaid = [("no ReLU", INK, REGULAR), ("4 kernels of 4x4", DIM, REGULAR)]
    words = second_words(SCENE, layout_of(Viewport(notches=99)), unsaid)
    assert words[1:2] == tuple(unsaid[:1])
    assert words[2][0].startswith("numbers: ")
    assert unsaid[1] not in words


def test_a_source_of_several_pictures_says_that_it_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = replace(SCENE, status=Status("clip.avi", ended=True, paused=True))
    assert said(ended, Viewport()) == ["ended, q: quit, --loop plays it again", "clip.avi"]
    replays = replace(ended, status=replace(ended.status, replays=True))
    assert said(replays, Viewport()) == ["ended, space: plays it again, q: quit", "clip.avi"]
    assert said(replace(replays, hints=False), Viewport()) == ["ended", "clip.avi"]
    monkeypatch.setattr(source_line, "is_typing", lambda _: True)  # for a layer's name: then they are letters
    assert said(replays, Viewport()) == ["ended", "clip.avi"]


@pytest.mark.parametrize("canvas_wh", [(320, 240), (480, 360), (640, 480), (1920, 1080)])
def test_a_recording_gives_up_its_file_s_name_for_what_the_view_says(canvas_wh: tuple[int, int]) -> None:
    status = Status("clip.avi", paused=True, recording="convviz-20260102-030405.mkv")
    viewport = Viewport(notches=10)
    words = said(replace(SCENE, status=status), viewport, canvas_wh)
    whole = canvas_wh[0] > 320
    assert words[0] == ("recording convviz-20260102-030405.mkv" if whole else "recording")
    size = layout_of(viewport, canvas_wh).text.base
    wide = sum(text_width(word, size) + 1.2 * size for word in words[:3]) + text_width("h: help", size)
    assert words[1:3] == [f"zoom {TIMES} 9.3, 0: back", "paused"]
    assert wide < canvas_wh[0] - size


def test_the_strip_is_drawn_anew_when_it_is_zoomed() -> None:
    near, far = layout_of(Viewport(notches=3)), layout_of(Viewport(notches=2))
    assert near.places == far.places
    assert Strip().key(near, SCENE) != Strip().key(far, SCENE)
