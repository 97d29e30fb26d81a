"""What each input channel adds to a response adds up to it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_models import make

from convviz_core import ModelError, ModelLayer, contributions, load_model, open_engine
from convviz_core.arrays import ByteArray

pytestmark = pytest.mark.usefixtures("one_thread")

HW = (21, 26)

CONVOLUTIONS = [
    nn.Conv2d(6, 4, 3),
    nn.Conv2d(6, 4, (2, 5), stride=(2, 1), padding=(1, 2), bias=False),
    nn.Conv2d(6, 9, 3, padding=2, dilation=2, groups=3),
    nn.Conv2d(6, 6, 4, groups=6, padding="same"),
    nn.Conv2d(6, 4, 3, padding="valid"),
    nn.Conv2d(6, 4, 5, padding=2, padding_mode="reflect"),
    nn.Conv2d(6, 4, 5, padding=2, padding_mode="replicate"),
    nn.Conv2d(6, 4, 5, padding=(2, 1), padding_mode="circular", stride=3),
    nn.ConvTranspose2d(6, 4, 3, stride=2, padding=1, output_padding=1),
    nn.ConvTranspose2d(6, 4, (3, 2), stride=(3, 1), dilation=(1, 2), groups=2, bias=False),
]


def picture() -> ByteArray:
    return np.random.default_rng(3).integers(0, 256, (*HW, 3), np.uint8)


def stem() -> nn.Module:
    torch.manual_seed(2)
    return nn.Conv2d(3, 6, 1)


@pytest.mark.parametrize("convolution", CONVOLUTIONS, ids=str)
def test_sums_and_bias_are_the_output_and_a_channel_s_sum_is_what_it_gives_alone(convolution: nn.Conv2d) -> None:
    model = load_model(nn.Sequential(stem(), convolution))
    frame, layer = picture(), ModelLayer(model, "1", HW)
    with open_engine("torch", "cpu") as engine:
        conv, _ = engine.maps(frame, layer)
        before, _ = engine.maps(frame, ModelLayer(model, "0", HW))
    alone = np.stack([_alone(convolution, before, channel) for channel in range(6)])
    _, height, width = conv.shape
    for index, y, x in ((0, 0, 0), (3, height // 2, width // 3), (1, height - 1, width - 1), (2, 1, width - 2)):
        sums, bias = contributions(frame, layer, index, y, x)
        assert sums.shape == (6,)
        assert sums.dtype == np.float64
        np.testing.assert_allclose(sums.sum() + bias, conv[index, y, x], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(sums, alone[:, index, y, x], rtol=1e-9, atol=1e-12)
        assert bias == (0.0 if convolution.bias is None else float(convolution.bias[index]))


def _alone(convolution: nn.Conv2d, before: np.ndarray, channel: int) -> np.ndarray:
    """What the convolution gives, without its bias, of one input channel: by torch in float64."""
    one = np.zeros((1, *before.shape))
    one[0, channel] = before[channel]
    double = load_model(convolution)._module.double()
    if isinstance(double.bias, Tensor):
        nn.init.zeros_(double.bias)
    with torch.no_grad():
        return double(torch.from_numpy(one))[0].numpy()  # type: ignore[no-any-return]


def test_another_kind_of_layer_is_told_and_a_convolution_that_changes_its_weights_too() -> None:
    class Standardised(nn.Conv2d):
        def forward(self, x: Tensor) -> Tensor:
            return F.conv2d(x, self.weight - self.weight.mean(), self.bias)

    with pytest.raises(ModelError, match="contributions are a convolution's: '2' is MaxPool2d"):
        contributions(picture(), ModelLayer(load_model(make("plain")), "2", HW), 0, 0, 0)
    model = load_model(nn.Sequential(Standardised(3, 2, 3)))
    with pytest.raises(ModelError, match="products do not add up"):
        contributions(picture(), ModelLayer(model, "0", HW), 0, 5, 5)


def test_a_response_that_is_not_there_is_an_index_error() -> None:
    layer = ModelLayer(load_model(make("plain")), "0", HW)
    for index, y, x in ((8, 0, 0), (-1, 0, 0), (0, 21, 0), (0, 0, 26)):
        with pytest.raises(IndexError, match="no pixel"):
            contributions(picture(), layer, index, y, x)
