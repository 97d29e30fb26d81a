"""Small torch models of the kinds that people have, for the tests; `inplace` overwrites what hooks have seen."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def plain(inplace: bool) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.ReLU(inplace),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 12, 5, stride=2),
        nn.ReLU(inplace),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(12, 4),
    )


class Block(nn.Module):
    """A residual block whose one ReLU is called twice, and whose sum is in place, too."""

    def __init__(self, inputs: int, outputs: int, stride: int, inplace: bool) -> None:
        super().__init__()
        self.inplace = inplace
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        kept = self.downsample(x)
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        if self.inplace:
            y += kept
        else:
            y = y + kept
        out: Tensor = self.relu(y)
        return out


def residual(inplace: bool) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 7, 2, 3), nn.ReLU(inplace), Block(8, 8, 1, inplace), Block(8, 16, 2, inplace))


class Inception(nn.Module):
    def __init__(self, inplace: bool) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, 2)
        self.point = nn.Conv2d(6, 4, 1)
        self.row = nn.Sequential(nn.Conv2d(6, 4, (1, 7), padding=(0, 3)), nn.ReLU(inplace))
        self.column = nn.Conv2d(6, 4, (5, 1), padding=(2, 0))
        self.pool = nn.AvgPool2d(3, 1, 1)
        self.mix = nn.Conv2d(18, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        branches = [self.point(x), self.row(x), self.column(x), self.pool(x)]
        out: Tensor = self.mix(torch.cat(branches, 1))
        return out


def dilated(inplace: bool) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, dilation=3, padding=3, padding_mode="reflect"),
        nn.ReLU(inplace),
        nn.Conv2d(6, 6, 3, dilation=(2, 1), padding="same", padding_mode="circular"),
        nn.Hardswish(inplace),
        nn.Conv2d(6, 4, (4, 2)),
    )


def depthwise(inplace: bool) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 12, 3, 2, 1),
        nn.ReLU6(inplace),
        nn.Conv2d(12, 12, 5, 1, 2, groups=12, bias=False),
        nn.BatchNorm2d(12),
        nn.Conv2d(12, 8, 1, groups=4),
    )


class EncoderDecoder(nn.Module):
    def __init__(self, inplace: bool) -> None:
        super().__init__()
        self.down1 = nn.Conv2d(3, 6, 3, padding=1)
        self.down2 = nn.Conv2d(6, 8, 3, padding=1)
        self.act = nn.LeakyReLU(0.1, inplace)
        self.up = nn.ConvTranspose2d(8, 6, 2, stride=2, groups=2)
        self.last = nn.Conv2d(12, 4, 3, padding=1)
        self.twice = nn.Upsample(scale_factor=2, mode="bilinear")

    def forward(self, x: Tensor) -> Tensor:
        first = self.act(self.down1(x))
        second = self.act(self.down2(F.max_pool2d(first, 2)))
        out: Tensor = self.twice(self.last(torch.cat([first, self.up(second)], 1)))
        return out


class SqueezeExcitation(nn.Module):
    def __init__(self, inplace: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, 2, 1)
        self.squeeze = nn.AdaptiveAvgPool2d(1)
        self.fewer = nn.Conv2d(8, 2, 1)
        self.relu = nn.ReLU(inplace)
        self.more = nn.Conv2d(2, 8, 1)
        self.after = nn.Conv2d(8, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        out: Tensor = self.after(x * torch.sigmoid(self.more(self.relu(self.fewer(self.squeeze(x))))))
        return out


class ControlFlow(nn.Module):
    """Bright pictures go another way than dark ones, and twice."""

    def __init__(self, inplace: bool, threshold: float = 0.5) -> None:
        super().__init__()
        self.threshold = threshold
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.dark = nn.Conv2d(4, 4, 3, padding=1)
        self.bright = nn.Sequential(nn.Conv2d(4, 4, 5, padding=2), nn.ReLU(inplace))

    def forward(self, x: Tensor) -> Tensor:
        y = self.first(x)
        is_bright = float(x.mean()) > self.threshold
        out: Tensor = self.bright(self.bright(y)) if is_bright else self.dark(y)
        return out


class Outputs(nn.Module):
    """Gives a dictionary, and has parts that give a pair and indices."""

    def __init__(self, inplace: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 4, 2)
        self.relu = nn.ReLU(inplace)
        self.pool = nn.MaxPool2d(2, return_indices=True)
        self.head = nn.Conv2d(5, 2, 1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        pooled, where = self.pool(self.relu(self.conv(x)))
        return {"out": self.head(pooled), "where": where}


KINDS: dict[str, Callable[[bool], nn.Module]] = {
    "plain": plain,
    "residual": residual,
    "inception": Inception,
    "dilated": dilated,
    "depthwise": depthwise,
    "encoder_decoder": EncoderDecoder,
    "squeeze_excitation": SqueezeExcitation,
    "control_flow": ControlFlow,
    "outputs": Outputs,
}


def make(kind: str, *, inplace: bool = True, seed: int = 0) -> nn.Module:
    """A model in training mode, with weights and statistics by chance."""
    torch.manual_seed(seed)
    model = KINDS[kind](inplace)
    for part in model.modules():
        if isinstance(part, nn.BatchNorm2d):
            assert part.running_mean is not None
            assert part.running_var is not None
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 2)
    return model


def reference(kind: str, values: Tensor) -> dict[str, Tensor]:
    """What each part gives, float64 and without anything in place: name -> (C, h, w), in the order of their ends."""
    model = make(kind, inplace=False).double().eval()
    found: dict[str, Tensor] = {}
    calls: dict[str, int] = {}

    def keep(path: str) -> Callable[..., None]:
        def hook(_part: nn.Module, _inputs: object, output: object) -> None:
            calls[path] = calls.get(path, 0) + 1
            if isinstance(output, Tensor) and output.ndim == 4:
                found[path if calls[path] == 1 else f"{path}#{calls[path]}"] = output[0].clone()

        return hook

    for path, part in model.named_modules():
        if path:
            part.register_forward_hook(keep(path))
    with torch.no_grad():
        model(values.double())
    return found
