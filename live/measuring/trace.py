"""A Chrome trace, for ui.perfetto.dev: one row per thread and for the device, each frame followed by its number.

The file is a JSON array of trace events and stays one while it grows: each batch overwrites the closing bracket
and brings its own. Format: the Chromium project's "Trace Event Format".
"""

from __future__ import annotations

import json
import os
import threading
from collections import OrderedDict
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any

from live.errors import OutputError, output_error

Event = dict[str, Any]

FLUSH_EVERY_S = 1.0
MAX_WAITING = 20_000  # events that a slow disk may hold up before new ones are left out: some 5 MB
_OPEN_FRAMES, _MAX_STEPS = 16, 64  # frames on their way at once; spans of one frame that the arrow visits
_FINISH_S = 0.5
_CLOSING = b"\n]\n"


class Trace:
    """Writes spans and instants to `path` about once a second. All times are seconds of time.monotonic.

    Any thread may call it. Memory is bounded: what a slow disk holds up beyond 20000 events is left out and
    counted. A write that fails ends the trace, not the view; `failed` then says why.
    Errors: OutputError where the file cannot be made.
    """

    def __init__(self, path: Path, flush_every_s: float = FLUSH_EVERY_S) -> None:
        self.failed: OutputError | None = None
        self.left_out = 0
        self._path = path
        self._rows: dict[str, int] = {}
        self._frames: OrderedDict[int, list[tuple[float, int]]] = OrderedDict()
        self._waiting: list[Event] = [_metadata("process_name", 0, {"name": "convviz"})]
        self._lock = threading.Lock()  # of everything above
        self._writing = threading.Lock()  # of the file
        self._file = self._open()
        self.flush()
        self._flush_every_s = flush_every_s
        self._closing = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="trace", daemon=True)
        self._thread.start()

    def span(self, row: str, name: str, start_s: float, end_s: float, frame: int | None = None) -> None:
        """Something that took from `start_s` to `end_s` in `row`, for `frame` where it is one frame's."""
        start_us, end_us = _microseconds(start_s), _microseconds(max(start_s, end_s))
        event: Event = {"ph": "X", "name": name, "ts": start_us, "dur": round(end_us - start_us, 3)}
        if frame is not None:
            event["args"] = {"frame": frame}
        with self._lock:
            event |= self._place(row)
            self._add(event)
            if frame is not None:
                self._step(frame, round((start_us + end_us) / 2, 3), event["tid"])

    def instant(self, name: str, at_s: float, detail: str = "", row: str = "events") -> None:
        """Something that happened at one moment: a drop, a stall, a reconnect."""
        event: Event = {"ph": "i", "s": "p", "name": name, "ts": _microseconds(at_s), "args": {"detail": detail}}
        with self._lock:
            self._add(event | self._place(row))

    def flush(self) -> None:
        """Write what is waiting; the file is whole, strict JSON afterwards."""
        with self._writing:
            with self._lock:
                events, self._waiting = self._waiting, []
            if events and self.failed is None:
                self._append(events)

    def close(self) -> None:
        """Finish the file within about half a second; twice is fine."""
        with self._lock:
            while self._frames:
                self._retire_frame()
        self._closing = True
        self._wake.set()
        self._thread.join(_FINISH_S)
        if self._thread.is_alive() and self.failed is None:
            self.failed = OutputError(f"{self._path} could not be finished: its disk does not answer")

    def _open(self) -> FileIO:
        try:
            file = FileIO(self._path, "w")
            file.write(b"[" + _CLOSING)
            file.seek(1)
        except OSError as error:
            raise output_error(self._path, error) from error
        return file

    def _run(self) -> None:
        while not self._closing:
            self._wake.wait(self._flush_every_s)
            self._wake.clear()
            self.flush()
        self.flush()  # what came between the last batch and closing
        self._file.close()

    def _append(self, events: list[Event]) -> None:
        end = self._file.tell()
        text = ",\n".join(json.dumps(event, separators=(",", ":")) for event in events).encode()
        try:
            _write_all(self._file, (b"\n" if end == 1 else b",\n") + text + _CLOSING)
            self._file.seek(-len(_CLOSING), os.SEEK_CUR)
        except OSError as error:
            self.failed = OutputError(f"tracing stopped: {output_error(self._path, error)}")
            with suppress(OSError):  # back to the last whole batch; its own place on the disk needs no new one
                self._file.seek(end)
                _write_all(self._file, _CLOSING)
                self._file.truncate()

    def _add(self, *events: Event) -> None:
        if self.failed or len(self._waiting) + len(events) > MAX_WAITING:
            self.left_out += len(events)
            return
        self._waiting += events
        if len(self._waiting) > MAX_WAITING // 2:
            self._wake.set()

    def _place(self, row: str) -> Event:
        if row not in self._rows:
            number = self._rows[row] = len(self._rows) + 1
            self._waiting.append(_metadata("thread_name", number, {"name": row}))
            self._waiting.append(_metadata("thread_sort_index", number, {"sort_index": number}))
        return {"pid": 1, "tid": self._rows[row]}

    def _step(self, frame: int, ts: float, row: int) -> None:
        steps = self._frames.setdefault(frame, [])
        if len(steps) < _MAX_STEPS:  # a picture that is looked at for minutes is drawn again and again
            steps.append((ts, row))
        if len(self._frames) > _OPEN_FRAMES:
            self._retire_frame()

    def _retire_frame(self) -> None:
        # The arrow through a frame's spans is drawn once its end is known: when enough newer frames have come.
        frame, steps = self._frames.popitem(last=False)
        if len(steps) > 1:
            phases = ["s", *"t" * (len(steps) - 2), "f"]
            self._add(*(_arrow(phase, frame, *step) for phase, step in zip(phases, sorted(steps), strict=True)))


def _arrow(phase: str, frame: int, ts: float, row: int) -> Event:
    ends = {"bp": "e"} if phase == "f" else {}  # at the span around it, not at the next one
    place = {"pid": 1, "tid": row, "ts": ts}
    return {"ph": phase, "cat": "frame", "name": "frame", "id": frame, "args": {"frame": frame}} | place | ends


def _metadata(name: str, row: int, args: dict[str, str | int]) -> Event:
    return {"ph": "M", "name": name, "pid": 1, "tid": row, "args": args}


def _microseconds(time_s: float) -> float:
    return round(1e6 * time_s, 3)


def _write_all(file: FileIO, data: bytes) -> None:
    while data:
        data = data[file.write(data) :]
