"""Receptive fields of a model's layers, found beside the window: once a layer and size of input."""

from __future__ import annotations

import threading

from convviz_core.geometry import Box
from convviz_core.models.errors import ModelError
from convviz_core.models.layer import ModelLayer


class FieldFinder:
    """Finds one layer's fields at a time, in a thread."""

    def __init__(self) -> None:
        self._found: set[tuple[str, tuple[int, int]]] = set()
        self._thread: threading.Thread | None = None

    def box(self, layer: ModelLayer, input_hw: tuple[int, int], y: int, x: int) -> tuple[Box | None, bool]:
        """What response (y, x) reads of the input, None where that is not known; and whether it is being found."""
        key = layer.name, input_hw
        running = self._thread is not None and self._thread.is_alive()
        if key in self._found and not running:
            try:
                return layer.model.receptive_field(layer.name, input_hw, y, x), False
            except (ModelError, IndexError):  # a picture calls what noise does not, or gives maps of another size
                return None, False
        if not running:
            self._thread = threading.Thread(
                target=self._find, args=(layer, input_hw), name="convviz-fields", daemon=True
            )
            self._thread.start()
        return None, True

    @property
    def pending(self) -> bool:
        """Whether one is being found."""
        return self._thread is not None and self._thread.is_alive()

    def _find(self, layer: ModelLayer, input_hw: tuple[int, int]) -> None:
        try:
            layer.model.receptive_field(layer.name, input_hw, 0, 0)
        except (ModelError, IndexError):
            pass
        finally:
            self._found.add((layer.name, input_hw))
