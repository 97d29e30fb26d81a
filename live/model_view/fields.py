"""Receptive fields of a model's layers, found beside the window: once a layer and size of input."""

from __future__ import annotations

import threading
from contextlib import suppress

from convviz_core.geometry import Box
from convviz_core.models.abandoning import Abandoned, abandoned_when
from convviz_core.models.errors import ModelError
from convviz_core.models.layer import ModelLayer
from convviz_core.placement import MapPlacement
from live.model_view.beside import LONGEST_JOIN_S
from live.torch_settings import give_way


class FieldFinder:
    """Finds one layer's fields at a time. beside: in a thread; else at once, in the caller's.

    settled: how often something that was said to be found later has been looked for to its end. closed: nothing is
    found any more.
    """

    def __init__(self, *, beside: bool = True) -> None:
        self._beside = beside
        self.settled = 0
        self._told = False
        self._found: set[tuple[str, tuple[int, int]]] = set()
        self._placed: dict[tuple[str, tuple[int, int]], MapPlacement | None] = {}
        self._thread: threading.Thread | None = None
        self.closed = False

    def box(self, layer: ModelLayer, input_hw: tuple[int, int], y: int, x: int) -> tuple[Box | None, bool]:
        """What response (y, x) reads of the input, None where that is not known; and whether it is being found."""
        key = layer.name, input_hw
        running = self._thread is not None and self._thread.is_alive()
        if key not in self._found and not self._beside:
            self._find(layer, input_hw)
        if key in self._found and not running:
            try:
                return layer.model.receptive_field(layer.name, input_hw, y, x), False
            except (ModelError, IndexError):  # a picture calls what noise does not, or gives maps of another size
                return None, False
        if not running:
            self._thread = threading.Thread(
                target=self._find_beside, args=(layer, input_hw), name="convviz-fields", daemon=True
            )
            self._thread.start()
        self._told = True
        return None, True

    def placement(self, layer: ModelLayer, input_hw: tuple[int, int]) -> tuple[MapPlacement | None, bool]:
        """How the layer's maps lie on the input, None where that is not known; and whether it is being found."""
        key = layer.name, input_hw
        if key not in self._placed:
            _, finding = self.box(layer, input_hw, 0, 0)
            if finding:
                return None, True
            try:
                self._placed[key] = layer.model.placement(layer.name, input_hw)
            except ModelError:  # a picture calls what noise does not
                self._placed[key] = None
        return self._placed[key], False

    def settle(self) -> None:
        """Take note of the end of what was looked for."""
        if self._told and not self.pending:
            self._told = False
            self.settled += 1

    @property
    def pending(self) -> bool:
        """Whether one is being found."""
        return self._thread is not None and self._thread.is_alive()

    def close(self) -> None:
        """Find no more: a thread that still runs a model does not survive the interpreter's end."""
        self.closed = True
        if self._thread:
            self._thread.join(LONGEST_JOIN_S)

    def _find_beside(self, layer: ModelLayer, input_hw: tuple[int, int]) -> None:
        give_way()
        with suppress(Abandoned), abandoned_when(lambda: self.closed):
            self._find(layer, input_hw)

    def _find(self, layer: ModelLayer, input_hw: tuple[int, int]) -> None:
        try:
            layer.model.receptive_field(layer.name, input_hw, 0, 0)
        except (ModelError, IndexError):
            pass
        finally:
            self._found.add((layer.name, input_hw))
