"""Where the page is served: `--serve [HOST:]PORT`, the socket, and who may ask it."""

from __future__ import annotations

import errno
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from live.errors import OutputError

HERE = "127.0.0.1"
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
MOST_PORT = 65535


@dataclass(frozen=True)
class Address:
    """A host, as it was written ("127.0.0.1" where none was), and a port; 0 takes any free one."""

    host: str
    port: int

    @property
    def local(self) -> bool:
        """Whether only this machine is let in."""
        return self.host in LOCAL_NAMES or _is_loopback(self.host)

    @property
    def everywhere(self) -> bool:
        """Whether it stands for every address that this machine has."""
        return self.host in ("0.0.0.0", "::")


def parse_address(text: str) -> Address:
    """[HOST:]PORT, an IPv6 HOST in brackets; ValueError with one sentence."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") and host.endswith("]") else host
    bare_v6 = ":" in host and not text.startswith("[")
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= MOST_PORT):
        raise ValueError(f"'{text}' is not [HOST:]PORT with a port from 0 to {MOST_PORT}")
    if bare_v6 or (colon and not host) or any(letter.isspace() or letter in "/@?#%" for letter in host):
        raise ValueError(f"'{text}' is not [HOST:]PORT: write 8000, localhost:8000, [::1]:8000")
    return Address(host.lower() or HERE, int(port))


def listen(address: Address) -> socket.socket:
    """The socket that is listened on; OutputError where it cannot be had."""
    host = HERE if address.host == "localhost" else address.host  # which may mean ::1 too, and browsers try both
    try:
        family, _, _, _, where = socket.getaddrinfo(host, address.port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(where[:2], family=family, backlog=16)
    except socket.gaierror:
        raise OutputError(f"--serve: there is no host '{address.host}': leave it out for this machine alone") from None
    except (OSError, UnicodeError) as error:
        number = error.errno if isinstance(error, OSError) else None
        raise OutputError(f"--serve: {_why_not(address, number, error)}") from None


def _why_not(address: Address, number: int | None, error: Exception) -> str:
    if number == errno.EADDRINUSE:
        return f"port {address.port} is taken by another program: choose another one, or 0 for any that is free"
    if number in (errno.EACCES, errno.EPERM):
        return f"port {address.port} is not for everybody: choose one above 1023"
    if number == errno.EADDRNOTAVAIL:
        return f"this machine is not '{address.host}': leave the host out for this machine alone"
    return f"port {address.port} of '{address.host}' cannot be listened on: {error}"


def url(address: Address, port: int, token: str) -> str:
    """What a person opens. port: the one that was really taken."""
    host = _reachable() if address.everywhere else address.host
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/?token={token}"


def warning(address: Address, port: int) -> str:
    """What to say where others may come in; "" where they may not."""
    if address.local:
        return ""
    return (
        f"whoever reaches {address.host}:{port} and has this address may use the view, and nothing is encrypted: "
        f"without a host, and with ssh -L {port}:localhost:{port}, only you do"
    )


def admits(address: Address, host_header: str | None) -> bool:
    """Whether a request with that Host header is meant for us.

    A page of somebody else whose name suddenly means 127.0.0.1 (DNS rebinding) still sends its own name. The port may
    be another one: `ssh -L 9000:localhost:8000`.
    """
    name = _host_name(host_header)
    if name is None:
        return False
    if name in LOCAL_NAMES or name == address.host:
        return True
    if address.everywhere:
        return _is_ip(name) or name in (socket.gethostname().lower(), socket.getfqdn().lower())
    return False


def same_origin(origin: str | None, host_header: str | None) -> bool:
    """Whether the page that opens the socket is our own: its address is the one that it asks. No page, no socket."""
    return bool(host_header) and origin in (f"http://{host_header}", f"https://{host_header}")


def _host_name(header: str | None) -> str | None:
    """The name in a Host header, in lower case, without port and brackets; None where it is none."""
    try:
        parts = urlsplit(f"//{header}")
        usable = bool(header) and parts.netloc == header and "@" not in str(header) and (parts.port or 1) > 0
        return parts.hostname if usable else None
    except ValueError:
        return None


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(name: str) -> bool:
    return _is_ip(name) and ipaddress.ip_address(name).is_loopback


def _reachable() -> str:
    """This machine's address in its network; asking for the way there sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect(("192.0.2.1", 9))  # RFC 5737: nobody's
            return str(way.getsockname()[0])
        except OSError:
            return HERE
