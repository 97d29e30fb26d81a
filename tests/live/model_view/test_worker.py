"""The thread beside the window: the newest picture comes next, and a failure is an answer."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convviz_core import ModelLayer, load_model, open_engine
from convviz_core.models.errors import ModelError
from live.model_view.answer import Answer, Asked
from live.model_view.worker import Failure, Worker
from live.sources.frame import Frame

pytestmark = pytest.mark.usefixtures("one_thread")

MAY_GO, HAS_BEGUN = threading.Event(), threading.Event()


class Waits(nn.Module):
    """Runs when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        if threading.current_thread().name == "convviz-model":
            HAS_BEGUN.set()
            assert MAY_GO.wait(60)
        out: Tensor = self.conv(x)
        return out


def frame(value: int) -> Frame:
    return Frame(np.full((8, 8, 3), value, np.uint8), value, 0.0, 0.0, 0.0)


def test_of_the_pictures_that_come_while_it_runs_the_newest_is_next_and_nothing_waits() -> None:
    MAY_GO.clear()
    HAS_BEGUN.clear()
    layer = ModelLayer(load_model(Waits()), "conv", (8, 8))
    done = threading.Semaphore(0)
    with open_engine("torch", "cpu") as engine:
        worker = Worker(engine, beside=True, on_done=done.release)
        worker.ask(frame(0), Asked(layer, 0))
        assert HAS_BEGUN.wait(60)
        for value in (1, 2, 3):  # returns at once, though the model stands still
            worker.ask(frame(value), Asked(layer, value))
        assert worker.take() is None
        assert worker.busy
        MAY_GO.set()
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
