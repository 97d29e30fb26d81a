"""The thread beside the window: the newest picture comes next, and a failure is an answer."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convviz_core import ModelLayer, load_model, open_engine
from convviz_core.models.errors import ModelError
from convviz_core.models.model import Model
from live.model_view.answer import Answer, Asked
from live.model_view.worker import Failure, Worker
from live.sources.frame import Frame

pytestmark = pytest.mark.usefixtures("one_thread")

MAY_GO, HAS_BEGUN = threading.Semaphore(0), threading.Semaphore(0)  # one for each run


class Waits(nn.Module):
    """Runs when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        in_worker()
        out: Tensor = self.conv(x)
        return out


def in_worker() -> None:
    """In the worker's thread, wait to be let go."""
    if threading.current_thread().name == "convviz-model":
        HAS_BEGUN.release()
        assert MAY_GO.acquire(timeout=60)


def model_of(module: nn.Module) -> Model:
    """A model that has run, so that its layers are known."""
    model = load_model(module)
    model.strides((8, 8))
    for left_over in (MAY_GO, HAS_BEGUN):
        while left_over.acquire(blocking=False):
            pass
    Counted.runs = 0
    return model


def frame(value: int) -> Frame:
    return Frame(np.full((8, 8, 3), value, np.uint8), value, 0.0, 0.0, 0.0)


def test_of_the_pictures_that_come_while_it_runs_the_newest_is_next_and_nothing_waits() -> None:
    layer = ModelLayer(model_of(Waits()), "conv", (8, 8))
    done = threading.Semaphore(0)
    with open_engine("torch", "cpu") as engine:
        worker = Worker(engine, beside=True, on_done=done.release)
        worker.ask(frame(0), Asked(layer, 0))
        assert HAS_BEGUN.acquire(timeout=60)
        for value in (1, 2, 3):  # returns at once, though the model stands still
            worker.ask(frame(value), Asked(layer, value))
        assert worker.take() is None
        assert worker.busy
        MAY_GO.release(2)
        assert done.acquire(timeout=60)
        assert done.acquire(timeout=60)
        last = worker.take()
        assert isinstance(last, Answer)
        assert last.asked.picture == 3
        assert worker.take() is None
        worker.close()


def test_a_model_s_failure_is_handed_over_and_the_next_picture_answered() -> None:
    torch.manual_seed(0)
    layer = ModelLayer(load_model(nn.Sequential(nn.Conv2d(3, 2, 1), nn.Flatten(), nn.Linear(128, 3))), "2", (8, 8))
    with open_engine("torch", "cpu") as engine:
        worker = Worker(engine, beside=False)
        worker.ask(frame(0), Asked(layer, 0))
        failed = worker.take()
        assert isinstance(failed, Failure)
        assert isinstance(failed.error, ModelError)
        worker.ask(frame(1), Asked(ModelLayer(layer.model, "0", (8, 8)), 1))
        assert isinstance(worker.take(), Answer)


class Gate(nn.Module):
    """Waits until it may go, in the worker's thread."""

    def forward(self, x: Tensor) -> Tensor:
        in_worker()
        return x


class Counted(nn.Conv2d):
    """Knows how often it ran in the worker's thread."""

    runs = 0

    def forward(self, input: Tensor) -> Tensor:
        Counted.runs += threading.current_thread().name == "convviz-model"
        return super().forward(input)


def gated() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 2, 1), Gate(), Counted(2, 2, 1))


def test_a_run_is_given_up_at_its_next_part_once_another_layer_is_wanted() -> None:
    model, done = model_of(gated()), threading.Semaphore(0)
    with open_engine("torch", "cpu") as engine:
        worker = Worker(engine, beside=True, on_done=done.release)
        worker.ask(frame(0), Asked(ModelLayer(model, "2", (8, 8)), 0))
        assert HAS_BEGUN.acquire(timeout=60)
        worker.ask(frame(1), Asked(ModelLayer(model, "0", (8, 8)), 1))
        MAY_GO.release()
        assert done.acquire(timeout=60)
        assert done.acquire(timeout=60)
        answer = worker.take()
        assert isinstance(answer, Answer)
        assert answer.asked.layer.name == "0"
        assert Counted.runs == 0
        worker.close()


def test_a_run_whose_layer_is_still_wanted_goes_on_though_a_newer_picture_waits() -> None:
    layer, done = ModelLayer(model_of(gated()), "2", (8, 8)), threading.Semaphore(0)
    with open_engine("torch", "cpu") as engine:
        worker = Worker(engine, beside=True, on_done=done.release)
        worker.ask(frame(0), Asked(layer, 0))
        assert HAS_BEGUN.acquire(timeout=60)
        worker.ask(frame(1), Asked(layer, 1))
        MAY_GO.release(2)
        assert done.acquire(timeout=60)
        assert done.acquire(timeout=60)
        assert Counted.runs == 2
        worker.close()


def test_while_another_layer_is_wanted_before_each_run_is_over_every_fifth_is_answered() -> None:
    model, done = model_of(gated()), threading.Semaphore(0)
    layers = [ModelLayer(model, "2", (8, 8), activation=each) for each in ("relu", "none")]
    answered = []
    with open_engine("torch", "cpu") as engine:
        worker = Worker(engine, beside=True, on_done=done.release)
        worker.ask(frame(0), Asked(layers[0], 0))
        for number in range(1, 11):
            assert HAS_BEGUN.acquire(timeout=60)
            worker.ask(frame(number), Asked(layers[number % 2], number))
            MAY_GO.release()
            assert done.acquire(timeout=60)
            if worker.take():
                answered.append(number)
        MAY_GO.release()
        worker.close()
    assert answered == [5, 10]
