"""The bench, piece by piece: curves first, then dots, then noise, and at once anew for another kernel."""

from __future__ import annotations

import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest

from convviz_core.arrays import ByteArray
from convviz_core.engines.api import Engine, EngineError
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.layer import Layer
from live.curve_bench import PAIR_EVERY_S, CurveBench, CurvesInfo, Question
from live.noise_meter import NoiseState

SEED = BUILT_IN_BANKS[0]
ASKED = Question(Layer(SEED), 0, ("opencv", "cpu"))


def picture(seed: int, sigma: float = 3.0, hw: tuple[int, int] = (240, 320)) -> ByteArray:
    noise = sigma * np.random.default_rng(seed).normal(size=hw)
    return np.clip(np.rint(np.linspace(60, 200, hw[1]) + noise), 0, 255).astype(np.uint8)


class Opened:
    """Opens OpenCV's engine, and notes for what."""

    def __init__(self, error: str = "") -> None:
        self.asked: list[tuple[str, str]] = []
        self.error = error

    def __call__(self, name: str, device: str) -> Engine:
        self.asked.append((name, device))
        if self.error:
            raise EngineError(self.error)
        return OpenCvEngine()


@pytest.fixture
def opened() -> Opened:
    return Opened()


@pytest.fixture
def bench(opened: Opened) -> CurveBench:
    return CurveBench(opened, threaded=False)


def all_of_it(bench: CurveBench) -> CurvesInfo:
    for _ in range(100):
        if not bench.step():
            break
    assert not bench.pending
    assert bench.info is not None
    return bench.info


def give_pairs(bench: CurveBench, count: int, sigma: float = 3.0) -> None:
    for number in range(count):
        at_s = 2 * PAIR_EVERY_S * number
        bench.take(picture(2 * number, sigma), at_s, False)
        bench.take(picture(2 * number + 1, sigma), at_s + 0.03, False)
        bench.step()


def test_the_first_piece_is_the_prediction_and_dots_follow(bench: CurveBench) -> None:
    bench.ask(ASKED)
    assert bench.pending
    bench.step()
    assert bench.info is not None
    assert bench.info.curves.best.frequency == pytest.approx(0.1959, abs=1e-3)
    assert np.isnan(bench.info.curves.over_frequency.dots).all()
    curves = all_of_it(bench).curves
    for curve in (curves.over_orientation, curves.over_frequency):
        line = np.interp(curve.dots_at, curve.at, curve.shown)
        np.testing.assert_allclose(curve.dots, line, atol=0.01 * curves.best.gain)
    assert curves.by == "opencv on cpu"


def test_after_relu_the_dots_lie_on_half_the_prediction_and_without_it_on_the_whole(bench: CurveBench) -> None:
    bench.ask(ASKED)
    cut = all_of_it(bench).curves.over_frequency
    bench.ask(replace(ASKED, layer=Layer(SEED, "none")))
    whole = all_of_it(bench).curves.over_frequency
    np.testing.assert_allclose(cut.dots, whole.dots / 2, atol=0.01)
    np.testing.assert_allclose(cut.shown, cut.line / 2)


def test_a_used_bias_lifts_the_sine_out_of_relu_s_reach(bench: CurveBench) -> None:
    bank = FilterBank("lifted", SEED.filters[:1], bias=np.array([100.0], np.float32))
    bench.ask(replace(ASKED, layer=Layer(bank, "relu", bias=True)))
    bench.step()
    assert bench.info is not None
    assert bench.info.curves.mean == pytest.approx(100)
    np.testing.assert_allclose(bench.info.curves.over_frequency.shown, bench.info.curves.over_frequency.line)


def test_dots_lie_on_the_line_with_every_setting_of_a_layer(bench: CurveBench) -> None:
    kernels, bias = np.random.default_rng(0).normal(size=(2, 4, 4)), np.array([0.5, -2.0])
    bank = FilterBank.from_array("chance", kernels, bias=bias)
    layer = Layer(bank, "relu", stride=2, padding=9, padding_mode="reflect", dilation=2, bias=True)
    for index in (0, 1):
        bench.ask(replace(ASKED, layer=layer, index=index))
        curves = all_of_it(bench).curves
        for curve in (curves.over_orientation, curves.over_frequency):
            there = np.isfinite(curve.dots)
            line = np.interp(curve.dots_at, curve.at, curve.shown)
            np.testing.assert_allclose(curve.dots[there], line[there], atol=2e-3 * curves.best.gain)
            assert there.sum() > 10


def test_an_edited_kernel_is_answered_by_the_next_piece(bench: CurveBench) -> None:
    bench.ask(ASKED)
    give_pairs(bench, 3)
    before = all_of_it(bench)
    edited = replace(SEED, filters=(Filter("twice", 2 * SEED.filters[0].kernel), *SEED.filters[1:]))
    bench.ask(replace(ASKED, layer=Layer(edited)))
    bench.step()
    assert bench.info is not None
    assert bench.info.curves.best.gain == pytest.approx(2 * before.curves.best.gain)
    assert bench.info.noise.predicted == pytest.approx(2 * before.noise.predicted, rel=1e-6)
    assert bench.info.noise.count is None
    assert all_of_it(bench).noise.measured == pytest.approx(2 * before.noise.measured, rel=1e-4)


