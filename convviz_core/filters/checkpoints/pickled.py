"""Pickles read as what they describe, without running any of it.

A pickle is a small program: "call this function with that, put it under this key". Here no name in it is ever looked
up and nothing is called; the calls themselves are what comes out, and whoever knows what torch's calls mean reads
the weights' places from them. (https://docs.python.org/3/library/pickletools.html lists the instructions.)
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

MAX_PICKLE_BYTES = 64 << 20  # of a checkpoint's structure, without the weights
MAX_INSTRUCTIONS = 3_000_000  # a checkpoint of ten thousand tensors with its optimizer's state has half a million


class PickleError(ValueError):
    """What is read is no whole pickle, or one larger than any checkpoint's; the message is half a sentence."""


@dataclass(frozen=True)
class Name:
    """A class or function that the pickle names: `torch._utils._rebuild_tensor_v2`."""

    path: str


@dataclass(eq=False)
class Made:
    """What a class or function of that name would have made of `arguments`, and what is then put into it."""

    name: str
    arguments: tuple[Any, ...] = ()
    state: Any = None
    entries: dict[Hashable, Any] = field(default_factory=dict)
    items: list[Any] = field(default_factory=list)


@dataclass(eq=False)
class Reference:
    """What lies outside the pickle, by the identifier that its writer gave it (torch: a storage)."""

    identifier: Any


@dataclass(frozen=True, eq=False)
class Pickle:
    """What a pickle describes, with the names and the references in it in the order in which they come."""

    content: Any
    names: tuple[str, ...]
    references: tuple[Reference, ...]


def read_pickle(file: BinaryIO) -> Pickle:
    """The pickle at `file`'s position, behind which `file` then stands.

    Dictionaries keep the keys that are text or whole numbers. Errors: PickleError.
    """
    start = file.tell()
    window = io.BytesIO(file.read(MAX_PICKLE_BYTES))
    reader = _Reader()
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(window)):
            if count > MAX_INSTRUCTIONS:
                raise PickleError("its structure is larger than any checkpoint's")
            reader.do(opcode.name, argument)
        content = reader.stack.pop()
    except PickleError:
        raise
    except Exception as error:  # what a damaged pickle leads to is open: IndexError, KeyError, UnicodeDecodeError...
        raise PickleError("it holds no whole pickle") from error
    file.seek(start + window.tell())
    return Pickle(content, tuple(reader.names), tuple(reader.references))


