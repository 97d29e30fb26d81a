"""Which of a file's tensors is meant: the one that was named, or the first convolution that can read a frame."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from convviz_core.filters.bank import FilterError
from convviz_core.filters.checkpoints.first_convolution import bias_of, first_convolution, is_transposed, reads_frames
from convviz_core.filters.checkpoints.state_dicts import StateDict
from convviz_core.filters.checkpoints.stored_tensor import StoredTensor
from convviz_core.names import shown

# What wrapping a model puts before its own names: DistributedDataParallel, torch.compile, Lightning, checkpoints, FSDP.
_WRAPPERS = {"module", "_orig_mod", "model", "state_dict", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}
_WANTED = "(N, 1, kh, kw) or (N, 3, kh, kw)"
_MOST_LISTED = 8
_MOST_COMPARED = 5000  # names that a misspelt one is compared with


@dataclass(frozen=True)
class Chosen:
    """A tensor of a file, with the name by which a person knows it, and its layer's bias, where it has one.

    bias: of shape (N,), for weights of (N, C, kh, kw).
    """

    name: str
    tensor: StoredTensor
    bias: StoredTensor | None


def choose(dicts: Sequence[StateDict], wanted: str | None) -> Chosen:
    """The weights named `wanted`, or the first convolution of the part that is named so, or, for None, of the file.

    Prefixes that wrapping adds need not be in `wanted`. Errors: FilterError, with what the file holds and near names.
    """
    if wanted is not None:
        found, name = _named(dicts, wanted)
    elif (first := _first(dicts)) is not None:
        found, name = first
    else:
        raise FilterError(f"it has no convolution that reads gray or colour, {_WANTED}; {_held(dicts)}")
    if not reads_frames(found.tensors[name].shape):
        shape = found.tensors[name].shape
        raise FilterError(f"'{short(name)}' has shape {shape}, want {_WANTED}; {_held(dicts)}")
    if is_transposed(name, found.shapes):
        raise FilterError(
            f"'{short(name)}' is a transposed convolution's, (in, out, kh, kw), which does not read a frame"
        )
    tensor, bias = found.tensors[name], found.tensors.get(bias_of(name))
    return Chosen(_displayed(dicts, found, name), tensor, bias if bias and bias.shape == tensor.shape[:1] else None)


def listed(names: Iterable[str]) -> str:
    """The first names, fit for a message, and how many more there are."""
    names = list(names)
    rest = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return (", ".join(short(name) for name in names[:_MOST_LISTED]) or "nothing") + rest


def short(text: str) -> str:
    """`text` from a file, fit for a message: printable, at most 80 characters."""
    printable = shown(text[:100])
    return printable if len(printable) <= 80 else f"{printable[:77]}..."


def _first(dicts: Sequence[StateDict], below: str = "") -> tuple[StateDict, str] | None:
    """The first convolution of those networks whose tensors' full names begin with `below`."""
    for found in sorted(dicts, key=lambda found: found.is_aside):
        shapes = {name: shape for name, shape in found.shapes.items() if _is_below(found.full(name), below)}
        if (not found.of_optimizer or below) and (name := first_convolution(shapes, found.in_order)):
            return found, name
    return None


def _named(dicts: Sequence[StateDict], wanted: str) -> tuple[StateDict, str]:
    every = [(found, name) for found in dicts for name in found.tensors]
    bare = _bare(wanted)
    exact = [each for each in every if StateDict.full(*each) == wanted]
    weights = [each for each in every if StateDict.full(*each) == f"{wanted}.weight"]
    unwrapped = [each for each in every if bare and _bare(StateDict.full(*each)) == bare]
    anywhere = [each for each in every if bare and _bare(each[1]) == bare]
    for matches in (exact, weights, unwrapped, anywhere):
        likely = [each for each in matches if not each[0].is_aside] or matches
        if len(likely) == 1:
            return likely[0]
        if likely:
            names = listed(found.full(name) for found, name in likely)
            raise FilterError(f"it has more than one '{short(wanted)}': name {names}")
    if wanted and any(_is_below(found.full(name), wanted) for found, name in every):
        if first := _first(dicts, wanted):
            return first
        raise FilterError(f"'{short(wanted)}' in it has no convolution that reads gray or colour; {_held(dicts)}")
    near = _near(every, bare)
    meant = f" (did you mean {' or '.join(repr(short(name)) for name in near)}?)" if near else ""
    raise FilterError(f"it has no tensor '{short(wanted)}'; {_held(dicts)}{meant}")


def _near(every: Sequence[tuple[StateDict, str]], bare: str) -> list[str]:
    """Up to three layers whose names are like the one that was asked for, or end with it."""
    names = dict.fromkeys(
        found.full(name).removesuffix(".weight") for found, name in every if reads_frames(found.tensors[name].shape)
    )
    ending = [name for name in names if bare and f".{name}".endswith(f".{bare}")]
    plain = {_bare(name): name for name in list(names)[:_MOST_COMPARED]}
    close = difflib.get_close_matches(bare[:100], plain, n=3)
    return list(dict.fromkeys([*ending, *(plain[name] for name in close)]))[:3]


def _bare(name: str) -> str:
    """A tensor's name without what wrapping has put into it, and without the `weight` at its end."""
    parts = name.split(".")
    if len(parts) > 1 and parts[-1] == "weight":
        parts.pop()
    return ".".join(part for part in parts if part not in _WRAPPERS)


def _is_below(full: str, prefix: str) -> bool:
    if not prefix or full.startswith(f"{prefix}."):
        return True
    bare = _bare(prefix)
    return bool(bare) and _bare(full).startswith(f"{bare}.")


def _displayed(dicts: Sequence[StateDict], found: StateDict, name: str) -> str:
    """The name within its own dictionary, with the keys that lead there where another one has weights too."""
    others = (each for each in dicts if each is not found and not each.is_aside)
    alone = not any(len(shape) == 4 for other in others for shape in other.shapes.values())
    return name if alone and not found.is_aside else found.full(name)


def _held(dicts: Sequence[StateDict]) -> str:
    def entries() -> Iterator[tuple[bool, str]]:
        for found in dicts:
            for name, shape in found.shapes.items():
                yield not reads_frames(shape), f"{found.full(name)} {shape}"

    return f"the file holds {listed(text for _, text in sorted(entries(), key=lambda entry: entry[0]))}"
