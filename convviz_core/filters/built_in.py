"""The built-in filter banks, with the source of every coefficient.

Kernels are written for cross-correlation, as the layer applies them: a kernel that is negative on its left and
positive on its right answers with a positive number where the picture is dark on the left and bright on the right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from convviz_core.arrays import AnyArray
from convviz_core.filters.bank import Filter, FilterBank


def _bank(
    name: str, description: str, kernels: dict[str, AnyArray | list[list[int]]], answers: Sequence[str]
) -> FilterBank:
    """answers: what each kernel answers to, as a caption below its number says it."""
    filters = [Filter(label, np.array(k), said) for (label, k), said in zip(kernels.items(), answers, strict=True)]
    return FilterBank(name, tuple(filters), description)


def _udacity() -> FilterBank:
    # Udacity, "Visualizing convolving" (MIT License, 2018): f1, and from it f2 = -f1, f3 = f1.T, f4 = -f3.
    f1 = np.array([[-1, -1, 1, 1]] * 4, dtype=np.float32)
    return _bank(
        "udacity",
        "the notebook's four 4x4 edge filters: left-to-right, right-to-left, top-to-bottom, bottom-to-top",
        {"filter 1": f1, "filter 2": -f1, "filter 3": f1.T, "filter 4": -f1.T},
        ("brighter to the right", "brighter to the left", "brighter below", "brighter above"),
    )


def _everyday() -> FilterBank:
    # Blur: the 3x3 binomial kernel, cv2.getGaussianKernel(3, 0) times its transpose.
    # Sharpen: the picture minus its 4-neighbour Laplacian (Gonzalez and Woods, Digital Image Processing, 3.6.2).
    # Emboss: the GIMP manual, "Convolution Matrix". Outline: 8 times the middle minus its 8 neighbours.
    return _bank(
        "everyday",
        "what photo editors call blur, sharpen, emboss and outline",
        {
            "blur": np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16,
            "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
            "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
            "outline": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
        },
        ("all of it, softened", "all of it, crisper", "relief, lit from top left", "differs from around it"),
    )


def _gradient(name: str, description: str, smooth: tuple[int, int, int]) -> FilterBank:
    """A central difference along one axis, smoothed along the other: the 3x3 form of Sobel, Prewitt and Scharr."""
    x = np.outer(smooth, (-1, 0, 1))
    return _bank(
        name,
        description,
        {"x: left dark, right bright": x, "y: top dark, bottom bright": x.T},
        ("brighter to the right", "brighter below"),
    )


def _roberts() -> FilterBank:
    # L. Roberts, "Machine Perception of Three-Dimensional Solids", 1963; signs as Gonzalez and Woods, 10.2.5.
    return _bank(
        "roberts",
        "Roberts' cross, 1963: the two diagonal differences of a 2x2 square",
        {
            "bottom right bright": [[-1, 0], [0, 1]],
            "bottom left bright": [[0, -1], [1, 0]],
        },
        ("brighter below right", "brighter below left"),
    )


def _laplacian() -> FilterBank:
    # cv2.Laplacian with ksize=1, and the 8-neighbour form (Gonzalez and Woods, 3.6.2); then both negated.
    four = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    eight = np.array([[1, 1, 1], [1, -8, 1], [1, 1, 1]])
    return _bank(
        "laplacian",
        "the second derivative in all directions at once, over 4 and over 8 neighbours: dark and bright spots",
        {
            "4 neighbours: dark spot": four,
            "8 neighbours: dark spot": eight,
            "4 neighbours: bright spot": -four,
            "8 neighbours: bright spot": -eight,
        },
        [f"{spot} than {around} around it" for spot in ("darker", "brighter") for around in (4, 8)],
    )


def _kirsch() -> FilterBank:
    # R. Kirsch, "Computer determination of the constituent structure of biological images", 1971: three 5s and
    # five -3s on the ring around the middle, turned in eight steps of 45 degrees, here clockwise from the top.
    ring = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
    sides = ["top", "top right", "right", "bottom right", "bottom", "bottom left", "left", "top left"]
    kernels: dict[str, AnyArray | list[list[int]]] = {}
    for turn, side in enumerate(sides):
        kernel = np.zeros((3, 3))
        for step, (row, column) in enumerate(ring):
            kernel[row, column] = 5 if (step - turn) % 8 < 3 else -3
        kernels[f"{side} bright"] = kernel
    ways = ("above", "above right", "to the right", "below right", "below", "below left", "to the left", "above left")
    description = "Kirsch's compass, 1971: an edge in each of eight directions"
    return _bank("kirsch", description, kernels, [f"brighter {way}" for way in ways])


# In pixels: the bar is half a wave wide; sigma is the envelope's width across the bar, sigma / aspect along it.
GABOR_WAVELENGTH = 6.0
GABOR_SIGMA = 2.0
GABOR_ASPECT = 0.75


def _gabor_kernel(bar_degrees: float) -> AnyArray:
    """(7, 7) even Gabor kernel whose bright bar lies at `bar_degrees`, counter-clockwise from horizontal.

    exp(-(u^2 + aspect^2 v^2) / (2 sigma^2)) (cos(2 pi u / wavelength) - dc), u across the bar and v along it:
    J. Daugman, JOSA A 2(7), 1985. dc makes the sum zero, so that plain brightness is not answered (T. S. Lee,
    IEEE PAMI 18(10), 1996). Scaled so that the positive weights sum to 1: responses on [0, 1] lie in [-1, 1].
    """
    across = math.radians(90 - bar_degrees)  # clockwise on the screen, where y points down
    y, x = np.mgrid[-3:4, -3:4].astype(np.float64)
    u = x * math.cos(across) + y * math.sin(across)
    v = -x * math.sin(across) + y * math.cos(across)
    envelope = np.exp(-(u**2 + (GABOR_ASPECT * v) ** 2) / (2 * GABOR_SIGMA**2))
    wave = np.cos(2 * np.pi * u / GABOR_WAVELENGTH)
    kernel = envelope * (wave - (envelope * wave).sum() / envelope.sum())
    return np.asarray(kernel / kernel[kernel > 0].sum())


def _gabor() -> FilterBank:
    return _bank(
        "gabor",
        "bright bars at eight angles, counter-clockwise from horizontal, as cells of the visual cortex see them",
        {f"bar at {degrees:g} deg": _gabor_kernel(degrees) for degrees in np.arange(8) * 22.5},
        [f"bright bar at {degrees:g}\N{DEGREE SIGN}" for degrees in np.arange(8) * 22.5],
    )


def _gaussian_derivative() -> FilterBank:
    # J. Koenderink and A. van Doorn, "Representation of local geometry in the visual system", 1987: derivatives of a
    # Gaussian, sigma 1 px, sampled on 7 px. Each is scaled to be exact: a ramp x gives 1, a parabola x^2/2 gives 1.
    u = np.arange(-3, 4, dtype=np.float64)
    gaussian = np.exp(-(u**2) / 2)
    gaussian /= gaussian.sum()
    first = u * gaussian
    first /= (u * first).sum()
    second = (u**2 - (u**2 * gaussian).sum()) * gaussian  # the mean is subtracted, so that the sum is zero
    second /= (u**2 / 2 * second).sum()
    x, xx = np.outer(gaussian, first), np.outer(gaussian, second)
    return _bank(
        "gaussian-derivative",
        "slope and curvature of the picture blurred by a Gaussian of sigma 1, along x and y",
        {
            "x: left dark, right bright": x,
            "y: top dark, bottom bright": x.T,
            "xx: dark vertical line": xx,
            "yy: dark horizontal line": xx.T,
        },
        ("brighter to the right", "brighter below", "dark upright line", "dark level line"),
    )


BUILT_IN_BANKS = (
    _udacity(),
    _everyday(),
    # I. Sobel and G. Feldman, 1968 (I. Sobel, "History and definition of the Sobel operator", 2014).
    _gradient("sobel", "Sobel, 1968: the slope along x and y, the middle row counted twice", (1, 2, 1)),
    # J. Prewitt, "Object enhancement and extraction", 1970.
    _gradient("prewitt", "Prewitt, 1970: the slope along x and y, all three rows alike", (1, 1, 1)),
    # H. Scharr, "Optimale Operatoren in der Digitalen Bildverarbeitung", 2000; whole numbers as in cv2.Scharr.
    _gradient("scharr", "Scharr, 2000: the slope along x and y, most nearly alike in every direction", (3, 10, 3)),
    _laplacian(),
    _kirsch(),
    _gabor(),
    _gaussian_derivative(),
    _roberts(),
)
