"""Pickles read without running them: what they describe, and what damaged and hostile ones lead to."""

from __future__ import annotations

import collections
import contextlib
import io
import os
import pickle
import struct
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convviz_core.filters.checkpoints.pickled import Made, Name, PickleError, Reference, read_pickle

plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary(max_size=300)),
    lambda inner: st.one_of(
        st.lists(inner), st.tuples(inner, inner), st.dictionaries(st.text() | st.integers(), inner), st.tuples()
    ),
    max_leaves=20,
)


@given(content=plain, protocol=st.sampled_from([3, 4, 5]))
def test_plain_data_is_what_pickle_itself_reads(content: object, protocol: int) -> None:
    assert read_pickle(io.BytesIO(pickle.dumps(content, protocol))).content == content


@pytest.mark.parametrize("protocol", range(6))
def test_shared_and_cyclic_parts_stay_so(protocol: int) -> None:
    shared: list[object] = [1]
    cyclic: dict[str, object] = {"a": shared, "b": (shared, shared)}
    cyclic["self"] = cyclic
    content = read_pickle(io.BytesIO(pickle.dumps(cyclic, protocol))).content
    assert content["self"] is content
    assert content["a"] is content["b"][0] is content["b"][1]
    assert content["a"] == [1]


@pytest.mark.parametrize("protocol", range(6))
def test_calls_are_written_down_and_not_made(protocol: int) -> None:
    class_, function = collections.OrderedDict(a=[1]), PurePosixPath("a/b")
    pickled = read_pickle(io.BytesIO(pickle.dumps({"c": class_, "f": function}, protocol)))
    made = pickled.content["c"]
    assert isinstance(made, Made)
    assert (made.name, made.entries or dict(made.arguments[0])) == ("collections.OrderedDict", {"a": [1]})
    assert isinstance(pickled.content["f"], Made)
    assert pickled.names[0] == "collections.OrderedDict"
    assert any(name.startswith("pathlib") for name in pickled.names)


def test_what_lies_outside_is_a_reference() -> None:
    class Pickler(pickle.Pickler):
        def persistent_id(self, value: object) -> object:
            return ("storage", len) if value is Ellipsis else None

    file = io.BytesIO()
    Pickler(file, 2).dump([...])
    pickled = read_pickle(io.BytesIO(file.getvalue()))
    (reference,) = pickled.content
    assert isinstance(reference, Reference)
    assert (
        reference.identifier == ("storage", Name("builtins.len")) or reference.identifier[1].path == "__builtin__.len"
    )
    assert pickled.references == (reference,)


def test_several_pickles_in_a_row_are_read_one_by_one() -> None:
    file = io.BytesIO(pickle.dumps(1) + pickle.dumps("two") + b"rest")
    assert [read_pickle(file).content, read_pickle(file).content, file.read()] == [1, "two", b"rest"]


HOSTILE = {
    "no bytes": b"",
    "no end": b"\x80\x02}",
    "nothing to take": b"\x80\x02a.",
    "an unknown place": b"\x80\x02h\x05.",
    "a long text": b"\x80\x04\x8d" + struct.pack("<Q", 1 << 60) + b"x.",
    "a long bytearray": b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b".",
    "a number of many digits": b"I" + b"9" * 10000 + b"\n.",
    "an extension": b"\x80\x02\x82\x01.",
    "more than a checkpoint has": b"\x80\x02" + b"]" * 4_000_000 + b".",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=list(HOSTILE))
def test_what_is_no_whole_pickle_is_refused(content: bytes) -> None:
    with pytest.raises(PickleError):
        read_pickle(io.BytesIO(content))


def test_a_far_place_to_remember_takes_no_memory() -> None:
    assert read_pickle(io.BytesIO(b"\x80\x02]r" + struct.pack("<I", (1 << 32) - 1) + b".")).content == []


def test_keys_that_would_take_for_ever_to_hash_are_left_out() -> None:
    """A tuple of two of the tuple before, sixty times: its hash would be computed from 2**60 parts."""
    doubled = b"K\x01" + b"2\x86" * 60
    assert read_pickle(io.BytesIO(b"\x80\x02}(" + doubled + b"K\x02X\x01\x00\x00\x00aK\x03u.")).content == {"a": 3}


@given(content=st.binary(max_size=200))
def test_no_bytes_run_anything_or_raise_anything_else(content: bytes) -> None:
    with contextlib.suppress(PickleError):
        read_pickle(io.BytesIO(content))


def test_a_call_of_the_systems_is_only_named() -> None:
    class Intruder:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, ("/no/such/folder",)

    content = read_pickle(io.BytesIO(pickle.dumps(Intruder()))).content
    assert isinstance(content, Made)
    assert content.name == f"{os.mkdir.__module__}.mkdir"
    assert content.arguments == ("/no/such/folder",)
