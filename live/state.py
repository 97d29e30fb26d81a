"""What is shown: what is computed, how it looks, and what a person is doing with it. Frozen; nothing here draws."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeVar

from convviz_core.filters.bank import FilterBank
from convviz_core.filters.edits import Place, same_filters
from convviz_core.filters.opposites import with_opposites
from convviz_core.geometry import ConvSettings
from convviz_core.layer import Activation, Layer
from live.appearance import Appearance
from live.comparing import CompareMode, Comparing
from live.events import Point
from live.history import History
from live.layout.panel_places import Panel
from live.layout.viewport import Viewport

MapPixel = tuple[int, int, int]  # map, y, x
Item = TypeVar("Item")


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

    What can be undone is a change of a choice. Of each bank: originals: as it was before any change; histories: its
    choices before and after this one; written: as it was last written to a file, if it was.
    """

    choices: tuple[LayerChoice, ...]
    bank_index: int = 0
    activation: Activation = Activation.RELU
    true_convolution: bool = False  # kernels turned by 180 degrees
    originals: tuple[FilterBank, ...] = ()
    histories: tuple[History[LayerChoice], ...] = ()
    written: tuple[FilterBank | None, ...] = ()

    def __post_init__(self) -> None:
        if not self.originals:
            object.__setattr__(self, "originals", self.banks)
            object.__setattr__(self, "histories", (History[LayerChoice](),) * len(self.choices))
            object.__setattr__(self, "written", (None,) * len(self.choices))

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

    @property
    def original(self) -> FilterBank:
        """The bank that is shown, before it was edited."""
        return self.originals[self.bank_index]

    @property
    def history(self) -> History[LayerChoice]:
        """What can be undone of the bank that is shown."""
        return self.histories[self.bank_index]

    @property
    def unsaved(self) -> tuple[int, ...]:
        """The banks with edits that no file has."""
        return tuple(
            index
            for index, (bank, original, written) in enumerate(
                zip(self.banks, self.originals, self.written, strict=True)
            )
            if bank is not original and (written is None or not same_filters(bank, written))
        )

    def with_choice(self, choice: LayerChoice, *, joined: bool = False) -> LayerSettings:
        """With another one in the place of the one that is shown: a step that can be undone, or joined to the last."""
        history = self.history if joined else self.history.after(self.choice)
        return self._with(choice, history)

    def undone(self) -> LayerSettings:
        """Without the last step of the bank that is shown."""
        return self._with(*self.history.undone(self.choice))

    def redone(self) -> LayerSettings:
        """With the step that was undone last."""
        return self._with(*self.history.redone(self.choice))

    def with_written(self) -> LayerSettings:
        """The bank that is shown has been written to a file."""
        return replace(self, written=_put(self.written, self.bank_index, self.choice.bank))

    def with_original(self, index: int, choice: LayerChoice) -> LayerSettings:
        """Another bank in the place of bank `index`, with nothing to be undone."""
        return replace(
            self,
            choices=_put(self.choices, index, choice),
            originals=_put(self.originals, index, choice.bank),
            histories=_put(self.histories, index, History[LayerChoice]()),
            written=_put(self.written, index, None),
        )

    def _with(self, choice: LayerChoice, history: History[LayerChoice]) -> LayerSettings:
        index = self.bank_index
        return replace(self, choices=_put(self.choices, index, choice), histories=_put(self.histories, index, history))


def _put(items: tuple[Item, ...], index: int, item: Item) -> tuple[Item, ...]:
    return (*items[:index], item, *items[index + 1 :])


@lru_cache(maxsize=128)
def _layer(choice: LayerChoice, activation: Activation, true_convolution: bool) -> Layer:
    bank = _flipped(choice.bank) if true_convolution else choice.bank
    return Layer.of(bank, activation, choice.conv, bias=choice.uses_bias)


@lru_cache(maxsize=128)
def _flipped(bank: FilterBank) -> FilterBank:
    return bank.flipped()


@dataclass(frozen=True)
class Drag:
    """What is dragged gives its value to the weights it passes; None began beside them. changed: it has changed one."""

    value: float | None
    changed: bool = False


@dataclass(frozen=True)
class Editing:
    """Which filter's kernel is edited, which of its weights is chosen, and what one step adds to it."""

    filter: int = 0
    place: Place = (0, 0, 0)
    step: float = 1.0
    drag: Drag | None = None

    def inside(self, shape: tuple[int, ...]) -> Editing:
        """With what is chosen moved into a bank of that shape, (N, C, kh, kw)."""
        index, *place = (min(at, length - 1) for at, length in zip((self.filter, *self.place), shape, strict=True))
        return replace(self, filter=index, place=(place[0], place[1], place[2]))


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
        return replace(layer, bank=with_opposites(layer.weights, every=every)) if tinted else layer

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
