"""What is shown: what is computed, how it looks, and what a person is doing with it. Frozen; nothing here draws."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from convviz_core.filters.bank import FilterBank
from convviz_core.filters.opposites import with_opposites
from convviz_core.geometry import ConvSettings
from convviz_core.layer import Activation, Layer
from convviz_core.ranges import RangeMode
from live.comparing import CompareMode, Comparing
from live.events import Point
from live.layout.panel_places import Panel
from live.layout.viewport import Viewport

COLORMAPS = ("lift", "gray", "diverging", "viridis", "magma", "inferno", "turbo", "cividis", "bone")

MapPixel = tuple[int, int, int]  # map, y, x


@dataclass(frozen=True)
class LayerChoice:
    """A bank, how it lies on the frame, and whether its bias is added, where it has one."""

    bank: FilterBank
    conv: ConvSettings = field(default_factory=ConvSettings)
    bias: bool = False

    @classmethod
    def of(cls, bank: FilterBank, *, bias: bool = False) -> LayerChoice:
        """With the geometry that its file gives, else torch's defaults."""
        return cls(bank, bank.conv or ConvSettings(), bias)

    @property
    def uses_bias(self) -> bool:
        """Whether there is a bias, and it is added."""
        return self.bias and self.bank.bias is not None


@dataclass(frozen=True)
class LayerSettings:
    """What is computed: one of the banks, each with its own geometry, and what is done with it.

    What can be undone is a change of these.
    """

    choices: tuple[LayerChoice, ...]
    bank_index: int = 0
    activation: Activation = Activation.RELU
    true_convolution: bool = False  # kernels turned by 180 degrees

    @classmethod
    def of(cls, banks: Iterable[FilterBank], bank_index: int = 0) -> LayerSettings:
        """Of banks, each with its own geometry and without its bias."""
        return cls(tuple(LayerChoice.of(bank) for bank in banks), bank_index)

    @property
    def banks(self) -> tuple[FilterBank, ...]:
        """All banks, in order."""
        return tuple(choice.bank for choice in self.choices)

    @property
    def choice(self) -> LayerChoice:
        """The one that is shown."""
        return self.choices[self.bank_index]

    @property
    def layer(self) -> Layer:
        """The layer as the engine computes it; equal settings give the same object, so that plans are kept."""
        return _layer(self.choice, self.activation, self.true_convolution)

    def with_choice(self, choice: LayerChoice) -> LayerSettings:
        """With another one in the place of the one that is shown."""
        before, after = self.choices[: self.bank_index], self.choices[self.bank_index + 1 :]
        return replace(self, choices=(*before, choice, *after))


@lru_cache(maxsize=128)
def _layer(choice: LayerChoice, activation: Activation, true_convolution: bool) -> Layer:
    bank = _flipped(choice.bank) if true_convolution else choice.bank
    return Layer.of(bank, activation, choice.conv, bias=choice.uses_bias)


@lru_cache(maxsize=128)
def _flipped(bank: FilterBank) -> FilterBank:
    return bank.flipped()


@dataclass(frozen=True)
class Appearance:
    """How it looks."""

    range: RangeMode = RangeMode.AUTO
    gain: float = 1.0  # the range's limits are divided by it
    colormap: str = "lift"
    mirror: bool = False
    input_tile: bool = True
    kernels: bool = False
    tint: bool = False  # colour the responses that ReLU sets to zero
    fullscreen: bool = False
    panels: frozenset[Panel] = frozenset()  # those that are open

    def toggled(self, panel: Panel) -> Appearance:
        """With that panel opened, or closed again."""
        return replace(self, panels=self.panels ^ {panel})


@dataclass(frozen=True)
class Interaction:
    """What a person is doing: where they point, what they hold on to, which part of the maps they look at.

    pointer: the canvas pixel where it was last; None before it came. hovered: what of the maps is under it, while the
    inspector is open or pixels are large enough for numbers. input_pixel: y, x of the input, while that is what is
    under it; hovered is then the response that has its middle there.
    """

    paused: bool = False
    sliding: bool = False  # the pinned pixel walks along its row
    scrolled_maps: int = 0  # the first map that the inspector lists; the drawing has the last word
    help_page: int = 0  # counted on over its end, and below 0
    pointer: Point | None = None
    panel_point: Point | None = None  # the pointer, while it is over the inspector
    hovered: MapPixel | None = None
    input_pixel: tuple[int, int] | None = None
    pinned: MapPixel | None = None
    watched: tuple[MapPixel, ...] = ()  # beside the pinned one
    wipe: float | None = None  # how far across a tile the pointer was last, 0 to 1, while that moves the wipe's line
    viewport: Viewport = field(default_factory=Viewport)

    @property
    def inspected(self) -> MapPixel | None:
        """The pixel the inspector explains, if one is pinned or pointed at."""
        return self.pinned or self.hovered

    @property
    def pins(self) -> tuple[MapPixel, ...]:
        """All pixels that are held on to, the pinned one first."""
        pinned = (self.pinned,) if self.pinned else ()
        return (*pinned, *(pixel for pixel in self.watched if pixel != self.pinned))


@dataclass(frozen=True)
class ViewState:
    """All that keys and mouse have set."""

    settings: LayerSettings
    appearance: Appearance = field(default_factory=Appearance)
    interaction: Interaction = field(default_factory=Interaction)
    comparing: Comparing = field(default_factory=Comparing)

    @property
    def layer(self) -> Layer:
        """The layer that is computed."""
        return self.settings.layer

    @property
    def computed(self) -> Layer:
        """The layer with what is to be tinted: the opposite of every filter."""
        return self.with_removed(self.layer)

    def with_removed(self, layer: Layer) -> Layer:
        """A layer with what is to be tinted, where that is so asked and ReLU removes something."""
        tinted = self.appearance.tint and not layer.signed and self.comparing.mode != CompareMode.DIFFERENCE
        return replace(layer, bank=with_opposites(layer.weights)) if tinted else layer

    def shows(self, panel: Panel) -> bool:
        """Whether that panel is open."""
        return panel in self.appearance.panels

    def with_settings(self, **changes: Any) -> ViewState:
        """With other LayerSettings."""
        return replace(self, settings=replace(self.settings, **changes))

    def with_appearance(self, **changes: Any) -> ViewState:
        """With another Appearance."""
        return replace(self, appearance=replace(self.appearance, **changes))

    def with_interaction(self, **changes: Any) -> ViewState:
        """With another Interaction."""
        return replace(self, interaction=replace(self.interaction, **changes))
