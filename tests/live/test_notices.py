"""What has just been said, and for how long."""

from __future__ import annotations

from live.notices import NOTICE_S, Notices


def test_a_sentence_that_is_said_again_stays_longer_and_stands_there_once() -> None:
    now_s = [0.0]
    notices = Notices(lambda: now_s[0])
    notices.say("one")
    now_s[0] = NOTICE_S - 1
    notices.say("two")
    notices.say("one")
    now_s[0] = NOTICE_S + 1
    assert notices.current() == ("two", "one")


def test_a_reason_goes_when_something_has_been_done_and_what_happened_keeps_its_time() -> None:
    notices = Notices(lambda: 0.0)
    notices.say("snapshot kept")
    notices.say("the gain goes no further", reason=True)
    notices.drop_reason()
    assert notices.current() == ("snapshot kept",)


def test_of_reasons_why_nothing_happened_only_the_last_is_shown_beside_all_else() -> None:
    notices = Notices(lambda: 0.0)
    notices.say("snapshot kept")
    notices.say("a click does nothing here", reason=True)
    notices.say("the gain goes no further", reason=True)
    assert notices.current() == ("snapshot kept", "the gain goes no further")
