"""Synthetic scenes with known answers: pictures whose responses can be worked out by hand.

A scene is asked for by name and parameters, `grating` or `grating:period=16,angle=30`. Angles are degrees
from the x axis (to the right) towards the y axis (down), as pictures count. SCENES lists them all, each with
what the seed bank `udacity` must answer, in the units of weights x [0, 1]; w(i, j) is a weight in row i, column j.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from convviz_core.arrays import ByteArray
from convviz_core.names import did_you_mean
from convviz_core.scene_pictures import Moment, bar, checker, chirp, demo, dot, grating, noise, ramp, step

MAX_SIDE_PX = 8192


class SceneError(ValueError):
    """A scene that cannot be had; its message is one sentence that says what there is."""


@dataclass(frozen=True)
class Parameter:
    """One number that a scene takes, from `low` to `high`, both included; `unit` says in what."""

    name: str
    default: float
    low: float
    high: float
    unit: str
    whole: bool = False

    @property
    def wanted(self) -> str:
        """What may be given, for a person."""
        return f"a {'whole ' if self.whole else ''}number from {self.low:g} to {self.high:g} ({self.unit})"


@dataclass(frozen=True)
class SceneKind:
    """A scene as it is listed. `draw` gives the picture at a moment, uint8 gray (H, W), always the same one."""

    name: str
    description: str
    response: str
    parameters: tuple[Parameter, ...]
    draw: Callable[[Moment, Mapping[str, float]], ByteArray]


@dataclass(frozen=True)
class Scene:
    """One scene of one size; `name` is what it was opened by ("demo" where nothing was said)."""

    name: str
    size_wh: tuple[int, int]
    kind: SceneKind
    values: Mapping[str, float]

    @property
    def description(self) -> str:
        """One line for a person."""
        return self.kind.description

    def frame(self, index: int, fps: float) -> ByteArray:
        """Picture `index`, from 0, of the scene at `fps` pictures a second: a fresh uint8 gray (H, W) array.

        The same name, size, index and fps give the same pixels. ValueError for a negative index or a rate
        that is not a positive number.
        """
        if index < 0 or not (math.isfinite(fps) and fps > 0):
            raise ValueError(f"a scene has pictures from 0 on at a positive rate, got picture {index} at {fps} fps")
        return self.kind.draw(Moment(self.size_wh, index, index / fps), self.values)


def open_scene(name: str | None, size_wh: tuple[int, int]) -> Scene:
    """The scene `NAME` or `NAME:PARAMETER=VALUE,...` at (width, height) pixels; None and "" are the first, demo.

    SceneError for a name, a parameter, a value or a size that cannot be.
    """
    if not all(1 <= side <= MAX_SIDE_PX for side in size_wh):
        raise SceneError(f"a scene is 1x1 to {MAX_SIDE_PX}x{MAX_SIDE_PX} pixels, got {size_wh[0]}x{size_wh[1]}")
    text = (name or "").strip() or SCENES[0].name
    kind_name, _, settings = text.partition(":")
    for kind in SCENES:
        if kind.name == kind_name:
            return Scene(text, size_wh, kind, _values(kind, settings))
    names = [kind.name for kind in SCENES]
    raise SceneError(f"there is no scene '{kind_name}'{did_you_mean(kind_name, names)}; there are {', '.join(names)}")


def _values(kind: SceneKind, settings: str) -> dict[str, float]:
    values = {parameter.name: parameter.default for parameter in kind.parameters}
    known = {parameter.name: parameter for parameter in kind.parameters}
    takes = ", ".join(known) or "none"
    given: set[str] = set()
    for setting in settings.split(",") if settings else []:
        key, equals, number = (part.strip() for part in setting.partition("="))
        if not equals:
            raise SceneError(f"'{setting}' is no PARAMETER=VALUE for scene '{kind.name}'; its parameters: {takes}")
        if key not in known:
            raise SceneError(f"scene '{kind.name}' has no parameter '{key}'; its parameters: {takes}")
        if key in given:
            raise SceneError(f"scene '{kind.name}': {key} is given twice, want it once")
        given.add(key)
        values[key] = _number(kind, known[key], number)
    if values.get("low", 0) > values.get("high", 255):
        raise SceneError(f"scene '{kind.name}': low is above high, {values['low']:g} > {values['high']:g}")
    return values


def _number(kind: SceneKind, parameter: Parameter, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not parameter.low <= value <= parameter.high or (parameter.whole and value != int(value)):
        raise SceneError(f"scene '{kind.name}': {parameter.name} is '{text}', want {parameter.wanted}")
    return value


_LOW = Parameter("low", 0, 0, 255, "byte of the dark part", whole=True)
_HIGH = Parameter("high", 255, 0, 255, "byte of the bright part", whole=True)
_CONTRAST = Parameter("contrast", 1, 0, 1, "1: from black to white")
_ANGLE = Parameter("angle", 0, -360, 360, "degrees")
_WAVES_S = Parameter("speed", 0.5, -1000, 1000, "waves a second")


def _pixels_s(default: float) -> Parameter:
    return Parameter("speed", default, -10000, 10000, "pixels a second")


SCENES = (
    SceneKind(
        "demo",
        "moving step edges, a rotating bar and a turning grating in one picture",
        "filter 1 lights what brightens to the right, 2 to the left, 3 downwards, 4 upwards",
        (),
        demo,
    ),
    SceneKind(
        "step",
        "one straight edge, dark to bright in the direction of the angle, moving by whole pixels",
        "angle 0, h = (high - low)/255: filter 1 gives 4h, 8h, 4h where 1, 2, 3 columns of the field are bright, "
        "else 0; filter 2 the same negative; filters 3 and 4 give 0 (at angle 90: 3 and 4 for 1 and 2)",
        (_ANGLE, _LOW, _HIGH, _pixels_s(60)),
        step,
    ),
    SceneKind(
        "bar",
        "a bright bar turning about the middle, its two sides soft",
        "inside a soft side that brightens towards angle a: filter 1 gives 16 cos(a)/edge, filter 3 16 sin(a)/edge, "
        "filters 2 and 4 the negatives; so r1^2 + r3^2 = (16/edge)^2 at every angle",
        (
            _ANGLE,
            Parameter("width", 40, 1, 10000, "pixels, between the middles of the sides"),
            Parameter("edge", 8, 1, 1000, "pixels from black to white"),
            Parameter("speed", 30, -3600, 3600, "degrees a second"),
        ),
        bar,
    ),
    SceneKind(
        "grating",
        "a sine wave of any period and direction",
        "a sine of amplitude contrast/2 |H(fx, fy)|, H = sum w(i, j) exp(2 pi i (fx j + fy i)), "
        "fx = cos(angle)/period, fy = sin(angle)/period; at angle 0 filter 1 has |H| = 16 |cos(pi f) sin(2 pi f)|",
        (Parameter("period", 16, 0.1, 100000, "pixels a wave"), _ANGLE, _CONTRAST, _WAVES_S),
        grating,
    ),
    SceneKind(
        "chirp",
        "waves that grow finer from left to right",
        "at column x the local frequency is f = start + (end - start) x/width, and filter 1's amplitude there is "
        "8 contrast |cos(pi f) sin(2 pi f)|: 0 at f = 0 and 0.5, largest (6.16) at f = 0.196; filters 3 and 4 give 0",
        (
            Parameter("start", 0, 0, 0.5, "waves a pixel at the left"),
            Parameter("end", 0.5, 0, 0.5, "waves a pixel at the right"),
            _CONTRAST,
            _WAVES_S,
        ),
        chirp,
    ),
    SceneKind(
        "checker",
        "a chessboard moving to the right by whole pixels",
        "h = (high - low)/255, cells of 4 pixels or more: 0 inside a cell, 4h, 8h, 4h and their negatives across an "
        "upright side (filter 1) or a level one (filter 3), and 0 with a corner in the very middle of the field",
        (Parameter("cell", 32, 1, 10000, "pixels a side", whole=True), _LOW, _HIGH, _pixels_s(30)),
        checker,
    ),
    SceneKind(
        "noise",
        "every pixel any byte, evenly and independently, new in every picture",
        "mean (sum w)/2 and variance sum(w^2) (256^2 - 1)/12/255^2: for every filter mean 0, standard deviation 1.159",
        (Parameter("seed", 0, 0, 1e9, "another number, other noise", whole=True),),
        noise,
    ),
    SceneKind(
        "ramp",
        "brightness rising and falling evenly in the direction of the angle",
        "on a rising flank s = slope/255: filter 1 gives 16 s cos(angle), filter 3 16 s sin(angle), filters 2 and 4 "
        "the negatives (sum w(i, j) s (j cos + i sin)); on a falling flank all change sign",
        (Parameter("slope", 4, 0.01, 255, "bytes a pixel"), _ANGLE, _pixels_s(0)),
        ramp,
    ),
    SceneKind(
        "dot",
        "single bright pixels, far apart",
        "h = (high - low)/255: round every dot each map shows its own kernel turned by 180 degrees, times h (the "
        "impulse response of cross-correlation), over low/255 (sum w)",
        (Parameter("spacing", 40, 1, 10000, "pixels from dot to dot", whole=True), _LOW, _HIGH, _pixels_s(0)),
        dot,
    ),
)
