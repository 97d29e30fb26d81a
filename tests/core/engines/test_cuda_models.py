"""Models on a card, with a fake one: on a stream of their own, without TF32, and its errors named."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from fake_device import FakeDevice, FakeStream
from torch import Tensor, nn
from torch_models import make

from convviz_core import EngineError, ModelLayer, load_model, open_engine
from convviz_core.engines.cuda.engine import CudaEngine
from convviz_core.engines.cuda.model_graphs import EAGER_RUNS
from convviz_core.models.errors import ModelError

pytestmark = pytest.mark.usefixtures("one_thread")

FRAME = np.random.default_rng(2).integers(0, 256, (30, 40, 3), np.uint8)


class Tells(nn.Module):
    """A part that tells what holds while it runs, or fails."""

    def __init__(self, error: RuntimeError | None = None) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)
        self.error = error

    def forward(self, x: Tensor) -> Tensor:
        PRECISIONS.append(torch.backends.cudnn.conv.fp32_precision)  # type: ignore[attr-defined]  # made at run time
        if self.error and x.shape[-1] == FAILS_AT:
            raise self.error
        out: Tensor = self.conv(x)
        return out


PRECISIONS: list[str] = []
FAILS_AT = 53  # pixels


def test_a_model_s_layer_is_what_the_cpu_gives() -> None:
    layer = ModelLayer(load_model(make("residual")), "3.conv2", (30, 40))
    with CudaEngine(FakeDevice()) as card, open_engine("torch", "cpu") as cpu:
        for mine, reference in zip(card.maps(FRAME, layer), cpu.maps(FRAME, layer), strict=True):
            np.testing.assert_allclose(mine, reference, rtol=1e-5, atol=1e-6)
        result, expected = card.run(FRAME, layer, "auto"), cpu.run(FRAME, layer, "auto")
        assert np.abs(result.mosaic.astype(int) - expected.mosaic).max() <= 1


def test_it_runs_without_tf32_and_gives_the_setting_back(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = torch.backends.cudnn.conv  # type: ignore[attr-defined]  # made at run time
    before = setting.fp32_precision
    layer = ModelLayer(load_model(Tells()), "conv", (30, 40))
    layer.model.kinds((30, 40))
    PRECISIONS.clear()
    waited: list[FakeStream] = []
    monkeypatch.setattr(FakeStream, "synchronize", lambda stream: waited.append(stream))
    device = FakeDevice()
    with CudaEngine(device) as engine:
        own = list(device.streams)
        engine.maps(FRAME, layer)
        assert PRECISIONS == ["ieee"]
        assert setting.fp32_precision == before
        assert waited
        assert not set(map(id, waited)) & set(map(id, own))  # not those of the banks' frames


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "fake:0 has too little free memory"),
        (torch.AcceleratorError("CUDA error: unspecified launch failure"), "fake:0 was lost"),
    ],
)
def test_what_the_card_says_is_not_said_to_be_the_model_s(error: RuntimeError, sentence: str) -> None:
    layer = ModelLayer(load_model(Tells(error)), "conv", (30, FAILS_AT))
    layer.model.kinds((30, 40))  # which tells how many channels it takes
    with CudaEngine(FakeDevice()) as engine, pytest.raises(EngineError, match=sentence):
        engine.maps(FRAME, layer)


def test_a_layer_that_is_shown_for_a_while_is_captured_once_and_each_picture_gets_its_own_maps() -> None:
    layer, device = ModelLayer(load_model(make("residual")), "3.conv2", (30, 40)), FakeDevice()
    chance = np.random.default_rng(3)
    with CudaEngine(device) as card, open_engine("torch", "cpu") as cpu:
        said = []
        for _ in range(EAGER_RUNS + 4):
            frame = chance.integers(0, 256, (30, 40, 3), np.uint8)
            for mine, reference in zip(card.maps(frame, layer), cpu.maps(frame, layer), strict=True):
                np.testing.assert_allclose(mine, reference, rtol=1e-5, atol=1e-6)
            plan = card.plan_model(layer, frame.shape)
            plan.forward(frame)
            said.append(plan.implementation)
        assert device.captures == 1
        assert (said[0], said[-1]) == ("torch float32, eager", "torch float32, fake graph")
        plan.traced(frame)  # which looks at every part
        assert plan.implementation == "torch float32, eager"


def after_a_while(layer: ModelLayer) -> tuple[str, float]:
    """How a layer's passes are run then, and the largest difference of a new picture's maps from the CPU's."""
    with CudaEngine(FakeDevice()) as card, open_engine("torch", "cpu") as cpu:
        plan = card.plan_model(layer, FRAME.shape)
        for _ in range(EAGER_RUNS + 1):
            plan.forward(FRAME)
        mine = plan.forward(255 - FRAME).numpy()
        return plan.implementation, float(np.abs(mine - cpu.maps(255 - FRAME, layer)[0]).max())


def test_what_cannot_be_captured_runs_eagerly_and_the_profile_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeStream, "prepare", lambda _stream, work: (work, "without a CUDA graph (not permitted)"))
    layer = ModelLayer(load_model(make("control_flow")), "first", (30, 40))
    how, off = after_a_while(layer)
    assert how == "torch float32, eager, without a CUDA graph (not permitted)"
    assert off < 1e-6


def test_a_graph_that_gives_another_picture_s_values_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def prepare(_stream: FakeStream, work: Callable[[], None]) -> tuple[Callable[[], None], str]:
        work()  # as a pass that depends on what the host read off the first input
        return lambda: None, "CUDA graph"

    monkeypatch.setattr(FakeStream, "prepare", prepare)
    how, off = after_a_while(ModelLayer(load_model(make("residual")), "0", (30, 40)))
    assert how == "torch float32, eager, without a CUDA graph (it gives other values)"
    assert off < 1e-6


def test_a_model_that_fails_while_it_is_captured_goes_on_eagerly(monkeypatch: pytest.MonkeyPatch) -> None:
    def prepare(_stream: FakeStream, _work: Callable[[], None]) -> tuple[Callable[[], None], str]:
        raise ModelError("the model fails on a 40x30 RGB picture: no capture")

    monkeypatch.setattr(FakeStream, "prepare", prepare)
    how, off = after_a_while(ModelLayer(load_model(make("residual")), "0", (30, 40)))
    assert how == "torch float32, eager, without a CUDA graph (the model fails on a 40x30 RGB picture: no capture)"
    assert off < 1e-6
