"""What OpenCV reads from the environment, once, as it is loaded: import this module before the first `import cv2`.

A variable that is already set is left alone.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

OPENCV_ENVIRONMENT = {
    "OPENCV_LOG_LEVEL": "SILENT",  # stderr is ours: one sentence an error
    "OPENCV_FFMPEG_LOGLEVEL": "-8",  # AV_LOG_QUIET, which also keeps addresses' passwords out of stderr
    # Engines and drawing share their work out themselves. OpenCV's own threads spin after every call, waiting for more:
    # a tenth of all that the viewer uses.
    "OPENCV_FOR_THREADS_NUM": "1",
    "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": "1",  # seconds that a read of a silent camera blocks; 10 by default
    "OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS": "0",  # opening a camera on Windows takes up to 20 s otherwise
}

for _name, _value in OPENCV_ENVIRONMENT.items():
    os.environ.setdefault(_name, _value)


def keep_native_noise_out() -> None:
    """Send nowhere what C libraries write to stderr; `sys.stderr` stays where it was.

    libjpeg writes a line for every picture of a webcam that ends its JPEGs sloppily, libpng for a damaged file,
    and neither can be told to be silent.
    """
    if sys.stderr is None:  # closed by whoever started us
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
        return
    sys.stderr.flush()
    ours = os.fdopen(os.dup(2), "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = ours
