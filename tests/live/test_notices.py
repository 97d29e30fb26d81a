"""What has just been said, and for how long."""

from __future__ import annotations

from live.notices import NOTICE_S, Kind, Notices


def test_a_sentence_that_is_said_again_stays_longer_and_stands_there_once() -> None:
    now_s = [0.0]
    notices = Notices(lambda: now_s[0])
    notices.say("one")
    now_s[0] = NOTICE_S - 1
    notices.say("two")
    notices.say("one")
    now_s[0] = NOTICE_S + 1
    assert notices.current() == ("two", "one")


def test_a_reason_goes_when_a_key_works_and_what_happened_keeps_its_time() -> None:
    notices = Notices(lambda: 0.0)
    notices.say("the camera came back")
    notices.say("snapshot in s1", Kind.DONE)
    notices.say("the gain goes no further", Kind.REASON)
    notices.drop(Kind.REASON)
    assert notices.current() == ("the camera came back",)


def test_of_answers_to_keys_only_the_last_reason_is_shown_beside_what_happened() -> None:
    notices = Notices(lambda: 0.0)
    notices.say("recorded film.mkv", Kind.DONE)
    notices.say("the camera came back")
    notices.say("a click does nothing here", Kind.REASON)
    notices.say("the gain goes no further", Kind.REASON)
    assert notices.current() == ("the camera came back", "the gain goes no further")


def test_what_was_done_stays_beside_a_reason_that_came_before_it() -> None:
    notices = Notices(lambda: 0.0)
    notices.say("the gain goes no further", Kind.REASON)
    notices.say("snapshot in s1", Kind.DONE)  # which took its time
    assert notices.current() == ("the gain goes no further", "snapshot in s1")
