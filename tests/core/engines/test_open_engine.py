"""Which engine a name and a device give, and what is said where they give none."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from convviz_core import Engine, EngineError, Filter, FilterBank, Layer, load_bank, open_engine
from convviz_core.engines import opening
from convviz_core.engines.cuda import driver as cuda_driver
from convviz_core.engines.cuda.driver import DriverAnswer
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.engines.upgrading import UpgradingEngine

NO_CARD = DriverAnswer(0, "there is no NVIDIA driver here")


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> Callable[[DriverAnswer], None]:
    """Sets what the driver answers."""

    def answer(given: DriverAnswer) -> None:
        monkeypatch.setattr(cuda_driver, "ask_driver", lambda: given)
        monkeypatch.setattr(cuda_driver, "device_count", lambda: given.count)

    answer(NO_CARD)
    return answer


@pytest.fixture
def no_halide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "find_spec", lambda _: None)


@pytest.mark.usefixtures("cards")
@pytest.mark.parametrize(
    ("asked", "given"), [("auto", "halide"), ("halide", "halide"), ("opencv", "opencv"), ("torch", "torch")]
)
def test_without_a_card_the_cpu_computes(asked: str, given: str) -> None:
    if given == "halide":
        pytest.importorskip("halide")
    for device in ("auto", "cpu"):
        with open_engine(asked, device) as engine:
            assert (engine.name, engine.device) == (given, "cpu")


@pytest.mark.usefixtures("cards", "no_halide")
def test_without_halide_opencv_computes() -> None:
    for background in (False, True):
        with open_engine(background=background) as engine:
            assert engine.name == "opencv"
            assert not isinstance(engine, UpgradingEngine)


@pytest.mark.usefixtures("cards")
def test_in_the_background_opencv_gives_the_first_picture_and_halide_the_later_ones() -> None:
    pytest.importorskip("halide")
    frame, layer = np.zeros((40, 120), np.uint8), Layer(load_bank("udacity"))
    with open_engine(background=True) as engine:
        assert engine.run(frame, layer).implementation == "opencv float32"
        assert engine.name == "opencv"
        while engine.run(frame, layer).implementation == "opencv float32":
            pass
        assert engine.run(frame, layer).implementation == "halide int16"
        assert engine.name == "halide"


@pytest.mark.usefixtures("no_halide")
@pytest.mark.parametrize(
    ("name", "device", "says"),
    [
        ("tensorflow", "auto", "no engine 'tensorflow': choose one of auto, halide, opencv, torch"),
        ("auto", "tpu", "no device 'tpu': choose auto, cpu, cuda or cuda:N"),
        ("auto", "cuda:x", "no device 'cuda:x'"),
        ("halide", "cuda", "the halide engine computes on the CPU only"),
        ("opencv", "cuda:1", "the opencv engine computes on the CPU only"),
        ("auto", "cuda", "device cuda cannot be had: there is no NVIDIA driver here"),
        ("torch", "cuda:0", "device cuda:0 cannot be had: there is no NVIDIA driver here"),
        ("halide", "cpu", "needs the package 'halide', which is not installed"),
    ],
)
def test_what_cannot_be_had_is_one_sentence(
    cards: Callable[[DriverAnswer], None], name: str, device: str, says: str
) -> None:
    cards(NO_CARD)
    for background in (False, True):
        with pytest.raises(EngineError, match=says):
            open_engine(name, device, background=background)


@pytest.fixture
def fake_cuda(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replaces the CUDA engine's module; the devices that were opened, "broken" failing."""
    opened: list[str] = []

    def cuda_engine(device: str) -> Engine:
        opened.append(device)
        if len(opened) > 1:
            raise EngineError("torch is not built for CUDA.")
        return open_engine("opencv", "cpu")

    monkeypatch.setitem(sys.modules, "convviz_core.engines.cuda.engine", SimpleNamespace(CudaEngine=cuda_engine))
    return opened


@pytest.mark.parametrize(
    ("name", "device", "opens"), [("auto", "auto", "cuda"), ("torch", "auto", "cuda"), ("auto", "cuda:1", "cuda:1")]
)
def test_where_there_is_a_card_it_is_taken(
    cards: Callable[[DriverAnswer], None], fake_cuda: list[str], name: str, device: str, opens: str
) -> None:
    cards(DriverAnswer(2))
    open_engine(name, device).close()
    assert fake_cuda == [opens]


def test_a_card_that_nobody_asked_for_and_that_fails_leaves_the_cpu(
    cards: Callable[[DriverAnswer], None], fake_cuda: list[str]
) -> None:
    cards(DriverAnswer(1))
    fake_cuda.append("broken")
    said: list[str] = []
    with open_engine("torch", "auto", on_notice=said.append) as engine:
        assert (engine.name, engine.device) == ("torch", "cpu")
    assert len(said) == 1
    assert said[0].endswith("; the CPU computes")
    with pytest.raises(EngineError, match="not built for CUDA"):
        open_engine("auto", "cuda")


@pytest.mark.parametrize(("name", "then"), [("torch", "torch float32"), ("auto", "halide int16")])
def test_a_card_that_fails_in_the_background_leaves_what_was_asked_for(
    cards: Callable[[DriverAnswer], None], fake_cuda: list[str], name: str, then: str
) -> None:
    if name == "auto":
        pytest.importorskip("halide")
    cards(DriverAnswer(1))
    fake_cuda.append("broken")
    said: list[str] = []
    frame, layer = np.zeros((40, 120), np.uint8), Layer(load_bank("udacity"))
    with open_engine(name, "auto", background=True, on_notice=said.append) as engine:
        while engine.run(frame, layer).implementation == "opencv float32":
            pass
        assert engine.run(frame, layer).implementation == then
    assert said == ["torch is not built for CUDA.; the CPU goes on"]


def test_a_viewer_with_halide_holds_one_opencv_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("halide")
    made: list[OpenCvEngine] = []
    make = OpenCvEngine.__init__

    def count(engine: OpenCvEngine) -> None:
        made.append(engine)
        make(engine)

    monkeypatch.setattr(OpenCvEngine, "__init__", count)
    frame, large = (
        np.zeros((40, 120), np.uint8),
        Layer(FilterBank("large", (Filter("1", np.eye(31, dtype=np.float32)),))),
    )
    with open_engine("auto", "cpu", background=True) as engine:
        engine.run(frame, Layer(load_bank("udacity")))
        while engine.name != "halide":
            engine.run(frame, large)  # which Halide leaves to OpenCV
    assert len(made) == 1


@pytest.mark.parametrize("engine", ["opencv", "halide"])
def test_the_fast_engines_do_not_import_torch(engine: str) -> None:
    if engine == "halide":
        pytest.importorskip("halide")
    code = (
        "import sys, numpy, convviz_core as cc\n"
        f"with cc.open_engine('{engine}', 'cpu') as engine:\n"
        "    engine.run(numpy.zeros((40, 120, 3), numpy.uint8), cc.Layer(cc.load_bank('udacity')))\n"
        "print(sorted({'torch', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
