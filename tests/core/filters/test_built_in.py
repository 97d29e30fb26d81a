"""The built-in banks: their numbers by hand, by OpenCV, and by what they must answer."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import convviz_core as cc
from convviz_core.arrays import AnyArray
from convviz_core.filters.built_in import BUILT_IN_BANKS, GABOR_ASPECT, GABOR_SIGMA, GABOR_WAVELENGTH

EDGE = [[-1, -1, 1, 1]] * 4


def kernels(name: str) -> AnyArray:
    """float32 (N, kh, kw) of a built-in bank that reads gray."""
    return cc.load_bank(name).kernels[:, 0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("udacity", [EDGE, np.negative(EDGE), np.transpose(EDGE), -np.transpose(EDGE)]),
        ("sobel", [[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]]),
        ("prewitt", [[[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]], [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]]),
        ("scharr", [[[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]], [[-3, -10, -3], [0, 0, 0], [3, 10, 3]]]),
        ("roberts", [[[-1, 0], [0, 1]], [[0, -1], [1, 0]]]),
        (
            "laplacian",
            [
                [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
                [[1, 1, 1], [1, -8, 1], [1, 1, 1]],
                [[0, -1, 0], [-1, 4, -1], [0, -1, 0]],
                [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
            ],
        ),
        (
            "kirsch",
            [
                [[5, 5, 5], [-3, 0, -3], [-3, -3, -3]],
                [[-3, 5, 5], [-3, 0, 5], [-3, -3, -3]],
                [[-3, -3, 5], [-3, 0, 5], [-3, -3, 5]],
                [[-3, -3, -3], [-3, 0, 5], [-3, 5, 5]],
                [[-3, -3, -3], [-3, 0, -3], [5, 5, 5]],
                [[-3, -3, -3], [5, 0, -3], [5, 5, -3]],
                [[5, -3, -3], [5, 0, -3], [5, -3, -3]],
                [[5, 5, -3], [5, 0, -3], [-3, -3, -3]],
            ],
        ),
        (
            "everyday",
            [
                [[1 / 16, 1 / 8, 1 / 16], [1 / 8, 1 / 4, 1 / 8], [1 / 16, 1 / 8, 1 / 16]],
                [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
                [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
                [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
            ],
        ),
    ],
)
def test_the_small_banks_hold_exactly_the_published_numbers(name: str, expected: object) -> None:
    np.testing.assert_array_equal(kernels(name), np.array(expected, np.float32))


@pytest.mark.parametrize(("name", "size"), [("sobel", 3), ("scharr", cv2.FILTER_SCHARR)])
def test_sobel_and_scharr_are_opencvs(name: str, size: int) -> None:
    for kernel, order in zip(kernels(name), [(1, 0), (0, 1)], strict=True):
        along_x, along_y = cv2.getDerivKernels(*order, size)
        np.testing.assert_array_equal(kernel, np.outer(along_y, along_x))


def test_gabor_is_opencvs_with_the_answer_to_plain_brightness_taken_out() -> None:
    for index, kernel in enumerate(kernels("gabor")):
        across = np.radians(90 - 22.5 * index)
        shape = (7, 7), GABOR_SIGMA, across
        wave = cv2.getGaborKernel(*shape, GABOR_WAVELENGTH, GABOR_ASPECT, psi=0)
        envelope = cv2.getGaborKernel(*shape, 1e9, GABOR_ASPECT, psi=0)  # a wave too long to be seen
        expected = wave - envelope * wave.sum() / envelope.sum()
        np.testing.assert_allclose(kernel, expected / expected[expected > 0].sum(), atol=1e-6)


@pytest.mark.parametrize(("index", "slope"), [(0, "horizontal"), (2, "rising"), (4, "vertical"), (6, "falling")])
def test_gabor_answers_most_to_the_bar_that_its_label_names(index: int, slope: str) -> None:
    bars = {
        "horizontal": np.zeros((7, 7)),
        "vertical": np.zeros((7, 7)),
        "rising": np.fliplr(np.eye(7)),  # from the bottom left to the top right, as 45 degrees are drawn on paper
        "falling": np.eye(7),
    }
    bars["horizontal"][3, :] = 1
    bars["vertical"][:, 3] = 1
    answers = np.tensordot(kernels("gabor"), bars[slope])
    assert int(answers.argmax()) == index
    assert cc.load_bank("gabor").labels[index] == f"bar at {45 * index // 2} deg"


def test_gaussian_derivatives_differentiate_ramps_and_parabolas_exactly() -> None:
    y, x = np.mgrid[-3:4, -3:4].astype(np.float64)
    pictures = np.stack([x, y, x**2 / 2, y**2 / 2, np.ones_like(x)])
    answers = np.einsum("fij,pij->fp", kernels("gaussian-derivative"), pictures)
    np.testing.assert_allclose(answers, np.eye(4, 5), atol=1e-6)


def test_the_gaussian_derivatives_are_a_sampled_gaussian_times_its_polynomials() -> None:
    gaussian = cv2.getGaussianKernel(7, 1)[:, 0]
    u = np.arange(-3, 4)
    x, _, xx, _ = kernels("gaussian-derivative")
    slope, curvature = x[3] / gaussian / u[-1], xx[3] / gaussian
    np.testing.assert_allclose(slope, slope[-1] * u / 3, atol=1e-5)
    np.testing.assert_allclose(np.polyfit(u, curvature, 2)[1], 0, atol=1e-5)
    np.testing.assert_allclose(np.polyval(np.polyfit(u, curvature, 2), u), curvature, atol=1e-5)


@pytest.mark.parametrize("name", [bank.name for bank in BUILT_IN_BANKS if bank.name != "everyday"])
def test_every_bank_of_edges_bars_and_spots_answers_nothing_to_plain_brightness(name: str) -> None:
    np.testing.assert_allclose(kernels(name).astype(np.float64).sum(axis=(1, 2)), 0, atol=1e-7)


def test_the_everyday_filters_keep_plain_brightness_and_the_outline_removes_it() -> None:
    np.testing.assert_allclose(kernels("everyday").sum(axis=(1, 2)), [1, 1, 1, 0])


@pytest.mark.parametrize("bank", BUILT_IN_BANKS, ids=lambda bank: bank.name)
def test_an_edge_filters_label_says_which_side_is_bright(bank: cc.FilterBank) -> None:
    y, x = np.mgrid[-1:1:7j, -1:1:7j]
    brighter = {"top": -y, "bottom": y, "left": -x, "right": x}
    for filter in bank.filters:
        if "bright" not in filter.label or "spot" in filter.label or "deg" in filter.label:
            continue
        sides = [word for word in filter.label.split(", ")[-1].split() if word in brighter]
        ramp = np.sum([brighter[side] for side in sides], axis=0)
        height, width = filter.kernel.shape
        assert (filter.kernel * cv2.resize(ramp, (width, height))).sum() > 0, filter.label


def test_the_banks_have_the_shapes_and_numbers_of_filters_they_are_known_for() -> None:
    assert {bank.name: bank.kernels.shape for bank in BUILT_IN_BANKS} == {
        "udacity": (4, 1, 4, 4),
        "everyday": (4, 1, 3, 3),
        "sobel": (2, 1, 3, 3),
        "prewitt": (2, 1, 3, 3),
        "scharr": (2, 1, 3, 3),
        "laplacian": (4, 1, 3, 3),
        "kirsch": (8, 1, 3, 3),
        "gabor": (8, 1, 7, 7),
        "gaussian-derivative": (4, 1, 7, 7),
        "roberts": (2, 1, 2, 2),
    }


@pytest.mark.parametrize("bank", BUILT_IN_BANKS, ids=lambda bank: bank.name)
def test_every_bank_can_be_drawn_listed_and_told_apart(bank: cc.FilterBank) -> None:
    words = [bank.name, bank.description, *bank.labels]
    assert all(text.isascii() and text.isprintable() and text for text in words)
    assert len(set(bank.labels)) == len(bank)
    assert max(len(label) for label in bank.labels) <= 30


def test_a_kernel_is_a_read_only_copy() -> None:
    mine = np.ones((2, 3), np.float32)
    filter = cc.Filter("mine", mine)
    mine[:] = 7
    assert (filter.kernel == 1).all()
    assert not filter.kernel.flags.writeable
    assert not cc.FilterBank("bank", (filter,)).kernels.flags.writeable


@pytest.mark.parametrize(
    ("kernel", "complaint"),
    [
        (np.ones(4), "want (height, width)"),
        (np.ones((2, 4, 4)), "want (height, width)"),
        (np.ones((0, 4)), "want 1x1 to 31x31"),
        (np.ones((32, 1)), "want 1x1 to 31x31"),
        (np.array([[1.0, np.nan]]), "finite"),
        (np.array([[1e39]]), "finite"),
    ],
)
def test_a_kernel_that_cannot_be_used_is_refused_by_name(kernel: AnyArray, complaint: str) -> None:
    with pytest.raises(cc.FilterError, match=r"filter 'mine'") as caught:
        cc.Filter("mine", kernel)
    assert complaint in str(caught.value)


@pytest.mark.parametrize("count", [0, 65])
def test_a_bank_has_1_to_64_filters(count: int) -> None:
    with pytest.raises(cc.FilterError, match=f"has {count} filters, want 1 to 64"):
        cc.FilterBank("mine", (cc.Filter("a", np.ones((1, 1), np.float32)),) * count)


def test_the_kernels_of_a_bank_share_one_shape() -> None:
    with pytest.raises(cc.FilterError, match=r"filter 'b' has shape \(2, 1\), want \(1, 2\)"):
        cc.FilterBank(
            "mine", (cc.Filter("a", np.ones((1, 2), np.float32)), cc.Filter("b", np.ones((2, 1), np.float32)))
        )


def test_flipping_turns_every_kernel_by_180_degrees_and_keeps_the_words() -> None:
    bank = cc.FilterBank("mine", (cc.Filter("a", np.array([[1, 2], [3, 4]])),), "what it is", ("a note",))
    flipped = bank.flipped()
    assert flipped.kernels.tolist() == [[[[4, 3], [2, 1]]]]
    assert (flipped.name, flipped.labels, flipped.description, flipped.notes) == (
        "mine",
        ("a",),
        "what it is",
        ("a note",),
    )
    np.testing.assert_array_equal(flipped.flipped().kernels, bank.kernels)


WAYS = {"to the right": (0, 1), "to the left": (0, -1), "below": (1, 0), "above": (-1, 0)}


def test_every_built_in_filter_says_what_it_answers_to() -> None:
    assert [(b.name, f.label) for b in BUILT_IN_BANKS for f in b.filters if not f.answers] == []


@pytest.mark.parametrize("flip", [False, True])
def test_a_filter_that_names_a_direction_answers_most_to_a_ramp_that_rises_there(flip: bool) -> None:
    checked = 0
    for bank in BUILT_IN_BANKS:
        y, x = np.mgrid[: bank.kernel_hw[0], : bank.kernel_hw[1]]
        for filter in (bank.flipped() if flip else bank).filters:
            way = WAYS.get(filter.answers.removeprefix("brighter "))
            if way:
                rises = {w: float((filter.kernel * (w[0] * y + w[1] * x)).sum()) for w in WAYS.values()}
                assert max(rises, key=lambda w: rises[w]) == way, (bank.name, filter.label)
                checked += 1
    assert checked >= 8


def test_a_turned_kernel_that_the_bank_does_not_have_claims_nothing() -> None:
    assert {f.answers for f in cc.load_bank("sobel").flipped().filters} == {""}
