"""What is known of channels since a layer is shown: dead, saturated, their order."""

from __future__ import annotations

import numpy as np
import pytest
from torch import nn

from convviz_core import ModelLayer, load_model
from convviz_core.engines.model_page import LayerOutput
from live.model_view.answer import Answer, Asked
from live.model_view.channels import Channels
from live.sources.frame import Frame

pytestmark = pytest.mark.usefixtures("one_thread")

LAYER = ModelLayer(load_model(nn.Sequential(nn.Conv2d(3, 4, 1))), "0", (8, 8))


def answer(means: list[float], time_s: float) -> Answer:
    """Each channel is its mean everywhere, but for the third, which has one pixel of half of it."""
    conv = np.ones((len(means), 8, 8), np.float32) * np.array(means, np.float32)[:, None, None]
    conv[2, 0, 0] /= 2
    least, largest, mean = conv.min((1, 2)), conv.max((1, 2)), np.maximum(conv, 0).mean((1, 2))
    output = LayerOutput(conv, False, least, largest, mean, float((conv <= 0).mean()), float(conv.max()))
    frame = Frame(np.zeros((8, 8, 3), np.uint8), 0, time_s, time_s, 0.0)
    return Answer(Asked(LAYER, time_s), frame, output, frame.image, 1.0, "")


def test_a_channel_is_dead_until_it_answers_above_zero_and_saturated_until_it_varies() -> None:
    channels = Channels()
    channels.take(answer([0, -1, 3, 2], 0.0).responses)
    assert channels.health.dead == {0, 1}
    assert channels.health.saturated == {3}
    assert channels.health.zeros == 0.5
    channels.take(answer([0, 1, 3, 1], 0.1).responses)
    assert channels.health.dead == {0}
    assert channels.health.saturated == frozenset()


def test_the_order_follows_means_of_the_last_seconds_and_not_small_changes() -> None:
    channels = Channels()
    channels.take(answer([1.0, 2.0, 4.0, 8.0], 0.0).responses)
    assert channels.ranked == (3, 2, 1, 0)
    for step in range(1, 100):  # 2 becomes 2.3 and 4 becomes 3.7: closer, and by less than a quarter
        channels.take(answer([1.0, 2.3, 3.7, 8.0], step / 10).responses)
    assert channels.ranked == (3, 2, 1, 0)
    for step in range(100, 200):
        channels.take(answer([1.0, 6.0, 3.7, 8.0], step / 10).responses)
    assert channels.ranked == (3, 1, 2, 0)


def test_another_layer_or_a_jump_back_begins_anew() -> None:
    channels = Channels()
    channels.take(answer([1, 1, 1, 1], 5.0).responses)
    channels.take(answer([0, 1, 1, 1], 1.0).responses)
    assert channels.health.dead == {0}
