"""What goes into a model: size, colours, normalisation."""

from __future__ import annotations

import numpy as np
import pytest

from convviz_core.models.errors import ModelError
from convviz_core.models.model_input import Normalization, input_size, normalization_from, scaled, to_input


@pytest.mark.parametrize(
    ("frame_hw", "wanted"),
    [((480, 640), (224, 299)), ((640, 480), (299, 224)), ((1080, 1920), (224, 398)), ((64, 65), (224, 228))],
)
def test_the_shorter_side_becomes_224_and_the_other_the_nearest_in_proportion(
    frame_hw: tuple[int, int], wanted: tuple[int, int]
) -> None:
    assert input_size(frame_hw, None) == wanted  # 298.67, 398.2, 227.5 with halves up


def test_an_input_size_stretches_to_exactly_that() -> None:
    assert input_size((480, 640), (100, 30)) == (100, 30)
    assert scaled(np.zeros((48, 64, 3), np.uint8), (100, 30)).shape == (100, 30, 3)


def test_shrinking_takes_area_means() -> None:
    frame = np.arange(16, dtype=np.uint8).reshape(4, 4) * 4
    assert scaled(frame, (2, 2)).tolist() == [[10, 18], [42, 50]]


def test_the_model_gets_red_green_blue_between_0_and_1() -> None:
    frame = np.array([[[10, 20, 30]]], np.uint8)  # blue, green, red
    assert to_input(frame, (1, 1), 3, None)[:, 0, 0].tolist() == (np.array([30, 20, 10], np.float32) / 255).tolist()
    assert to_input(frame[:, :, 0], (1, 1), 3, None)[:, 0, 0].tolist() == [np.float32(10) / np.float32(255)] * 3


def test_normalising_takes_the_mean_off_and_divides_by_the_deviation() -> None:
    frame = np.array([[[51, 102, 255]]], np.uint8)
    values = to_input(frame, (1, 1), 3, normalization_from("0.5,0.4,0.1/0.5,0.1,2"))[:, 0, 0]
    np.testing.assert_allclose(values, [1.0, 0.0, 0.05], atol=1e-6)
    imagenet = to_input(frame, (1, 1), 3, normalization_from("imagenet"))[:, 0, 0]
    np.testing.assert_allclose(imagenet, [(1 - 0.485) / 0.229, (0.4 - 0.456) / 0.224, (0.2 - 0.406) / 0.225], rtol=1e-5)


def test_a_normalisation_is_written_as_it_is_read() -> None:
    assert normalization_from("none") is normalization_from(None) is None
    assert str(normalization_from("imagenet")) == "imagenet"
    assert normalization_from(str(Normalization((0.5,), (0.25,)))) == Normalization((0.5,), (0.25,))
    assert normalization_from(((0, 0, 0), (1, 1, 1))) == Normalization((0, 0, 0), (1, 1, 1))


@pytest.mark.parametrize("wrong", ["imagnet", "1,2,3", "1,2/1,2", "1,1,1/0,1,1", "a/b", "1,1,1/1,1,nan", 3])
def test_another_normalisation_is_refused_with_what_there_is(wrong: object) -> None:
    with pytest.raises(ModelError, match="none, imagenet, or means/deviations"):
        normalization_from(wrong)
