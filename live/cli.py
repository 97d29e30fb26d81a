"""The command line: which command, and every ending's exit code."""

from __future__ import annotations

# First of all: OpenCV reads its settings as it is loaded.
from live.opencv_settings import keep_native_noise_out  # isort: skip

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from convviz_core.engines.api import EngineError
from convviz_core.filters.bank import FilterError
from convviz_core.geometry import FrameSizeError, GeometryError
from convviz_core.models.errors import ModelError
from live.errors import OptionsError, OutputError
from live.parsers import (
    cameras_parser,
    filters_parser,
    layers_parser,
    still_parser,
    view_arguments,
)
from live.parsing import EXIT_ARGUMENTS, say
from live.process import Interrupted, Interrupts
from live.sources.frame import SourceError

COMMANDS = ("view", "still", "filters", "layers", "cameras")
EXIT_SOURCE, EXIT_OUTPUT = 3, 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    interrupts = Interrupts()
    interrupts.install()
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(words, interrupts)
    except (FilterError, GeometryError, ModelError, OptionsError) as error:
        say(str(error))
        return EXIT_ARGUMENTS
    except (SourceError, EngineError, FrameSizeError) as error:
        say(str(error))
        return EXIT_SOURCE
    except OutputError as error:
        say(str(error))
        return EXIT_OUTPUT
    except BrokenPipeError:  # the reader of stdout has gone: nothing more to say
        return EXIT_OUTPUT
    except OSError as error:
        what = "stdout" if error.filename is None else str(error.filename)
        say(f"{what} cannot be {'written' if error.filename is None else 'used'}: {error.strerror or error}")
        return EXIT_OUTPUT
    except (Interrupted, KeyboardInterrupt):
        return interrupts.exit_code or 130


def entry() -> NoReturn:
    """The `convviz` command: main, in a process of its own."""
    keep_native_noise_out()
    if sys.stdout is None:  # closed by whoever started us
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    try:
        code = main()
    except SystemExit as left:  # argparse, after --help or a bad argument
        code = int(left.code or 0)
    try:
        sys.stdout.flush()
    except OSError:
        code = code or EXIT_OUTPUT
    # Everything is closed: a camera that is still blocked, or a compiler, does not survive the interpreter's own end.
    os._exit(code)


def _run(words: list[str], interrupts: Interrupts) -> int:
    command = words[0] if words and words[0] in COMMANDS else "view"
    rest = words[1:] if words and words[0] == command else words
    if command == "view":
        from live.app import view

        return view(view_arguments(rest), interrupts, say)
    from live import commands

    if command == "still":
        commands.still(still_parser().parsed(rest), say)
    elif command == "filters":
        commands.filters(filters_parser().parsed(rest), say)
    elif command == "layers":
        from live.model_commands import layers

        layers(layers_parser().parsed(rest), say)
    else:
        cameras_parser().parsed(rest)
        commands.cameras()
    return 0


if __name__ == "__main__":
    entry()
