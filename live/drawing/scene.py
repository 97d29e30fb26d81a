"""All that a canvas shows, in one frozen piece: what draws knows this, and neither the viewer's state nor its loop."""

from __future__ import annotations

from dataclasses import dataclass

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.filters.bank import FilterBank
from convviz_core.layer import Layer
from convviz_core.ranges import RangeMode
from live.curve_bench import CurvesInfo
from live.drawing.model_scene import ModelScene
from live.drawing.tint import Removed
from live.measuring.record import Recent
from live.watching import Watched

MapPixel = tuple[int, int, int]  # map, y, x


@dataclass(frozen=True)
class Status:
    """What the strip says beside the layer: the source, and what has just happened. Times in s, rates a second."""

    source: str
    fps: float | None = None  # None: a picture that stands still has no rate
    paused: bool = False
    ended: bool = False  # no picture comes any more, of several
    replays: bool = False  # then a key begins anew
    mirrored: bool = False
    recording: str | None = None
    notices: tuple[str, ...] = ()
    silent_s: int | None = None  # how long there has been no signal, in whole seconds
    reconnects: int = 0


@dataclass(frozen=True, eq=False)
class ProfileInfo:
    """What the profile's panel shows: the last pictures, and what they cannot tell. Equal only to itself.

    bottleneck: one sentence. interval_ms: the source's; None where it has none. engine: "halide on cpu: halide int16",
    which has answered for so many seconds. captured and what follows: of the whole run.
    """

    recent: Recent
    bottleneck: str
    engine: str
    engine_for_s: float = 0.0
    gray_from: str = "cvtColor"
    interval_ms: float | None = None
    live: bool = False
    captured: int = 0
    passed_over: int = 0
    unfinished: int = 0
    failed_reads: int = 0
    reconnects: int = 0


@dataclass(frozen=True)
class EditView:
    """What the editing panel shows beside the kernel.

    place: of the chosen weight: channel, row, column. undoable, redoable: how many steps. in_file: whether the bank
    was changed, and a file has it so. buttons: keys, words, and whether it would do anything now.
    """

    filter: int
    place: tuple[int, int, int]
    step: float
    undoable: int = 0
    redoable: int = 0
    in_file: bool = False
    buttons: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True, eq=False)
class Scene:
    """One moment of the view.

    layer: what was computed, its kernels turned where `flipped`; of a model only the activation counts. range and gain:
    how it is shown. ranges: float32 (N, 2), lo and hi of each map. image: the frame that the maps answer, uint8 (H, W)
    gray or (H, W, 3) BGR, mirrored if asked. mosaic: uint8, the maps' bytes as `Layout.reduce` asked for them, and
    behind them those that `removed` names. beat: what must not be drawn more often than can be read goes by it; it
    changes a few times a second, and with the picture, below 0, where that stands still.
    """

    layer: Layer
    range: RangeMode
    ranges: FloatArray
    image: ByteArray
    mosaic: ByteArray
    status: Status
    gain: float = 1.0
    share_above: float | None = None  # of the pixels, above auto's limit, 0 to 1
    colormap: str = "gray"
    flipped: bool = False  # true convolution
    target: MapPixel | None = None  # what the inspector explains
    marked: MapPixel | None = None  # where the tiles are marked: what is explained, or pointed at
    watched: tuple[Watched, ...] = ()
    input_pixel: tuple[int, int] | None = None  # y, x, while the input is pointed at
    pinned: bool = False
    sliding: bool = False
    panel_point: tuple[int, int] | None = None  # x, y on the canvas, while the inspector's panel is pointed at
    scrolled_maps: int = 0  # the first one that the inspector lists; less where there would be room for more
    kernels: bool = False  # with their numbers
    removed: Removed | None = None  # what is tinted
    profile: ProfileInfo | None = None
    curves: CurvesInfo | None = None
    beat: int = 0
    banks: tuple[FilterBank, ...] = ()  # all that f and d go through; bank_index: the one that is shown
    bank_index: int = 0
    help_page: int = 0  # counted on over its end
    editing: EditView | None = None
    layer_lines: tuple[tuple[str, str], ...] = ()  # name and value of each setting, while their panel is open
    layer_line: int = 0  # which of them is chosen
    model: ModelScene | None = None  # whose layer is shown; the image is then what the model got
    hints: bool = True  # which keys there are: not where nobody can press one
    side: str = ""  # "live" or "kept", where two layers are compared
    other: Scene | None = None  # of the live side, the kept one
    difference: bool = False  # what is shown is the live layer's maps minus the kept one's; ranges and mosaic are its
    shares_range: bool = False  # with the other side
    wipe: float | None = None  # how far across a tile the live layer begins, 0 to 1, where it lies over the kept one
    comparing: tuple[str, ...] = ()  # what must be said of the comparison
    crossed: bool = False  # some pairs are of channels whose numbers differ
    same: str | None = None  # both sides show the same at every pixel: why, as far as that is known

    @property
    def maps(self) -> int:
        """How many tiles the mosaic has."""
        return self.removed.count if self.removed else len(self.ranges)

    @property
    def signed(self) -> bool:
        """Whether values below zero are shown."""
        return self.layer.signed or self.difference or bool((self.ranges[:, 0] < 0).any())

    @property
    def still(self) -> int | None:
        """The beat of a picture that stands still, which nothing may be behind; None while others follow."""
        return self.beat if self.beat < 0 else None
