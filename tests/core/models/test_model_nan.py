"""Fields of unusual models, found many rows at once, are those of changed pixels."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from pixel_changes import changed, span
from torch import Tensor, nn

from convviz_core import ModelLayer, load_model, receptive_field
from convviz_core.geometry import Box
from convviz_core.models.nan_operations import NanOperations, Remembered

pytestmark = pytest.mark.usefixtures("one_thread")

HW = (44, 52)


class Wrapped(nn.Module):
    """A convolution, then a function of it, whose output is the layer `out`."""

    def __init__(self, function: Callable[[Wrapped, Tensor], Tensor], kernel: int = 3) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.stem = nn.Conv2d(3, 8, kernel, 2, kernel // 2)
        self.conv = nn.Conv2d(8, 8, 3, padding=1, groups=2)
        self.linear = nn.Linear(8, 8)
        self.mixing = nn.Linear(26, 26)
        self.norm = nn.LayerNorm(8)
        self.out = nn.Identity()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.out(self.function(self, self.stem(x)))
        return out


def one_by_one(part: Wrapped, x: Tensor) -> Tensor:
    """Takes a batch of one only."""
    return part.conv(x.view(1, 8, *x.shape[2:]))  # type: ignore[no-any-return]


def with_the_batch(part: Wrapped, x: Tensor) -> Tensor:
    """Takes any batch, and adds its mean over the batch: alone, that is itself."""
    return part.conv(x) + x.mean(0, keepdim=True)  # type: ignore[no-any-return]


def shuffled(part: Wrapped, x: Tensor) -> Tensor:
    count, channels, height, width = x.shape
    mixed = x.view(count, 2, channels // 2, height, width).transpose(1, 2).reshape(count, channels, height, width)
    return part.conv(mixed)  # type: ignore[no-any-return]


def flat_and_back(part: Wrapped, x: Tensor) -> Tensor:
    return part.conv(x.flatten(2).reshape(x.shape))  # type: ignore[no-any-return]


def channels_last(part: Wrapped, x: Tensor) -> Tensor:
    """As in ConvNeXt: normalised and mixed over channels, at each place by itself."""
    return x + part.linear(F.gelu(part.norm(x.permute(0, 2, 3, 1)))).permute(0, 3, 1, 2)  # type: ignore[no-any-return]


def mixed_along_rows(part: Wrapped, x: Tensor) -> Tensor:
    return part.mixing(x)  # type: ignore[no-any-return]


def attended(part: Wrapped, x: Tensor) -> Tensor:
    tokens = x.flatten(2).transpose(1, 2)
    found = F.scaled_dot_product_attention(tokens, part.linear(tokens), tokens)
    return found.transpose(1, 2).reshape(x.shape)


def own_kernel(part: Wrapped, x: Tensor) -> Tensor:
    """The kernel is made of the picture."""
    return F.conv2d(x, part.conv.weight.repeat(1, 2, 1, 1) * x.mean(), padding=1)


def cut(_part: Wrapped, x: Tensor) -> Tensor:
    return F.relu6(F.hardswish(x.clamp(-3, 3)) + x)


def shifted(_part: Wrapped, x: Tensor) -> Tensor:
    return F.pad(x, (0, 0, 3, 0))[:, :, :-3] + x.roll(2, 3)


def up(_part: Wrapped, x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="nearest") + F.interpolate(x, scale_factor=2, mode="bicubic")


def pooled(_part: Wrapped, x: Tensor) -> Tensor:
    return F.adaptive_avg_pool2d(x, (3, 4)) + F.adaptive_max_pool2d(x, (3, 4))


def normalised(_part: Wrapped, x: Tensor) -> Tensor:
    return F.group_norm(x, 4)


def unfolded(_part: Wrapped, x: Tensor) -> Tensor:
    return F.fold(F.unfold(x, 3, padding=1), x.shape[2:], 3, padding=1)


def sideways(part: Wrapped, x: Tensor) -> Tensor:
    return F.conv_transpose2d(x, part.conv.weight, stride=(1, 2), padding=1, groups=2)[..., :20]


FUNCTIONS = [
    *(one_by_one, with_the_batch, shuffled, flat_and_back, channels_last, mixed_along_rows, attended, own_kernel),
    *(cut, shifted, up, pooled, normalised, unfolded),
]


def check(module: nn.Module) -> None:
    """The field of some responses of `out` is the smallest rectangle of the pixels that change them."""
    layer = ModelLayer(load_model(module), "out", HW)
    double = module.double().eval()
    rows, columns = (changed(double, "out", HW, axis, one_by_one=True) for axis in range(2))
    height, width = rows.shape[1:]
    for y, x in ((0, 0), (height // 2, width // 3), (height - 1, width - 1)):
        (top, bottom), (left, right) = span(rows[:, y, x]), span(columns[:, y, x])
        assert receptive_field(layer, HW, y, x) == Box(top, left, bottom, right), (y, x)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_a_field_is_what_changes_the_response(function: Callable[[Wrapped, Tensor], Tensor]) -> None:
    check(Wrapped(function, 5))


def test_a_transposed_convolution_of_groups_called_as_a_function_has_its_field() -> None:
    check(Wrapped(sideways))


def test_what_is_replaced_beside_a_path_that_is_not_is_not_known() -> None:
    """NaN comes through the sum by the small path only: the large one is found by changing half of the picture."""
    module = Wrapped(lambda part, x: x + part.conv(torch.nan_to_num(x)))
    assert receptive_field(ModelLayer(load_model(module), "out", HW), HW, 9, 9) is None


def test_channels_that_are_chosen_by_their_strength_are_not_known() -> None:
    def strongest(_part: Wrapped, x: Tensor) -> Tensor:
        chosen = x.abs().mean((2, 3)).topk(4, 1).indices
        return torch.gather(x, 1, chosen[:, :, None, None].expand(-1, -1, *x.shape[2:]))

    assert receptive_field(ModelLayer(load_model(Wrapped(strongest)), "out", HW), HW, 9, 9) is None


def test_a_convolution_with_nan_has_it_where_it_is_read_and_else_what_was_remembered() -> None:
    torch.manual_seed(3)
    conv, values = nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2), torch.rand(1, 4, 9, 11)
    remembered = Remembered()
    with torch.no_grad(), NanOperations(remembered):
        clean = conv(values)
    remembered.complete = True
    batch = values.repeat(2, 1, 1, 1)
    batch[1, 3, 4, 5] = torch.nan
    with torch.no_grad(), NanOperations(remembered):
        found = conv(batch)
    assert torch.equal(found[0], clean[0])
    expected = torch.zeros_like(found[1], dtype=torch.bool)
    expected[3:, 2, 2:4] = True  # of the second group: row 4 is read by output row 2 (3..5), column 5 by 2 (3..5) and 3
    assert torch.equal(found[1].isnan(), expected)
    assert torch.equal(found[1][~expected], clean[0][~expected])
