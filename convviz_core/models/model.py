"""A torch model whose layers can be shown: what it is, what they are, and what one of them gives."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from threading import RLock

import torch
from torch import Tensor, nn

from convviz_core.geometry import Box
from convviz_core.models.calls import Call, parts_of, run_to, split, watch
from convviz_core.models.copying import own_copy, sharing_copy, uncompiled, unwrapped
from convviz_core.models.errors import ModelError
from convviz_core.models.layer import LayerInfo
from convviz_core.models.missing import if_maps, no_such_layer, with_maps
from convviz_core.models.model_input import checked_input_hw
from convviz_core.models.placing import placement_of
from convviz_core.models.probing import FieldTables
from convviz_core.models.specs import PRETRAINED, module_from
from convviz_core.models.strides import GROWTH, stride_of
from convviz_core.models.tracing import Traced, trace
from convviz_core.models.weights import load_weights
from convviz_core.names import shown
from convviz_core.placement import MapPlacement

Kinds = dict[str, tuple[str, tuple[int, int, int]]]
MOST_SIZES = 8  # of inputs whose layers are remembered
HALVES = (torch.float16, torch.bfloat16)

_NONE = "none of its parts gives one float tensor (1, C, h, w), or none is called, as in an exported program"


def load_model(model: str | nn.Module, weights: str | Path | None = None) -> Model:
    """A model by name, or a torch.nn.Module, which is copied and not changed.

    model: torchvision:NAME, timm:NAME, or file.py:NAME or package.module:NAME, which run that code: a function that
    returns a torch.nn.Module, or the module itself. weights: a state dict's or safetensors file, or "pretrained" for
    torchvision and timm. Errors: ModelError, one sentence.
    """
    if isinstance(model, nn.Module):
        module, name, note = own_copy(unwrapped(model)), type(unwrapped(model)).__name__, ""
        if weights == PRETRAINED:
            raise ModelError("pretrained weights are torchvision's and timm's: a module wants a file")
    elif isinstance(model, str):
        module, note = module_from(model, pretrained=weights == PRETRAINED)
        module, name = unwrapped(module), model
    else:
        raise TypeError(f"a model is a torch.nn.Module or what names one, got {type(model).__name__}")
    if isinstance(module, torch.jit.ScriptModule):
        raise ModelError(f"'{shown(name)}' is a TorchScript program, whose layers cannot be watched: give its module")
    notes = [note] if note else []
    if weights is not None and weights != PRETRAINED:
        notes = load_weights(module, Path(weights))
    return Model(name, module, notes)


class Model:
    """Belongs to whoever loaded it; runs on copies that share its weights, one for each thread that asks for one.

    Weights of 16 bits are taken into float32, so that the maps are as exact as those weights allow, and on a CPU come
    faster; a model whose code wants its own type runs in that.

    name: as it was written, or the class's. notes: what a person must be told about the weights. channels: how many the
    model takes, 3 (R, G, B) or 1 (gray).
    """

    def __init__(self, name: str, module: nn.Module, notes: list[str]) -> None:
        """Take over the module, which is nobody else's."""
        if any(tensor.is_meta for tensor in (*module.parameters(), *module.buffers())):
            raise ModelError(f"'{shown(name)}' has no weights (they are on the meta device): load it with weights")
        self.name = name
        self._module = uncompiled(module).to("cpu").eval()
        self._narrow: nn.Module | None = None  # in the type it came in, until it is known to run in float32
        if self.dtype in HALVES:
            self._narrow, self._module = self._module, own_copy(self._module).float()
        self._notes = notes
        self._channels: int | None = None
        self._kinds: OrderedDict[tuple[int, int], Kinds] = OrderedDict()
        self._strides: dict[tuple[int, int], dict[str, tuple[float, float]]] = {}
        self._fields = FieldTables(self)
        self._lock = RLock()

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about the weights, and about the input once the model has run."""
        gray = ("the model takes one channel: it gets the picture in gray",) if self._channels == 1 else ()
        return (*self._notes, *gray)

    @property
    def dtype(self) -> torch.dtype:
        """The floating type in which it runs, which the input is given in."""
        return _dtype_of(self._module)

    def check_name(self, name: str) -> None:
        """ModelError, naming the near ones, where the model has no part of that path."""
        parts = parts_of(self._module)
        if split(name)[0] not in parts:
            raise ModelError(no_such_layer(name, list(parts)))

    def replica(self, place: torch.device | str = "cpu") -> nn.Module:
        """A copy for one thread, in eval mode on that device; on the CPU it shares the weights."""
        with self._lock:
            copied = sharing_copy(self._module)
        return copied if torch.device(place).type == "cpu" else own_copy(copied).to(place)

    def channels_for(self, input_hw: tuple[int, int]) -> int:
        """3 or 1: how many channels the model takes. Errors: ModelError where it fails with both."""
        with self._lock:
            if self._channels is None:
                self.kinds(input_hw)
            assert self._channels is not None
            return self._channels

    def kinds(self, input_hw: tuple[int, int]) -> Kinds:
        """The layers that a picture of noise of (h, w) calls, in order: name -> type and (C, h, w)."""
        input_hw = checked_input_hw(input_hw)
        with self._lock:
            if input_hw not in self._kinds:
                found = self._called(input_hw)
                if not found:
                    raise ModelError(f"'{shown(self.name)}' has no layer with maps: {_NONE}")
                self._kinds[input_hw] = found
                if len(self._kinds) > MOST_SIZES:
                    self._kinds.popitem(last=False)
            return self._kinds[input_hw]

    def layers(self, input_hw: tuple[int, int]) -> list[LayerInfo]:
        """The layers in the order in which their outputs are ready, for inputs of (h, w). Errors: ModelError.

        A layer is any part whose output is one float tensor (1, C, h, w). Which ones run, and their receptive fields,
        is found with a picture of noise.
        """
        input_hw = checked_input_hw(input_hw)
        kinds, strides = self.kinds(input_hw), self.strides(input_hw)
        self._fields.find(input_hw, None)
        return [
            LayerInfo(name, kind, shape, strides[name], self._fields.middle(input_hw, name))
            for name, (kind, shape) in kinds.items()
        ]

    def strides(self, input_hw: tuple[int, int]) -> dict[str, tuple[float, float]]:
        """Name -> input pixels from one map pixel to the next, (y, x); see strides.py."""
        input_hw = checked_input_hw(input_hw)
        kinds = self.kinds(input_hw)
        with self._lock:
            if input_hw not in self._strides:
                grown: Kinds = {}
                larger = input_hw[0] + GROWTH, input_hw[1] + GROWTH
                with suppress(ModelError):  # what ran before it failed has told; others take one size only
                    watch(self.replica(), self.noise(larger), lambda call: _note(grown, call))
                self._strides[input_hw] = {
                    name: _strides(input_hw, shape, grown[name][1] if name in grown else None)
                    for name, (_, shape) in kinds.items()
                }
            return self._strides[input_hw]

    def receptive_field(self, name: str, input_hw: tuple[int, int], y: int, x: int) -> Box | None:
        """What response (y, x) of a layer reads of an input of (h, w), see probing.py. ModelError, IndexError."""
        input_hw = checked_input_hw(input_hw)
        self._fields.find(input_hw, name)
        return self._fields.box(input_hw, name, y, x)

    def placement(self, name: str, input_hw: tuple[int, int], *, fields: bool = True) -> MapPlacement:
        """How a layer's maps lie on an input of (h, w). fields: with what is known of their receptive fields, which are
        found for it. ModelError.
        """
        input_hw = checked_input_hw(input_hw)
        kinds = self.kinds(input_hw)
        if name not in kinds:
            raise ModelError(no_such_layer(name, list(kinds), parts_of(self._module)))
        if fields:
            self._fields.find(input_hw, name)
        field = self._fields.field(input_hw, name) if fields else None
        return placement_of(kinds[name][1], input_hw, self.strides(input_hw)[name], field)

    def call(self, module: nn.Module, name: str, values: Tensor) -> Call:
        """One run of a replica up to a layer, with maps for its output. Errors: ModelError."""
        return self.calls(module, name, values)[0]

    def calls(self, module: nn.Module, name: str, values: Tensor, also: str | None = None) -> tuple[Call, Call | None]:
        """The same, and in one run with it another layer's call, None where that gives no maps in this run."""
        found = run_to(module, {name, also or name}, values)
        return with_maps(found.get(name), name, values), if_maps(found.get(also or name))

    def trace(self, module: nn.Module, name: str, values: Tensor, also: str | None = None) -> Traced:
        """The same as `calls`, with what went into the layer, and where it came from."""
        found = trace(module, name, values, also)
        with_maps(found.call if found else None, name, values)
        assert found is not None
        return found

    def noise(self, input_hw: tuple[int, int], channels: int | None = None) -> Tensor:
        """(1, C, h, w): the picture of noise in [0, 1] that layers are found with; always the same."""
        channels = self.channels_for(input_hw) if channels is None else channels
        chance = torch.Generator().manual_seed(0)
        return torch.rand((1, channels, *input_hw), generator=chance).to(self.dtype)

    def _called(self, input_hw: tuple[int, int]) -> Kinds:
        """Which layers noise calls; the first time, also how many channels it takes and in which type it runs."""
        if self._channels is not None:
            return _called(self.replica(), self.noise(input_hw))
        if self._narrow is None:
            return self._first_called(input_hw)
        wide, narrow, self._narrow = self._module, self._narrow, None
        own = str(_dtype_of(narrow)).removeprefix("torch.")
        try:
            found = self._first_called(input_hw)
            self._notes.append(f"its {own} weights are computed in float32")
        except ModelError:
            self._module = narrow
            try:
                found = self._first_called(input_hw)
            except ModelError:
                self._module, self._narrow = wide, narrow
                raise
        return found

    def _first_called(self, input_hw: tuple[int, int]) -> Kinds:
        """The same, while nothing is known of the channels."""
        try:
            found = _called(self.replica(), self.noise(input_hw, 3))
            self._channels = 3
        except ModelError as colour:
            try:
                found = _called(self.replica(), self.noise(input_hw, 1))
            except ModelError:
                raise colour from None
            self._channels = 1
        return found


def _dtype_of(module: nn.Module) -> torch.dtype:
    tensors = (*module.parameters(), *module.buffers())
    return next((tensor.dtype for tensor in tensors if tensor.is_floating_point()), torch.float32)


def _called(module: nn.Module, values: Tensor) -> Kinds:
    found: Kinds = {}
    watch(module, values, lambda call: _note(found, call))
    return found


def _note(found: Kinds, call: Call) -> None:
    if call.map_shape is not None:
        found[call.name] = type(call.module).__name__, call.map_shape


def _strides(
    input_hw: tuple[int, int], shape: tuple[int, int, int], grown: tuple[int, int, int] | None
) -> tuple[float, float]:
    y, x = (stride_of(input_hw[axis], shape[1 + axis], grown and grown[1 + axis]) for axis in range(2))
    return y, x
