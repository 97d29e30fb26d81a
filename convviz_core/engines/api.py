"""What every engine gives: a plan for a layer and a size of frame, and of each frame the mosaic of its maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.blocks import Blocks, Reduce, blocks_of, check_reduce
from convviz_core.difference import Alignment, Difference, align
from convviz_core.filters.bank import FilterBank
from convviz_core.layer import Layer, check_layer
from convviz_core.models.layer import ModelLayer
from convviz_core.mosaic import MosaicGrid
from convviz_core.ranges import Limits, Range, RangeMode

if TYPE_CHECKING:
    from convviz_core.engines.model_plan import ModelPlan


class EngineError(RuntimeError):
    """An engine or a device that cannot be had or has failed; its message is one sentence for a person."""


@dataclass(frozen=True)
class Result:
    """One frame's answer.

    mosaic: uint8, the maps' tiles (see MosaicGrid); owned by the plan and valid until its next run.
    ranges: float32 (N, 2), lo and hi of each map, in the units of weights x [0, 1].
    peak: the picture's largest |response|, after the activation.
    share_above: of all responses those above auto's range, 0 to 1; None for other ranges.
    implementation: how it was computed, for the profile ("halide int16", "opencv float32").
    stages_ms: times measured inside, in ms, by stage (upload, device, download on CUDA).
    """

    mosaic: ByteArray
    ranges: FloatArray
    peak: float
    implementation: str
    stages_ms: Mapping[str, float] = field(default_factory=dict)
    share_above: float | None = None


@dataclass(frozen=True)
class PlanKey:
    """What a plan is made for.

    shape: the frames', (H, W) or (H, W, 3). reduce: the mosaic's tiles are the means of blocks of `reduce` x `reduce`
    bytes, or of blocks that are nearly alike (see mosaic.reduce_maps). range: the mode in which frames will be shown;
    auto's, and limits, are as good as FIXED. editable: the weights will be replaced often. minus: a layer whose maps
    are taken away from the layer's, after both activations (see Difference). Errors: TypeError, ValueError,
    FrameSizeError, NotAlignedError.
    """

    layer: Layer
    shape: tuple[int, ...]
    reduce: Reduce = 1
    range: RangeMode = RangeMode.FIXED
    editable: bool = False
    minus: Layer | None = None

    def __post_init__(self) -> None:
        check_layer(self.layer)
        check_reduce(self.reduce)
        object.__setattr__(self, "range", RangeMode(self.range))
        self.layer.output_hw(self.shape)
        if self.minus is not None:
            check_layer(self.minus)
            align(self.layer, self.minus, self.shape)

    @cached_property
    def compared(self) -> tuple[Difference, Alignment] | None:
        """Of a difference: of what, and how the two lie on each other."""
        return (Difference(self.layer, self.minus), align(self.layer, self.minus, self.shape)) if self.minus else None

    @cached_property
    def map_hw(self) -> tuple[int, int]:
        """Height and width of a map at full size."""
        return self.compared[1].hw if self.compared else self.layer.output_hw(self.shape)

    @property
    def blocks(self) -> Blocks:
        """What the maps are cut into."""
        return blocks_of(self.map_hw, self.reduce)

    @cached_property
    def grid(self) -> MosaicGrid:
        """The mosaic's tiles, reduced."""
        count = self.compared[1].count if self.compared else len(self.layer.bank)
        return MosaicGrid(count, self.blocks.hw)


class Plan(Protocol):
    """One layer on frames of one shape, ready to run; it owns its buffers, so that plans do not disturb each other.

    It belongs to its engine's thread, and ends with its engine.
    """

    @property
    def key(self) -> PlanKey:
        """What it is made for, with its present weights."""

    def run(self, frame: ByteArray, limits: Limits | None) -> Result:
        """One frame's mosaic, complete on return, valid until the next run of this plan.

        frame: uint8 of the key's shape, any strides. limits: lo and hi for the whole bank; None takes each map's own
        extremes. Errors: TypeError, ValueError for another frame or limits that are no range; EngineError for the
        device, and once the engine was closed.
        """

    def run_again(self, frame: ByteArray, limits: Limits) -> Result:
        """The frame that was run last, and has not changed, in other limits: what `run` would give, to the byte.

        Halide, and OpenCV but for differences, leave out the rows in which nothing responds, where the limits before
        were narrower and zero's byte was the same. CUDA and torch run all of it. Errors: see `run`.
        """

    def take_weights(self, bank: FilterBank) -> None:
        """Go on with another bank of the same number and shape of kernels; nothing is compiled or captured.

        ValueError for another shape.
        """


class Engine(Protocol):
    """Computes frame -> mosaic on one device. One thread owns an engine; only `plan` may be called beside it."""

    @property
    def name(self) -> str:
        """halide, opencv or torch."""

    @property
    def device(self) -> str:
        """cpu, or the card: cuda:0."""

    def plan(
        self,
        layer: Layer,
        shape: tuple[int, ...],
        reduce: Reduce = 1,
        range: RangeMode | str = RangeMode.FIXED,
        *,
        editable: bool = False,
        minus: Layer | None = None,
    ) -> Plan:
        """Do what must be done before the first frame, compiling and capturing; see PlanKey. EngineError."""

    def plans_at_once(self, key: PlanKey) -> bool:
        """Whether such a plan is made within a frame's time, without compiling or capturing."""

    def plan_model(self, layer: ModelLayer, shape: tuple[int, ...], reduce: Reduce = 1) -> ModelPlan:
        """The same for a layer of a model, which is copied to the engine's device. ModelError."""

    def run(
        self, frame: ByteArray, layer: Layer | ModelLayer, range: Range = RangeMode.FIXED, reduce: Reduce = 1
    ) -> Result:
        """One frame's mosaic, complete on return, through a plan that is kept: see run_in_range.

        frame: uint8 (H, W) gray or (H, W, 3) BGR, any strides. reduce: see PlanKey. The mosaic is valid until the
        next run. A model's layer is computed with torch whatever the engine is; its mosaic has the layer's chosen
        channels. Errors: ModelError, FrameSizeError, TypeError or ValueError for what is no frame, layer, range or
        reduce, EngineError for the device and after closing.
        """

    def maps(self, frame: ByteArray, layer: Layer | ModelLayer) -> tuple[FloatArray, FloatArray]:
        """conv and activated of one frame, float32 (N, h, w) each, in the units of weights x [0, 1].

        Of a model's layer, conv is its output, all channels.
        """

    def close(self) -> None:
        """Give back what the engine holds; more than once is fine."""

    def __enter__(self) -> Self:
        """Enter a with-block that closes the engine."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the engine."""


def check_weights(key: PlanKey, bank: FilterBank) -> PlanKey:
    """The key with `bank` for its weights; TypeError for no bank, ValueError for another number or shape of kernels."""
    if not isinstance(bank, FilterBank):
        raise TypeError(f"a plan takes a FilterBank, as load_bank gives it, got {type(bank).__name__}")
    now, wanted = bank.kernels.shape, key.layer.bank.kernels.shape
    if now != wanted or bank.own != key.layer.bank.own:
        raise ValueError(f"a plan takes weights of the shape that it was made for, {wanted}, got {now}")
    if key.layer.bias and bank.bias is None:
        raise ValueError(f"a plan for a layer with its bias takes weights with a bias, and '{bank.name}' has none")
    return replace(key, layer=replace(key.layer, bank=bank))
