"""What torch's calls in a pickle mean: the tensors that they would build, with their shapes and places."""

from __future__ import annotations

from itertools import accumulate, islice
from operator import mul
from typing import Any

from convviz_core.arrays import AnyArray
from convviz_core.filters.bank import FilterError
from convviz_core.filters.checkpoints.pickled import Made, Name
from convviz_core.filters.checkpoints.stored_tensor import FLOATS, Shape, StoredTensor, Strided, unreadable
from convviz_core.filters.checkpoints.torch_file import TorchFile, storage_of

# Wrappers whose first argument is the tensor.
_WRAPPERS = (
    *("torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "torch.nn.parameter.Parameter"),
    *("torch.nn.parameter.Buffer", "torch._utils._rebuild_device_tensor_from_cpu_tensor"),
    "torch._utils._rebuild_device_tensor_from_numpy",
)
_MOST_WRAPPERS = 8  # one inside another


def tensor_of(value: object, file: TorchFile) -> StoredTensor | None:
    """The tensor that `value`, a part of `file`'s pickle, describes; None where it describes something else."""
    for _ in range(_MOST_WRAPPERS):
        if not isinstance(value, Made):
            return None
        name, arguments = value.name, value.arguments
        if name in _WRAPPERS and arguments:
            value = arguments[0]
        elif name == "torch._tensor._rebuild_from_type_v2" and len(arguments) > 2 and isinstance(arguments[0], Name):
            inner = arguments[2]
            value = Made(arguments[0].path, inner if isinstance(inner, tuple) else ())
        else:
            break
    if not isinstance(value, Made):
        return None
    if value.name.endswith(".multiarray._reconstruct"):
        return _numpy_array(value.state)
    if value.name.endswith(".numeric._frombuffer") and len(value.arguments) == 4:  # protocol 5
        data, kind, shape, order = value.arguments
        return _numpy_array((1, shape, kind, order == "F", data))
    module, _, function = value.name.rpartition(".")
    return _built(function, value.arguments, file) if module == "torch._utils" else None


def _built(function: str, arguments: tuple[Any, ...], file: TorchFile) -> StoredTensor | None:
    """The tensor that one of torch's functions of that name builds from its arguments."""
    match function, arguments:
        case ("_rebuild_tensor" | "_rebuild_tensor_v2", (storage, offset, shape, strides, *_)):
            return _strided(file, storage, offset, shape, strides)
        case ("_rebuild_tensor_v3", (storage, offset, shape, strides, _, _, Name(dtype), *_)):
            return _strided(file, storage, offset, shape, strides, dtype.removeprefix("torch."))
        case ("_rebuild_qtensor", (_, _, shape, *_)):
            return unreadable(_shape_of(shape), "quantised ones: dequantise them and save them again")
        case (
            "_rebuild_sparse_tensor",
            (_, (*_, Made("torch.Size") as shape, bool()) | (*_, Made("torch.Size") as shape)),
        ):
            return unreadable(_shape_of(shape), "sparse ones: make them dense with .to_dense() and save them again")
        case ("_rebuild_meta_tensor_no_storage", (_, shape, *_)):
            return unreadable(_shape_of(shape), "a shape without values (device 'meta')")
        case ("_rebuild_wrapper_subclass", (Name(kind), _, shape, *_)):
            return unreadable(_shape_of(shape), f"a {kind}")
        case _:
            return unreadable((), "something that torch made") if function.startswith("_rebuild") else None


def _strided(
    file: TorchFile, reference: object, offset: object, shape: object, strides: object, dtype: str | None = None
) -> StoredTensor:
    shape, strides = _shape_of(shape), _shape_of(strides)
    storage = storage_of(reference)
    if storage is None or type(offset) is not int or not 0 <= offset < 1 << 48 or len(shape) != len(strides):
        raise FilterError("it holds a tensor of no possible shape or place")
    kind = dtype or storage.dtype
    if kind not in FLOATS:
        return unreadable(shape, kind)
    layout = Strided(shape, strides, offset + storage.view_offset, kind)

    def read(count: int) -> AnyArray:
        start, stop = (place * layout.itemsize for place in layout.span(count))
        return layout.array(file.bytes_of(storage.key, start, stop), count, file.byte_order)

    return StoredTensor(shape, read)


def _numpy_array(state: object) -> StoredTensor:
    """An array of numpy's: (version, shape, type, whether in Fortran's order, bytes)."""
    match state:
        case (_, sizes, Made(arguments=(str(kind), *_), state=(_, str(order), *_)), bool(in_columns), data):
            shape = _shape_of(sizes)
        case _:
            return unreadable((), "an array of an unknown kind")
    dtype = next((name for name, code in FLOATS.items() if code == kind and name != "bfloat16"), None)
    values = _bytes_of(data)
    if dtype is None or values is None:
        return unreadable(shape, f"numpy's {kind}")
    # A value's distance from the next along an axis: the product of the sizes of the axes that vary faster.
    ahead = accumulate((1, *(shape if in_columns else shape[::-1])), mul)
    strides = tuple(islice(ahead, len(shape)))
    layout = Strided(shape, strides if in_columns else strides[::-1], 0, dtype)

    def read(count: int) -> AnyArray:
        _, stop = layout.span(count)
        return layout.array(values[: stop * layout.itemsize], count, ">" if order == ">" else "<")

    return StoredTensor(shape, read)


def _bytes_of(data: object) -> bytes | None:
    """The bytes that a pickle holds as such or, of Python 2's and of protocol 2, as text of as many characters."""
    if isinstance(data, Made) and data.name == "_codecs.encode" and data.arguments:
        data = data.arguments[0]
    if isinstance(data, str):
        data = data.encode("latin-1", "replace")
    return bytes(data) if isinstance(data, bytes | bytearray) else None


def _shape_of(value: object) -> Shape:
    """`value` as sizes or strides. FilterError where it cannot be."""
    if isinstance(value, Made) and value.name == "torch.Size" and value.arguments:
        value = value.arguments[0]
    if not isinstance(value, tuple | list) or len(value) > 16:
        raise FilterError("it holds a tensor of no possible shape")
    if not all(type(size) is int and 0 <= size < 1 << 48 for size in value):
        raise FilterError("it holds a tensor of no possible shape")
    return tuple(value)
