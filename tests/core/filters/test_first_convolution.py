"""Which weights a network's input meets: real networks' names and shapes, in the layers' order and the alphabet's."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from convviz_core.filters.checkpoints.first_convolution import first_convolution, in_layer_order

Shapes = dict[str, tuple[int, ...]]

RESNET: Shapes = {
    "conv1.weight": (64, 3, 7, 7),
    "bn1.weight": (64,),
    "bn1.bias": (64,),
    "layer1.0.conv1.weight": (64, 64, 1, 1),
    "layer1.0.conv2.weight": (64, 64, 3, 3),
    "layer2.0.downsample.0.weight": (128, 64, 1, 1),
    "fc.weight": (1000, 2048),
}
EFFICIENTNET: Shapes = {
    "conv_stem.weight": (32, 3, 3, 3),
    "bn1.weight": (32,),
    "blocks.0.0.conv_dw.weight": (32, 1, 3, 3),
    "blocks.0.0.se.conv_reduce.weight": (8, 32, 1, 1),
    "blocks.0.0.conv_pw.weight": (16, 32, 1, 1),
    "blocks.1.0.conv_dw.weight": (96, 1, 3, 3),
    "conv_head.weight": (1280, 320, 1, 1),
}
RESTORER: Shapes = {  # its layers come in another order in the alphabet: decoders, encoders, ending, intro
    "intro.weight": (32, 3, 3, 3),
    "intro.bias": (32,),
    "encoders.0.0.conv1.weight": (64, 32, 1, 1),
    "encoders.0.0.conv2.weight": (64, 1, 3, 3),
    "decoders.0.0.conv1.weight": (64, 32, 1, 1),
    "decoders.0.0.conv2.weight": (64, 1, 3, 3),
    "ending.weight": (3, 32, 3, 3),
    "ending.bias": (3,),
}
VISION_TRANSFORMER: Shapes = {
    "cls_token": (1, 1, 384),
    "pos_embed": (1, 1, 14, 14),
    "patch_embed.proj.weight": (384, 3, 16, 16),
    "patch_embed.proj.bias": (384,),
    "blocks.0.attn.qkv.weight": (1152, 384),
}
LENET: Shapes = {
    "conv1.weight": (6, 1, 5, 5),
    "conv1.bias": (6,),
    "conv2.weight": (16, 6, 5, 5),
    "conv2.bias": (16,),
    "fc.weight": (120, 256),
}
SIMILARITY: Shapes = {  # LPIPS
    "scaling_layer.shift": (1, 3, 1, 1),
    "scaling_layer.scale": (1, 3, 1, 1),
    "net.slice1.0.weight": (64, 3, 11, 11),
    "net.slice1.0.bias": (64,),
    "net.slice2.3.weight": (192, 64, 5, 5),
    "lin0.model.1.weight": (1, 64, 1, 1),
}
NORMALISING: Shapes = {"mean": (1, 3, 1, 1), "std": (1, 3, 1, 1), **RESNET}
GRAY_NORMALISING: Shapes = {"mean": (1, 1, 1, 1), "std": (1, 1, 1, 1), **LENET}
AUTOENCODER: Shapes = {  # transposed weights are (in, out, kh, kw)
    "encoder.0.weight": (16, 1, 3, 3),
    "encoder.0.bias": (16,),
    "encoder.2.weight": (32, 16, 3, 3),
    "decoder.0.weight": (32, 16, 2, 2),
    "decoder.0.bias": (16,),
    "decoder.2.weight": (16, 1, 2, 2),
    "decoder.2.bias": (1,),
}
GENERATOR: Shapes = {  # DCGAN's: transposed convolutions without biases
    "main.0.weight": (100, 512, 4, 4),
    "main.1.weight": (512,),
    "main.3.weight": (512, 256, 4, 4),
    "main.6.weight": (256, 128, 4, 4),
    "main.9.weight": (128, 64, 4, 4),
    "main.12.weight": (64, 3, 4, 4),
}
GAN: Shapes = {
    **{f"generator.{name}": shape for name, shape in GENERATOR.items()},
    "discriminator.main.0.weight": (64, 3, 4, 4),
    "discriminator.main.2.weight": (128, 64, 4, 4),
}
BRANCHING: Shapes = {  # RepVGG's stem: the alphabet has the 1x1 branch first
    "stem.conv_kxk.conv.weight": (48, 3, 3, 3),
    "stem.conv_1x1.conv.weight": (48, 3, 1, 1),
    "stages.0.0.conv_kxk.conv.weight": (48, 48, 3, 3),
}
AVERAGED: Shapes = {
    **{f"ema_model.{name}": shape for name, shape in RESNET.items()},
    **{f"online_model.{name}": shape for name, shape in RESNET.items()},
}
LEARNING_WITH_A_LOSS: Shapes = {
    **{f"criterion.perceptual.{name}": shape for name, shape in SIMILARITY.items()},
    "net.conv_in.weight": (128, 3, 3, 3),
    "net.conv_out.weight": (3, 128, 3, 3),
}
MIXING: Shapes = {  # a learnt colour space first
    "features.0.weight": (3, 3, 1, 1),
    "features.2.weight": (64, 3, 3, 3),
    "features.4.weight": (64, 64, 3, 3),
}
GRAY_TO_THREE: Shapes = {"conv1.weight": (3, 1, 5, 5), "conv2.weight": (8, 3, 3, 3), "conv3.weight": (8, 8, 3, 3)}
GRAY_MOBILENET: Shapes = {
    "conv_stem.weight": (16, 1, 3, 3),
    "blocks.0.conv_dw.weight": (16, 1, 3, 3),
    "blocks.0.conv_pw.weight": (24, 16, 1, 1),
    "blocks.1.conv_dw.weight": (24, 1, 3, 3),
}
UNNAMED: Shapes = {"pos": (1, 1, 14, 14), "window": (3, 1, 11, 11), "w1": (8, 3, 5, 5), "w2": (8, 8, 3, 3)}


@pytest.mark.parametrize(
    ("shapes", "first"),
    [
        (RESNET, "conv1.weight"),
        (EFFICIENTNET, "conv_stem.weight"),
        (RESTORER, "intro.weight"),
        (VISION_TRANSFORMER, "patch_embed.proj.weight"),
        (LENET, "conv1.weight"),
        (SIMILARITY, "net.slice1.0.weight"),
        (NORMALISING, "conv1.weight"),
        (GRAY_NORMALISING, "conv1.weight"),
        (AUTOENCODER, "encoder.0.weight"),
        (GENERATOR, None),
        (GAN, "discriminator.main.0.weight"),
        (BRANCHING, "stem.conv_kxk.conv.weight"),
        (AVERAGED, "online_model.conv1.weight"),
        (LEARNING_WITH_A_LOSS, "net.conv_in.weight"),
        (MIXING, "features.0.weight"),
        (GRAY_TO_THREE, "conv1.weight"),
        (GRAY_MOBILENET, "conv_stem.weight"),
        (UNNAMED, "w1"),
    ],
)
@pytest.mark.parametrize("in_order", [True, False])
def test_the_convolution_that_the_input_meets_is_found(shapes: Shapes, first: str | None, in_order: bool) -> None:
    assert first_convolution(shapes if in_order else dict(sorted(shapes.items())), in_order) == first


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize(
    "shapes",
    [
        {},
        {"mean": (1, 3, 1, 1), "weight": (10, 20)},
        {"norm.weight": (1, 3, 1, 1)},
        {"up.weight": (64, 3, 2, 2), "up.bias": (3,)},
        {"deconv.weight": (64, 3, 2, 2)},
        {"conv_transpose.weight": (64, 1, 2, 2)},
        {"stem.conv.weight": (32, 12, 3, 3), "block.0.dw.weight": (32, 1, 3, 3), "block.1.dw.weight": (64, 1, 3, 3)},
        {"pos_embed.weight": (8, 1, 14, 14), "stem.weight": (32, 4, 3, 3)},
    ],
)
def test_none_is_taken_where_none_reads_a_frame(shapes: Shapes, in_order: bool) -> None:
    assert first_convolution(shapes, in_order) is None


@pytest.mark.parametrize("name", ["a_block.conv.weight", "a_block.depthwise.weight"])
def test_a_depthwise_layer_that_is_named_before_the_stem_is_passed_over(name: str) -> None:
    for in_order in (True, False):
        shapes = {name: (8, 1, 3, 3), "stem.weight": (8, 3, 3, 3), "z.weight": (16, 8, 1, 1)}
        assert first_convolution(shapes, in_order) == "stem.weight"


def test_numbers_in_names_count_as_numbers() -> None:
    assert in_layer_order(["conv10.a", "conv2.a", "conv2.0"]) == ["conv2.0", "conv2.a", "conv10.a"]


def convolutions(*channels: int) -> list[torch.nn.Module]:
    return [torch.nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(channels)]


@pytest.mark.parametrize(
    "network",
    [
        torch.nn.Sequential(torch.nn.InstanceNorm2d(3, affine=True), *convolutions(3, 8, 8)),
        torch.nn.Sequential(*convolutions(1, 8, 3, 8)),
        torch.nn.Sequential(*convolutions(3, 1, 1, 3)),
        torch.nn.Sequential(*convolutions(3, 8), torch.nn.Conv2d(8, 8, 3, groups=8), *convolutions(8, 3, 3)),
        torch.nn.Sequential(*convolutions(3, 8), torch.nn.ConvTranspose2d(8, 3, 2, stride=2)),
    ],
    ids=["norm", "gray through three", "colour through one", "depthwise", "decoder"],
)
@pytest.mark.parametrize("in_order", [True, False])
def test_it_is_the_one_that_runs_first(network: torch.nn.Sequential, in_order: bool) -> None:
    ran: list[str] = []
    for name, module in network.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(lambda *_, name=name: ran.append(f"{name}.weight"))
    first = next(module for module in network if isinstance(module, torch.nn.Conv2d))
    network(torch.ones(1, first.in_channels, 16, 16))
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert first_convolution(shapes, in_order) == ran[0]
    assert np.prod(shapes[ran[0]]) == first.weight.numel()
