"""What a layer that is no convolution makes its responses of, in one sentence, and which layer made its input."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_models import make

from convviz_core import ModelLayer, load_model, open_engine
from convviz_core.arrays import ByteArray
from convviz_core.models.explaining import Explanation, explain, explanation_of
from convviz_core.models.reading import contributions_of, traced

pytestmark = pytest.mark.usefixtures("one_thread")

HW = (20, 26)
FRAME: ByteArray = np.random.default_rng(5).integers(0, 256, (*HW, 3), np.uint8)


def behind_a_stem(part: nn.Module) -> nn.Module:
    torch.manual_seed(4)
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), part)


def told(part: nn.Module, index: int, y: int, x: int) -> tuple[Explanation | None, float, np.ndarray]:
    """The explanation, the response, and the part's input (C, h, w)."""
    model = load_model(behind_a_stem(part))
    layer = ModelLayer(model, "1", HW)
    with open_engine("torch", "cpu") as engine:
        response = float(engine.maps(FRAME, layer)[0][index, y, x])
        before = engine.maps(FRAME, ModelLayer(model, "0", HW))[0]
    return explain(FRAME, layer, index, y, x), response, before


def test_max_pooling_tells_which_input_won() -> None:
    found, response, before = told(nn.MaxPool2d(3, 2, 1), 2, 4, 5)
    window = before[2, 7:10, 9:12]  # 2 * 4 - 1, 2 * 5 - 1
    y, x = map(int, np.unravel_index(window.argmax(), window.shape))
    assert found is not None
    (winner,) = found.inputs
    assert (winner.channel, winner.y, winner.x) == (2, 7 + y, 9 + x)
    assert winner.value == pytest.approx(response) == pytest.approx(window.max())
    assert found.words.startswith("the largest input under the window won")
    assert found.made_by == "0"


def test_average_pooling_is_a_mean_and_says_where_padding_counts() -> None:
    found, response, before = told(nn.AvgPool2d(2), 1, 3, 4)
    assert found is not None
    assert found.words == "the mean of 4 inputs of channel 1: rows 6 to 7, columns 8 to 9"
    assert response == pytest.approx(before[1, 6:8, 8:10].mean(), rel=1e-5)
    corner, response, before = told(nn.AvgPool2d(3, 2, 1), 1, 0, 0)
    assert corner is not None
    assert corner.words.endswith(
        "the mean of 4 inputs of channel 1: rows 0 to 1, columns 0 to 1, divided by 9 as padding counts"
    )
    assert response == pytest.approx(before[1, :2, :2].sum() / 9, rel=1e-5)
    whole, _, _ = told(nn.AdaptiveAvgPool2d(1), 1, 0, 0)
    assert whole is not None
    assert whole.words == "the mean of 520 inputs of channel 1: rows 0 to 19, columns 0 to 25"


def test_batch_norm_is_a_scale_and_a_shift() -> None:
    norm = nn.BatchNorm2d(8)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    with torch.no_grad():
        norm.running_mean.fill_(0.5)
        norm.running_var.fill_(4.0 - norm.eps)
        norm.weight.fill_(3.0)
        norm.bias.fill_(0.25)
    found, response, before = told(norm, 3, 5, 6)
    assert found is not None
    (pixel,) = found.inputs
    assert pixel.weight == pytest.approx(1.5)  # 3 / sqrt(4)
    assert response == pytest.approx(1.5 * before[3, 5, 6] - 0.5, rel=1e-5)  # 0.25 - 0.5 * 1.5
    assert (
        " \N{MULTIPLICATION SIGN} 1.50 \N{MINUS SIGN} 0.500 = " in found.words
    )  # as everywhere: three digits, a true minus sign
    assert "-" not in found.words
    assert "learned" in found.words


def test_a_norm_without_kept_statistics_takes_the_picture_s() -> None:
    found, response, before = told(nn.GroupNorm(2, 8), 5, 5, 6)
    assert found is not None
    group = before[4:].astype(np.float64)
    assert response == pytest.approx((before[5, 5, 6] - group.mean()) / np.sqrt(group.var() + 1e-5), rel=1e-4)
    assert "this picture's" in found.words


@pytest.mark.parametrize("inplace", [False, True])
def test_relu_says_what_it_cut_even_where_it_overwrites_its_input(inplace: bool) -> None:
    model = load_model(behind_a_stem(nn.ReLU(inplace)))
    with open_engine("torch", "cpu") as engine:
        before = engine.maps(FRAME, ModelLayer(model, "0", HW))[0]
    for place in (np.unravel_index(before.argmin(), before.shape), np.unravel_index(before.argmax(), before.shape)):
        index, y, x = map(int, place)
        found = explain(FRAME, ModelLayer(model, "1", HW), index, y, x)
        assert found is not None
        assert found.inputs[0].value == before[index, y, x]
        value = f"{before[index, y, x]:.3g}".replace("-", "\N{MINUS SIGN}")
        expected = f"ReLU cuts the input {value} to 0" if before[index, y, x] < 0 else f"the input {value} through"
        assert expected in found.words


