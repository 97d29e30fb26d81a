"""What is computed: the banks, each with its geometry, what they were, and what can be undone. Frozen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeVar

from convviz_core.filters.bank import FilterBank
from convviz_core.filters.edits import same_filters
from convviz_core.geometry import ConvSettings
from convviz_core.layer import Activation, Layer
from live.history import History

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
    def as_file(self) -> FilterBank:
        """The bank as a filter file is to have it, with this geometry where it is not torch's default."""
        conv = None if self.conv == ConvSettings() else self.conv
        return self.bank if conv == self.bank.conv else replace(self.bank, conv=conv)

    def layer(self, activation: Activation) -> Layer:
        """The layer that it makes; equal choices give the same object."""
        return _layer(self, activation, true_convolution=False)

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
        return _layer(self.choice, self.activation, true_convolution=self.true_convolution)

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
        each = enumerate(zip(self.banks, self.originals, self.written, strict=True))
        edited = [(index, bank, written) for index, (bank, original, written) in each if bank is not original]
        return tuple(index for index, bank, written in edited if not (written and same_filters(bank, written)))

    def with_choice(self, choice: LayerChoice, *, joined: bool = False) -> LayerSettings:
        """With another one in the place of the one that is shown: a step that can be undone, or joined to the last."""
        if joined:
            return self._with(choice, History(self.history.past))
        vars(self.choice.bank).pop("kernels", None)  # 64 of 31x31, a thousand times: stacked again when it is needed
        return self._with(choice, self.history.after(self.choice))

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
def _layer(choice: LayerChoice, activation: Activation, *, true_convolution: bool) -> Layer:
    bank = _flipped(choice.bank) if true_convolution else choice.bank
    return Layer.of(bank, activation, choice.conv, bias=choice.uses_bias)


@lru_cache(maxsize=128)
def _flipped(bank: FilterBank) -> FilterBank:
    return bank.flipped()
