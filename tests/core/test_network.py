"""The notebook's network: numbers by hand, and the identity that its four filters make."""

from __future__ import annotations

import numpy as np
import torch

from convviz_core.arrays import ByteArray
from convviz_core.engines.reference import TorchEngine
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.filters.files import load_bank
from convviz_core.layer import Layer
from convviz_core.network import Net

SEED = load_bank("udacity")


def random_gray(height: int = 12, width: int = 17) -> ByteArray:
    return np.random.default_rng(1).integers(0, 256, (height, width), np.uint8)


def test_a_step_from_black_to_white_answers_eight_on_the_edge() -> None:
    step = np.zeros((4, 6), np.uint8)
    step[:, 3:] = 255
    conv, activated = TorchEngine().maps(step, Layer(SEED))
    # Columns 0..2 of f1 see the edge at 3: two white columns under +1 +1, then one, then one under -1 too.
    assert conv[0].tolist() == [[4, 8, 4]]
    assert conv[1].tolist() == [[-4, -8, -4]]
    assert activated[1].tolist() == [[0, 0, 0]]
    assert np.abs(conv[2:]).max() < 1e-6


def test_relu_of_a_filter_minus_relu_of_its_negative_is_the_response() -> None:
    conv, activated = TorchEngine().maps(random_gray(), Layer(SEED))
    assert np.array_equal(activated[0] - activated[1], conv[0])
    assert np.array_equal(activated[2] - activated[3], conv[2])


def test_it_cross_correlates_and_a_flipped_bank_convolves() -> None:
    kernel = np.array([[1, 2], [3, 4]], np.float32)
    bank = FilterBank("test", (Filter("f", kernel),))
    dot = np.zeros((3, 3), np.uint8)
    dot[1, 1] = 255
    correlated, _ = TorchEngine().maps(dot, Layer(bank))
    convolved, _ = TorchEngine().maps(dot, Layer(bank.flipped()))
    assert correlated[0].tolist() == [[4, 3], [2, 1]]  # the impulse response is the kernel turned by 180 degrees
    assert convolved[0].tolist() == [[1, 2], [3, 4]]


def test_the_net_takes_a_batch_and_gives_both_maps() -> None:
    conv, activated = Net(Layer(SEED))(torch.rand(2, 1, 5, 7))
    assert conv.shape == activated.shape == (2, 4, 2, 4)
    assert torch.equal(activated, conv.clamp(min=0))


def test_a_bank_of_three_channels_reads_red_green_blue() -> None:
    kernel = np.array([[[1.0]], [[10.0]], [[100.0]]], np.float32)
    bank = FilterBank("rgb", (Filter("f", kernel),))
    bgr = np.array([[[0, 0, 255], [0, 255, 0], [255, 0, 0]]], np.uint8)
    conv, _ = TorchEngine().maps(bgr, Layer(bank))
    assert conv[0].tolist() == [[1, 10, 100]]
