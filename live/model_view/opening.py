"""From the command line's words to a model that can be shown, and from its first picture to its list of layers."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace

from convviz_core.models.errors import ModelError
from convviz_core.models.model_input import normalization_from
from live.model_view.chosen import LayerLine, ModelChoice
from live.torch_settings import share_cores

Say = Callable[[str], None]
SLOW_S = 2.0  # what nobody wonders about yet


def open_model(arguments: argparse.Namespace, say: Say) -> ModelChoice:
    """Load what --model names. Errors: ModelError."""
    share_cores()  # before torch is loaded
    normalize = normalization_from(arguments.normalize)
    from convviz_core.models.model import load_model

    with redirect_stdout(sys.stderr):  # a model may print as it is made; stdout holds data only
        model = load_model(arguments.model, arguments.weights)
    if arguments.layer is not None:
        model.check_name(arguments.layer)
    for note in model.notes:
        say(note)
    return ModelChoice(model, arguments.layer or "", arguments.weights, arguments.input, normalize)


def with_layers(choice: ModelChoice, size_hw: tuple[int, int]) -> ModelChoice:
    """With the list of layers for inputs of (h, w), and the first convolution where none is chosen. ModelError."""
    kinds = choice.model.kinds(size_hw)
    strides = choice.model.strides(size_hw)
    lines = tuple(LayerLine(name, kind, shape, strides[name]) for name, (kind, shape) in kinds.items())
    convolutions = [line.name for line in lines if line.type.startswith("Conv")]
    return replace(choice, lines=lines, name=choice.name or (convolutions or [lines[0].name])[0])


@contextmanager
def saying_if_slow(sentence: str, say: Say, after_s: float = SLOW_S) -> Iterator[None]:
    """Say the sentence if what is done inside takes longer than that."""
    timer = threading.Timer(after_s, say, [sentence])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def not_in_the_list(choice: ModelChoice, error: Exception) -> Exception:
    """What to say of a chosen layer that gave no maps on the first picture."""
    from convviz_core.models.calls import split
    from convviz_core.models.missing import no_such_layer

    names = [line.name for line in choice.lines]
    if choice.name in names or split(choice.name)[1] == 1:  # that part is there, or was refused at once
        return error
    return ModelError(no_such_layer(choice.name, names))
