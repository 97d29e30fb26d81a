"""What can go wrong at the viewer's edges, beside sources, engines and filters, which name their own errors."""


class OutputError(RuntimeError):
    """An output that cannot be written, a display included; its message is one sentence."""
