"""How the maps of a model's layers lie on its input and on each other, and two layers from one run."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch_models import make, reference

from convviz_core import ModelLayer, load_model, open_engine
from convviz_core.engines.model_page import layer_outputs
from convviz_core.engines.planning import PlanningEngine
from convviz_core.filters.files import load_bank
from convviz_core.layer import Layer
from convviz_core.models.errors import ModelError
from convviz_core.models.model_input import to_input
from convviz_core.placement import Alignment, MapPlacement, NotAlignedError, lay_over

pytestmark = pytest.mark.usefixtures("one_thread")

HW = (64, 80)

# Of each: the layer, its stride, and the middle of what response 0 reads, worked out by hand from kernels and padding.
CENTRES = [
    ("plain", "2", 2, (0.5, 0.5)),  # pooled in pairs
    ("plain", "3", 4, (4.5, 4.5)),  # 5x5 without padding, two pixels apart
    ("residual", "3.conv2", 4, (0, 0)),
    ("inception", "mix", 2, (1, 1)),  # the stem has no padding; no branch shifts anything
    ("dilated", "0", 1, (0, 0)),  # padding that mirrors
    ("dilated", "4", 1, (1.5, 0.5)),  # 4x2
    ("depthwise", "4", 2, (0, 0)),
    ("encoder_decoder", "up", 1, (0, 0)),  # pooled in pairs, and made larger again
    ("encoder_decoder", "twice", 0.5, (-0.25, -0.25)),  # torch.nn.Upsample with corners not aligned
    ("outputs", "head", 4, (2.5, 2.5)),
]


@pytest.mark.parametrize(("kind", "name", "stride", "centre"), CENTRES)
def test_the_middle_of_what_the_first_response_reads_is_that_of_the_kernels(
    kind: str, name: str, stride: float, centre: tuple[float, float]
) -> None:
    found = load_model(make(kind)).placement(name, HW)
    assert (found.stride_yx, found.centre_yx) == ((stride, stride), centre)


def test_a_layer_that_reads_the_whole_picture_has_no_known_middle() -> None:
    model = load_model(make("squeeze_excitation"))
    assert model.placement("conv", HW).centre_yx == (0, 0)
    assert model.placement("after", HW).centre_yx is None


def test_two_layers_are_laid_over_each_other_by_the_middles_of_what_they_read() -> None:
    model = load_model(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.Conv2d(2, 5, 5), nn.Conv2d(5, 2, 3, 2)))
    before, after, later, strided = (ModelLayer(model, name, HW).placement(HW) for name in "0123")
    assert lay_over(after, before) == Alignment((0, 0), (0, 0), (62, 78), 2)
    assert lay_over(later, before) == Alignment((0, 0), (2, 2), (58, 74), 2)
    assert lay_over(before, later) == Alignment((2, 2), (0, 0), (58, 74), 2)
    with pytest.raises(NotAlignedError, match="their strides are 2 and 1"):
        lay_over(strided, later)


def test_layers_that_read_the_same_are_laid_over_each_other_even_where_that_is_everything() -> None:
    model = load_model(nn.Sequential(nn.Conv2d(3, 4, 31, padding=15), nn.Conv2d(4, 4, 31, padding=15), nn.ReLU()))
    second, third = (model.placement(name, (20, 20)) for name in "12")
    assert second.centre_yx is None
    assert lay_over(third, second) == Alignment((0, 0), (0, 0), (20, 20), 4)
    with pytest.raises(NotAlignedError, match="kept layer's receptive fields"):
        lay_over(MapPlacement(4, (20, 20), (20, 20), (1, 1), (0, 0)), third)


def test_a_bank_on_the_frame_and_a_layer_on_a_smaller_input_are_not_laid_over_each_other() -> None:
    model, bank = load_model(make("dilated")), Layer(load_bank("sobel"))
    with pytest.raises(NotAlignedError, match="sizes, 80x64 and 640x480"):
        lay_over(model.placement("0", HW), bank.placement((480, 640, 3)))
    # As large, they are: 3x3 without padding begins one pixel further down and right.
    found = lay_over(model.placement("0", HW), bank.placement((*HW, 3)))
    assert (found.live_yx, found.kept_yx, found.hw) == ((1, 1), (0, 0), (62, 78))


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize(("shown", "also"), [("2.bn1", "2.relu"), ("2.relu#2", "2.bn2"), ("3", "2.conv1"), ("1", "1")])
def test_two_layers_of_one_run_are_both_what_they_gave_whatever_overwrites_them(
    shown: str, also: str, *, traced: bool
) -> None:
    model, frame = load_model(make("residual")), np.random.default_rng(3).integers(0, 256, (*HW, 3), np.uint8)
    expected = reference("residual", torch.from_numpy(to_input(frame, HW, 3, None))[None])
    layers = [ModelLayer(model, name, HW) for name in (shown, also)]
    with open_engine("torch", "cpu") as engine:
        found = layer_outputs(engine.plan_model(layers[0], frame.shape), frame, layers[1], traced=traced)
    for output, layer in zip(found, layers, strict=True):
        assert output is not None
        wanted = expected[layer.name].numpy()
        np.testing.assert_allclose(output.conv, wanted, atol=1e-5 * np.abs(wanted).max())
    assert (found[0].run is not None) == traced


def test_two_layers_take_one_run() -> None:
    class Counted(nn.Module):
        runs = 0

        def __init__(self) -> None:
            super().__init__()
            self.parts = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(True), nn.Conv2d(4, 4, 3))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            Counted.runs += 1
            found: torch.Tensor = self.parts(x)
            return found

    frame, model = np.zeros((*HW, 3), np.uint8), load_model(Counted())
    with open_engine("torch", "cpu") as engine:
        assert isinstance(engine, PlanningEngine)
        plan = engine.plan_model(ModelLayer(model, "parts.1", HW), frame.shape)
        Counted.runs = 0
        layer_outputs(plan, frame, ModelLayer(model, "parts.2", HW))
        assert Counted.runs == 1


def test_a_layer_that_is_not_called_in_a_run_gives_nothing_beside_the_one_that_is() -> None:
    model, frame = load_model(make("control_flow")), np.zeros((*HW, 3), np.uint8)
    with open_engine("torch", "cpu") as engine:
        plan = engine.plan_model(ModelLayer(model, "first", HW), frame.shape)
        assert layer_outputs(plan, frame, ModelLayer(model, "bright", HW))[1] is None
        with pytest.raises(ModelError, match="'bright' does not run"):
            layer_outputs(engine.plan_model(ModelLayer(model, "bright", HW), frame.shape), frame)