def test_noise_of_known_size_is_predicted_and_measured_within_two_hundredths(bench: CurveBench) -> None:
    bench.ask(ASKED)
    give_pairs(bench, 4)
    noise = all_of_it(bench).noise
    wanted = np.sqrt(9 + 1 / 12) / 255 * 4  # the seed kernels' 2-norm is 4
    assert noise.state == NoiseState.MEASURED
    assert (noise.predicted, noise.measured) == pytest.approx((wanted, wanted), rel=0.02)
    assert abs(noise.measured / noise.predicted - 1) < 4 * noise.doubt
    assert noise.share == 1


@pytest.mark.parametrize(("still_picture", "state"), [(True, NoiseState.STANDS_STILL), (False, NoiseState.WAITING)])
def test_without_a_second_picture_there_is_no_noise(bench: CurveBench, still_picture: bool, state: NoiseState) -> None:
    bench.ask(replace(ASKED, still_picture=still_picture))
    bench.take(picture(0), 0.0, False)
    assert all_of_it(bench).noise.state == state


def test_pictures_that_are_equal_have_none(bench: CurveBench) -> None:
    bench.ask(ASKED)
    give_pairs(bench, 2, sigma=0.0)
    assert all_of_it(bench).noise.state == NoiseState.EQUAL


def test_a_scene_that_moves_is_told(bench: CurveBench) -> None:
    bench.ask(ASKED)
    chance = cv2.GaussianBlur(np.random.default_rng(3).normal(size=(240, 320)), (0, 0), 3)
    chance = np.clip(128 + 400 * chance, 5, 250).astype(np.uint8)
    for number in range(4):
        bench.take(np.roll(chance, 7 * number, axis=1), number, False)
        bench.take(np.roll(chance, 7 * number + 3, axis=1), number + 0.03, False)
        bench.step()
    assert all_of_it(bench).noise.state == NoiseState.MOVING


def test_a_drifting_exposure_is_told_in_levels_a_second(bench: CurveBench) -> None:
    bench.ask(ASKED)
    for number in range(4):
        for at_s in (number, number + 0.03):
            bench.take(np.clip(picture(number + round(at_s * 100)) + np.uint8(round(5 * at_s)), 0, 255), at_s, False)
        bench.step()
    assert all_of_it(bench).noise.drift == pytest.approx(5, abs=0.3)


def test_a_picture_that_was_turned_meanwhile_makes_no_pair(bench: CurveBench) -> None:
    bench.ask(ASKED)
    bench.take(picture(0), 0.0, False)
    bench.take(picture(1)[:, ::-1], 0.03, True)
    assert all_of_it(bench).noise.state == NoiseState.WAITING


def test_pairs_are_taken_now_and_then_and_after_a_film_has_begun_again(bench: CurveBench) -> None:
    bench.ask(ASKED)
    all_of_it(bench)
    taken = []
    for number, at_s in enumerate([10.0, 10.03, 10.06, 10.09, 10.6, 10.63, 0.0, 0.03]):
        bench.take(picture(number), at_s, False)
        taken.append(bench.step())
    assert taken == [False, True, False, False, False, True, False, True]


def test_it_measures_with_the_kind_of_engine_that_answers_and_opens_another_when_that_changes(
    bench: CurveBench, opened: Opened
) -> None:
    bench.ask(ASKED)
    all_of_it(bench)
    bench.ask(replace(ASKED, index=1))
    all_of_it(bench)
    bench.ask(replace(ASKED, engine=("halide", "cpu")))
    all_of_it(bench)
    assert opened.asked == [("opencv", "cpu"), ("halide", "cpu")]


def test_an_engine_that_cannot_be_had_leaves_the_prediction_and_its_sentence() -> None:
    bench = CurveBench(Opened("the card is gone"), threaded=False)
    bench.ask(ASKED)
    curves = all_of_it(bench).curves
    assert curves.problem == "the card is gone"
    assert curves.best.gain == pytest.approx(12.3, abs=0.1)


def test_its_thread_does_the_same_and_ends(opened: Opened) -> None:
    answered = threading.Event()

    class Telling(CurveBench):
        def step(self) -> bool:
            more = super().step()
            if not more and self.info is not None and not self.pending:
                answered.set()
            return more

    bench = Telling(opened)
    bench.ask(ASKED)
    assert answered.wait(30)
    bench.close()
    assert bench.info is not None
    assert np.isfinite(bench.info.curves.over_orientation.dots).all()
    assert "convviz-curves" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.filterwarnings("error")
def test_weights_that_overflow_leave_no_dot_and_no_warning(bench: CurveBench) -> None:
    bench.ask(replace(ASKED, layer=Layer(FilterBank.from_array("huge", np.full((2, 2), 3e38)))))
    give_pairs(bench, 2)
    curves = all_of_it(bench).curves
    assert curves.best.gain == pytest.approx(1.2e39)
    assert not np.isfinite(curves.over_frequency.dots[0])
