"""Work that two cores share: every piece is answered, whatever becomes of the other core."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from convviz_core import two_cores
from convviz_core.two_cores import on_two_cores, ready


def test_the_answers_are_in_the_order_of_the_pieces() -> None:
    assert on_two_cores([partial(pow, number, 2) for number in range(50)]) == [number**2 for number in range(50)]
    assert on_two_cores([]) == []


class Shared:
    """A piece that is done here only once the helper has begun one of them."""

    def __init__(self) -> None:
        self.here, self.begun, self.may_end = threading.get_ident(), threading.Event(), threading.Event()
        self.helped: list[int] = []

    def piece(self, number: int) -> int:
        if threading.get_ident() == self.here:
            assert self.begun.wait(10)
        else:
            self.helped.append(number)
            self.begun.set()
            self.may_end.wait(10)
        return number


def test_another_thread_helps() -> None:
    shared = Shared()
    shared.may_end.set()
    assert on_two_cores([partial(shared.piece, number) for number in range(5)]) == [0, 1, 2, 3, 4]
    assert shared.helped


def test_a_piece_that_the_helper_does_not_finish_is_done_here() -> None:
    shared = Shared()
    assert on_two_cores([partial(shared.piece, number) for number in range(5)]) == [0, 1, 2, 3, 4]
    assert len(shared.helped) == 1  # it is still at it
    shared.may_end.set()


@pytest.mark.parametrize("helps", [True, False])
def test_what_a_piece_raises_is_raised_here(helps: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not helps:
        monkeypatch.setattr(two_cores.Helper, "ask", lambda *_: None)
    begun, here = threading.Event(), threading.get_ident()

    def fails(number: int) -> int:
        if helps and threading.get_ident() == here and not begun.is_set():
            assert begun.wait(10)
            return number
        begun.set()
        raise ValueError(f"piece {number}")

    with pytest.raises(ValueError, match="piece"):
        on_two_cores([partial(fails, number) for number in range(3)])


def test_a_helper_that_has_ended_is_replaced() -> None:
    first = ready()
    assert ready() is first
    first.waits = False
    assert ready() is not first
