"""`python -m live` is the same program as `convviz`."""

from live.cli import entry

if __name__ == "__main__":
    entry()
