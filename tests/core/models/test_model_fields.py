"""Receptive fields of a model's layers are what changing pixels shows, and not known where that cannot be trusted."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from pixel_changes import changed, span
from torch import Tensor, nn
from torch_models import ControlFlow, make

from convviz_core import ModelError, ModelLayer, load_model, receptive_field
from convviz_core.geometry import Box

pytestmark = pytest.mark.usefixtures("one_thread")

HW = (30, 38)
# Of each kind: a layer in the middle and the last one with maps.
LAYERS = [
    ("plain", "2"),
    ("plain", "4"),
    ("residual", "2.conv2"),
    ("residual", "3"),
    ("inception", "row"),
    ("inception", "mix"),
    ("dilated", "0"),
    ("dilated", "4"),
    ("depthwise", "4"),
    ("encoder_decoder", "down2"),
    ("encoder_decoder", "up"),
    ("encoder_decoder", "twice"),
    ("squeeze_excitation", "conv"),
    ("squeeze_excitation", "after"),
    ("outputs", "head"),
]


@pytest.mark.parametrize(("kind", "name"), LAYERS)
def test_a_field_is_the_smallest_rectangle_of_pixels_that_change_the_response(kind: str, name: str) -> None:
    layer = ModelLayer(load_model(make(kind)), name, HW)
    module = make(kind, inplace=False).double().eval()
    rows, columns = (changed(module, name, HW, axis) for axis in range(2))
    height, width = rows.shape[1:]
    for y in {0, 1, height // 2, height - 1}:
        for x in {0, width // 3, width - 2, width - 1}:
            (top, bottom), (left, right) = span(rows[:, y, x]), span(columns[:, y, x])
            assert receptive_field(layer, HW, y, x) == Box(top, left, bottom, right), (y, x)


def test_a_picture_larger_than_what_is_tried_first_has_the_same_fields() -> None:
    hw = (73, 97)
    layer = ModelLayer(load_model(make("residual")), "3.conv1", hw)
    # 7x7 stride 2, then 3x3, 3x3, 3x3 stride 2: 7 + 2 * (2 + 2 + 2) = 19 pixels, 4 apart, the first around pixel 0.
    assert receptive_field(layer, hw, 0, 0) == Box(0, 0, 10, 10)
    assert receptive_field(layer, hw, 9, 12) == Box(27, 39, 46, 58)


def test_a_map_whose_fields_are_not_the_same_in_each_column_is_tried_on_the_whole_picture() -> None:
    class Halves(nn.Module):
        """A blur of 3 rows on the left half, of 9 on the right."""

        def __init__(self) -> None:
            super().__init__()
            self.out = nn.Identity()

        def forward(self, x: Tensor) -> Tensor:
            half = x.shape[3] // 2
            left = F.avg_pool2d(x[..., :half], (3, 1), 1, (1, 0))
            right = F.avg_pool2d(x[..., half:], (9, 1), 1, (4, 0))
            out: Tensor = self.out(torch.cat([left, right], 3))
            return out

    hw = (40, 128)
    layer = ModelLayer(load_model(Halves()), "out", hw)
    assert receptive_field(layer, hw, 20, 5) == Box(19, 5, 22, 6)
    assert receptive_field(layer, hw, 20, 120) == Box(16, 120, 25, 121)


def test_weights_of_zero_count_as_read() -> None:
    conv = nn.Conv2d(3, 1, 5, padding=2)
    with torch.no_grad():
        conv.weight.zero_()
    layer = ModelLayer(load_model(nn.Sequential(conv)), "0", HW)
    assert receptive_field(layer, HW, 10, 10) == Box(8, 8, 13, 13)


def test_global_pooling_makes_it_the_whole_picture() -> None:
    layer = ModelLayer(load_model(make("squeeze_excitation")), "more", HW)
    assert receptive_field(layer, HW, 0, 0) == Box(0, 0, *HW)


class Replaces(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)
        self.after = nn.Conv2d(2, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.after(torch.nan_to_num(self.conv(x)))
        return out


class Chooses(nn.Module):
    """One branch or the other by the picture's mean, and both are called: NaN takes the small one."""

    def __init__(self) -> None:
        super().__init__()
        self.small = nn.Conv2d(3, 2, 1)
        self.large = nn.Conv2d(3, 2, 9, padding=4)
        self.out = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.out(torch.where(x.mean() > 0.4, self.large(x), self.small(x)))
        return out


@pytest.mark.parametrize(
    ("module", "name"), [(Replaces(), "after"), (Chooses(), "out"), (ControlFlow(True, 0.4), "bright")]
)
def test_where_nothing_is_proved_the_field_is_not_known(module: nn.Module, name: str) -> None:
    model = load_model(module)
    layer = ModelLayer(model, name, HW)
    assert receptive_field(layer, HW, 4, 4) is None
    assert {field.name: field.receptive_field for field in model.layers(HW)}[name] is None


def test_what_comes_before_is_known_all_the_same() -> None:
    model = load_model(Replaces())
    assert [layer.receptive_field for layer in model.layers(HW)] == [(3, 3), None]


def test_a_place_that_is_not_there_is_an_index_error_and_a_failing_size_a_model_error() -> None:
    layer = ModelLayer(load_model(nn.Sequential(nn.Conv2d(3, 2, 7))), "0", HW)
    with pytest.raises(IndexError, match="no pixel"):
        receptive_field(layer, HW, 24, 0)
    with pytest.raises(ModelError, match="fails on a 5x5 RGB picture"):
        receptive_field(layer, (5, 5), 0, 0)
