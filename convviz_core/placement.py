"""How a layer's maps lie on the picture that it reads, and how those of two layers lie on each other. Arithmetic."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol

from convviz_core.arrays import AnyArray


class NotAlignedError(ValueError):
    """Maps that cannot be laid over each other; its message says why, as a part of a sentence."""


@dataclass(frozen=True)
class MapPlacement:
    """How a layer's maps lie on the picture that it reads: a frame, or what a model gets of one.

    count: of the maps. hw: of one. picture_hw: of the picture. stride_yx: its pixels from one of a map's to the next.
    centre_yx: the middle of response (0, 0)'s receptive field in it; None where the fields' middles are not known, or
    lie on no grid. reads: equal, and not None, where every response of both reads the same pixels.
    """

    count: int
    hw: tuple[int, int]
    picture_hw: tuple[int, int]
    stride_yx: tuple[float, float]
    centre_yx: tuple[float, float] | None
    reads: Hashable = None


class Placed(Protocol):
    """A layer that can be shown, whatever computes it: of a filter bank, or of a model."""

    @property
    def name(self) -> str:
        """The bank's, or the layer's in its model."""

    @property
    def activation(self) -> str:
        """What follows: an Activation."""

    @property
    def signed(self) -> bool:
        """Whether negative responses are shown: true without ReLU."""

    def placement(self, frame_shape: tuple[int, ...]) -> MapPlacement:
        """How its maps lie for frames of that shape, (H, W) gray or (H, W, 3) BGR."""


@dataclass(frozen=True)
class Alignment:
    """How the maps of two layers lie on each other.

    live_yx, kept_yx: the pixel of either's maps with which what both have begins. hw: of that. count: the maps of the
    one that has fewer. rest_yx: whether half a pixel is left over, down and across.
    """

    live_yx: tuple[int, int]
    kept_yx: tuple[int, int]
    hw: tuple[int, int]
    count: int
    rest_yx: tuple[bool, bool] = (False, False)

    def part(self, maps: AnyArray, corner_yx: tuple[int, int]) -> AnyArray:
        """What both have, of one's maps (N, h, w): (count, h, w). corner_yx: live_yx or kept_yx."""
        (top, left), (height, width) = corner_yx, self.hw
        return maps[: self.count, top : top + height, left : left + width]


def lay_over(live: MapPlacement, kept: MapPlacement) -> Alignment:
    """The maps of both laid over each other by their receptive fields' centres.

    To whole pixels of the maps; where half a pixel is left over, the kept maps' pixel above or left is taken. Errors:
    NotAlignedError.
    """
    if live.picture_hw != kept.picture_hw:
        sizes = [f"{width}x{height}" for height, width in (live.picture_hw, kept.picture_hw)]
        raise NotAlignedError(f"they read pictures of different sizes, {sizes[0]} and {sizes[1]}")
    strides = live.stride_yx, kept.stride_yx
    if strides[0] != strides[1]:
        said = [f"{y:g}" if y == x else f"{y:g},{x:g}" for y, x in strides]
        raise NotAlignedError(f"their strides are {said[0]} and {said[1]}")
    count = min(live.count, kept.count)
    if live.reads is not None and (live.reads, live.hw) == (kept.reads, kept.hw):
        return Alignment((0, 0), (0, 0), live.hw, count)
    if live.centre_yx is None or kept.centre_yx is None:
        which = "live" if live.centre_yx is None else "kept"
        raise NotAlignedError(f"where the {which} layer's receptive fields have their middles is not known")
    axes = [
        _align_axis((centre - kept_centre) / stride, have)
        for stride, centre, kept_centre, have in zip(
            live.stride_yx, live.centre_yx, kept.centre_yx, zip(live.hw, kept.hw, strict=True), strict=True
        )
    ]
    (top, kept_top, height, rest_y), (left, kept_left, width, rest_x) = axes
    if min(height, width) < 1:
        raise NotAlignedError("their maps have no place in common")
    return Alignment((top, left), (kept_top, kept_left), (height, width), count, (rest_y, rest_x))


def _align_axis(ahead: float, have: tuple[int, int]) -> tuple[int, int, int, bool]:
    """First pixels of both, how many both have, and whether a part of a pixel is left.

    ahead: by how many of its pixels the live map begins behind the kept one.
    """
    shift = math.ceil(ahead - 0.5)  # live pixel i lies on kept pixel i + shift
    first, kept_first = max(0, -shift), max(0, shift)
    return first, kept_first, min(have[0] - first, have[1] - kept_first), ahead != shift
