"""auto's limit: by hand, against its definition, and followed over time."""

from __future__ import annotations

from collections.abc import Callable
from threading import current_thread
from typing import Any, NoReturn

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from convviz_core import difference_sampling, sampling
from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.auto_range import AutoRange, map_ranges
from convviz_core.difference import Difference
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.filters.files import load_bank
from convviz_core.filters.opposites import with_opposites
from convviz_core.layer import Layer
from convviz_core.own_range import own_limits
from convviz_core.sampling import ResponseSampler
from convviz_core.scenes import open_scene
from convviz_core.tally import Tally
from convviz_core.windows import Indices

SEED = load_bank("udacity")


def bank_of(*kernels: ArrayLike) -> FilterBank:
    return FilterBank("test", tuple(Filter(str(i), np.asarray(k, np.float32)) for i, k in enumerate(kernels)))


GRAY = Layer(bank_of([[1]]))  # responses are gray / 255, of which more than 1/512 counts: all but black


def no_peak() -> NoReturn:
    raise AssertionError("the picture's peak is not needed")


def frame_of(shape: tuple[int, int], *levels: tuple[int, int]) -> ByteArray:
    """So many pixels of each (count, level) in an order by chance, the others black."""
    frame = np.zeros(shape[0] * shape[1], np.uint8)
    frame[: sum(count for count, _ in levels)] = np.repeat([level for _, level in levels], [c for c, _ in levels])
    return np.random.default_rng(0).permutation(frame).reshape(shape)


def limit_of(layer: Layer, frame: ByteArray, peak: Callable[[], float] = no_peak) -> float:
    return own_limits(layer, frame, peak)[0][1]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([(4095, 51), (1, 255)], 255),  # 4096 count: none may be above
        ([(4194, 51), (1, 255)], 255),  # floor(99 / 100) = 0
        ([(4195, 51), (1, 255)], 51),  # floor(100 / 100) = 1
        ([(9941, 51), (59, 255)], 51),  # floor(5904 / 100) = 59
        ([(9940, 51), (60, 255)], 255),
        ([(9900, 51), (30, 255), (30, 102)], 102),  # of ten thousand 59 exceed the 60th largest
        ([(3, 77)], 77),
    ],
)
def test_of_what_is_not_nothing_one_in_a_hundred_beyond_4096_is_above(
    levels: list[tuple[int, int]], expected: int
) -> None:
    assert limit_of(GRAY, frame_of((100, 100), *levels)) == pytest.approx(expected / 255)


def test_a_response_of_a_512th_of_the_fixed_limit_does_not_count() -> None:
    # The fixed limit is 3: level 1 is less than 1/512 of it where the weight is 1, and more where it is 3.
    layer = Layer(bank_of([[1]], [[3]]))
    assert limit_of(layer, frame_of((100, 100), (4193, 1), (1, 255))) == pytest.approx(3)  # 4195 count
    assert limit_of(layer, frame_of((100, 100), (4194, 1), (1, 255))) == pytest.approx(1)  # 4196


def test_a_covered_lens_is_no_picture_of_noise() -> None:
    noise = np.random.default_rng(0).integers(0, 3, (480, 640), dtype=np.uint8)
    engine = OpenCvEngine()
    for activation, lo in (("relu", 0), ("none", -0.25)):
        assert engine.run(noise, Layer(SEED, activation), "auto").ranges.tolist() == [[lo, 0.25]] * 4
    assert engine.run(noise * 0, Layer(SEED), "auto").ranges.tolist() == [[0, 0.25]] * 4


def test_signed_responses_count_by_their_size_on_both_sides() -> None:
    frame = np.full((60, 80), 100, np.uint8)
    frame[:, 40:] = 151  # f1 reaches 8 * 0.2, and f2 as far down
    assert own_limits(Layer(SEED, "none"), frame, no_peak)[0] == pytest.approx((-1.6, 1.6))
    assert own_limits(Layer(SEED, "relu"), frame, no_peak)[0] == pytest.approx((0.0, 1.6))


def test_maps_that_are_computed_for_the_tint_do_not_count() -> None:
    only = bank_of(-np.ones((1, 1)), np.eye(2)[:1, :1] / 4)
    frame = frame_of((90, 90), (8000, 200), (90, 255))
    assert limit_of(Layer(with_opposites(only)), frame) == pytest.approx(limit_of(Layer(only), frame))


def test_the_share_above_is_of_all_the_maps_pixels() -> None:
    limits, share = own_limits(GRAY, frame_of((100, 100), (9941, 51), (59, 255)), no_peak)
    assert limits == pytest.approx((0, 0.2))
    assert share == pytest.approx(0.0059)
    assert own_limits(GRAY, frame_of((100, 100), (3, 77)), no_peak)[1] == 0


