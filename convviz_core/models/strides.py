"""How far a map's pixels lie apart in the input: found by letting the input grow.

A map of stride s grows by n / s where the input grows by n, whatever padding, branches and upsampling are on the way.
"""

from __future__ import annotations

from fractions import Fraction

GROWTH = 192  # pixels: a multiple of the strides that networks have


def stride_of(input_side: int, side: int, grown_side: int | None) -> float:
    """Input pixels from one map pixel to the next, along one axis.

    side: the map's, for an input of `input_side`. grown_side: the map's for an input that is GROWTH larger, None where
    the model does not run on one. Where that tells nothing, as for maps of one size whatever the input, it is the
    nearest whole number to input over map.
    """
    grown = 0 if grown_side is None else grown_side - side
    if grown > 0:
        stride = Fraction(GROWTH, grown)
        if stride.denominator == 1 or stride.numerator == 1:
            return _plain(stride)
        return _plain(_nearest(stride))
    return _plain(_nearest(Fraction(input_side, side)))


def _nearest(stride: Fraction) -> Fraction:
    """The nearest whole number, or one over a whole number."""
    return Fraction(round(stride)) if stride >= 1 else Fraction(1, round(1 / stride))


def _plain(stride: Fraction) -> float:
    return stride.numerator if stride.denominator == 1 else float(stride)
