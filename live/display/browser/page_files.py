"""The page's files: a fixed table in memory. No path of a request ever becomes a path of the file system."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

TYPES = {"html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
NAMES = ("index.html", "page.css", "page.js", "pictures.js", "hands.js", "camera.js", "encoder.js")

# Nothing is loaded from anywhere else, and only a page of this machine may show this one in a frame (a notebook).
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self' http://localhost:* http://127.0.0.1:*",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}


@dataclass(frozen=True)
class PageFile:
    """What is answered."""

    kind: str
    body: bytes


def page_files() -> dict[str, PageFile]:
    """Path of a request -> what is answered; "/" is the page itself."""
    folder = files(__package__).joinpath("page")
    table = {f"/{name}": PageFile(TYPES[name.rpartition(".")[2]], folder.joinpath(name).read_bytes()) for name in NAMES}
    return {"/": table.pop("/index.html"), **table}
