"""The program: `python -m live`, or `convviz` where it is installed."""


def main() -> None:
    """Run it; Ctrl-C ends it in silence from the first moment, before its own handler is there."""
    try:
        from live.cli import entry

        entry()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
