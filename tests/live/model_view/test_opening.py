"""From the first run of a model to its list of layers: what is said while it takes long."""

from __future__ import annotations

from threading import Event

from live.model_view.opening import saying_if_slow

PATIENCE_S = 60.0  # only a broken test waits so long


def test_what_takes_long_is_said_and_what_does_not_is_not() -> None:
    said: list[str] = []
    heard = Event()

    def say(sentence: str) -> None:
        said.append(sentence)
        heard.set()

    with saying_if_slow("it is quick", say, after_s=PATIENCE_S):
        pass
    with saying_if_slow("it takes long", say, after_s=0.0):
        assert heard.wait(PATIENCE_S)
    assert said == ["it takes long"]
