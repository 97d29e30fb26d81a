"""A model's pass on a card as a CUDA graph: captured once a layer has been shown for a while, where its pass allows it.

What a capture cannot hold ends it: a pass that looks at its values, and so may go another way with another picture, has
to wait for the card, which is not permitted meanwhile. Such passes run eagerly, and so do those of a graph that does
not give, of another input than it was captured with, what the pass itself gives.
"""

from __future__ import annotations

from collections.abc import Hashable

import torch
from torch import Tensor

from convviz_core.engines.cuda.errors import first_line
from convviz_core.engines.cuda.slot import Stream
from convviz_core.engines.model_plan import Eager, Outputs, Pass
from convviz_core.models.errors import ModelError

EAGER_RUNS = 8  # before a capture, which takes five passes: nobody who goes through the layers waits for it
_ROUNDING = 1e-4  # of a layer's largest value: the capture may have chosen other kernels


class _Graph:
    """A captured pass: its input, what launches it, and where its outputs lie."""

    def __init__(self, run: Pass, values: Tensor, stream: Stream) -> None:
        """Capture it on an input of zeros. Errors: ModelError, whatever the card says."""
        self._stream, self._input = stream, torch.zeros_like(values)
        self._outputs: Outputs | None = None

        def work() -> None:
            self._outputs = run(self._input)

        stream.synchronize()  # the zeros are there: a capture has a stream of its own
        self._launch, self.how = stream.prepare(work)
        self.captured = self._launch is not work

    def replay(self, values: Tensor) -> Outputs:
        """Its outputs for another input, in memory of their own."""
        self._stream.copy(self._input, values)
        self._stream.launch(self._launch)
        self._stream.synchronize()
        assert self._outputs is not None
        first, second = self._outputs
        return first.clone(), None if second is None else second.clone()


class ModelGraphs:
    """Runs passes; keeps the graph of the one that was run last. how: how that was run, in words."""

    def __init__(self, stream: Stream) -> None:
        """stream: the current one whenever a pass is run."""
        self.how = Eager.how
        self._stream = stream
        self._of: Hashable = None
        self._runs = 0
        self._graph: _Graph | None = None

    def __call__(self, of: Hashable, run: Pass, values: Tensor) -> Outputs:
        """One pass. of: equal for passes of one layer, on inputs of one shape. Errors: as `run`'s."""
        if of != self._of:
            self._of, self._runs, self._graph, self.how = of, 0, None, Eager.how
        self._runs += 1
        if self._runs == EAGER_RUNS + 1:
            self._graph = self._captured(run, values)
        return self._graph.replay(values) if self._graph else run(values)

    def _captured(self, run: Pass, values: Tensor) -> _Graph | None:
        try:
            graph = _Graph(run, values, self._stream)
        except ModelError as error:
            self.how = f"{Eager.how}, without a CUDA graph ({first_line(error)})"
            return None
        if not graph.captured:
            self.how = f"{Eager.how}, {graph.how}"
            return None
        if not all(map(_same, graph.replay(values), run(values))):
            self.how = f"{Eager.how}, without a CUDA graph (it gives other values)"
            return None
        self.how = graph.how
        return graph


def _same(one: Tensor | None, other: Tensor | None) -> bool:
    if one is None or other is None or one.shape != other.shape:
        return one is other
    most = float(other.abs().amax().nan_to_num(0.0))
    return torch.allclose(one, other, rtol=0, atol=_ROUNDING * most, equal_nan=True)
