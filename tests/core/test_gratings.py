"""Measured with gratings, on the three engines of the CPU: within a hundredth of the formula, and far less."""

from __future__ import annotations

import numpy as np
import pytest

from convviz_core.engines.api import Engine
from convviz_core.engines.opening import open_engine
from convviz_core.filters.bank import FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.gratings import PHASES, GratingBench
from convviz_core.layer import Layer
from convviz_core.transfer import after_relu, along, gain_at

WAVES = [(f, t) for f in (0.0, 0.03, 0.17, 0.25, 0.4, 0.5) for t in (0.0, 20.0, 45.0, 90.0, 157.5)]
TOLERANCE = 2e-4  # of the kernel's largest amplitude: dithered bytes in 16 x 20 x 20 responses
CUT_TOLERANCE = 2e-3  # after ReLU: the harmonics from the 15th on are counted where pixels and phases fall together
CHANCE = np.random.default_rng(4)
EVEN_AND_ODD = FilterBank.from_array("chance", CHANCE.normal(size=(2, 1, 5, 8)))
COLOUR = FilterBank.from_array("colour", CHANCE.normal(size=(2, 3, 4, 3)))


def check(layer: Layer, engine: Engine) -> None:
    bench, dilation = GratingBench(layer), layer.geometry.dilation_yx
    for frequency, orientation in WAVES:
        y, x = (float(part) for part in along(frequency, orientation))
        before, after = bench.measure(engine, y, x)
        for kernel, found, left in zip(layer.bank.kernels, before, after, strict=True):
            wanted = float(gain_at(kernel, np.array(y), np.array(x), dilation)) / 2
            mean = 0.5 * float(kernel.sum())
            largest = 0.5 * float(np.abs(kernel.sum(axis=0)).sum())
            assert found == pytest.approx(wanted, abs=TOLERANCE * largest), (frequency, orientation)
            assert left == pytest.approx(float(after_relu(wanted, mean)), abs=CUT_TOLERANCE * largest)


@pytest.mark.parametrize("engine_name", ["opencv", "halide", "torch"])
@pytest.mark.parametrize("bank", [BUILT_IN_BANKS[0], EVEN_AND_ODD, COLOUR], ids=lambda bank: bank.name)
def test_measured_amplitudes_are_the_formula_s_before_and_after_relu(bank: FilterBank, engine_name: str) -> None:
    if engine_name == "halide":
        pytest.importorskip("halide")
    with open_engine(engine_name) as engine:
        check(Layer(bank, "relu"), engine)


@pytest.mark.parametrize("engine_name", ["opencv", "torch"])
def test_stride_and_dilation_change_which_responses_there_are_and_how_far_the_weights_reach(engine_name: str) -> None:
    with open_engine(engine_name) as engine:
        check(Layer(EVEN_AND_ODD, "relu", stride=(2, 3), dilation=(3, 2)), engine)


def test_a_picture_shows_one_wave_in_all_its_phases_from_black_to_white() -> None:
    picture = GratingBench(Layer(BUILT_IN_BANKS[0]), side=29).picture(0.0, 1 / 16)
    patches = picture.reshape(32, PHASES, 32)
    assert (picture.min(), picture.max()) == (0, 255)
    # A sixteenth of a wave on is one pixel on, at sixteen pixels a wave, but for the dither's one level.
    moved = np.abs(patches[:, 0, 1:].astype(int) - patches[:, 1, :-1])
    assert moved.max() <= 1
    assert np.unique(picture[:, 1]).size <= 2  # the dither's two levels


def test_more_responses_make_it_more_exact() -> None:
    layer, errors = Layer(BUILT_IN_BANKS[0], "none"), []
    with open_engine("opencv") as engine:
        for side in (16, 64):
            bench = GratingBench(layer, side)
            found = [bench.measure(engine, 0.0, float(x))[0][0] for x in np.linspace(0.4, 0.5, 11)]
            wanted = gain_at(layer.bank.kernels[0], np.zeros(11), np.linspace(0.4, 0.5, 11)) / 2
            errors.append(float(np.abs(found - wanted).max()))
    assert errors[1] < errors[0] / 2
