"""An MJPEG server on this machine that sends what a test tells it to."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
from source_fakes import picture


def jpeg(shade: int, size_wh: tuple[int, int] = (64, 48)) -> bytes:
    return cv2.imencode(".jpg", picture(shade, size_wh))[1].tobytes()


class Server(ThreadingHTTPServer):
    """An MJPEG server on this machine; `connections` says what each visitor is sent, picture by picture."""

    daemon_threads = True

    def __init__(self, password: str | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.authorization = password and "Basic " + base64.b64encode(password.encode()).decode()
        self.connections: list[Callable[[], Iterator[bytes]]] = []
        self.visits = 0
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        if server.authorization and self.headers["Authorization"] != server.authorization:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.end_headers()
            return
        script = server.connections[min(server.visits, len(server.connections) - 1)]
        server.visits += 1
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        try:
            for part in script():
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(part)}\r\n\r\n"
                self.wfile.write(head.encode() + part + b"\r\n")
                self.wfile.flush()
                if server.closing.wait(0.02):
                    return
        except OSError:
            return


def pictures(shade: int, size_wh: tuple[int, int] = (64, 48), count: int = 10_000) -> Callable[[], Iterator[bytes]]:
    return lambda: (jpeg(shade, size_wh) for _ in range(count))


@contextmanager
def serving(password: str | None = None) -> Iterator[Server]:
    """A server that answers; `password` is "user:password", which it then asks for."""
    server = Server(password)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
