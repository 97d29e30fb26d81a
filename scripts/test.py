"""Runs the tests: `python3 scripts/test.py [PYTEST ARGS]`. The first time it sets up .venv for them."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "setup"))

import old_python


def main() -> int:
    """Run pytest in .venv, in the repository's root; its exit code, or 1 where that cannot be had."""
    old_python.refuse()
    import launch  # Only now: an old Python cannot read it.

    os.chdir(Path(__file__).resolve().parent.parent)
    return launch.start(["-m", "pytest", *sys.argv[1:]], dev=True)


if __name__ == "__main__":
    sys.exit(main())
