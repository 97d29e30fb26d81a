"""Argparse in one sentence: what a command line that cannot be understood is told, and what may have been meant."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from convviz_core.names import did_you_mean, shown
from live.sources.address import redact

EXIT_ARGUMENTS = 2


class _Once(argparse.Action):
    """Stores an option's one value; given twice, the first would be lost without a word."""

    _given = False

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        if self._given:
            parser.error(f"{option_string} is given twice, want it once")
        self._given = option_string is not None
        setattr(namespace, self.dest, values)
        namespace.given = {*getattr(namespace, "given", ()), self.dest}


class Parser(argparse.ArgumentParser):
    """Argparse, with errors of one sentence; a parser is good for one command line."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.register("action", None, _Once)

    def error(self, message: str) -> NoReturn:
        """End the program, exit code 2, with that sentence."""
        say(f"{message} (see {self.prog} --help)")
        raise SystemExit(EXIT_ARGUMENTS)

    def parsed(self, words: Sequence[str]) -> argparse.Namespace:
        """What they ask for; exit code 2 with a sentence where one of them means nothing."""
        arguments, more = self.parse_known_args(words)
        if more:
            self.error(self._unknown(more, getattr(arguments, "source", None)))
        return arguments

    def _unknown(self, words: Sequence[str], source: str | None) -> str:
        """What is said of words that no option took; a shell makes many of a pattern without quotes."""
        if source and not Path(source).exists() and (meant := _command_meant(source)):
            return f"there is no file and no command '{source}'{meant}"
        option = next((word.partition("=")[0] for word in words if word.startswith("-")), None)
        if option or not source:
            options = [name for action in self._actions for name in action.option_strings]
            return f"unrecognized arguments: {' '.join(words)}{did_you_mean(option, options) if option else ''}"
        others = f" and {len(words) - 1} more" if len(words) > 1 else ""
        found = f"unrecognized behind the one SOURCE: '{redact(words[0])}'{others}"
        return f"{found}; a pattern of pictures is put in quotes, such as 'photos/*.jpg'"


def _command_meant(word: str) -> str:
    """The command that is near to a word that is none."""
    from live.sources.opening import WORDS

    return "" if word in WORDS else did_you_mean(word, WORDS)


def say(sentence: str) -> None:
    """One sentence for the person, on stderr, without the control characters of the names in it."""
    with suppress(OSError):  # nobody hears it
        print(f"convviz: {shown(sentence)}", file=sys.stderr, flush=True)
