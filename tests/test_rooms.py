"""The rules of who may know whom, read from the source and seen in fresh processes."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(
    path.relative_to(ROOT).as_posix() for room in ("convviz_core", "live") for path in ROOT.glob(f"{room}/**/*.py")
)

ENGINES = ("reference", "opencv", "halide", "cuda")

# What only works things out: no pixels, no time, nobody to show it to.
PLAIN = {"cv2", "numpy", "time", "live.display", "live.drawing"}

# Room (a module or a folder) -> what it must not import, anywhere in it, not even inside a function.
MUST_NOT_KNOW = {
    "convviz_core": {"live", "argparse"},
    "convviz_core/arrays.py": {"convviz_core", "torch", "cv2"},
    "convviz_core/atomic_files.py": {"convviz_core", "numpy", "torch", "cv2"},
    "convviz_core/filters": {"cv2", "convviz_core.layer", "convviz_core.engines"},
    "convviz_core/filters/bank.py": {"torch", "pathlib", "os"},
    "convviz_core/filters/built_in.py": {"torch", "pathlib", "os"},
    "convviz_core/axis.py": {"torch", "cv2", "convviz_core"},
    "convviz_core/geometry.py": {
        "torch",
        "cv2",
        "convviz_core.filters",
        "convviz_core.layer",
        "convviz_core.engines",
        "live",
    },
    "convviz_core/placement.py": {"torch", "numpy", "cv2", "convviz_core.geometry", "convviz_core.layer"},
    "convviz_core/gray.py": {"torch", "convviz_core.filters", "convviz_core.layer"},
    "convviz_core/layer.py": {"torch", "cv2", "convviz_core.ranges", "convviz_core.engines"},
    # Nothing that a checkpoint names is imported or run, and to read one takes no torch.
    "convviz_core/filters/checkpoints": {"torch", "pickle", "importlib"},
    "convviz_core/network.py": {"numpy", "cv2"},
    "convviz_core/ranges.py": {"torch", "cv2", "halide", "convviz_core.engines"},
    "convviz_core/windows.py": {"torch", "cv2", "halide", "convviz_core.engines"},
    "convviz_core/products.py": {"torch", "halide", "convviz_core.engines"},
    "convviz_core/patches.py": {"torch", "cv2", "halide", "convviz_core.engines"},
    "convviz_core/sampling.py": {"torch", "cv2", "halide", "convviz_core.engines"},
    "convviz_core/first_look.py": {"torch", "halide", "convviz_core.engines"},
    "convviz_core/byte_sums.py": {"torch", "cv2", "halide", "convviz_core.engines"},
    "convviz_core/byte_look.py": {"torch", "cv2", "halide", "convviz_core.engines"},
    "convviz_core/looks.py": {"torch", "cv2", "halide", "convviz_core.engines"},
    "convviz_core/places.py": {"torch", "cv2", "halide", "convviz_core.engines"},
    "convviz_core/two_cores.py": {"torch", "cv2", "halide", "numpy", "convviz_core"},
    "convviz_core/cores.py": {"torch", "cv2", "halide", "numpy", "convviz_core"},
    "convviz_core/ahead.py": {"torch", "cv2", "halide", "numpy", "convviz_core"},
    "convviz_core/difference.py": {"torch", "cv2", "halide", "convviz_core.engines"},
    "convviz_core/difference_sampling.py": {"torch", "cv2", "halide", "convviz_core.engines"},
    "convviz_core/own_range.py": {"torch", "cv2", "halide", "convviz_core.engines"},
    "convviz_core/auto_range.py": {"torch", "cv2", "halide", "convviz_core.engines"},
    "convviz_core/tally.py": {"torch", "cv2", "halide", "convviz_core.engines", "convviz_core.layer"},
    "convviz_core/inspect.py": {"torch", "cv2", "convviz_core.engines"},
    "convviz_core/models": {"convviz_core.engines", "convviz_core.ranges", "convviz_core.inspect"},
    "convviz_core/models/errors.py": {"torch", "numpy"},
    "convviz_core/models/layer.py": {"torch", "convviz_core.filters"},
    "convviz_core/models/model_input.py": {"torch", "convviz_core.filters"},
    "convviz_core/padded_part.py": {"torch", "cv2", "convviz_core.engines", "convviz_core.filters"},
    "convviz_core/names.py": {"torch", "cv2", "numpy", "convviz_core.filters", "convviz_core.engines"},
    "convviz_core/numbers.py": {"torch", "cv2", "numpy", "convviz_core.filters", "convviz_core.engines"},
    "convviz_core/pictures": {"torch", "convviz_core.filters", "convviz_core.layer", "convviz_core.engines"},
    "convviz_core/blocks.py": {"torch", "cv2", "halide"},
    "convviz_core/mosaic.py": {"torch", "cv2", "halide"},
    "convviz_core/figures.py": {"torch", "convviz_core.engines"},
    "convviz_core/transfer.py": {"torch", "cv2", "halide", "convviz_core.engines", "convviz_core.layer"},
    "convviz_core/gratings.py": {"torch", "cv2", "halide", *(f"convviz_core.engines.{engine}" for engine in ENGINES)},
    "convviz_core/noise.py": {"torch", "halide", *(f"convviz_core.engines.{engine}" for engine in ENGINES)},
    "convviz_core/curves_file.py": {"torch", "cv2", *(f"convviz_core.engines.{engine}" for engine in ENGINES)},
    "convviz_core/curves_figure.py": {"torch", "cv2", "convviz_core.engines"},
    "convviz_core/maps_file.py": {"torch", "cv2", "convviz_core.engines"},
    "convviz_core/scenes.py": {"torch", "time", "convviz_core.filters", "convviz_core.engines"},
    "convviz_core/scene_pictures.py": {"torch", "time", "convviz_core.filters", "convviz_core.engines"},
    "convviz_core/engines": {"time"},
    "convviz_core/engines/api.py": {f"convviz_core.engines.{engine}" for engine in ENGINES},
    "convviz_core/engines/planning.py": {f"convviz_core.engines.{engine}" for engine in ENGINES},
    "convviz_core/engines/upgrading.py": {f"convviz_core.engines.{engine}" for engine in ENGINES},
    "convviz_core/engines/model_plan.py": {f"convviz_core.engines.{engine}" for engine in ENGINES},
    "convviz_core/engines/model_page.py": {f"convviz_core.engines.{engine}" for engine in ENGINES},
    "convviz_core/engines/reference.py": {
        "convviz_core.engines.opencv",
        "convviz_core.engines.halide",
        "cv2",
        "halide",
    },
    "convviz_core/engines/opencv": {"convviz_core.engines.halide", "convviz_core.engines.cuda", "torch", "halide"},
    "convviz_core/engines/halide": {"convviz_core.engines.cuda", "convviz_core.engines.reference", "torch"},
    "convviz_core/engines/cuda": {"convviz_core.engines.opencv", "convviz_core.engines.halide", "halide"},
    "live": {"torch", "halide", "live.recording.reproduce"},
    "live/cli.py": {"cv2", "numpy"},
    "live/parsers.py": {"cv2", "numpy"},
    "live/parsing.py": {"cv2", "numpy"},
    "live/layer_options.py": {"cv2", "numpy"},
    "live/app.py": {"cv2", "numpy"},
    "live/commands.py": {"cv2", "live.display", "live.session"},
    "live/model_commands.py": {"cv2", "live.display", "live.session"},
    "live/model_options.py": {"cv2", "numpy", "live"},
    "live/model_view": {"cv2", "live.display.window", "live.recording"},
    "live/model_view/chosen.py": {*PLAIN, "live"},
    "live/model_view/keys.py": {*PLAIN, "live.controls"},
    "live/model_view/sources.py": {*PLAIN, "live.controls"},
    "live/model_view/comparing.py": {"cv2", "numpy", "time", "live.display", "live.drawing"},
    "live/model_view/comparing_scene.py": {"cv2", "numpy", "time", "live.display"},
    "live/model_view/worker.py": {"cv2", "time", "live.display", "live.drawing", "live.state"},
    "live/model_view/channels.py": {"cv2", "time", "live.display", "live.drawing", "live.state"},
    "live/model_view/picture.py": {"cv2", "time", "live.display", "live.drawing", "live.state"},
    "live/model_view/exciting.py": {"cv2", "torch", "time", "live.display", "live.drawing", "live.state"},
    "live/opencv_settings.py": {"cv2", "numpy", "convviz_core", "live"},
    "live/torch_settings.py": {"cv2", "numpy", "convviz_core", "live"},
    "live/process.py": {"cv2", "convviz_core", "live"},
    "live/loop.py": {"argparse", "cv2", "live.drawing"},
    "live/session.py": {"argparse", "cv2", "live.display.window", "live.controls"},
    "live/events.py": {"cv2", "numpy", "time", "live.display", "live.controls", "live.state"},
    "live/layer_settings.py": {*PLAIN, "live.controls", "live.state"},
    "live/state.py": {*PLAIN, "live.controls"},
    "live/controls.py": {*PLAIN},
    "live/key_effects.py": {*PLAIN, "live.controls"},
    "live/key_binding.py": {*PLAIN, "live.controls"},
    "live/editing.py": {*PLAIN, "live.controls"},
    "live/layer_keys.py": {*PLAIN, "live.controls"},
    "live/layer_lines.py": {*PLAIN, "live.controls", "live.state"},
    "live/edit_keys.py": {*PLAIN, "live.controls"},
    "live/chosen_weight.py": {*PLAIN, "live"},
    "live/history.py": {*PLAIN, "convviz_core", "live"},
    "live/bank_files.py": {"cv2", "numpy", "live.display", "live.drawing"},
    "live/bank_file.py": {"cv2", "numpy", "live.display", "live.drawing", "live.state"},
    "live/bank_changes.py": {*PLAIN, "threading", "pathlib", "live.controls"},
    "live/pointing.py": {*PLAIN, "live.controls"},
    "live/key_reasons.py": {*PLAIN},
    "live/click_reasons.py": {*PLAIN},
    "live/responding.py": {"cv2", "time", "live.drawing", "live.session", "live.display.window"},
    "live/intake.py": {"time", "live.display", "live.drawing", "live.state"},
    "live/too_small.py": {"cv2", "time", "live.display", "live.drawing", "live.state"},
    "live/watching.py": {"cv2", "time", "live.display", "live.drawing", "live.state", "live.controls"},
    "live/placing.py": {"cv2", "time", "live.drawing", "live.controls", "live.display.window"},
    "live/pane.py": {"cv2", "time", "live.display", "live.drawing", "live.state", "live.controls"},
    "live/comparing_options.py": {"cv2", "numpy", "live.display", "live.drawing", "live.session"},
    "live/comparing.py": {*PLAIN, "live.state", "live.controls"},
    "live/comparing_scene.py": {"cv2", "time", "live.display", "live.session", "live.sources"},
    "live/panes.py": {"cv2", "time", "live.display", "live.drawing", "live.controls"},
    "live/picture_range.py": {"cv2", "time", "live.display", "live.drawing", "live.state", "live.controls"},
    "live/readings.py": {"cv2", "time", "live.display", "live.session"},
    "live/curves.py": {"cv2", "time", "live.display", "live.drawing", "live.state", "live.controls"},
    "live/noise_meter.py": {"cv2", "time", "live.display", "live.drawing", "live.state", "live.controls"},
    "live/curve_bench.py": {"cv2", "time", "live.display", "live.drawing", "live.state", "live.controls"},
    "live/purposes.py": {"cv2", "time", "live.display", "live.drawing"},
    "live/sliding.py": {"cv2", "time", "live.display", "live.drawing", "live.session"},
    "live/scrolling.py": {"cv2", "time", "live.display", "live.drawing", "live.session"},
    "live/notices.py": {"cv2", "time", "live.display", "live.drawing"},
    "live/cadence.py": {"cv2", "live"},
    "live/composing.py": {"cv2", "time", "live.display", "live.session", "live.sources"},
    "live/layout": {*PLAIN, "live.state", "live.controls"},
    "live/drawing": {
        "time",
        "live.display",
        "live.events",
        "live.state",
        "live.controls",
        "live.session",
        "live.sources",
    },
    "live/display": {"live.sources", "live.drawing", "live.state", "live.controls", "live.session"},
    "live/display/api.py": {"cv2"},
    # What strangers send is read here: nothing of the file system but the page's own files, by a fixed table.
    "live/display/browser": {"os", "pathlib", "subprocess", "pickle", "live.sources", "live.serving"},
    "live/display/browser/address.py": {"cv2", "time", "websockets"},
    "live/display/browser/messages.py": {"cv2", "time", "websockets"},
    "live/display/browser/pictures.py": {"websockets", "asyncio", "socket"},
    "live/display/browser/visits.py": {"cv2", "websockets", "asyncio", "socket"},
    "live/display/browser/display.py": {"cv2", "time", "websockets"},
    "live/serving.py": {"cv2", "time", "live.session", "live.drawing", "live.state"},
    "live/notebook.py": {"cv2", "numpy", "live.session", "live.display", "live.sources"},
    "live/display/null.py": {"cv2"},
    "live/display/mouse.py": {"cv2", "time"},
    "live/display/x11.py": {"cv2"},
    "live/display/x11_wheel.py": {"cv2", "time", "os"},
    "live/display/x11_windows.py": {"cv2", "time", "os"},
    "live/display/xcb.py": {"cv2", "time", "os"},
    "live/sources": {"live.display", "live.events", "live.state", "live.session"},
    "live/measuring": {"cv2", "live.drawing", "live.display"},
    "live/measuring/record.py": {"time", "threading", "pathlib", "live"},
    "live/recording": {"live.display", "live.drawing", "live.session"},
    "live/outputs.py": {"cv2", "live.display", "live.drawing"},
    "live/overlaps.py": {"cv2", "live.display", "live.drawing"},
    "live/errors.py": {"cv2", "live.display", "live.drawing"},
}

# A program of its own, which a snapshot gets a copy of; the viewer never imports it.
LEFT_IN_SNAPSHOTS = "live/recording/reproduce.py"

# OpenCV's functions and classes with one home each.
ONLY_IN = {
    "live/display/window.py": {
        *("namedWindow", "imshow", "waitKey", "waitKeyEx", "pollKey", "destroyWindow", "destroyAllWindows"),
        *("resizeWindow", "moveWindow", "setMouseCallback", "setWindowProperty", "getWindowProperty"),
        *("getWindowImageRect", "setWindowTitle", "startWindowThread", "createTrackbar", "selectROI"),
    },
    "live/sources": {"VideoCapture"},
}

# Importing the module on the left must not load those on the right: they cost seconds, or belong elsewhere.
NOT_LOADED_BY = {
    "convviz_core": {"torch", "halide", "matplotlib", "safetensors", "live"},
    "live.sources.opening": {"torch", "matplotlib", "PIL", "av", "convviz_core.pictures.tiff"},
    "live.cli": {"torch", "halide", "matplotlib", "safetensors"},
    "live.app": {"live.serving", "live.display.browser", "live.sources.browser", "websockets", "asyncio"},
    "live.notebook": {"cv2", "numpy", "IPython", "live.serving"},
    "live.serving": {"websockets", "torch", "PIL"},
    "live.measuring.profiler": {"torch", "cv2"},
    "live.measuring.record": {"torch", "cv2"},
    "live.measuring.trace": {"torch", "cv2"},
}


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(read(module))


def read(module: str) -> str:
    return (ROOT / module).read_text(encoding="utf-8")


def is_in(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}/")


def modules_in(room: str) -> list[str]:
    """The modules that a rule is about; a rule that is about none guards nothing, and fails."""
    found = [module for module in MODULES if is_in(module, room)]
    assert found, f"there is no room {room}"
    return found


def room_of(name: str) -> str:
    """The module's file or the package's folder: "live.measuring.trace" is live/measuring/trace.py."""
    path = name.replace(".", "/")
    return path if (ROOT / path).is_dir() else f"{path}.py"


def nodes_at_run_time(parent: ast.AST) -> Iterator[ast.AST]:
    """Every node but those under `if TYPE_CHECKING:`."""
    for node in ast.iter_child_nodes(parent):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from nodes_at_run_time(node)


def imports(module: str) -> dict[str, int]:
    """What the module imports, and in which line first: `from a.b import c` counts as a, a.b and a.b.c."""
    lines: dict[str, int] = {}
    for node in nodes_at_run_time(tree(module)):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} imports relatively"
            names = [f"{node.module}.{name}" for name in names]
        for parts in (name.split(".") for name in names):
            for length in range(1, len(parts) + 1):
                lines.setdefault(".".join(parts[:length]), node.lineno)
    return lines


def cv2_names(module: str) -> set[str]:
    """The names of OpenCV that the module uses: cv2.NAME, or from cv2 import NAME."""
    used = {
        node.attr
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "cv2"
    }
    return used | {name.removeprefix("cv2.") for name in imports(module) if name.startswith("cv2.")}


@pytest.mark.parametrize("room", MUST_NOT_KNOW)
def test_a_room_imports_nothing_that_it_must_not_know(room: str) -> None:
    modules = [module for module in modules_in(room) if module != LEFT_IN_SNAPSHOTS]
    assert {module: known for module in modules if (known := MUST_NOT_KNOW[room] & imports(module).keys())} == {}


def test_every_room_has_a_rule() -> None:
    """A module is in a room whose rule is about more than its whole package."""
    rooms = MUST_NOT_KNOW.keys() - {"convviz_core", "live"}
    doors = {"__init__.py", "__main__.py"}
    homeless = [module for module in MODULES if not any(is_in(module, room) for room in rooms)]
    assert [module for module in homeless if Path(module).name not in doors] == []


def test_a_rule_for_a_room_that_is_not_there_fails() -> None:
    with pytest.raises(AssertionError, match="no room live/attic"):
        modules_in("live/attic")


def test_every_module_of_ours_that_a_rule_forbids_is_there() -> None:
    forbidden = {name for names in (*MUST_NOT_KNOW.values(), *NOT_LOADED_BY.values()) for name in names}
    for name in sorted(forbidden):
        if name.split(".")[0] in ("convviz_core", "live"):
            assert modules_in(room_of(name))


@pytest.mark.parametrize("home", ONLY_IN)
def test_opencv_s_windows_and_cameras_are_used_in_one_room_only(home: str) -> None:
    assert modules_in(home)
    users = {module: used for module in MODULES if (used := ONLY_IN[home] & cv2_names(module))}
    assert {module: used for module, used in users.items() if not is_in(module, home)} == {}


def test_av_is_imported_below_cv2_wherever_it_is_imported() -> None:
    lines = {module: imports(module) for module in MODULES}
    users = {module: names for module, names in lines.items() if "av" in names}
    assert [module for module, names in users.items() if names.get("cv2", names["av"]) >= names["av"]] == []


@pytest.mark.parametrize("module", NOT_LOADED_BY)
def test_a_fresh_process_loads_only_what_the_module_needs(module: str) -> None:
    assert modules_in(room_of(module))
    program = f"import sys, {module}; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert NOT_LOADED_BY[module] & set(done.stdout.split()) == set()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_a_view_of_a_picture_loads_only_what_reads_it(tmp_path: Path, suffix: str) -> None:
    cv2.imwrite(str(tmp_path / f"a{suffix}"), np.zeros((16, 16, 3), np.uint8))
    words = [str(tmp_path / f"a{suffix}"), "--headless", "--engine", "opencv"]
    program = f"import sys; from live.cli import main; print(main({words}), *sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    code, *loaded = done.stdout.split()
    assert code == "0"
    assert {"torch", "matplotlib", "av", "PIL"} & set(loaded) == ({"PIL"} if suffix == ".tif" else set())


def test_the_weights_of_gray_are_written_once() -> None:
    users = [module for module in MODULES if {"19235", "0.587"} & set(re.findall(r"[\d.]+", read(module)))]
    assert users == ["convviz_core/gray.py"]


def test_every_module_says_what_it_is_for_in_a_docstring() -> None:
    scripts = [path.relative_to(ROOT).as_posix() for path in ROOT.glob("scripts/**/*.py")]
    assert [module for module in [*MODULES, *scripts] if not ast.get_docstring(tree(module))] == []


def test_no_module_is_a_grab_bag() -> None:
    grab_bags = {"util", "utils", "helper", "helpers", "common", "misc", "tools"}
    assert [module for module in MODULES if grab_bags & set(Path(module).with_suffix("").parts)] == []


def test_every_folder_with_modules_is_packaged() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = {Path(module).parent.as_posix().replace("/", ".") for module in MODULES}
    assert set(project["tool"]["setuptools"]["packages"]) == folders


def test_every_package_that_is_imported_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needs = [*project["dependencies"], *project["optional-dependencies"]["serve"]]
    asked_for = {"".join(c if c.isalnum() else " " for c in need).split()[0] for need in needs}
    distributions = {
        "cv2": "opencv",
        "PIL": "pillow",
        "triton": "torch",
        "IPython": "",  # of the notebook that a person has
        "convviz_core": "",
        "live": "",
    }  # torch brings triton along
    imported = {name for module in MODULES for name in imports(module) if "." not in name}
    foreign = {distributions.get(name, name) for name in imported - sys.stdlib_module_names} - {""}
    assert foreign - asked_for == set()
