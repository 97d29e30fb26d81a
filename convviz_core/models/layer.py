"""A layer of a model: which one, on what input, and what follows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from convviz_core.gray import check_shape
from convviz_core.layer import Activation
from convviz_core.models.errors import ModelError
from convviz_core.models.model_input import Normalization, checked_input_hw, input_size, normalization_from
from convviz_core.placement import MapPlacement

if TYPE_CHECKING:
    from convviz_core.models.model import Model

MOST_SHOWN = 64  # maps in a mosaic


class LayerInfo(NamedTuple):
    """A layer of a model, for inputs of one size.

    name: its path, with #2 behind it for its second call. type: the module's class. shape: (C, h, w). stride: input
    pixels from one map pixel to the next, (y, x), fractions where a map is larger than the input. receptive_field:
    (h, w) in the middle of the map, None where it is not known.
    """

    name: str
    type: str
    shape: tuple[int, int, int]
    stride: tuple[float, float]
    receptive_field: tuple[int, int] | None


@dataclass(frozen=True)
class ModelLayer:
    """One layer of a model, and how frames go into the model.

    model: from load_model. name: as in Model.layers. input_hw: (h, w) to which frames are stretched; None scales the
    shorter side to 224. normalize: None, "imagenet", "M,M,M/S,S,S" or (means, deviations). activation: the viewer's
    own, on what the layer gives. channels: the maps in the mosaic, at most 64, in this order; None for the first 64.
    Errors: ModelError, TypeError, ValueError.
    """

    model: Model
    name: str
    input_hw: tuple[int, int] | None = None
    normalize: Normalization | str | tuple[tuple[float, ...], tuple[float, ...]] | None = None
    activation: Activation | str = Activation.RELU
    channels: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if not hasattr(self.model, "check_name"):
            raise TypeError(f"a model layer's model is what load_model gives, got {type(self.model).__name__}")
        object.__setattr__(self, "activation", Activation(self.activation))
        object.__setattr__(self, "normalize", normalization_from(self.normalize))
        if self.input_hw is not None:
            object.__setattr__(self, "input_hw", checked_input_hw(self.input_hw))
        if self.channels is not None:
            object.__setattr__(self, "channels", _checked_channels(self.channels))
        self.model.check_name(self.name)

    @property
    def signed(self) -> bool:
        """Whether negative responses are shown: true without ReLU."""
        return self.activation == Activation.NONE

    @property
    def normalization(self) -> Normalization | None:
        """What follows the division by 255."""
        assert self.normalize is None or isinstance(self.normalize, Normalization)
        return self.normalize

    def size_hw(self, frame_shape: tuple[int, ...]) -> tuple[int, int]:
        """The (h, w) of the model's input for frames of this shape; ValueError for what is no frame's."""
        check_shape(frame_shape)
        return input_size((frame_shape[0], frame_shape[1]), self.input_hw)

    def placement(self, frame_shape: tuple[int, ...]) -> MapPlacement:
        """How the shown maps lie on the model's input for such frames.

        The model's receptive fields are found for it, which may take seconds the first time. Errors: ModelError.
        """
        found = self.model.placement(self.name, self.size_hw(frame_shape))
        return replace(found, count=len(self.shown(found.count)))

    def shown(self, count: int) -> tuple[int, ...]:
        """Which of `count` maps are in the mosaic. ModelError where the layer does not have them."""
        if self.channels is None:
            return tuple(range(min(count, MOST_SHOWN)))
        if max(self.channels) >= count:
            raise ModelError(f"'{self.name}' has {count} channels, there is no channel {max(self.channels)}")
        return self.channels


def _checked_channels(channels: tuple[int, ...]) -> tuple[int, ...]:
    whole = tuple(int(channel) for channel in channels)
    if not 1 <= len(whole) <= MOST_SHOWN or min(whole) < 0:
        raise ValueError(f"a mosaic shows 1 to {MOST_SHOWN} channels, numbered from 0, got {len(whole)}")
    return whole
