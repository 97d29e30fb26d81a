"""What is shown of a model's layer, beside its maps."""

from __future__ import annotations

from dataclasses import dataclass

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.geometry import Box
from live.drawing.reasons import Excites, Why
from live.layout.tiling import Rect


@dataclass(frozen=True)
class ListedLayers:
    """The list of layers: (name, type, maps) of each line; which one is shown, which one Enter would take.

    typed: what was typed after /, None while nothing is. meant: what Enter would do, in words.
    """

    lines: tuple[tuple[str, str, str], ...]
    shown: int | None
    pointed: int | None
    typed: str | None = None
    meant: str = ""


@dataclass(frozen=True, eq=False)
class ModelScene:
    """A layer of a model, for one picture.

    shape: (C, h, w). stride: (y, x) input pixels. conv: float32 (C, h, w), its output. channels: those of the page,
    by tile. dead, saturated: channels of it. read: what the target reads of the input; None where that is not known
    (`finding`: not yet). frame_hw: of the frame that became the input. why: what it was made of. excites: of the
    enlarged channel. input_words: how a frame becomes the input.
    """

    model: str
    name: str
    type: str
    shape: tuple[int, int, int]
    stride: tuple[float, float] | None
    conv: FloatArray
    channels: tuple[int, ...]
    page: int
    pages: int
    order: str
    dead: frozenset[int]
    saturated: frozenset[int]
    zeros: float
    forward_ms: float
    input_words: str
    listed: ListedLayers | None = None
    read: Box | None = None
    frame_hw: tuple[int, int] | None = None
    finding: bool = False
    why: Why | None = None
    excites: Excites | None = None

    @property
    def title(self) -> str:
        """The layer's name; a part of a Sequential has only a number for one."""
        return titled(self.name)

    def input_part(self, image: ByteArray, crop: Rect) -> ByteArray:
        """The part of the input (H, W) or (H, W, 3) that lies where `crop` lies in the maps."""
        _, height, width = self.shape
        down, across = image.shape[0] / height, image.shape[1] / width
        top, left = int(crop.y * down), int(crop.x * across)
        bottom = max(round((crop.y + crop.height) * down), top + 1)
        right = max(round((crop.x + crop.width) * across), left + 1)
        return image[top:bottom, left:right]

    def caption(self, index: int) -> str:
        """A tile in words."""
        return f"channel {self.channels[index]}"

    def state_of(self, index: int) -> str:
        """What is known of a tile's channel since the layer is shown."""
        channel = self.channels[index]
        return "dead" if channel in self.dead else "saturated" if channel in self.saturated else ""


def titled(name: str) -> str:
    """A layer's name in a sentence."""
    return f"layer {name}" if name[:1].isdecimal() else name
