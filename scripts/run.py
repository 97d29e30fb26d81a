"""Starts the viewer: `python3 scripts/run.py [ARGS]`. The first time it sets up .venv for it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "setup"))

import old_python


def main() -> int:
    """Run `python -m live ARGS` in .venv, in the current directory; its exit code, or 1 where that cannot be had."""
    old_python.refuse()
    import launch  # Only now: an old Python cannot read it.

    return launch.start(["-m", "live", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
