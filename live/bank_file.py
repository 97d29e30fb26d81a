"""A filter file that may change while the view goes on: looked at a few times a second, and read again when it has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from convviz_core.filters.bank import FilterBank, FilterError
from convviz_core.filters.edits import same_filters
from convviz_core.filters.files import load_to_run
from convviz_core.names import shown
from live.events import BankRead, Inbox

LOOK_EVERY_S = 0.15  # what has changed is read at the second look that finds it so: whoever writes has time to finish


@dataclass(frozen=True)
class NamedFile:
    """A filter file of the command line. text: as for load_to_run. live, kept: see BankRead."""

    text: str
    path: Path
    live: bool = True
    kept: bool = False


Stamp = tuple[int, ...] | None  # equal where a file is the same one, and unchanged; None where there is none


class BankFile:
    """Tells the inbox each bank that the file has become, and in one sentence what is wrong with it.

    read: its stamp before it was read first. bank: what it held.
    """

    def __init__(self, file: NamedFile, read: Stamp, bank: FilterBank, inbox: Inbox) -> None:
        self._file, self._path, self._inbox = file, file.path, inbox
        self._bank = bank
        self._read = self._seen = read
        self._ended = Event()
        self._thread = Thread(target=self._watch, name="convviz-bank-file", daemon=True)

    def start(self) -> None:
        """Look at it from now on, in a thread of its own: its disk may be slow."""
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(2 * LOOK_EVERY_S)

    def look(self) -> None:
        """Read it, where it has changed since it was read and has not since the last look."""
        now, before = stamp(self._path), self._seen
        self._seen = now
        if now == self._read or now != before:
            return
        self._read = now
        if now is None:
            self._tell(None, f"'{shown(self._path)}' is gone: its bank stays as it is")
            return
        try:
            bank = load_to_run(self._file.text)
        except FilterError as error:
            if stamp(self._path) == now:  # else it was written to meanwhile, and is read again
                self._tell(None, f"{error}: the bank before stays")
            return
        if stamp(self._path) == now and not _same(bank, self._bank):
            self._tell(bank, f"'{shown(self._path)}' has changed")
            self._bank = bank

    def _tell(self, bank: FilterBank | None, sentence: str) -> None:
        self._inbox.append(BankRead(bank, sentence, self._file.live, self._file.kept))

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            self.look()


def stamp(path: Path) -> Stamp:
    """What changes with the file, when it is written to and when another one takes its name."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _same(one: FilterBank, other: FilterBank) -> bool:
    return same_filters(one, other) and (one.name, one.conv) == (other.name, other.conv)
