"""The input around what a pixel of a map reads, as the inspector shows it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from convviz_core.arrays import ByteArray
from convviz_core.geometry import Box
from convviz_core.gray import to_gray
from convviz_core.padded_part import padded_part
from live.drawing.kernels import enlarge_into
from live.drawing.panel import PanelPage
from live.drawing.scene import MapPixel, Scene
from live.drawing.text import ACCENT, RULE
from live.layout.tiling import Rect

SURROUNDINGS = 3  # the input is shown this many kernels high around the receptive field
WIDEST_SURROUNDINGS = 64  # times as wide as high
SURROUNDINGS_SHARE = 0.2  # of the panel's height, at most


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The input around the receptive field: uint8 BGR (h, w, 3), and where the field begins in it."""

    pixels: ByteArray
    field_yx: tuple[int, int]
    field_hw: tuple[int, int]


def surroundings(scene: Scene, target: MapPixel) -> Surroundings:
    """What is around the field of a map's pixel, as far as there is a picture or its padding."""
    _, y, x = target
    image, geometry = scene.image, scene.layer.geometry
    (rows, columns), window = geometry.extent_hw, geometry.window(y, x)
    reach = geometry.padded(image.shape)
    seen_h = min(SURROUNDINGS * max(rows, columns), reach.bottom - reach.top)
    seen_w = min(WIDEST_SURROUNDINGS * seen_h, reach.right - reach.left)
    top = min(max(window.top + rows // 2 - seen_h // 2, reach.top), reach.bottom - seen_h)
    left = min(max(window.left + columns // 2 - seen_w // 2, reach.left), reach.right - seen_w)
    part = padded_part(image, geometry, Box(top, left, top + seen_h, left + seen_w))
    in_colour = scene.layer.bank.channels == 3 and part.ndim == 3
    shown = part.copy() if in_colour else np.asarray(cv2.cvtColor(to_gray(part), cv2.COLOR_GRAY2BGR), np.uint8)
    return Surroundings(shown, (window.top - top, window.left - left), (rows, columns))


def draw_surroundings(page: PanelPage, around: Surroundings, height: int) -> None:
    """The input around the receptive field, which is framed, in at most `height` rows."""
    seen_h, widest = around.pixels.shape[:2]
    scale = min(height - page.text.pad, int(SURROUNDINGS_SHARE * page.sprite.place.height)) // seen_h
    if scale < 1 or scale * seen_h < 3 * page.text.line:
        return
    (y, x), (rows, columns) = around.field_yx, around.field_hw
    seen_w = min(page.width // scale, widest)
    first = min(max(x + columns // 2 - seen_w // 2, 0), widest - seen_w)
    shown = around.pixels[:, first : first + seen_w]
    place = Rect(page.left, page.y, seen_w * scale, seen_h * scale)
    enlarge_into(page.pixels, shown, place)
    cv2.rectangle(page.pixels, (place.x, place.y), (place.right - 1, place.bottom - 1), RULE, 1)
    corner = (place.x + (x - first) * scale, place.y + y * scale)
    opposite = (corner[0] + columns * scale - 1, corner[1] + rows * scale - 1)
    cv2.rectangle(page.pixels, corner, opposite, (0, 0, 0), 3)
    cv2.rectangle(page.pixels, corner, opposite, ACCENT, 1)
    page.y += place.height + page.text.pad
