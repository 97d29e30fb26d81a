"""Says no to a Python that convviz does not run on. Python 3.6 must still be able to read this file."""

import shutil
import sys

OLDEST = (3, 11)
NEWEST = (3, 14)  # the newest that torch has a build for


def refuse() -> None:
    """Exit with status 1 and one sentence where this Python is too old or too new."""
    sentence = refusal(sys.version_info[:2])
    if sentence:
        sys.exit("convviz: " + sentence)


def refusal(version: "tuple[int, int]") -> str:
    """Why `version`, (3, 10) say, is refused and what to do; empty where it is not."""
    if OLDEST <= version <= NEWEST:
        return ""
    return f"this is Python {version[0]}.{version[1]}, and convviz needs 3.11 to 3.14: {what_to_do()}"


def what_to_do() -> str:
    """The newest fitting Python that is already here, or where to get one."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        name = f"python3.{minor}"
        if shutil.which(name):
            return f"start it with `{name} {sys.argv[0]}`"
    return "install one (python.org has them for every system) and start it with that"
