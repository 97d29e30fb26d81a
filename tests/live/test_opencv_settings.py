from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A fresh Python with nothing of OpenCV's in its environment."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OPENCV_")}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**inherited, **environment}, capture_output=True, text=True
    )


def test_what_is_set_already_is_left_alone() -> None:
    code = (
        "import os, live.opencv_settings; print(os.environ['OPENCV_LOG_LEVEL'], os.environ['OPENCV_FFMPEG_LOGLEVEL'])"
    )
    assert run(code).stdout == "SILENT -8\n"
    assert run(code, OPENCV_LOG_LEVEL="DEBUG").stdout == "DEBUG -8\n"


def test_importing_it_does_not_import_opencv() -> None:
    assert run("import sys, live.opencv_settings; print('cv2' in sys.modules)").stdout == "False\n"


def test_only_python_reaches_stderr() -> None:
    told = run(
        "import os, sys\n"
        "from live.opencv_settings import keep_native_noise_out\n"
        "keep_native_noise_out()\n"
        "os.write(2, b'libpng error: IDAT: CRC error\\n')\n"
        "print('ours: é', file=sys.stderr)\n"
        "raise SystemExit('ours too')\n",
        PYTHONIOENCODING="utf-8",
    )
    assert told.stderr == "ours: é\nours too\n"
    assert told.returncode == 1


def test_opencv_leaves_the_threads_to_the_engines() -> None:
    code = (
        "import live.opencv_settings, cv2\n"
        "from convviz_core.engines.opencv.engine import OpenCvEngine\n"
        "print(cv2.getNumThreads(), OpenCvEngine()._workers == cv2.getNumberOfCPUs())"
    )
    assert run(code).stdout == "1 True\n"
