"""A model's layers: which there are, in which order, and their true values, whatever is overwritten later."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch_models import KINDS, ControlFlow, make, reference

from convviz_core import LayerInfo, ModelError, ModelLayer, load_model, open_engine
from convviz_core.arrays import ByteArray

pytestmark = pytest.mark.usefixtures("one_thread")

HW = (36, 44)


def picture(hw: tuple[int, int] = HW, seed: int = 1, least: int = 0) -> ByteArray:
    return np.random.default_rng(seed).integers(least, 256, (*hw, 3), np.uint8)


def as_input(frame: ByteArray) -> Tensor:
    """RGB / 255, as the contract has it."""
    return torch.from_numpy(frame[:, :, ::-1].transpose(2, 0, 1)[None] / 255.0)


@pytest.mark.parametrize("kind", KINDS)
def test_every_layer_gives_what_float64_without_anything_in_place_gives(kind: str) -> None:
    frame = picture(least=140)
    wanted = reference(kind, as_input(frame))
    model = load_model(make(kind))
    with open_engine("torch", "cpu") as engine:
        for name, maps in wanted.items():
            conv, activated = engine.maps(frame, ModelLayer(model, name, HW))
            largest = float(maps.abs().max())
            np.testing.assert_allclose(conv, maps.numpy(), rtol=0, atol=1e-4 * largest, err_msg=name)
            assert np.array_equal(activated, np.maximum(conv, 0))
            assert conv.dtype == activated.dtype == np.float32


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "control_flow"])
def test_the_list_has_every_layer_in_the_order_in_which_they_end_and_no_other(kind: str) -> None:
    wanted = reference(kind, torch.rand(1, 3, *HW))
    found = load_model(make(kind)).layers(HW)
    assert [(layer.name, layer.shape) for layer in found] == [
        (name, tuple(maps.shape)) for name, maps in wanted.items()
    ]


def test_layers_tell_type_stride_and_field_and_a_second_call_apart() -> None:
    by_name = {layer.name: layer for layer in load_model(make("residual")).layers((64, 96))}
    assert by_name["0"] == LayerInfo("0", "Conv2d", (8, 32, 48), (2, 2), (7, 7))
    assert by_name["2.relu"].receptive_field == (11, 11)
    assert by_name["2.relu#2"] == LayerInfo("2.relu#2", "ReLU", (8, 32, 48), (2, 2), (15, 15))
    assert by_name["3"] == LayerInfo("3", "Block", (16, 16, 24), (4, 4), (27, 27))


@pytest.mark.parametrize(
    ("module", "stride"),
    [
        (nn.Conv2d(3, 2, 9, stride=3), 3),  # 44 columns give 12, which is more than 3 apart in the mean
        (nn.Upsample(scale_factor=2), 0.5),
        (nn.ConvTranspose2d(3, 2, 4, stride=4), 0.25),
        (nn.AdaptiveAvgPool2d((9, 11)), 4),  # of one size whatever the input: input over map
    ],
)
def test_a_stride_is_how_far_a_map_s_pixels_lie_apart_in_the_input(module: nn.Module, stride: float) -> None:
    (layer,) = load_model(module).layers((36, 44))
    assert layer.stride == (stride, stride)


def test_a_model_is_not_changed_by_being_looked_at() -> None:
    module = make("residual")
    assert isinstance(module, nn.Sequential)
    module[0].requires_grad_(False)
    module[2].eval()
    before = copy.deepcopy(module.state_dict())
    modes = [part.training for part in module.modules()]
    model = load_model(module)
    model.layers(HW)
    with open_engine("torch", "cpu") as engine:
        engine.maps(picture(), ModelLayer(model, "3", HW))
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert [part.training for part in module.modules()] == modes
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())
    assert [weight.requires_grad for weight in module[0].parameters()] == [False, False]
    assert all(weight.grad is None and weight.is_leaf for weight in module.parameters())


def test_training_a_model_later_does_not_change_what_was_loaded() -> None:
    module = nn.Sequential(nn.Conv2d(3, 2, 1))
    model = load_model(module)
    with open_engine("torch", "cpu") as engine:
        before, _ = engine.maps(picture(), ModelLayer(model, "0", HW))
        with torch.no_grad():
            next(module.parameters()).zero_()
        after, _ = engine.maps(picture(), ModelLayer(model, "0", HW))
    assert np.array_equal(before, after)


def test_the_forward_pass_ends_behind_the_shown_layer() -> None:
    class Fails(nn.Module):
        def forward(self, _x: Tensor) -> Tensor:
            raise RuntimeError("never reached")

    model = load_model(nn.Sequential(nn.Conv2d(3, 2, 3), Fails()))
    with open_engine("torch", "cpu") as engine, pytest.raises(ModelError, match=r"RuntimeError: never reached"):
        engine.maps(picture(), ModelLayer(model, "0", HW))


def test_no_model_can_catch_the_end_of_its_pass() -> None:
    class Catches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 3)
            self.runs = 0

        def forward(self, x: Tensor) -> Tensor:
            try:
                out: Tensor = self.conv(x)
            except Exception:
                return x
            self.runs += 1
            return out

    module = Catches()
    model = load_model(module)
    with open_engine("torch", "cpu") as engine:
        conv, _ = engine.maps(picture(), ModelLayer(model, "conv", HW))
    assert conv.shape == (2, 34, 42)
    assert module.runs == 0


def test_a_model_whose_calls_depend_on_the_picture_is_shown_as_it_runs_now() -> None:
    model = load_model(ControlFlow(True))
    dark, bright = picture() // 4, 255 - picture() // 4
    with open_engine("torch", "cpu") as engine:
        engine.maps(dark, ModelLayer(model, "dark", HW))
        engine.maps(bright, ModelLayer(model, "bright#2", HW))
        with pytest.raises(ModelError, match="'dark' does not run on this picture"):
            engine.maps(bright, ModelLayer(model, "dark", HW))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_any_floating_type_give_maps_as_exact_as_float32(dtype: torch.dtype) -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(True), nn.Conv2d(8, 4, 3)).to(dtype)
    frame = picture()
    with torch.inference_mode():
        wanted = copy.deepcopy(module).double().eval()(as_input(frame).double())[0].numpy()
    model = load_model(module)
    with open_engine("torch", "cpu") as engine:
        conv, _ = engine.maps(frame, ModelLayer(model, "2", HW))
    assert conv.dtype == np.float32
    assert np.abs(conv - wanted).max() < 1e-6 * np.abs(wanted).max()
    assert model.notes == (("its " + str(dtype)[6:] + " weights are computed in float32",) * (dtype.itemsize == 2))


def test_code_that_wants_its_own_type_of_16_bits_runs_in_it() -> None:
    class Narrow(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 1)

        def forward(self, picture: Tensor) -> Tensor:
            maps: Tensor = self.conv(picture.to(torch.bfloat16))
            return maps

    model = load_model(Narrow().to(torch.bfloat16))
    frame = picture()
    with open_engine("torch", "cpu") as engine:
        conv, _ = engine.maps(frame, ModelLayer(model, "conv", HW))
    assert model.dtype == torch.bfloat16
    assert model.notes == ()
    assert torch.equal(torch.tensor(conv), torch.tensor(conv).to(torch.bfloat16).float())


def test_a_model_of_one_channel_gets_the_picture_in_gray_and_says_so() -> None:
    model = load_model(nn.Sequential(nn.Conv2d(1, 2, 1)))
    frame = picture()
    with open_engine("torch", "cpu") as engine:
        colour, _ = engine.maps(frame, ModelLayer(model, "0", HW))
        gray, _ = engine.maps(np.repeat(frame[:, :, 1:2], 3, 2), ModelLayer(model, "0", HW))
        same, _ = engine.maps(frame[:, :, 1], ModelLayer(model, "0", HW))
    assert model.notes == ("the model takes one channel: it gets the picture in gray",)
    assert np.array_equal(gray, same)
    assert not np.array_equal(gray, colour)


def test_wrapping_hides_no_layer() -> None:
    model = load_model(nn.DataParallel(make("plain")))
    assert model.layers(HW)[0].name == "0"


def test_a_weight_that_is_computed_by_weight_norm_can_be_copied() -> None:
    module = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 2, 3)))
    old = nn.Sequential(nn.Conv2d(3, 2, 3))
    nn.utils.weight_norm(old[0])
    for each in (module, old):
        each(torch.rand(1, 3, 8, 8))
        assert [layer.name for layer in load_model(each).layers(HW)][-1] == "0"


@pytest.mark.parametrize(
    ("module", "sentence"),
    [
        (nn.Sequential(nn.Flatten(), nn.LazyLinear(3)), "has no layer with maps"),
        (nn.Conv2d(4, 2, 3), r"the model fails on a 44x36 RGB picture: RuntimeError: .*channels"),
        (nn.Bilinear(3, 3, 3), r"fails on a 44x36 RGB picture: TypeError: .*missing 1 required positional argument"),
    ],
)
def test_a_model_that_has_no_layers_or_fails_says_why(module: nn.Module, sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        load_model(module).layers(HW)


def test_programs_whose_layers_cannot_be_watched_are_named() -> None:
    module = make("plain").eval()
    scripted = torch.jit.trace(module, torch.rand(1, 3, *HW))  # type: ignore[no-untyped-call]
    with pytest.raises(ModelError, match="TorchScript program, whose layers cannot be watched"):
        load_model(scripted)
    exported = torch.export.export(module, (torch.rand(1, 3, *HW),)).module()
    with pytest.raises(ModelError, match="none is called, as in an exported program"):
        load_model(exported).layers(HW)


def test_a_name_that_is_not_in_the_list_is_told_with_the_near_ones() -> None:
    model = load_model(make("residual"))
    with pytest.raises(ModelError, match=r"no layer '2.conv3': did you mean 2.conv"):
        ModelLayer(model, "2.conv3", HW)
    linear = load_model(make("plain"))
    with pytest.raises(ModelError, match=r"no layer 'x': it has 0, 1, 2, 3, 4 and others$"):
        linear.check_name("x")
    with pytest.raises(ModelError, match=r"no layer 'x': it has 0, 1$"):
        load_model(make("plain")[:2]).check_name("x")  # type: ignore[index]
    with pytest.raises(ModelError, match=r"'7' is a part of the model that has no maps: it has 0, 1, 2, 3, 4 and"):
        linear.placement("7", HW)
    with open_engine("torch", "cpu") as engine, pytest.raises(ModelError, match=r"'7' has no maps .* float32 \(1, 4\)"):
        engine.maps(picture(), ModelLayer(linear, "7", HW))
