"""The layer that is shown: a filter bank, how it lies on the frame, and what follows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NoReturn

from convviz_core.arrays import ByteArray
from convviz_core.filters.bank import FilterBank
from convviz_core.geometry import ConvGeometry, FrameSizeError, PaddingMode
from convviz_core.gray import check_picture, check_shape


class Activation(StrEnum):
    """What follows the convolution."""

    RELU = "relu"
    NONE = "none"

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise ValueError(f"there is no activation {value!r}: choose {' or '.join(cls)}")


@dataclass(frozen=True)
class Layer:
    """One convolutional layer; a name is accepted for the activation. Errors: TypeError, ValueError."""

    bank: FilterBank
    activation: Activation | str = Activation.RELU

    def __post_init__(self) -> None:
        if not isinstance(self.bank, FilterBank):
            raise TypeError(f"a layer's bank is a FilterBank, as load_bank gives it, got {type(self.bank).__name__}")
        object.__setattr__(self, "activation", Activation(self.activation))

    @property
    def signed(self) -> bool:
        """Whether negative responses are shown: true without ReLU."""
        return self.activation == Activation.NONE

    @cached_property
    def geometry(self) -> ConvGeometry:
        """How its maps lie on the frame."""
        return ConvGeometry(self.bank.kernel_hw)

    def output_hw(self, frame_shape: tuple[int, ...]) -> tuple[int, int]:
        """The maps' (h, w) for frames of this shape, (H, W) gray or (H, W, 3) BGR.

        Errors: ValueError for another shape, FrameSizeError where no response exists.
        """
        check_shape(frame_shape)
        try:
            return self.geometry.output_hw((frame_shape[0], frame_shape[1]))
        except FrameSizeError as error:
            name = f"'{self.bank.name}'"
            of = f"of {name}" if self.geometry.padding_mode == PaddingMode.ZEROS else f"({name})"
            raise FrameSizeError(f"{error} {of}") from None


def check_layer(layer: Layer) -> None:
    """TypeError for what is no Layer."""
    if not isinstance(layer, Layer):
        raise TypeError(f"an engine runs a Layer, such as Layer(load_bank('udacity')), got {type(layer).__name__}")


def check_frame(frame: ByteArray, layer: Layer) -> tuple[int, int]:
    """The maps' (h, w) for this frame; TypeError or ValueError for what is no frame or layer, FrameSizeError."""
    check_picture(frame)
    check_layer(layer)
    return layer.output_hw(frame.shape)
