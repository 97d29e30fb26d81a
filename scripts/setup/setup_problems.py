"""What can go wrong while .venv is set up, each as one sentence that says what to do."""

from __future__ import annotations

import errno
import re

# What OpenCV's wheel wants from the system: library -> (Debian's package, Fedora's).
PACKAGES = {
    "libGL.so.1": ("libgl1", "libglvnd-glx"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2"),
    "libgthread-2.0.so.0": ("libglib2.0-0", "glib2"),
    "libSM.so.6": ("libsm6", "libSM"),
    "libICE.so.6": ("libice6", "libICE"),
    "libX11.so.6": ("libx11-6", "libX11"),
    "libXext.so.6": ("libxext6", "libXext"),
    "libxcb.so.1": ("libxcb1", "libxcb"),
}
# They are missed one after the other: where one is, these are all asked for.
USUALLY_MISSING = ("libGL.so.1", "libgthread-2.0.so.0", "libSM.so.6")

NO_NETWORK = re.compile(
    "NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError|Connection refused|ConnectionReset"
    "|Network is unreachable|Name or service not known|name resolution|getaddrinfo failed|nodename nor servname"
)
DISK_FULL = re.compile(r"No space left on device|\[Errno 28\]|not enough space on the disk|Disk quota exceeded")
NOT_TRUSTED = re.compile("CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError")
NO_BUILD = re.compile(r"No matching distribution found for (\S+)")
NOT_ALLOWED = re.compile(r"Permission denied|\[Errno 13\]|Read-only file system")


class SetupError(Exception):
    """.venv could not be set up; the message is one sentence for a person."""


def venv_missing(version: tuple[int, int]) -> str:
    """This Python cannot make virtual environments."""
    name = "python{}.{}-venv".format(*version)
    return (
        f"this Python comes without the modules venv and ensurepip: install them with `sudo apt-get install {name}` "
        "(Debian, Ubuntu; on other systems they are part of Python's own package) and start again"
    )


def venv_failed(output: str) -> str:
    """Why the empty .venv could not be made, from what venv or ensurepip printed."""
    return _common_problem(output) or f"the virtual environment .venv could not be made: {_last_error(output)}"


def pip_failed(output: str, python: str) -> str:
    """Why pip failed, from what it printed. python: version and system, for a package that has no build for them."""
    common = _common_problem(output)
    if common:
        return common
    if NOT_TRUSTED.search(output):
        return "pip does not trust the package index's certificate: set PIP_CERT to your network's certificate file"
    if NO_NETWORK.search(output):
        return "the packages could not be downloaded: check the network (or PIP_INDEX_URL, PIP_PROXY) and start again"
    missing = NO_BUILD.search(output)
    if missing:
        return f"there is no ready-made build of {missing[1]} for {python}: try another Python from 3.11 to 3.14"
    return f"pip could not install the packages: {_last_error(output)}"


def opencv_failed(output: str) -> str:
    """Why `import cv2` failed after everything was installed, from what it printed."""
    missing = re.search(r"(\S+\.so[.\d]*): cannot open shared object file", output)
    if missing:
        return _library_missing(missing[1])
    if "DLL load failed" in output:
        return (
            "OpenCV cannot be loaded: install Microsoft's Visual C++ Redistributable "
            "and, on Windows N editions, the Media Feature Pack, and start again"
        )
    return f"OpenCV was installed but cannot be loaded: {_last_error(output)}"


def os_failed(error: OSError) -> str:
    """Why a file of .venv could not be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _common_problem("No space left on device")
    return f"{error.filename or '.venv'} cannot be written ({error.strerror}): put the source in a folder of your own"


def _library_missing(library: str) -> str:
    debian, fedora = (
        " ".join(dict.fromkeys(PACKAGES[each][system] for each in (library, *USUALLY_MISSING) if each in PACKAGES))
        for system in (0, 1)
    )
    return (
        f"OpenCV needs the system library {library}, even where there is no screen: install it with "
        f"`sudo apt-get install --no-install-recommends {debian}` (Debian, Ubuntu) or "
        f"`sudo dnf install {fedora}` (Fedora) and start again"
    )


def _common_problem(output: str) -> str:
    if DISK_FULL.search(output):
        return (
            "the disk is full: free two gigabytes (with an NVIDIA card eight), "
            "or set TMPDIR to a roomier place, and start again"
        )
    if NOT_ALLOWED.search(output):
        return f".venv cannot be written: put the source in a folder of your own ({_last_error(output)})"
    return ""


def _last_error(output: str) -> str:
    """The last line that speaks of an error, else the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["it said nothing"])[-1]