def test_upsampling_copies_or_blends() -> None:
    found, _, _ = told(nn.Upsample(scale_factor=2), 1, 7, 9)
    assert found is not None
    assert found.words == "a copy of the input at row 3, column 4 of channel 1"
    blend, response, _ = told(nn.Upsample(scale_factor=2, mode="bilinear"), 1, 7, 9)
    assert blend is not None
    # A quarter of a pixel from the nearest row and column: 3/4 and 1/4 along each axis.
    assert [pixel.weight for pixel in blend.inputs] == pytest.approx([0.5625, 0.1875, 0.1875, 0.0625])
    assert sum(pixel.weight * pixel.value for pixel in blend.inputs) == pytest.approx(response, rel=1e-5)


def test_a_type_that_one_sentence_cannot_say_and_one_that_only_looks_like_a_pool_are_not_explained() -> None:
    class Odd(nn.AvgPool2d):
        def forward(self, x: Tensor) -> Tensor:
            return F.avg_pool2d(x, 2) ** 2

    assert told(nn.Softmax2d(), 0, 0, 0)[0] is None
    assert told(Odd(2), 0, 0, 0)[0] is None
    with pytest.raises(IndexError, match="no pixel"):
        explain(FRAME, ModelLayer(load_model(behind_a_stem(nn.ReLU())), "1", HW), 8, 0, 0)


def test_explaining_calls_no_part_that_another_run_may_be_watching() -> None:
    run = traced(FRAME, ModelLayer(load_model(behind_a_stem(nn.MaxPool2d(2))), "1", HW))
    calls: list[object] = []
    run.call.module.register_forward_hook(lambda *_: calls.append(1))
    assert explanation_of(run, 0, 1, 1) is not None
    assert calls == []


def test_the_layer_that_made_an_input_is_known_where_it_is_one() -> None:
    model = load_model(make("residual"))

    def made_by(name: str) -> str | None:
        return traced(FRAME, ModelLayer(model, name, HW)).made_by

    assert made_by("0") is None  # the picture
    assert made_by("1") == "0"
    assert made_by("2.conv1") == "1"  # after the ReLU in place, though it is the convolution's memory
    assert made_by("2.bn1") == "2.conv1"
    assert made_by("2.relu#2") is None  # a sum that was made in place, in the last batch norm's memory
    assert made_by("3.conv1") == "2.relu#2"  # not the block that passes it on
    assert traced(FRAME, ModelLayer(load_model(make("inception")), "mix", HW)).made_by is None  # put together of four


def test_a_convolution_s_kernel_slices_and_its_largest_inputs() -> None:
    model = load_model(make("residual"))
    found = contributions_of(traced(FRAME, ModelLayer(model, "2.conv2", HW)), 3, 0, 4)
    assert found.rows.tolist() == [-1, 0, 1]
    assert found.columns.tolist() == [3, 4, 5]
    assert found.centre == (1, 4)
    with open_engine("torch", "cpu") as engine:
        before = engine.maps(FRAME, ModelLayer(model, "2.relu", HW))[0]
    kernel, patch = found.slice_of(5)
    np.testing.assert_allclose(patch[1:], before[5, :2, 3:6], rtol=1e-6)
    assert (patch[0] == 0).all()
    assert (kernel * patch).sum() == pytest.approx(found.sums[5])
    listed, rest = found.largest(3)
    sizes = np.sort(np.abs(found.sums))[::-1]
    assert [abs(amount) for _, amount in listed] == pytest.approx(sizes[:3])
    assert sum(amount for _, amount in listed) + rest + found.bias == pytest.approx(found.output, rel=1e-5)
    assert found.made_by == "2.relu"
    with pytest.raises(IndexError, match="input channels 0 to 7 are read"):
        found.slice_of(8)


def test_the_model_s_own_input_is_told_from_what_several_layers_gave() -> None:
    model = load_model(make("residual"))

    def of_input(name: str) -> bool:
        return traced(FRAME, ModelLayer(model, name, HW)).of_input

    assert of_input("0")
    assert contributions_of(traced(FRAME, ModelLayer(model, "0", HW)), 0, 1, 1).of_input
    assert not of_input("1")
    assert not of_input("2.relu#2")  # a sum, which no layer made either
