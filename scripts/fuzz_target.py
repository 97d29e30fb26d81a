"""What is fuzzed: one reader, the seeds of its inputs, and what may come of an input; and random changes to bytes."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from convviz_core.names import shown

LONGEST_SENTENCE = 1000


@dataclass(frozen=True)
class Target:
    """A reader.

    seeds: makes some small inputs, most of them good. run: reads one input, and asserts what must hold of the result.
    refusals: the exceptions with which it may refuse; each is one sentence. instrumented: how the
    names of the modules begin whose functions atheris watches. longest: bytes of an input.
    """

    name: str
    seeds: Callable[[], list[bytes]]
    run: Callable[[bytes], None]
    refusals: tuple[type[Exception], ...]
    instrumented: tuple[str, ...]
    longest: int = 4096


def check(target: Target, data: bytes) -> None:
    """Give `data` to the target; whatever is wrong with what comes of it leaves as an exception."""
    try:
        target.run(data)
    except target.refusals as refusal:
        sentence = shown(str(refusal))
        assert 0 < len(sentence) <= LONGEST_SENTENCE + 4 * len(data), f"no sentence: {sentence!a}"


def mutated(chance: random.Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds, changed in one to eight places."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) + 1)
        length = min(chance.choice((1, 1, 2, 4, 8, 64)), len(data) - at)
        match chance.randrange(6):
            case 0:  # other bytes
                data[at : at + length] = chance.randbytes(length)
            case 1:  # a number at its limits
                data[at : at + length] = chance.choice((b"\0", b"\1", b"\x7f", b"\x80", b"\xff")) * length
            case 2:  # one bit
                data[at : at + 1] = bytes([data[at] ^ 1 << chance.randrange(8)]) if at < len(data) else b""
            case 3:  # fewer
                del data[at : at + chance.choice((length, len(data)))]
            case 4:  # more
                data[at:at] = data[at : at + length] * chance.choice((1, 2, 50))
            case _:  # a part of another seed
                other = chance.choice(seeds)
                start = chance.randrange(len(other) + 1)
                data[at : at + length] = other[start : start + chance.choice((4, 16, 256))]
    return bytes(data)
