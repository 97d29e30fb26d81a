"""The layer that is shown: a filter bank, what follows it, and how its responses become bytes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from convviz_core.filters.bank import FilterBank


class Activation(StrEnum):
    """What follows the convolution."""

    RELU = "relu"
    NONE = "none"

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise ValueError(f"there is no activation {value!r}: choose {' or '.join(cls)}")


class RangeMode(StrEnum):
    """Which two response values become byte 0 and byte 255."""

    AUTO = "auto"  # one range for the bank, following the picture's peak
    FIXED = "fixed"  # one range for the bank: what its responses can reach at most
    FRAME = "frame"  # each map's own minimum and maximum in each frame

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise ValueError(f"there is no range {value!r}: choose {', '.join(cls)}")


@dataclass(frozen=True)
class Layer:
    """One convolutional layer as it is shown; names are accepted for the enums (ValueError, TypeError otherwise)."""

    bank: FilterBank
    activation: Activation | str = Activation.RELU
    range: RangeMode | str = RangeMode.FIXED

    def __post_init__(self) -> None:
        if not isinstance(self.bank, FilterBank):
            raise TypeError(f"a layer's bank is a FilterBank, as load_bank gives it, got {type(self.bank).__name__}")
        object.__setattr__(self, "activation", Activation(self.activation))
        object.__setattr__(self, "range", RangeMode(self.range))

    @property
    def signed(self) -> bool:
        """Whether negative responses are shown: true without ReLU."""
        return self.activation == Activation.NONE
