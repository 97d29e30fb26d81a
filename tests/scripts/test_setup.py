"""The set-up scripts: what they say and when they set up again. Nothing is installed here."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import launch
import old_python
import pytest
import setup_problems
import venv_setup
import venv_stamp

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPTS = ROOT / "scripts"


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for .venv and for the files that decide what belongs in it."""
    folder = tmp_path / ".venv"
    for module in (venv_stamp, venv_setup):
        monkeypatch.setattr(module, "VENV", folder)
        monkeypatch.setattr(module, "PYTHON", folder / "python")
        monkeypatch.setattr(module, "UNFINISHED", folder / "convviz-unfinished")
    for name in ("CONSTRAINTS", "PYPROJECT"):
        monkeypatch.setattr(venv_stamp, name, tmp_path / name)
        (tmp_path / name).write_text(f"the first {name}")
    monkeypatch.setattr(venv_setup, "LOCK", folder / "convviz-lock")
    return folder


def fill(venv: Path, dev: bool) -> None:
    """Leave behind what a finished set-up leaves."""
    venv.mkdir(exist_ok=True)
    (venv / "python").touch()
    venv_stamp.write(dev)


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13), (3, 14)])
def test_python_3_11_to_3_14_are_welcome(version: tuple[int, int]) -> None:
    assert old_python.refusal(version) == ""


@pytest.mark.parametrize("version", [(3, 6), (3, 10), (3, 15)])
def test_another_python_is_refused_by_name_with_what_to_do(version: tuple[int, int]) -> None:
    sentence = old_python.refusal(version)
    assert sentence.startswith(f"this is Python 3.{version[1]}, and convviz needs 3.11 to 3.14: ")
    assert "start it with" in sentence


@pytest.mark.parametrize("script", ["run.py", "test.py", "setup/old_python.py"])
def test_python_3_6_can_read_the_scripts_far_enough_to_be_refused(script: str) -> None:
    ast.parse((SCRIPTS / script).read_text(encoding="utf-8"), feature_version=(3, 6))


