"""What is shown: what is computed, how it looks, and what a person is doing with it. Frozen; nothing here draws."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from convviz_core.filters.opposites import with_opposites
from convviz_core.layer import Layer
from convviz_core.placement import Placed
from convviz_core.ranges import RangeMode
from live.chosen_weight import Editing
from live.comparing import CompareMode, Comparing
from live.events import Point
from live.layer_settings import LayerChoice, LayerSettings
from live.layout.panel_places import Panel
from live.layout.viewport import Viewport
from live.model_view.chosen import ModelChoice

__all__ = ["COLORMAPS", "Appearance", "Interaction", "LayerChoice", "LayerSettings", "MapPixel", "ViewState"]

COLORMAPS = ("lift", "gray", "diverging", "viridis", "magma", "inferno", "turbo", "cividis", "bone")

MapPixel = tuple[int, int, int]  # map, y, x


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
    layer_line: int = 0  # which line of the layer's settings is chosen
    pointer: Point | None = None
    panel_point: Point | None = None  # the pointer, while it is over the inspector
    hovered: MapPixel | None = None
    input_pixel: tuple[int, int] | None = None
    pointed_map: int | None = None  # the last one under the pointer, while the curves are open
    pinned: MapPixel | None = None
    watched: tuple[MapPixel, ...] = ()  # beside the pinned one
    wipe: float | None = None  # how far across a tile the pointer was last, 0 to 1, while that moves the wipe's line
    viewport: Viewport = field(default_factory=Viewport)
    editing: Editing | None = None

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
    """All that keys and mouse have set.

    model: what is shown of a model, where one is: then nothing of the settings counts but the activation.
    """

    settings: LayerSettings
    appearance: Appearance = field(default_factory=Appearance)
    interaction: Interaction = field(default_factory=Interaction)
    comparing: Comparing = field(default_factory=Comparing)
    model: ModelChoice | None = None

    @property
    def layer(self) -> Layer:
        """The layer that is computed."""
        return self.settings.layer

    @property
    def shown_layer(self) -> Placed:
        """The layer that is shown: the bank's, or the model's with its page."""
        return self.layer if self.model is None else self.model.shown_layer(self.settings.activation)

    @property
    def editing(self) -> Editing | None:
        """What is being edited, inside the bank as it is now."""
        editing = self.interaction.editing
        return editing and editing.inside(self.layer.bank.kernels.shape)

    @property
    def computed(self) -> Layer:
        """The layer with what is to be tinted: the opposite of every filter."""
        every = self.interaction.editing is not None  # an edit must not change how many maps are computed
        return self.with_removed(self.layer, every=every)

    def with_removed(self, layer: Layer, *, every: bool = False) -> Layer:
        """A layer with what is to be tinted, if so asked: only ReLU removes something. every: see with_opposites."""
        tinted = self.appearance.tint and not layer.signed and self.comparing.mode != CompareMode.DIFFERENCE
        return _with_opposites(layer, every=every) if tinted else layer

    @property
    def asked_map(self) -> int:
        """The map that is asked about: the edited, the enlarged, the pinned, the pointed-at or the first one."""
        now, edited = self.interaction, self.editing.filter if self.editing else None
        asked = (edited, now.viewport.enlarged, now.pinned[0] if now.pinned else None, now.pointed_map)
        found = next((index for index in asked if index is not None), 0)
        return found if found < len(self.layer.bank) else 0

    def shows(self, panel: Panel) -> bool:
        """Whether that panel is open."""
        return panel in self.appearance.panels

    def with_settings(self, **changes: Any) -> ViewState:
        """With other LayerSettings."""
        return replace(self, settings=replace(self.settings, **changes))

    def with_appearance(self, **changes: Any) -> ViewState:
        """With another Appearance."""
        return replace(self, appearance=replace(self.appearance, **changes))

    def with_model(self, **changes: Any) -> ViewState:
        """With another ModelChoice, where a model is shown."""
        return replace(self, model=replace(self.model, **changes)) if self.model else self

    def with_interaction(self, **changes: Any) -> ViewState:
        """With another Interaction."""
        return replace(self, interaction=replace(self.interaction, **changes))


@lru_cache(maxsize=8)
def _with_opposites(layer: Layer, *, every: bool) -> Layer:
    return replace(layer, bank=with_opposites(layer.weights, every=every))
