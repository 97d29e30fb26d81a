"""A model by what a person writes: torchvision:NAME, timm:NAME, file.py:NAME, package.module:NAME.

The last two run the code that they name; nothing else is run.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from convviz_core.models.errors import ModelError, first_line
from convviz_core.names import shown

SPECS = "torchvision:NAME, timm:NAME, file.py:NAME or package.module:NAME"
PRETRAINED = "pretrained"
_WEIGHT_FILES = (".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".tar")
_OTHER_PROGRAMS = (".pt2", ".onnx", ".tflite", ".torchscript")


def module_from(spec: str, *, pretrained: bool) -> tuple[nn.Module, str]:
    """The model that `spec` names, and what to say of its weights. Errors: ModelError."""
    where, _, name = spec.rpartition(":")
    if not where or not name:
        raise ModelError(_what_is_missing(spec))
    if where in ("torchvision", "timm"):
        make = _torchvision if where == "torchvision" else _timm
        weights = f"the weights of '{shown(spec)}' are {'its pretrained ones' if pretrained else 'random'}"
        weights += "" if pretrained else ": --weights FILE or pretrained gives others"
        return make(name, pretrained), weights
    if pretrained:
        raise ModelError(f"pretrained weights are torchvision's and timm's: '{shown(spec)}' wants a file")
    found = _from_file(Path(where), name) if where.endswith(".py") else _from_package(where, name)
    return found, f"the weights are those with which '{shown(spec)}' makes the model"


def _what_is_missing(spec: str) -> str:
    path = Path(spec.rstrip(":"))
    if path.suffix == ".py":
        names = _names_in(path)
        holds = f"; it has {', '.join(names[:8])}" if names else ""
        return f"'{shown(spec)}' does not say what in it makes the model: write {shown(path)}:NAME{holds}"
    if path.suffix in _WEIGHT_FILES:
        return f"'{shown(spec)}' holds weights: name the model, {SPECS}, and give the file as --weights"
    if path.suffix in _OTHER_PROGRAMS:
        return f"'{shown(spec)}' is an exported program, whose layers cannot be watched: name the model, {SPECS}"
    return f"there is no model '{shown(spec)}': write {SPECS}"


def _names_in(path: Path) -> list[str]:
    """The functions, classes and variables at the top of a source file, read without running it."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return []
    found: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append(node.name)
        elif isinstance(node, ast.Assign):
            found += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return [name for name in found if not name.startswith("_")]


def _torchvision(name: str, pretrained: bool) -> nn.Module:
    models = _library("torchvision", "torchvision.models")
    if name not in models.list_models():
        raise ModelError(_no_model("torchvision", name, models.list_models()))
    options: dict[str, Any] = {"weights": "DEFAULT" if pretrained else None}
    if "weights_backbone" in inspect.signature(models.get_model_builder(name)).parameters:
        options["weights_backbone"] = None  # else that part's are fetched
    return _made(f"torchvision:{name}", lambda: models.get_model(name, **options))


def _timm(name: str, pretrained: bool) -> nn.Module:
    timm = _library("timm", "timm")
    if not timm.is_model(name.partition(".")[0]):
        raise ModelError(_no_model("timm", name, timm.list_models()))
    return _made(f"timm:{name}", lambda: timm.create_model(name, pretrained=pretrained))


def _library(package: str, module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = (error.name or package).partition(".")[0]
        raise ModelError(
            f"{package}:NAME needs the package '{missing}', which is not installed: pip install {missing}"
        ) from None
    except Exception as error:  # one that was built for another torch fails with anything
        raise ModelError(
            f"{package} cannot be imported beside torch {torch.__version__} ({first_line(error)}): "
            f"install the build of {package} that belongs to it"
        ) from error


def _no_model(package: str, name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, n=3)
    meant = f": did you mean {' or '.join(near)}?" if near else f": it has {', '.join(names[:5])} and others"
    return f"{package} has no model '{shown(name)}'{meant}"


def _from_file(path: Path, name: str) -> nn.Module:
    if not path.is_file():
        raise ModelError(f"there is no file '{shown(path)}'")
    path, written = path.resolve(), shown(path)
    title = f"convviz_model_{path.stem}"
    spec = importlib.util.spec_from_file_location(title, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[title] = module  # dataclasses and pickle look their module up
    _can_import_from(path.parent)  # what lies beside it, as when Python runs the file
    loader = spec.loader
    _run(lambda: loader.exec_module(module), f"'{written}'", path)
    return _named(module, name, f"{written}:{name}", path)


def _from_package(package: str, name: str) -> nn.Module:
    _can_import_from(Path.cwd())
    try:
        there = importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        there = False
    if not there:
        raise ModelError(f"there is no package or module '{shown(package)}': write {SPECS}")
    module = _run(lambda: importlib.import_module(package), f"'{shown(package)}'", None)
    return _named(module, name, f"{package}:{name}", None)


def _can_import_from(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _named(module: ModuleType, name: str, spec: str, path: Path | None) -> nn.Module:
    """The module called `name`, or what the function of that name returns."""
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            near = difflib.get_close_matches(part, [each for each in dir(found) if not each.startswith("_")], n=3)
            meant = f": did you mean {' or '.join(near)}?" if near else ""
            raise ModelError(f"'{shown(spec)}': there is no '{shown(part)}'{meant}")
        found = getattr(found, part)
    if isinstance(found, nn.Module):
        return found
    if not callable(found):
        raise ModelError(f"'{shown(spec)}' is {_a(found)}, want a torch.nn.Module or a function that returns one")
    return _made(spec, found, path)


def _made(spec: str, make: Callable[[], object], path: Path | None = None) -> nn.Module:
    made = _run(make, f"'{shown(spec)}'", path)
    if not isinstance(made, nn.Module):
        raise ModelError(f"'{shown(spec)}' returns {_a(made)}, want a torch.nn.Module")
    return made


def _run(code: Callable[[], Any], what: str, path: Path | None) -> Any:
    """Run a person's code; whatever it raises becomes one sentence with the line in their file."""
    try:
        return code()
    except ModelError:
        raise
    except (Exception, SystemExit) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        if isinstance(error, SyntaxError) and error.filename == str(path):
            lines = [error.lineno]
        at = f" in line {lines[-1]}" if lines else ""
        raise ModelError(f"{what} fails{at}: {first_line(error)}") from error


def _a(value: object) -> str:
    name = type(value).__name__
    return "nothing" if value is None else f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
