"""The view's options about a model, and what does not go together with it."""

from __future__ import annotations

import argparse
import re

from convviz_core.models.errors import ModelError

MODEL_HELP = (
    "torchvision:NAME, timm:NAME, or file.py:NAME or package.module:NAME, a function that returns a torch.nn.Module or "
    "the module itself: these two run that code"
)
WEIGHTS_HELP = "state dict or safetensors file; or pretrained, for torchvision and timm"
_OF_MODELS = ("weights", "layer", "input", "normalize")
_OF_GEOMETRY = ("stride", "padding", "padding_mode", "dilation", "bias")
_OF_BANKS = ("filters", *_OF_GEOMETRY)


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add them as a group of their own."""
    group = parser.add_argument_group("a layer of a torch model, in place of filters")
    group.add_argument("--model", metavar="SPEC", help=MODEL_HELP)
    group.add_argument("--weights", metavar="FILE", help=WEIGHTS_HELP)
    group.add_argument("--layer", metavar="NAME", help="of convviz layers; without it the first convolution")
    group.add_argument(
        "--input", type=input_size, metavar="WxH", help="stretch pictures to this size (else the shorter side is 224)"
    )
    group.add_argument(
        "--normalize", metavar="none|imagenet|M,M,M/S,S,S", help="what follows the division by 255 (none)"
    )


def check_together(arguments: argparse.Namespace) -> None:
    """ModelError where options were given that are not for what is shown."""
    given: set[str] = getattr(arguments, "given", set())
    of_others = _OF_BANKS if arguments.model is not None else _OF_MODELS
    kept = set(_OF_GEOMETRY) if "compare" in given else set()  # of the bank that a model's layer is compared with
    wrong = [name for name in of_others if name in given and name not in kept]
    if not wrong:
        return
    option = f"--{wrong[0].replace('_', '-')}"
    if arguments.model is not None:
        raise ModelError(f"{option} is about filters, and --model shows a layer of a model: give one of the two")
    raise ModelError(f"{option} is about a model, and there is no --model that names one")


def input_size(text: str) -> tuple[int, int]:
    """WxH as (h, w)."""
    found = re.fullmatch(r"(\d{1,4})[xX](\d{1,4})", text)
    if found is None or not (int(found[1]) and int(found[2])):
        raise argparse.ArgumentTypeError(f"'{text}' is not a size such as 224x224, width x height")
    return int(found[2]), int(found[1])