def test_where_too_little_of_a_large_picture_counts_its_peak_is_the_limit() -> None:
    frame = np.zeros((1080, 1920), np.uint8)
    frame[700:703, 900:903] = 200
    assert limit_of(GRAY, frame, lambda: 200 / 255) == pytest.approx(200 / 255)
    result = OpenCvEngine().run(frame, GRAY, "auto")
    assert (result.ranges[0, 1], result.share_above) == (pytest.approx(200 / 255), 0)


def natural(shape: tuple[int, int], seed: int, steepness: float, noise: float) -> ByteArray:
    """What photographs are made of: amplitudes that fall with frequency, things before each other, a sensor's noise."""
    chance = np.random.default_rng(seed)
    height, width = shape
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = 1
    picture = np.fft.irfft2(np.fft.rfft2(chance.normal(size=shape)) / frequency**steepness, shape)
    picture = picture / picture.std()
    for _ in range(12):
        thing = np.zeros(shape, np.uint8)
        centre = int(chance.integers(width)), int(chance.integers(height))
        axes = int(chance.integers(10, width // 3)), int(chance.integers(10, height // 3))
        cv2.ellipse(thing, centre, axes, chance.uniform(0, 180), 0, 360, 1, -1)
        picture = np.where(thing > 0, 0.4 * picture + 1.2 * chance.normal(), picture)
    picture = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 0.7) + noise * chance.normal(size=shape)
    return np.stack([np.clip(factor * (128 + 45 * picture), 0, 255) for factor in (0.9, 1, 1.1)], -1).astype(np.uint8)


NATURAL_BANKS = (SEED, load_bank("sobel"), load_bank("gabor"), load_bank("everyday"))
RGB = FilterBank("rgb", (Filter("any", np.random.default_rng(3).normal(size=(3, 3, 3)).astype(np.float32)),))


@given(
    bank=st.sampled_from([*NATURAL_BANKS, RGB]),
    activation=st.sampled_from(["relu", "none"]),
    seed=st.integers(0, 10_000),
    steepness=st.floats(0.9, 1.4),
    noise=st.floats(0.003, 0.03),
)
@example(bank=SEED, activation="relu", seed=0, steepness=1.4, noise=0.005)
@settings(max_examples=25, deadline=None)
def test_on_natural_pictures_the_estimate_is_within_a_tenth_of_the_exact_value(
    bank: FilterBank, activation: str, seed: int, steepness: float, noise: float
) -> None:
    frame, layer, engine = natural((480, 640), seed, steepness, noise), Layer(bank, activation), OpenCvEngine()
    conv, activated = engine.maps(frame, layer)
    shown = conv if layer.signed else activated
    exact = map_ranges(layer, shown, "auto")[0]
    result = engine.run(frame, layer, "auto")
    assert result.ranges[0] == pytest.approx(exact, rel=0.1)
    assert result.share_above == pytest.approx(np.mean(np.abs(shown) > result.ranges[0, 1]), abs=0.003)


@pytest.mark.parametrize("bank", BUILT_IN_BANKS, ids=lambda bank: bank.name)
@pytest.mark.parametrize("activation", ["relu", "none"])
def test_of_single_pixels_none_is_clipped_with_the_seed_bank_and_few_with_any(
    bank: FilterBank, activation: str
) -> None:
    frame = open_scene("dot", (640, 480)).frame(0, 30.0)
    layer, engine = Layer(bank, activation), OpenCvEngine()
    conv, activated = engine.maps(frame, layer)
    shown = np.abs(conv if layer.signed else activated)
    limit = engine.run(frame, layer, "auto").ranges[0, 1]
    above = np.count_nonzero(shown > limit * (1 + 1e-5))
    assert above <= (0 if bank is SEED else np.count_nonzero(shown > 1e-4) / 100)


# --- followed over time


def plain(level: int, shape: tuple[int, int] = (50, 60)) -> ByteArray:
    return np.full(shape, level, np.uint8)


def shown(auto: AutoRange, frame: ByteArray, time_s: float, key: object = "a", layer: Layer = GRAY) -> float:
    """The limit that a picture is shown with; it is followed."""
    limits = auto.limits(layer, frame, key, no_peak)
    auto.follow(layer, frame, limits, float(frame.max()) / 255, time_s)
    return limits[1]


def test_the_first_picture_has_its_own_limit_and_others_are_followed_half_a_second_behind() -> None:
    auto = AutoRange()
    assert shown(auto, plain(102), 10.0) == pytest.approx(0.4)
    assert shown(auto, plain(204), 10.5) == pytest.approx(0.4)
    # One time constant: 63.2 % of the way.
    assert shown(auto, plain(204), 10.5) == pytest.approx(0.4 + 0.4 * (1 - np.exp(-1)))


def test_a_step_is_followed_at_any_rate_of_pictures() -> None:
    for rate in (10, 60):
        auto = AutoRange()
        times = np.arange(1, 2 * rate + 1) / rate
        shown(auto, plain(51), 0.0)
        limits = [shown(auto, plain(204), time_s) for time_s in times]
        # A picture's limits come from those before it.
        assert limits == pytest.approx(0.8 - 0.6 * np.exp(-(times - 1 / rate) / 0.5), rel=1e-4)


def test_nothing_moves_while_time_stands_still_or_goes_back() -> None:
    auto = AutoRange()
    for time_s in (10.0, 10.0, 9.0):
        shown(auto, plain(102 if time_s == 10.0 else 204), time_s)
    assert auto.limits(GRAY, plain(0), "a", no_peak) == pytest.approx((0, 0.4))


def test_another_key_begins_anew() -> None:
    auto = AutoRange()
    shown(auto, plain(102), 10.0)
    assert shown(auto, plain(204), 10.1, key="b") == pytest.approx(0.8)
    assert shown(auto, plain(51), 10.2, key="b") == pytest.approx(0.8)


def test_another_layer_under_the_same_key_is_followed() -> None:
    auto = AutoRange()
    shown(auto, plain(102), 10.0)
    half = Layer(bank_of([[0.5]]))
    assert shown(auto, plain(102), 10.5, layer=half) == pytest.approx(0.4)
    assert shown(auto, plain(102), 11.0, layer=half) == pytest.approx(0.2 + 0.2 * np.exp(-1))


def test_a_large_picture_is_followed_by_parts_that_come_to_its_own_limit() -> None:
    frame, auto = natural((480, 640), 5, 1.1, 0.01), AutoRange()
    layer = Layer(SEED)
    exact = map_ranges(layer, OpenCvEngine().maps(frame, layer)[1], "auto")[0, 1]
    limits = [shown(auto, frame, number / 30, layer=layer) for number in range(60)]
    assert limits == pytest.approx([exact] * 60, rel=0.1)
    assert limits[-1] == pytest.approx(exact, rel=0.04)  # all parts have been looked at


def town(seed: int) -> ByteArray:
    """Plain houses under a plain sky, (1080, 1920, 3): next to nothing lies between its noise and its edges."""
    chance, frame = np.random.default_rng(seed), np.full((1080, 1920, 3), 200, np.uint8)
    for x in range(0, 1920, 160):
        gray = [int(level) for level in chance.integers(0, 120, 3)]
        cv2.rectangle(frame, (x, int(chance.integers(540, 1080))), (x + 137, 1080), gray, -1)
    noisy = cv2.GaussianBlur(frame, (0, 0), 1.2) + chance.normal(0, 1.5, frame.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("bank", "seed"), [("prewitt", 1), ("prewitt", 7), ("sobel", 2), ("sobel", 3), ("sobel", 6)])
def test_where_little_lies_between_weak_and_strong_responses_the_limit_is_found_and_kept(bank: str, seed: int) -> None:
    frame, layer, auto = town(seed), Layer(load_bank(bank)), AutoRange()
    exact = map_ranges(layer, OpenCvEngine().maps(frame, layer)[1], "auto")[0, 1]
    limits = [shown(auto, frame, number / 30, layer=layer) for number in range(90)]
    assert limits == pytest.approx([exact] * 90, rel=0.05)
    assert limit_of(layer, frame) == pytest.approx(exact, rel=0.05)


@pytest.mark.parametrize("kept", [None, 0.5])
def test_no_picture_finds_places_that_were_found_ahead(kept: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    found_by: list[str] = []
    for module in (sampling, difference_sampling):
        of_portion = module.of_portion

        def noted(*of: Any, find: Callable[..., tuple[Indices, Indices]] = of_portion) -> tuple[Indices, Indices]:
            found_by.append(current_thread().name)
            return find(*of)

        monkeypatch.setattr(module, "of_portion", noted)
    auto, frame, live = AutoRange(), natural((483, 641), 5, 1.1, 0.01), Layer(SEED)  # of a size that no other test has
    layer = live if kept is None else Difference(live, Layer(bank_of(np.full((3, 3), kept))))
    auto.look_ahead(layer, frame, "a")
    assert auto.ahead is not None
    auto.ahead.join()
    before = len(found_by)
    for number in range(40):
        limits = auto.limits(layer, frame, "a", no_peak)
        auto.follow(layer, frame, limits, 1.0, number / 30)
    assert set(found_by) == {"convviz-ahead"}
    assert len(found_by) == before >= 10


@pytest.mark.parametrize("seed", range(3))
def test_what_padding_makes_of_the_borders_is_followed_as_it_is_begun(seed: int) -> None:
    frame, auto, layer = natural((480, 640), seed, 2.0, 0.002), AutoRange(), Layer(SEED, padding=2)
    exact = map_ranges(layer, OpenCvEngine().maps(frame, layer)[1], "auto")[0, 1]
    limits = [shown(auto, frame, number / 30, layer=layer) for number in range(120)]
    assert limits[0] == pytest.approx(exact, rel=0.1)
    assert np.mean(limits[30:]) == pytest.approx(exact, rel=0.06)


@pytest.mark.parametrize(("rate", "least", "most"), [(10, 28, 30), (30, 25, 50), (120, 30, 50)])
def test_a_part_of_the_pictures_is_looked_at_and_slow_ones_are_all(
    rate: int, least: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    auto, frame, layer = AutoRange(), natural((480, 640), 5, 1.1, 0.01), Layer(SEED)
    looks: list[int] = []
    sizes = ResponseSampler.sizes

    def noted(sampler: ResponseSampler, image: ByteArray, portion: int) -> FloatArray:
        looks.append(portion)
        return sizes(sampler, image, portion)

    shown(auto, frame, 0.0, layer=layer)
    monkeypatch.setattr(ResponseSampler, "sizes", noted)
    for number in range(1, 3 * rate):
        shown(auto, frame, number / rate, layer=layer)
    assert least <= len(looks) <= most
    assert len(set(looks[:10])) == 10  # another portion each time


def test_where_little_counts_the_peaks_are_followed() -> None:
    auto, dim, bright = AutoRange(), np.zeros((1080, 1920), np.uint8), np.zeros((1080, 1920), np.uint8)
    dim[700:703, 900:903], bright[700:703, 900:903] = 102, 204
    assert auto.limits(GRAY, dim, "a", lambda: 0.4) == pytest.approx((0, 0.4))
    auto.follow(GRAY, dim, (0, 0.4), 0.4, 0.0)
    auto.follow(GRAY, bright, (0, 0.4), 0.8, 0.5)
    assert auto.limits(GRAY, bright, "a", no_peak) == pytest.approx((0, 0.4 + 0.4 * (1 - np.exp(-1))))


def test_what_cannot_decide_is_left_out_of_what_is_kept() -> None:
    sizes = np.random.default_rng(0).permutation(np.arange(1, 100_001) / 1e5).astype(np.float32)
    every = Tally(sizes.size, sizes.size, sizes)
    few = every.deciding()
    assert few.largest.size < sizes.size / 10
    assert (few.seen, few.counted) == (every.seen, every.counted)
    # Of a million responses like these all count; (1,000,000 - 4096) / 100 exceed the limit, a tenth of them here.
    assert few.limit(10**6) == every.limit(10**6) == pytest.approx(1 - 995 / 1e5)
    assert few.deciding() is few


def test_the_share_above_is_that_of_the_picture_and_the_range_it_was_shown_in() -> None:
    auto, frame = AutoRange(), frame_of((100, 100), (6000, 51), (4000, 255))
    for limits, share in (((0, 0.5), 0.4), ((0, 0.1), 1.0), ((0, 1.0), 0.0)):
        auto.limits(GRAY, frame, "a", no_peak)
        auto.follow(GRAY, frame, limits, 1.0, 0.0)
        assert auto.share_above == pytest.approx(share, abs=1e-9)


def test_the_share_above_hardly_changes_on_a_picture_that_stands_still() -> None:
    auto, whole = AutoRange(), np.zeros((1, 31, 31), np.float32)
    whole[0, 15, 15] = 1  # a large kernel, of which each picture is looked at in a small part
    layer, frame = Layer(FilterBank.from_array("middle", whole)), np.zeros((480, 640), np.uint8)
    frame[np.random.default_rng(1).random(frame.shape) < 0.02] = 255
    shares = []
    for number in range(200):
        lo, hi = auto.limits(layer, frame, "a", no_peak)
        auto.follow(layer, frame, (lo, hi / 4), 1.0, number / 30)
        shares.append(auto.share_above)
    # The standard error of a fiftieth of 16,384 pixels is a thousandth; of one part of them it is several times that.
    assert shares[100:] == pytest.approx([0.02] * 100, abs=0.004)
    assert np.std(shares[100:]) < 0.001
