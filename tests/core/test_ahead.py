"""What is found ahead: by another thread, and waited for."""

from __future__ import annotations

from threading import Event, current_thread

from convviz_core.ahead import Ahead


def test_it_is_found_beside_whoever_asks_for_it() -> None:
    asked = Event()

    def find() -> str:
        assert asked.wait(10)  # whoever began it goes on
        return current_thread().name

    ahead = Ahead(find)
    asked.set()
    assert ahead.result() == ahead.result() == "convviz-ahead"


def test_what_cannot_be_found_is_none() -> None:
    def find() -> int:
        raise ValueError

    assert Ahead(find).result() is None
