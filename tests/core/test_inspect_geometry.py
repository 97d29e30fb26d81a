"""The inspector with stride, padding, dilation and bias: its patch is F.pad's, its response is the tensor's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from convviz_core import FilterBank, FrameSizeError, Layer, inspect_pixel, load_bank
from convviz_core.engines.reference import TorchEngine
from convviz_core.filters.opposites import with_opposites
from convviz_core.geometry import Box
from convviz_core.gray import to_planes
from convviz_core.inspect import answers_at, responses
from convviz_core.mosaic import MosaicGrid
from convviz_core.ranges import fixed_limits

MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


def pairs(least: int, most: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(least, most), st.integers(least, most))


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    same, rng = draw(st.booleans()), np.random.default_rng(draw(st.integers(0, 99)))
    shape = (3, draw(st.sampled_from([1, 3])), *draw(pairs(1, 5)))
    return Layer(
        FilterBank.from_array("random", rng.normal(size=shape), rng.normal(size=3)),
        draw(st.sampled_from(["relu", "none"])),
        stride=1 if same else draw(pairs(1, 3)),
        padding="same" if same else draw(pairs(0, 4)),
        padding_mode=draw(st.sampled_from(list(MODES))),
        dilation=draw(pairs(1, 3)),
        bias=draw(st.booleans()),
    )


@settings(max_examples=80, deadline=None)
@given(layer=layers(), size=pairs(6, 14), seed=st.integers(0, 99), data=st.data())
def test_the_patch_is_what_f_pad_puts_there_and_the_response_is_the_tensor_s(
    layer: Layer, size: tuple[int, int], seed: int, data: st.DataObject
) -> None:
    frame = np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)
    try:
        map_h, map_w = layer.output_hw(frame.shape)
    except FrameSizeError:
        assume(False)
    y, x = data.draw(st.integers(0, map_h - 1)), data.draw(st.integers(0, map_w - 1))
    conv, activated = TorchEngine().maps(frame, layer)
    result = TorchEngine().run(frame, layer)
    top, bottom, left, right = layer.geometry.margins
    planes = torch.from_numpy(to_planes(frame, layer.bank.channels).astype(np.float32) / 255)
    padded = F.pad(planes[None], [left, right, top, bottom], MODES[str(layer.padding_mode)])[0].numpy()
    inside = F.pad(torch.zeros(planes.shape[1:]), [left, right, top, bottom], value=1.0).numpy()
    (step_y, step_x), (dil_y, dil_x) = layer.geometry.stride_yx, layer.geometry.dilation_yx
    rows = y * step_y + dil_y * np.arange(layer.bank.kernel_hw[0])
    columns = x * step_x + dil_x * np.arange(layer.bank.kernel_hw[1])
    for index in range(3):
        found = inspect_pixel(frame, layer, index, y, x)
        patch = found.patch.reshape(-1, *found.patch.shape[-2:])
        np.testing.assert_array_equal(patch, padded[:, rows[:, None], columns])
        assert found.outside is not None
        np.testing.assert_array_equal(found.outside, inside[rows[:, None], columns] == 1)
        assert found.response == pytest.approx(conv[index, y, x], abs=1e-5)
        assert found.activated == pytest.approx(activated[index, y, x], abs=1e-5)
        assert (found.bias is not None) == layer.bias
        total = found.products.sum(dtype=np.float64) + (found.bias or 0.0)
        assert found.response == pytest.approx(total, abs=1e-5)
        grid = MosaicGrid(3, (map_h, map_w))
        assert abs(found.byte - int(result.mosaic[grid.mosaic_pixel(index, y, x)])) <= 1
    answers, levels = answers_at(frame, layer, y, x, result.ranges)
    np.testing.assert_allclose(answers, conv[:, y, x], atol=1e-5)
    assert levels.tolist() == [inspect_pixel(frame, layer, index, y, x).byte for index in range(3)]
    whole = responses(frame, layer, (0, 2), Box(0, 0, map_h, map_w))
    np.testing.assert_allclose(whole, conv[[0, 2]], atol=1e-5)


@pytest.mark.parametrize("shape", [(6, 8), (6, 8, 3)])
def test_responses_that_read_nothing_but_padding_are_the_bias(shape: tuple[int, ...]) -> None:
    bank = FilterBank.from_array("b", np.ones((2, 1, 3, 3)), np.array([0.5, -4.0]))
    layer = Layer(bank, "none", padding=9, bias=True)
    frame = np.full(shape, 200, np.uint8)
    for part in (Box(0, 0, 2, 3), Box(0, 10, 2, 12), Box(10, 0, 12, 2)):  # a corner, above the frame, beside it
        found = responses(frame, layer, (0, 1), part)
        assert found.shape == (2, part.bottom - part.top, part.right - part.left)
        assert (found[0] == 0.5).all()
        assert (found[1] == -4.0).all()


def test_the_fixed_range_has_the_bias_in_it() -> None:
    kernels = np.array([[[2.0, -3.0]], [[1.0, 0.0]]])  # positive 2 and 1, negative 3 and 0
    bank = FilterBank.from_array("b", kernels, np.array([0.5, -4.0]))
    assert fixed_limits(Layer(bank, "none")) == (-3.0, 3.0)
    assert fixed_limits(Layer(bank, "none", bias=True)) == (-4.0, 4.0)  # 2 + 0.5, 3 - 0.5; 1 - 4, 0 + 4
    assert fixed_limits(Layer(bank, "relu")) == (0.0, 2.0)
    assert fixed_limits(Layer(bank, "relu", bias=True)) == (0.0, 2.5)
    below = FilterBank.from_array("b", kernels, np.array([-2.0, -1.0]))
    assert fixed_limits(Layer(below, "relu", bias=True)) == (0.0, 1.0)  # no response is above 0


def test_the_opposite_of_a_filter_has_the_opposite_bias() -> None:
    seed = load_bank("udacity")
    pairs = with_opposites(FilterBank.from_array("b", seed.kernels, np.array([1.0, -1.0, 2.0, 2.0])))
    assert pairs.opposite_of == (1, 0, 4, 5)  # f3 and f4 are opposites, but their biases are not
    assert pairs.bias is not None
    assert pairs.bias.tolist() == [1, -1, 2, 2, -2, -2]
    assert (pairs.kernels[4] == -seed.kernels[2]).all()
    without = with_opposites(seed)
    assert without.opposite_of == (1, 0, 3, 2)
    assert without.bias is None


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"stride": 0}, "stride is a whole number of at least 1, or two of them (y, x); got 0"),
        ({"padding": "full"}, "padding is a whole number of at least 0, or two of them (y, x), or 'same'; got 'full'"),
        ({"padding_mode": "mirror"}, "padding_mode is one of zeros, reflect, replicate, circular, got 'mirror'"),
        ({"dilation": (1, 1, 1)}, "dilation is a whole number of at least 1"),
        ({"padding": "same", "stride": (1, 2)}, "padding 'same' exists for stride 1 only, got stride (1, 2)"),
        ({"bias": True}, "bank 'udacity' has no bias that a layer could add"),
    ],
)
def test_a_layer_that_does_not_exist_is_told_in_one_sentence(settings: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        Layer(load_bank("udacity"), **settings)  # type: ignore[arg-type]
    assert str(caught.value).startswith(says)


def test_a_layer_that_is_too_large_for_its_frame_says_what_its_padding_makes_of_it() -> None:
    layer = Layer(load_bank("udacity"), padding=(0, 1), dilation=(3, 1))
    with pytest.raises(FrameSizeError) as caught:
        layer.output_hw((5, 6))
    assert str(caught.value) == (
        "the frame is 6x5 (8x5 with its padding), smaller than the 10x4 that is spanned by the dilated kernels of"
        " 'udacity'"
    )
