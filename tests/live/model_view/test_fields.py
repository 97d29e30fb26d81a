"""Receptive fields that are found beside the window: what happens to that when the window is closed."""

from __future__ import annotations

from threading import Event, Thread

import torch
from torch import Tensor, nn

from convviz_core import ModelLayer, load_model
from live.model_view.fields import FieldFinder

HW = (12, 16)
PATIENCE_S = 60.0  # only a broken test waits so long


class Held(nn.Module):
    """Runs only as far as it is let."""

    runs, began, may_go_on = 0, Event(), Event()

    def forward(self, picture: Tensor) -> Tensor:
        Held.runs += 1
        if Held.runs > 1:  # the first one finds which layers there are
            Held.began.set()
            assert Held.may_go_on.wait(PATIENCE_S)
        return picture


def test_a_closed_finder_gives_up_at_the_model_s_next_part_and_leaves_no_thread() -> None:
    torch.set_num_threads(1)
    model = load_model(nn.Sequential(Held(), nn.Conv2d(3, 2, 3), nn.Conv2d(2, 2, 3)))
    model.kinds(HW)
    finder = FieldFinder()
    assert finder.box(ModelLayer(model, "2", HW), HW, 0, 0) == (None, True)
    assert Held.began.wait(PATIENCE_S)
    closing = Thread(target=finder.close)
    closing.start()
    while not finder.closed:
        assert closing.is_alive()
    Held.may_go_on.set()
    closing.join(PATIENCE_S)
    assert not finder.pending
    assert Held.runs == 2
