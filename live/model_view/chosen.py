"""What is shown of a model: the layer, the input, the page and order of its channels, what is typed. Frozen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from convviz_core.layer import Activation
from convviz_core.models.layer import MOST_SHOWN, ModelLayer
from convviz_core.models.model_input import Normalization

if TYPE_CHECKING:
    from convviz_core.models.model import Model  # which loads torch


class Order(StrEnum):
    """In which order channels are shown."""

    INDEX = "by number"
    STRONGEST = "strongest first"


@dataclass(frozen=True)
class LayerLine:
    """A layer in the list: its name, its module's class, (C, h, w) of its maps, input pixels between them (y, x)."""

    name: str
    type: str
    shape: tuple[int, int, int]
    stride: tuple[float, float]


@dataclass(frozen=True)
class Source:
    """A place in the layer before. layer: None where no single one made the input."""

    layer: str | None
    channel: int
    y: int
    x: int


@dataclass(frozen=True)
class ModelChoice:
    """What is shown of a model, and what a person is doing with its list of layers.

    weights: as they were named. input_hw, normalize: see ModelLayer. lines: the layers, in the order in which their
    outputs are ready, once the model has run; count: of the shown layer's channels then. order: of those, and ranked:
    the channels, the strongest first. typed: what was typed after /, None while nothing is. pointed: the line of the
    list that Enter takes. sources: of each line that the inspector lists, where it came from. going: the place to be
    pinned once its layer is shown.
    """

    model: Model
    name: str
    weights: str | None = None
    input_hw: tuple[int, int] | None = None
    normalize: Normalization | None = None
    lines: tuple[LayerLine, ...] = ()
    order: Order = Order.INDEX
    ranked: tuple[int, ...] = field(default=(), repr=False)
    page: int = 0
    typed: str | None = None
    pointed: int | None = None
    sources: tuple[Source, ...] = field(default=(), repr=False, compare=False)
    going: Source | None = None

    def layer(self, activation: Activation) -> ModelLayer:
        """The layer as it is computed; its page does not matter to that."""
        return ModelLayer(self.model, self.name, self.input_hw, self.normalize, activation)

    def shown_layer(self, activation: Activation) -> ModelLayer:
        """The layer with the channels of its page."""
        return replace(self.layer(activation), channels=self.channels(self.count) or None)

    @property
    def line(self) -> LayerLine | None:
        """The shown layer's; None before the model has run, and where a picture calls what no other did."""
        return next((line for line in self.lines if line.name == self.name), None)

    @property
    def place(self) -> int:
        """The shown layer's place in the list."""
        return next((at for at, line in enumerate(self.lines) if line.name == self.name), 0)

    @property
    def count(self) -> int:
        """How many channels the layer has; 0 before that is known."""
        return self.line.shape[0] if self.line else 0

    @property
    def pages(self) -> int:
        """Of at most 64 channels each."""
        return max(1, -(-self.count // MOST_SHOWN))

    def channels(self, count: int) -> tuple[int, ...]:
        """Those of `count` that the page shows, in their order."""
        ranked = self.ranked if self.order == Order.STRONGEST and len(self.ranked) == count else range(count)
        first = min(self.page, max(0, -(-count // MOST_SHOWN) - 1)) * MOST_SHOWN
        return tuple(ranked[first : first + MOST_SHOWN])

    def page_of(self, channel: int) -> int:
        """The page that shows a channel."""
        ranked = self.ranked if self.order == Order.STRONGEST and self.ranked else tuple(range(self.count))
        return ranked.index(channel) // MOST_SHOWN

    @property
    def matching(self) -> tuple[int, ...]:
        """The lines whose names have in them what is typed."""
        part = comparable(self.typed or "")
        return tuple(at for at, line in enumerate(self.lines) if part in comparable(line.name))

    def listed(self) -> tuple[int, ...]:
        """The lines that what is typed leaves: all, where that is a number that no name has in it."""
        found = self.matching
        return found if found or not (self.typed or "").isdecimal() else tuple(range(len(self.lines)))

    def showing(self, name: str) -> ModelChoice:
        """Another layer, from its first page on."""
        return (
            replace(self, name=name, page=0, ranked=(), typed=None, pointed=None, sources=(), going=None)
            if name != self.name
            else self
        )


def comparable(name: str) -> str:
    """A name as what is typed is compared with it: keys tell neither capitals nor - from _."""
    return name.lower().replace("-", "_")
