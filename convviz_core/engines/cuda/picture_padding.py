"""Padding on the card: the uploaded picture, still in bytes, with its border."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from convviz_core.geometry import ConvGeometry, PaddingMode


class PicturePadding:
    """Puts one geometry's padding around pictures of one shape; what it needs for that lies on `place`."""

    def __init__(self, geometry: ConvGeometry, picture_shape: tuple[int, ...], place: torch.device) -> None:
        """picture_shape: (H, W) or (H, W, 3)."""
        top, bottom, left, right = geometry.margins
        self._sides = [0, 0] * (len(picture_shape) - 2) + [left, right, top, bottom]
        self._picked: tuple[Tensor, Tensor] | None = None
        if any(self._sides) and geometry.padding_mode != PaddingMode.ZEROS:
            height, width = picture_shape[:2]
            padded_hw = (height + top + bottom, width + left + right)
            whole = ConvGeometry(padded_hw, 1, (top, left), geometry.padding_mode)  # its window is the padded picture
            rows, columns = whole.rows_read(height, 0), whole.columns_read(width, 0)
            self._picked = torch.from_numpy(rows).to(place), torch.from_numpy(columns).to(place)

    def __call__(self, picture: Tensor) -> Tensor:
        """uint8 (H, W) or (H, W, 3) -> the same with its border; itself where there is none."""
        if self._picked:
            rows, columns = self._picked
            return picture.index_select(0, rows).index_select(1, columns)
        return F.pad(picture, self._sides) if any(self._sides) else picture
