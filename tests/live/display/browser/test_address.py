"""--serve's address: what is taken, what is listened on, and whose requests are answered."""

from __future__ import annotations

import socket

import pytest

from live.display.browser.address import Address, admits, listen, parse_address, same_origin, url, warning
from live.errors import OutputError

HERE = Address("127.0.0.1", 8000)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("8000", "127.0.0.1", 8000),
        ("0", "127.0.0.1", 0),
        ("localhost:80", "localhost", 80),
        ("[::1]:8000", "::1", 8000),
        ("0.0.0.0:65535", "0.0.0.0", 65535),
        ("Lab-PC:8000", "lab-pc", 8000),
    ],
)
def test_a_host_may_stand_before_the_port(text: str, host: str, port: int) -> None:
    assert parse_address(text) == Address(host, port)


@pytest.mark.parametrize(
    "text", ["", "x", "65536", "-1", "8000:", ":8000", "::1:8000", "a b:1", "http://x:1", "x/y:1", "1e3", "٣", "[::1]"]
)
def test_what_is_no_address_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not \[HOST:\]PORT"):
        parse_address(text)


def test_only_this_machine_is_let_in_without_a_warning() -> None:
    assert warning(HERE, 8000) == warning(Address("localhost", 1), 1) == warning(Address("::1", 1), 1) == ""
    assert "ssh -L 8000:localhost:8000" in warning(Address("0.0.0.0", 8000), 8000)


def test_the_address_to_open_has_brackets_around_colons() -> None:
    assert url(HERE, 81, "T") == "http://127.0.0.1:81/?token=T"
    assert url(Address("::1", 0), 81, "T") == "http://[::1]:81/?token=T"


def test_a_port_that_is_taken_is_told_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OutputError, match=f"port {port} is taken by another program"):
            listen(Address("127.0.0.1", port))


def test_a_host_that_is_not_this_machine_s_cannot_be_listened_on() -> None:
    with pytest.raises(OutputError, match=r"this machine is not '192\.0\.2\.7'"):
        listen(Address("192.0.2.7", 0))


def test_localhost_is_listened_on_where_browsers_look_first() -> None:
    with listen(Address("localhost", 0)) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize("header", ["127.0.0.1:8000", "localhost:8000", "LOCALHOST", "localhost:9000", "[::1]:8000"])
def test_this_machine_s_own_names_are_answered_on_any_port_since_ssh_may_have_another(header: str) -> None:
    assert admits(HERE, header)


@pytest.mark.parametrize(
    "header",
    [
        *(None, "", "evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example:8000"),
        *(
            "192.168.1.5:8000",
            "localhost@evil.example",
            "evil.example#localhost",
            "localhost:x",
            "localhost/..",
            "[::1",
        ),
    ],
)
def test_other_names_are_not_since_a_stranger_s_may_suddenly_lead_here(header: str | None) -> None:
    assert not admits(HERE, header)


def test_a_machine_open_to_others_answers_to_numbers_which_cannot_change_their_meaning() -> None:
    everywhere = Address("0.0.0.0", 8000)
    assert admits(everywhere, "192.168.1.5:8000")
    assert admits(everywhere, f"{socket.gethostname()}:8000")
    assert not admits(everywhere, "evil.example:8000")
    assert admits(Address("lab-pc", 8000), "Lab-PC:8000")
    assert not admits(Address("lab-pc", 8000), "192.168.1.5:8000")


def test_only_a_page_that_came_from_the_same_place_may_open_the_socket() -> None:
    assert same_origin("http://localhost:9000", "localhost:9000")
    assert same_origin("https://localhost:9000", "localhost:9000")
    for origin in (None, "null", "http://evil.example", "http://localhost", "http://localhost:9001", "file://"):
        assert not same_origin(origin, "localhost:9000")
    assert not same_origin("http://", "")
    assert not same_origin("http://None", None)