def test_run_and_test_need_only_the_standard_library() -> None:
    own = {path.stem: path for folder in (SCRIPTS, SCRIPTS / "setup") for path in folder.glob("*.py")}
    waiting, seen, others = ["run", "test"], set(), set()
    while waiting:
        seen.add(name := waiting.pop())
        for node in ast.walk(ast.parse(own[name].read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
                imported = {str(module).split(".")[0]}
                waiting += sorted((imported & own.keys()) - seen)
                others |= imported - own.keys()
    assert {"launch", "old_python"} <= seen
    assert others <= sys.stdlib_module_names


def test_a_venv_is_ready_once_it_was_filled(venv: Path) -> None:
    assert not venv_stamp.is_ready(dev=False)
    fill(venv, dev=False)
    assert venv_stamp.is_ready(dev=False)


def test_a_venv_for_the_viewer_is_not_ready_for_the_tests_but_the_other_way_round(venv: Path) -> None:
    fill(venv, dev=False)
    assert not venv_stamp.is_ready(dev=True)
    fill(venv, dev=True)
    assert venv_stamp.is_ready(dev=True)
    assert venv_stamp.is_ready(dev=False)


@pytest.mark.parametrize("name", ["CONSTRAINTS", "PYPROJECT"])
def test_a_changed_version_or_need_makes_a_venv_unready(venv: Path, name: str) -> None:
    fill(venv, dev=True)
    (venv.parent / name).write_text("the second")
    assert not venv_stamp.is_ready(dev=True)


def test_another_python_makes_a_venv_unready(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(venv, dev=False)
    monkeypatch.setattr(sys, "version_info", (3, 99, 0, "final", 0))
    assert not venv_stamp.is_ready(dev=False)


def test_a_venv_whose_python_is_gone_or_whose_install_was_cut_off_is_not_ready(venv: Path) -> None:
    fill(venv, dev=False)
    (venv / "convviz-unfinished").touch()
    assert not venv_stamp.is_ready(dev=False)
    (venv / "convviz-unfinished").unlink()
    assert venv_stamp.is_ready(dev=False)
    (venv / "python").unlink()
    assert not venv_stamp.is_ready(dev=False)


class Commands:
    """Stands for the commands that a set-up runs: remembers them, and lets those that contain `failing` fail."""

    def __init__(self, venv: Path, failing: str = "", output: str = "") -> None:
        self.venv = venv
        self.failing = failing
        self.output = output
        self.done: list[str] = []

    def __call__(self, *command: str) -> tuple[bool, str]:
        line = " ".join(command)
        self.done.append(line)
        if "-m venv" in line:
            (self.venv / "python").touch()
            (self.venv / "pyvenv.cfg").write_text(f"version = {sys.version.split()[0]}\n")
        failed = bool(self.failing) and self.failing in line
        return failed, self.output if failed else "global.find-links='/a/folder'"

    def count(self, part: str) -> int:
        return sum(part in line for line in self.done)


@pytest.fixture
def commands(venv: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    commands = Commands(venv)
    monkeypatch.setattr(venv_setup, "_run", commands)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    return commands


def test_the_first_start_makes_the_venv_installs_and_tries_opencv(commands: Commands) -> None:
    venv_setup.set_up(dev=False)
    assert [commands.count(part) for part in ("-m venv", "-m ensurepip", "pip install", "import cv2")] == [1, 1, 1, 1]
    assert venv_stamp.is_ready(dev=False)


def test_a_start_that_finds_it_done_after_waiting_does_nothing(commands: Commands) -> None:
    fill(commands.venv, dev=True)
    venv_setup.set_up(dev=True)
    assert commands.done == []


def test_a_changed_need_is_installed_into_the_venv_that_is_there(commands: Commands) -> None:
    venv_setup.set_up(dev=False)
    (commands.venv.parent / "CONSTRAINTS").write_text("the second")
    venv_setup.set_up(dev=False)
    assert [commands.count(part) for part in ("-m venv", "pip install")] == [1, 2]


def test_an_install_that_was_cut_off_starts_from_an_empty_venv(commands: Commands) -> None:
    venv_setup.set_up(dev=False)
    (commands.venv / "half").mkdir()
    (commands.venv / "convviz-unfinished").touch()
    venv_setup.set_up(dev=False)
    assert not (commands.venv / "half").exists()
    assert commands.count("-m venv") == 2
    assert venv_stamp.is_ready(dev=False)


def test_a_venv_of_another_python_is_made_anew(commands: Commands) -> None:
    venv_setup.set_up(dev=False)
    (commands.venv / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.2.1\n")
    (commands.venv / "convviz-runtime.stamp").unlink()
    venv_setup.set_up(dev=False)
    assert commands.count("-m venv") == 2


def test_a_missing_library_is_said_and_the_next_start_tries_again_without_a_new_venv(commands: Commands) -> None:
    commands.failing, commands.output = "import cv2", CV2_WITHOUT_GL
    with pytest.raises(setup_problems.SetupError, match=r"libGL\.so\.1"):
        venv_setup.set_up(dev=False)
    assert not venv_stamp.is_ready(dev=False)
    commands.failing = ""
    venv_setup.set_up(dev=False)
    assert commands.count("-m venv") == 1
    assert venv_stamp.is_ready(dev=False)


def test_a_failed_set_up_ends_with_status_1_and_one_sentence(
    commands: Commands, capsys: pytest.CaptureFixture[str]
) -> None:
    commands.failing, commands.output = "pip install", NO_NETWORK
    assert launch.start(["-m", "live"]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("convviz: the packages could not be downloaded")


def test_a_python_without_ensurepip_is_told_debian_s_package(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda module: None if module == "ensurepip" else module)
    with pytest.raises(setup_problems.SetupError, match=r"python3\.1\d-venv`"):
        venv_setup.set_up(dev=False)
    assert commands.done == []


def test_a_folder_that_cannot_be_written_is_named(commands: Commands) -> None:
    commands.venv.write_text("a file where the folder should be")
    with pytest.raises(setup_problems.SetupError, match=r"\.venv cannot be written"):
        venv_setup.set_up(dev=False)


def test_the_tests_tools_are_asked_for_only_by_the_tests() -> None:
    assert any(need.startswith("torch") for need in venv_setup.requirements(dev=False))
    assert not any(need.startswith("pytest") for need in venv_setup.requirements(dev=False))
    assert any(need.startswith("pytest") for need in venv_setup.requirements(dev=True))


def test_everything_that_the_project_needs_is_pinned() -> None:
    lines = (SCRIPTS / "setup" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.split("==")[0].lower() for line in lines if "==" in line}
    needs = {
        "".join(c if c.isalnum() or c == "-" else " " for c in need).split()[0]
        for need in venv_setup.requirements(dev=True)
    }
    assert needs - pinned == set()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ("", False),
        (":env:.disable-pip-version-check='1'\nglobal.timeout='60'", False),
        ("global.index-url='https://mirror.example/pypi'", True),
        ("global.extra-index-url='https://mirror.example/pypi'", True),
        (":env:.find-links='/wheels'", True),
        ("install.no-index='true'", True),
    ],
)
def test_torch_without_cuda_is_looked_for_elsewhere_only_where_pip_has_no_sources_of_its_own(
    settings: str, named: bool
) -> None:
    assert venv_setup.names_package_sources(settings) == named


NO_NETWORK = """WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('Failed to establish a
new connection: [Errno -3] Temporary failure in name resolution')': /simple/numpy/
ERROR: Could not find a version that satisfies the requirement numpy>=2 (from versions: none)
ERROR: No matching distribution found for numpy>=2
"""
NO_WHEEL = """ERROR: Could not find a version that satisfies the requirement torch>=2.9 (from versions: 2.2.0, 2.2.2)
ERROR: No matching distribution found for torch>=2.9
"""
DISK_FULL = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n"
BAD_CERTIFICATE = (
    "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed'))\n"
)
READ_ONLY = "ERROR: Could not install packages due to an OSError: [Errno 30] Read-only file system: '/a/.venv'\n"
CV2_WITHOUT_GL = """Traceback (most recent call last):
  File "<string>", line 1, in <module>
ImportError: libGL.so.1: cannot open shared object file: No such file or directory
"""


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (NO_NETWORK, "could not be downloaded: check the network"),
        (NO_WHEEL, "no ready-made build of torch>=2.9 for Python 3.14 on Darwin x86_64"),
        (DISK_FULL, "the disk is full"),
        (BAD_CERTIFICATE, "PIP_CERT"),
        (READ_ONLY, "put the source in a folder of your own"),
        ("all\nERROR: something new\nthe end", "pip could not install the packages: ERROR: something new"),
        ("", "it said nothing"),
    ],
)
def test_what_pip_prints_becomes_one_sentence(output: str, sentence: str) -> None:
    said = setup_problems.pip_failed(output, "Python 3.14 on Darwin x86_64")
    assert sentence in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("library", "debian", "fedora"),
    [
        ("libGL.so.1", "libgl1 libglib2.0-0 libsm6", "libglvnd-glx glib2 libSM"),
        ("libgthread-2.0.so.0", "libglib2.0-0 libgl1 libsm6", "glib2 libglvnd-glx libSM"),
        ("libxcb.so.1", "libxcb1 libgl1 libglib2.0-0 libsm6", "libxcb libglvnd-glx glib2 libSM"),
    ],
)
def test_a_missing_system_library_becomes_the_commands_that_install_it(library: str, debian: str, fedora: str) -> None:
    said = setup_problems.opencv_failed(CV2_WITHOUT_GL.replace("libGL.so.1", library))
    assert f"needs the system library {library}" in said
    assert f"apt-get install --no-install-recommends {debian}`" in said
    assert f"dnf install {fedora}`" in said


def test_a_missing_system_library_that_nobody_foresaw_is_still_named() -> None:
    said = setup_problems.opencv_failed("ImportError: libnew.so.7: cannot open shared object file: No such file")
    assert "libnew.so.7" in said


def test_the_scripts_start_without_any_package() -> None:
    program = f"import sys; sys.path.insert(0, {str(SCRIPTS)!r}); import run, launch, venv_setup"
    subprocess.run([sys.executable, "-I", "-S", "-c", program], check=True)
