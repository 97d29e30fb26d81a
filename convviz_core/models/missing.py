"""Layers that are not there, or give no maps, and what is said of them."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from torch import Tensor

from convviz_core.models.calls import Call
from convviz_core.models.errors import ModelError
from convviz_core.names import shown

MOST_NAMES = 5  # in one sentence


def no_such_layer(name: str, names: list[str], parts: Collection[str] = ()) -> str:
    """The sentence for a name that is not in the list, with the near ones. parts: all of the model's."""
    ending = [each for each in names if each.endswith(name) or name in each][:3] if name else []
    near = ending or difflib.get_close_matches(name, names, n=3)
    others = " and others" if len(names) > MOST_NAMES else ""
    meant = f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(names[:MOST_NAMES])}{others}"
    if name in parts:
        return f"'{shown(name)}' is a part of the model that has no maps: {meant}"
    return f"the model has no layer '{shown(name)}': {meant}"


def with_maps(call: Call | None, name: str, values: Tensor) -> Call:
    """The call `name` of a run on `values`; ModelError where there is none, or none that gives maps."""
    if call is None:
        raise ModelError(f"'{shown(name)}' does not run on this picture")
    if call.map_shape is None:
        height, width = values.shape[-2:]
        raise ModelError(f"'{shown(name)}' has no maps at {width}x{height}: {_instead(call.output)}")
    return call


def if_maps(call: Call | None) -> Call | None:
    """The call, where it gives maps."""
    return call if call and call.map_shape is not None else None


def _instead(output: object) -> str:
    if isinstance(output, Tensor):
        return f"it gives {str(output.dtype).removeprefix('torch.')} {tuple(output.shape)}, want float (1, C, h, w)"
    return f"it gives {type(output).__name__}, want one float tensor (1, C, h, w)"
