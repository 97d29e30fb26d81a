"""The layer that is shown: a filter bank, how it lies on the frame, and what follows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NoReturn

from convviz_core.arrays import ByteArray
from convviz_core.filters.bank import FilterBank, without_bias
from convviz_core.geometry import ConvGeometry, ConvSettings, FrameSizeError, PaddingMode
from convviz_core.gray import check_picture, check_shape
from convviz_core.placement import MapPlacement


class Activation(StrEnum):
    """What follows the convolution."""

    RELU = "relu"
    NONE = "none"

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise ValueError(f"there is no activation {value!r}: choose {' or '.join(cls)}")


@dataclass(frozen=True)
class Layer:
    """One convolutional layer; a name is accepted for the activation.

    stride, padding, padding_mode, dilation: torch.nn.Conv2d's own words and forms (see ConvSettings), kept as (y, x). A
    file's geometry (`bank.conv`) does not come with its bank: `Layer.of` takes it. bias: whether the bank's is added.
    Errors: TypeError, ValueError.
    """

    bank: FilterBank
    activation: Activation | str = Activation.RELU
    stride: int | tuple[int, int] = 1
    padding: int | tuple[int, int] | str = 0
    padding_mode: PaddingMode | str = PaddingMode.ZEROS
    dilation: int | tuple[int, int] = 1
    bias: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.bank, FilterBank):
            raise TypeError(f"a layer's bank is a FilterBank, as load_bank gives it, got {type(self.bank).__name__}")
        object.__setattr__(self, "activation", Activation(self.activation))
        conv = ConvSettings(self.stride, self.padding, self.padding_mode, self.dilation)
        for name, value in vars(conv).items():
            object.__setattr__(self, name, value)
        if not isinstance(self.bias, bool):
            raise TypeError(f"a layer's bias is True or False: whether the bank's is added, got {self.bias!r}")
        if self.bias and self.bank.bias is None:
            raise ValueError(f"bank '{self.bank.name}' has no bias that a layer could add")

    @classmethod
    def of(
        cls,
        bank: FilterBank,
        activation: Activation | str = Activation.RELU,
        conv: ConvSettings | None = None,
        *,
        bias: bool = False,
    ) -> Layer:
        """The layer with these settings: None takes those that the bank's file gives, else torch's defaults."""
        conv = conv or bank.conv or ConvSettings()
        return cls(bank, activation, conv.stride, conv.padding, conv.padding_mode, conv.dilation, bias)

    @cached_property
    def conv(self) -> ConvSettings:
        """Stride, padding and dilation alone."""
        return ConvSettings(self.stride, self.padding, self.padding_mode, self.dilation)

    @cached_property
    def weights(self) -> FilterBank:
        """What is computed: the bank, without its bias where that is not used."""
        return self.bank if self.bias else without_bias(self.bank)

    @property
    def name(self) -> str:
        """The bank's."""
        return self.bank.name

    @property
    def signed(self) -> bool:
        """Whether negative responses are shown: true without ReLU."""
        return self.activation == Activation.NONE

    @cached_property
    def geometry(self) -> ConvGeometry:
        """How its maps lie on the frame."""
        return self.conv.geometry(self.bank.kernel_hw)

    def output_hw(self, frame_shape: tuple[int, ...]) -> tuple[int, int]:
        """The maps' (h, w) for frames of this shape, (H, W) gray or (H, W, 3) BGR.

        Errors: ValueError for another shape, FrameSizeError where no response exists.
        """
        check_shape(frame_shape)
        try:
            return self.geometry.output_hw((frame_shape[0], frame_shape[1]))
        except FrameSizeError as error:
            of = f"of '{self.bank.name}'" if str(error).endswith("kernels") else f"('{self.bank.name}')"
            raise FrameSizeError(f"{error} {of}", error.least_padding) from None

    def placement(self, frame_shape: tuple[int, ...]) -> MapPlacement:
        """How its maps lie on such frames. Errors: as output_hw."""
        hw, geometry = self.output_hw(frame_shape), self.geometry
        picture_hw = frame_shape[0], frame_shape[1]
        return MapPlacement(len(self.bank), hw, picture_hw, geometry.stride_yx, geometry.centre(0, 0))


def check_layer(layer: Layer) -> None:
    """TypeError for what is no Layer."""
    if not isinstance(layer, Layer):
        raise TypeError(f"an engine runs a Layer, such as Layer(load_bank('udacity')), got {type(layer).__name__}")


def check_frame(frame: ByteArray, layer: Layer) -> tuple[int, int]:
    """The maps' (h, w) for this frame; TypeError or ValueError for what is no frame or layer, FrameSizeError."""
    check_picture(frame)
    check_layer(layer)
    return layer.output_hw(frame.shape)
