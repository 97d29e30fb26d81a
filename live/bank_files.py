"""The filter files of the command line, which may change while the view goes on."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace

from convviz_core.filters.files import bank_file
from live.bank_changes import INDEX
from live.bank_file import BankFile, NamedFile, Stamp, stamp
from live.events import Inbox
from live.state import ViewState

Stamped = tuple[NamedFile, Stamp]


def named_files(arguments: argparse.Namespace) -> list[Stamped]:
    """Those of `--filters` and `--compare`, which may be one, with their stamps; to be called before they are read."""
    live, kept = (text and bank_file(text) for text in (arguments.filters, arguments.compare))
    found = [] if live is None else [NamedFile(arguments.filters, live)]
    if kept and live and kept.resolve() == live.resolve():
        found = [replace(found[0], kept=True)]
    elif kept:
        found.append(NamedFile(arguments.compare, kept, live=False, kept=True))
    return [(file, stamp(file.path)) for file in found]


def watched(files: Sequence[Stamped], state: ViewState, inbox: Inbox) -> AbstractContextManager[object]:
    """Looks at them until it is left; state: what was made of them."""
    stack = ExitStack()
    for file, read in files:
        choice = None if file.live else state.comparing.file
        bank = choice.bank if choice else state.settings.originals[INDEX]
        changing = BankFile(file, read, bank, inbox)
        stack.callback(changing.close)
        changing.start()
    return stack