class _Reader:
    """The stack machine that pickles are written for, with calls written down instead of made."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []  # the stacks under each mark
        self.memo: dict[int, Any] = {}
        self.names: dict[str, None] = {}
        self.references: list[Reference] = []

    def do(self, instruction: str, argument: Any) -> None:
        if instruction in _CONSTANTS:
            self.push(argument)
        else:
            _INSTRUCTIONS[instruction](self, argument)

    def push(self, value: object) -> None:
        self.stack.append(value)

    def marked(self) -> list[Any]:
        """What lies above the last mark, taken off with it."""
        above, self.stack = self.stack, self.below.pop()
        return above

    def mark(self) -> None:
        self.below.append(self.stack)
        self.stack = []

    def name(self, path: str) -> Name:
        self.names.setdefault(path)
        return Name(path)

    def global_name(self, argument: str) -> None:
        self.stack.append(self.name(argument.replace(" ", ".", 1)))

    def stack_global(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise PickleError("a name in it is no text")
        self.stack.append(self.name(f"{module}.{name}"))

    def call(self, arguments: object, what: object) -> None:
        path = what.path if isinstance(what, Name) else "something that is no name"
        self.stack.append(Made(path, arguments if isinstance(arguments, tuple) else ()))

    def call_popped(self, *, keywords: bool = False) -> None:
        if keywords:
            self.stack.pop()
        arguments = self.stack.pop()
        self.call(arguments, self.stack.pop())

    def obj(self) -> None:
        what, *arguments = self.marked()
        self.call(tuple(arguments), what)

    def build(self) -> None:
        state = self.stack.pop()
        if isinstance(self.stack[-1], Made):
            self.stack[-1].state = state

    def append(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Made | list):
            (target.items if isinstance(target, Made) else target).extend(items)

    def set_items(self, flat: list[Any]) -> None:
        target = self.stack[-1]
        entries = target.entries if isinstance(target, Made) else target
        if isinstance(entries, dict):
            entries.update(_pairs(flat))

    def tuple_of(self, count: int) -> None:
        items = tuple(self.stack[-count:])
        if len(items) < count:
            raise PickleError("it takes more than there is")
        self.stack[-count:] = [items]

    def refer(self, identifier: object) -> None:
        self.references.append(Reference(identifier))
        self.stack.append(self.references[-1])

    def drop(self) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self.marked()

    def put(self, place: int) -> None:
        self.memo[place] = self.stack[-1]


def _pairs(flat: list[Any]) -> dict[Hashable, Any]:
    """Keys and values in turns; keys of other kinds are left out, since to hash them is to run what they are."""
    return {key: value for key, value in zip(flat[::2], flat[1::2], strict=True) if type(key) in (str, int)}


_CONSTANTS = frozenset(
    [
        *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
        *("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
        *("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
    ]
)


def _push(value: Callable[[], object]) -> Callable[[_Reader, Any], None]:
    return lambda reader, _: reader.push(value())


_INSTRUCTIONS: dict[str, Callable[[_Reader, Any], None]] = {
    **dict.fromkeys(("PROTO", "FRAME", "STOP"), lambda _reader, _: None),
    "NONE": _push(lambda: None),
    "NEWTRUE": _push(lambda: True),
    "NEWFALSE": _push(lambda: False),
    "EMPTY_TUPLE": _push(tuple),
    **dict.fromkeys(("EMPTY_LIST", "EMPTY_SET"), _push(list)),
    "EMPTY_DICT": _push(dict),
    "MARK": lambda reader, _: reader.mark(),
    "POP_MARK": lambda reader, _: (reader.marked(), None)[1],
    "POP": lambda reader, _: reader.drop(),
    "DUP": lambda reader, _: reader.push(reader.stack[-1]),
    "TUPLE": lambda reader, _: reader.push(tuple(reader.marked())),
    "TUPLE1": lambda reader, _: reader.tuple_of(1),
    "TUPLE2": lambda reader, _: reader.tuple_of(2),
    "TUPLE3": lambda reader, _: reader.tuple_of(3),
    **dict.fromkeys(("LIST", "FROZENSET"), lambda reader, _: reader.push(reader.marked())),
    "DICT": lambda reader, _: reader.push(_pairs(reader.marked())),
    "APPEND": lambda reader, _: reader.append([reader.stack.pop()]),
    **dict.fromkeys(("APPENDS", "ADDITEMS"), lambda reader, _: reader.append(reader.marked())),
    "SETITEM": lambda reader, _: reader.set_items([reader.stack.pop(-2), reader.stack.pop()]),
    "SETITEMS": lambda reader, _: reader.set_items(reader.marked()),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda reader, place: reader.push(reader.memo[place])),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), lambda reader, place: reader.put(place)),
    "MEMOIZE": lambda reader, _: reader.put(len(reader.memo)),
    "GLOBAL": lambda reader, argument: reader.global_name(argument),
    "STACK_GLOBAL": lambda reader, _: reader.stack_global(),
    **dict.fromkeys(("REDUCE", "NEWOBJ"), lambda reader, _: reader.call_popped()),
    "NEWOBJ_EX": lambda reader, _: reader.call_popped(keywords=True),
    "INST": lambda reader, argument: reader.call(tuple(reader.marked()), reader.name(argument.replace(" ", ".", 1))),
    "OBJ": lambda reader, _: reader.obj(),
    "BUILD": lambda reader, _: reader.build(),
    "PERSID": lambda reader, argument: reader.refer(argument),
    "BINPERSID": lambda reader, _: reader.refer(reader.stack.pop()),
}
