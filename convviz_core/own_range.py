"""auto's limit of one picture: what all but the largest hundredth of its responses stay below, found from some of them.

Responses are after the activation. What it is, is defined in tally.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from convviz_core.arrays import ByteArray
from convviz_core.difference import Difference
from convviz_core.difference_sampling import DifferenceSampler, difference_sampler_for
from convviz_core.gray import check_picture
from convviz_core.layer import Layer
from convviz_core.ranges import Limits, limits_for
from convviz_core.sampling import ResponseSampler, of_one_frame, sampler_for
from convviz_core.tally import FLOOR, Tally

Sampler = ResponseSampler | DifferenceSampler


def own_limits(layer: Layer | Difference, frame: ByteArray, peak: Callable[[], float]) -> tuple[Limits, float]:
    """A picture's own range for the whole bank, and the share of all responses that are above it, 0 to 1.

    From a part of its responses, and from all where next to nothing lies between the weak and the strong ones: few more
    or less would then make it another. peak: gives the picture's largest |response|, where a sample does not do.
    Errors: see ResponseSampler.
    """
    check_picture(frame)
    sampler = _sampler_for(layer, frame.shape)
    most = sampler.portions
    if isinstance(sampler, ResponseSampler):
        sampler, frame = of_one_frame(sampler, frame)
    tally = Tally.sum(looked_at(sampler, frame, most))
    if isinstance(sampler, ResponseSampler) and tally.vague(sampler.responses_in_all):
        tally = of_all(sampler, frame)
    limit = in_bounds(tally.limit(sampler.responses_in_all), sampler, peak)
    return limits_for(layer, limit * sampler.fixed_limit), tally.above(limit) / tally.seen


def of_all(sampler: ResponseSampler, frame: ByteArray) -> Tally:
    """What all of a picture's responses amount to: tens of milliseconds, where a part does not tell the limit."""
    return Tally.sum([Tally.of(sizes) for sizes in sampler.all_sizes(frame)])


def looked_at(sampler: Sampler, frame: ByteArray, most: int, before: Sequence[Tally] = ()) -> list[Tally]:
    """Portions of a picture, enough of them, and up to `most` where those may still be off.

    before: what else is known of the picture, which is enough.
    """
    tallies = list(before)
    least = 0 if before else sampler.enough
    for portion in range(min(max(least, most), sampler.portions)):
        if portion >= least and Tally.sum(tallies).sure(sampler.responses_in_all):
            break
        tallies.append(Tally.of(sampler.sizes(frame, portion)))
    return tallies


def in_bounds(found: float | None, sampler: Sampler, peak: Callable[[], float]) -> float:
    """The limit, never below FLOOR, in units of the fixed limit. found: see Tally.limit."""
    return max(FLOOR, peak() / sampler.fixed_limit if found is None else found)


def _sampler_for(layer: Layer | Difference, shape: tuple[int, ...]) -> Sampler:
    return difference_sampler_for(layer, shape) if isinstance(layer, Difference) else sampler_for(layer, shape)
