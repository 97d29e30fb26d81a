"""One layer on the frames as they come: its plans, the range that it is shown in, and its latest answer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from functools import partial

from convviz_core.blocks import Reduce
from convviz_core.difference import Difference
from convviz_core.engines.api import Engine, Plan, Result
from convviz_core.layer import Layer
from convviz_core.ranges import Limits, RangeMode
from live.picture_range import PictureRange, gained
from live.sources.frame import Frame

MOST_PLANS = 4  # each with its mosaic: going back to what was shown a moment ago plans nothing


@dataclass(frozen=True)
class Choice:
    """What a pane shows of a frame.

    layer: whose maps are shown. computed: the same one, or one with more maps behind them. gain: the range's limits
    are divided by it. reduce, editable: see PlanKey. bank: equal where only weights were edited, see PictureRange.
    minus: of a difference, the kept layer. partner: the choice whose range is shared.
    """

    layer: Layer | Difference
    computed: Layer
    range: RangeMode
    gain: float = 1.0
    reduce: Reduce = 1
    editable: bool = False
    bank: Hashable = None
    minus: Layer | None = None
    partner: Choice | None = None


class Pane:
    """Belongs to its engine's thread; panes of one engine do not disturb each other.

    result: the latest answer, valid until the next run.
    """

    def __init__(self, engine: Engine) -> None:
        self.result: Result | None = None
        self._engine = engine
        self._plans: OrderedDict[object, Plan] = OrderedDict()
        self._range = PictureRange()
        self._answered: object = None

    def answers(self, picture: Hashable, choice: Choice) -> bool:
        """Whether the result is what `choice` asks of that picture; `picture` is equal where the pixels are."""
        return self.result is not None and self._answered == (picture, choice)

    def look_ahead(self, frame: Frame, choice: Choice) -> None:
        """Begin, beside the caller, with what auto needs before the first picture of that choice can be shown.

        The frame may already be overwritten by its successor: see AutoRange.
        """
        if choice.range == RangeMode.AUTO:
            self._range.look_ahead(frame.image, choice.layer, choice.bank)

    def limits(self, frame: Frame, choice: Choice) -> Limits | None:
        """The range that the frame has by itself, without gain; None where each map has its own."""
        # Without a plan, if it can be: what is planned in the background would take its turns at Python in this.
        plan, time_s = partial(self._plan, choice, frame.image.shape), frame.media_time_s
        return self._range.limits(plan, frame.image, choice.layer, choice.range, time_s, choice.bank)

    def run(self, frame: Frame, picture: Hashable, choice: Choice, limits: Limits | None = None) -> Result:
        """The frame's mosaic; limits: in place of its own ones. Errors: FrameSizeError, EngineError."""
        own = self.limits(frame, choice)
        shown = own and gained(limits or own, choice.gain)
        plan, image = self._plan(choice, frame.image.shape), frame.image
        self.result = self._range.run(plan, image, choice.layer, choice.range, shown, frame.media_time_s)
        self._answered = picture, choice
        return self.result

    def _plan(self, choice: Choice, shape: tuple[int, ...]) -> Plan:
        """The plan for such frames, made where it is missing; the one used longest ago makes room for it.

        One whose weights are edited is kept for all weights of their shape.
        """
        layer, rest = choice.computed, (shape, choice.reduce, choice.editable, choice.minus)
        of = _without_weights(layer) if choice.editable else layer
        key = (of, choice.range, *rest)
        if key not in self._plans and choice.range == RangeMode.FIXED:
            key = (of, RangeMode.AUTO, *rest)  # whose plans are good for limits, too
        if key not in self._plans:
            key = (of, choice.range, *rest)
            self._plans[key] = self._engine.plan(
                layer, shape, choice.reduce, choice.range, editable=choice.editable, minus=choice.minus
            )
            if len(self._plans) > MOST_PLANS:
                self._plans.popitem(last=False)
        self._plans.move_to_end(key)
        plan = self._plans[key]
        if choice.editable and plan.key.layer.bank is not layer.bank:
            plan.take_weights(layer.bank)
        return plan


def _without_weights(layer: Layer) -> Hashable:
    """What is equal for two layers whose plans can take each other's weights."""
    return layer.bank.kernels.shape, layer.bank.own, layer.conv, layer.activation, layer.bias
