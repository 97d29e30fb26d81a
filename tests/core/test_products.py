"""From windows to responses, whatever way the products are cut."""

from __future__ import annotations

import numpy as np
import pytest

from convviz_core.products import AT_ONCE, Products

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(
    ("taps", "answers"), [(9, 4), (147, 64), (1088, 32), (961, 1), (1009, 64), (2048, 512)], ids=str
)
def test_they_are_the_sums_of_pixels_times_weights(taps: int, answers: int, bias: bool) -> None:
    weights = RNG.normal(size=(taps, answers)).astype(np.float32)
    added = RNG.normal(size=answers).astype(np.float32) if bias else None
    products = Products(1, weights, added)
    for count in (1, products.step, 2 * products.step + 1):
        pixels = RNG.integers(0, 256, (count, taps, 1), dtype=np.uint8)
        exact = pixels[..., 0].astype(np.float64) @ weights.astype(np.float64) + (0 if added is None else added)
        assert np.abs(products.of(pixels) - exact).max() < 1e-5 * 255 * taps
    assert products.step == 1 or products.step * answers * taps // products.parts <= AT_ONCE
