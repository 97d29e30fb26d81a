"""CPU seconds a frame: convviz beside a bare OpenCV loop on the same 720p video at 30 fps, and convviz paused.

`.venv/bin/python scripts/bench/cost.py [--frames N]`, on Linux, with the packages xvfb and xdotool. JSON on stdout.
A frame's cost is the difference between a long and a short run, so that starting and compiling do not count.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import cv2  # noqa: E402
import numpy as np  # noqa: E402
from x11 import Screen, xvfb  # noqa: E402

from convviz_core.scenes import open_scene  # noqa: E402

SIZE_WH, FPS = (1280, 720), 30
BARE_LOOP = """
import sys, time, cv2, numpy as np
capture = cv2.VideoCapture(sys.argv[1])
f1 = np.array([[-1, -1, 1, 1]] * 4, np.float32)
kernels = [f1, -f1, f1.T.copy(), -f1.T]
cv2.namedWindow("bare", cv2.WINDOW_NORMAL | cv2.WINDOW_GUI_NORMAL)
cv2.resizeWindow("bare", 960, 540)
due = time.monotonic()
for number in range(int(sys.argv[2])):
    found, frame = capture.read()
    gray = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
    maps = [np.maximum(cv2.filter2D(gray, cv2.CV_32F, kernel), 0) / 8 for kernel in kernels]
    cv2.imshow("bare", np.vstack([np.hstack(maps[:2]), np.hstack(maps[2:])]))
    due += 1 / 30
    cv2.waitKey(max(1, int(1e3 * (due - time.monotonic()))))
"""


def write_video(path: Path, frames: int) -> None:
    """A motion JPEG video, as most cameras give it."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, SIZE_WH)
    scene = open_scene(None, SIZE_WH)
    for number in range(frames):
        writer.write(np.asarray(cv2.cvtColor(scene.frame(number, FPS), cv2.COLOR_GRAY2BGR), np.uint8))
    writer.release()


def run_s(screen: Screen, command: list[str]) -> float:
    """User and system seconds of a whole run, all its threads."""
    program = subprocess.Popen(command, env=screen.environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(program.pid, 0)
    program.returncode = os.waitstatus_to_exitcode(status)
    assert program.returncode == 0, command
    return usage.ru_utime + usage.ru_stime


def paused_share(screen: Screen, command: list[str], seconds: float) -> float:
    """The share of one core that a paused viewer uses."""
    program = screen.start(command)
    screen.wait_for_window("convviz")
    subprocess.run(["sleep", "3"], check=True)
    screen.key("space")
    subprocess.run(["sleep", "1"], check=True)
    before = _cpu_s(program.pid)
    subprocess.run(["sleep", str(seconds)], check=True)
    return (_cpu_s(program.pid) - before) / seconds


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure in turns and print CPU milliseconds a frame."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=300)
    more = parser.parse_args().frames
    short = 5 * FPS
    with tempfile.TemporaryDirectory() as folder, xvfb() as display, Screen(display) as screen:
        video = Path(folder) / "video.avi"
        write_video(video, short + more)
        commands = {
            "bare_opencv_loop": [sys.executable, "-c", BARE_LOOP, str(video)],
            "convviz": [sys.executable, "-m", "live", str(video), "--frames"],
        }
        used_s = {
            (name, frames): run_s(screen, [*command, str(frames)])
            for frames in (short, short + more)
            for name, command in commands.items()
        }
        paused = paused_share(screen, [sys.executable, "-m", "live", str(video)], seconds=5.0)
    report = {
        f"{name}_cpu_ms_per_frame": 1e3 * (used_s[name, short + more] - used_s[name, short]) / more for name in commands
    }
    print(json.dumps({**report, "paused_cpu_share": paused, "opencv": cv2.__version__}, indent=2))


if __name__ == "__main__":
    main()
