"""The notebook's network, for any layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convviz_core.layer import Layer


class Net(nn.Module):
    """One convolutional layer whose weights are a filter bank's, not trained.

    Its form is that of Udacity's "Visualizing convolving" notebook, which returns the maps before and after ReLU.
    """

    def __init__(self, layer: Layer) -> None:
        """Make torch's layer: kernels float32 (N, C, kh, kw), and the bias where it is used."""
        super().__init__()
        bank, geometry = layer.bank, layer.geometry
        top, bottom, left, right = geometry.margins
        uneven = top != bottom or left != right  # torch would warn of a copy that "same" takes here
        self._sides, self._mode = ([left, right, top, bottom] if uneven else None), str(layer.padding_mode)
        self.conv = nn.Conv2d(
            bank.channels,
            len(bank),
            bank.kernel_hw,
            geometry.stride_yx,
            (0, 0) if uneven else (top, left),
            geometry.dilation_yx,
            bias=layer.bias,
            padding_mode=self._mode,  # type: ignore[arg-type]  # one of its four
        )
        self.conv.weight = nn.Parameter(torch.from_numpy(bank.kernels.copy()), requires_grad=False)
        if layer.bias and bank.bias is not None:
            self.conv.bias = nn.Parameter(torch.from_numpy(bank.bias.copy()), requires_grad=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x: (B, C, H, W) in [0, 1] -> conv and activated, each (B, N, h, w)."""
        if self._sides:
            x = F.pad(x, self._sides, "constant" if self._mode == "zeros" else self._mode)
        conv = self.conv(x)
        return conv, torch.relu(conv)
