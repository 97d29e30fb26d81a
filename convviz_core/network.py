"""The notebook's network, for any filter bank."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from convviz_core.filters.bank import FilterBank


class Net(nn.Module):
    """One convolutional layer whose weights are a filter bank's: stride 1, no padding, no bias, not trained.

    Its form is that of Udacity's "Visualizing convolving" notebook, which returns the maps before and after ReLU.
    """

    def __init__(self, bank: FilterBank) -> None:
        """Make the layer from `bank`'s kernels, float32 (N, C, kh, kw)."""
        super().__init__()
        self.conv = nn.Conv2d(bank.channels, len(bank), bank.kernel_hw, bias=False)
        self.conv.weight = nn.Parameter(torch.from_numpy(bank.kernels.copy()), requires_grad=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x: (B, C, H, W) in [0, 1] -> conv and activated, each (B, N, H-kh+1, W-kw+1)."""
        conv = self.conv(x)
        return conv, torch.relu(conv)
