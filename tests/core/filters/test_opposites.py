"""A bank with the opposites of its filters: what is added, and that nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest

from convviz_core import Engine, Layer, load_bank, open_engine
from convviz_core.filters.bank import Filter, FilterBank, FilterError
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.filters.opposites import with_opposites
from convviz_core.mosaic import MosaicGrid, first_maps
from convviz_core.ranges import fixed_limits


def test_a_bank_of_pairs_needs_nothing_more() -> None:
    seed = load_bank("udacity")
    both = with_opposites(seed)
    assert len(both) == 4
    assert both.opposite_of == (1, 0, 3, 2)
    assert (both.kernels == seed.kernels).all()


def test_what_is_missing_stands_behind_the_bank_s_own_filters() -> None:
    a, b = np.array([[1.0, -2.0]], np.float32), np.array([[0.0, 3.0]], np.float32)
    both = with_opposites(
        FilterBank("two", (Filter("a", a), Filter("b", b), Filter("c", -a), Filter("nothing", 0 * a)))
    )
    assert both.opposite_of == (2, 4, 0, 3)
    assert [filter.kernel.tolist() for filter in both.filters[4:]] == [[[0.0, -3.0]]]
    assert both.own == 4


@pytest.mark.parametrize("bank", BUILT_IN_BANKS, ids=lambda bank: bank.name)
def test_every_built_in_filter_has_its_opposite(bank: FilterBank) -> None:
    both = with_opposites(bank)
    for filter, opposite in zip(bank.filters, both.opposite_of, strict=True):
        assert (both.filters[opposite].kernel == -filter.kernel).all()
    assert with_opposites(bank) is both


def test_sixty_four_filters_have_room_for_their_opposites_and_a_bank_for_no_more() -> None:
    filters = tuple(Filter(str(i), np.full((2, 2), i + 1, np.float32)) for i in range(65))
    assert len(with_opposites(FilterBank("many", filters[:64]))) == 128
    with pytest.raises(FilterError, match="1 to 64"):
        FilterBank("too many", filters)


@pytest.mark.parametrize("engine_name", ["torch", "opencv", "halide"])
@pytest.mark.parametrize("bank_name", ["udacity", "sobel", "gabor", "everyday"])
def test_the_maps_peak_and_ranges_stay_the_bank_s_own_and_what_relu_removes_is_there(
    engine_name: str, bank_name: str
) -> None:
    if engine_name == "halide":
        pytest.importorskip("halide")
    frame = np.random.default_rng(8).integers(0, 256, (70, 90, 3), np.uint8)
    frame[:, :40] = np.arange(40, dtype=np.uint8)[None, :, None] * 6  # brighter to the right only
    bank = load_bank(bank_name)
    both = with_opposites(bank)
    engine: Engine
    with open_engine(engine_name, "cpu") as engine:
        alone = engine.run(frame, Layer(bank), "auto")
        alone_mosaic, alone_ranges = alone.mosaic.copy(), alone.ranges.copy()
        limits = float(alone_ranges[0, 0]), float(alone_ranges[0, 1])
        result = engine.run(frame, Layer(both), limits)
        mosaic = result.mosaic
        assert (first_maps(mosaic, len(both), len(bank)) == alone_mosaic).all()
        assert result.peak == pytest.approx(alone.peak, rel=1e-6)
        assert engine.run(frame, Layer(both), "auto").ranges[0].tolist() == pytest.approx(list(limits), rel=1e-6)
        conv = engine.maps(frame, Layer(bank))[0].astype(np.float64)
        grid = MosaicGrid(len(both), conv.shape[1:])
        mosaic = engine.run(frame, Layer(both), limits).mosaic
        for index, opposite in enumerate(both.opposite_of):
            removed = np.clip(255 * np.maximum(-conv[index], 0) / limits[1], 0, 255)
            assert abs(mosaic[grid.tile(opposite)] - removed).max() <= 1
    assert fixed_limits(Layer(both)) == fixed_limits(Layer(bank))


def test_the_first_maps_of_a_mosaic_are_laid_out_anew() -> None:
    mosaic = np.zeros((6, 9), np.uint8)  # 5 maps of 3x3, in 2 rows and 3 columns
    grid = MosaicGrid(5, (3, 3))
    for index in range(5):
        mosaic[grid.tile(index)] = index + 1
    assert first_maps(mosaic, 5, 2).tolist() == [[1] * 3 + [2] * 3] * 3
    assert first_maps(mosaic, 5, 5) is mosaic


def test_every_opposite_is_added_where_their_number_must_not_depend_on_the_weights() -> None:
    seed = load_bank("udacity")
    both = with_opposites(seed, every=True)
    assert both.opposite_of == (4, 5, 6, 7)
    assert (both.kernels[4:] == -seed.kernels).all()
    assert both.own == 4
    same = FilterBank("same", (seed.filters[0],) * 3)
    assert len(with_opposites(same, every=True)) == 6
