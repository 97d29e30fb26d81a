"""Makes .venv and installs the pinned packages in it. Safe to interrupt and to start twice at once."""

from __future__ import annotations

import ctypes
import importlib.util
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import IO

import setup_problems as problems
import venv_stamp
from setup_problems import SetupError
from venv_stamp import CONSTRAINTS, PYPROJECT, PYTHON, UNFINISHED, VENV

KEPT = "convviz-"  # how the files of these scripts in .venv begin: they survive emptying it
LOCK = VENV / "convviz-lock"

# PyTorch's own index of builds without CUDA, which are some 2 GB smaller.
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def set_up(dev: bool) -> None:
    """Make .venv what the project asks for, with the tests' tools where `dev`; SetupError says why it cannot be."""
    signal.signal(signal.SIGTERM, _terminated)
    if not all(importlib.util.find_spec(module) for module in ("venv", "ensurepip")):
        raise SetupError(problems.venv_missing(sys.version_info[:2]))
    try:
        with _alone():
            if not venv_stamp.is_ready(dev):  # another start may just have done it
                _make_and_fill(dev)
    except OSError as error:
        raise SetupError(problems.os_failed(error)) from error


def _make_and_fill(dev: bool) -> None:
    _say(f"setting up {VENV} (once; some minutes, most of them PyTorch's download)")
    usable = _is_of_this_python() and not UNFINISHED.exists()
    UNFINISHED.touch()
    if not usable:
        _make_empty()
    try:
        _install(dev)
    except SetupError:
        UNFINISHED.unlink()  # pip said no, and has put away what it had begun
        raise
    UNFINISHED.unlink()
    _check_opencv()
    venv_stamp.write(dev)
    _say("done")


def _make_empty() -> None:
    for path in VENV.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif not path.name.startswith(KEPT):
            path.unlink()
    # In two steps, since venv alone does not show why ensurepip failed.
    for command in (
        (sys.executable, "-I", "-m", "venv", "--without-pip", str(VENV)),
        (str(PYTHON), "-I", "-m", "ensurepip", "--upgrade", "--default-pip"),
    ):
        failed, output = _run(*command)
        if failed:
            raise SetupError(problems.venv_failed(output))


def _is_of_this_python() -> bool:
    """Whether .venv has a Python of the running one's version (3.12 say)."""
    config = VENV / "pyvenv.cfg"
    if not (PYTHON.exists() and config.exists()):
        return False
    version = re.search(r"^version\w* *= *(\d+)\.(\d+)", config.read_text(), re.MULTILINE)
    return version is not None and (int(version[1]), int(version[2])) == sys.version_info[:2]


def requirements(dev: bool) -> list[str]:
    """The project's own list from pyproject.toml, what --serve needs and, where `dev`, the tests' tools."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    return [*project["dependencies"], *optional["serve"], *(optional["dev"] if dev else [])]


def _install(dev: bool) -> None:
    if _wants_torch_without_cuda():
        # From there nothing but torch, and where that index does not answer, torch comes from the usual one.
        _pip("--extra-index-url", TORCH_CPU_INDEX, "--no-deps", "torch")
    _pip(*requirements(dev))


def _pip(*arguments: str) -> None:
    """pip install in .venv: pinned, and never compiling, which could take hours and fail at the end."""
    options = ("--disable-pip-version-check", "--only-binary", ":all:", "--constraint", str(CONSTRAINTS))
    failed, output = _run(str(PYTHON), "-I", "-m", "pip", "install", *options, *arguments)
    if failed:
        here = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
        raise SetupError(problems.pip_failed(output, here))


def _wants_torch_without_cuda() -> bool:
    """On Linux the usual torch brings CUDA along; not wanted without a card, nor asked where pip has own sources."""
    if sys.platform != "linux" or _has_nvidia_driver():
        return False
    _, settings = _run(str(PYTHON), "-I", "-m", "pip", "config", "list")
    return not names_package_sources(settings)


def names_package_sources(settings: str) -> bool:
    """Whether `pip config list`, environment included, says where packages come from (a mirror, a folder)."""
    return re.search(r"(index-url|find-links|no-index)\s*=", settings) is not None


def _has_nvidia_driver() -> bool:
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return shutil.which("nvidia-smi") is not None
    return True


def _check_opencv() -> None:
    """SetupError where a system library that OpenCV needs is missing: better now than in the middle of a view."""
    failed, output = _run(str(PYTHON), "-I", "-c", "import cv2")
    if failed:
        raise SetupError(problems.opencv_failed(output))


def _run(*command: str) -> tuple[bool, str]:
    """Whether the command failed, and all that it printed. It is killed when this process is told to end."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    return done.returncode != 0, done.stdout


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock of .venv; waits, and says so, while another start sets it up."""
    VENV.mkdir(exist_ok=True)
    with LOCK.open("a") as file:
        if not _try_lock(file):
            _say("another start is setting up .venv; waiting for it")
            while not _try_lock(file):
                time.sleep(0.2)
        yield


def _try_lock(file: IO[str]) -> bool:
    """Take the lock if it is free; the system gives it back when this process ends, however it does."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _terminated(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(143)


def _say(sentence: str) -> None:
    print(f"convviz: {sentence}", file=sys.stderr, flush=True)
