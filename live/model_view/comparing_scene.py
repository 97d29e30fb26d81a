"""The scene of a model's layer with what it is compared with beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from convviz_core.layer import Activation, Layer
from convviz_core.models.layer import ModelLayer
from convviz_core.ranges import bank_ranges, fixed_limits
from live.comparing_scene import on_other, removed_of_kept, with_other
from live.drawing.scene import Scene
from live.layout import Layout
from live.model_view.comparing import Other
from live.model_view.composing import removed_of_page
from live.model_view.fields import FieldFinder
from live.model_view.picture import Page, Shown
from live.state import ViewState


def compared_scene(scene: Scene, layout: Layout, state: ViewState, shown: Shown, fields: FieldFinder) -> Scene:
    """The scene with the kept side's beside it; scene: of what is shown of the live layer."""
    other = shown.other
    if other is None:
        return scene
    if isinstance(other.layer, Layer):
        kept = _of_bank(scene, state, shown, other, other.layer)
    else:
        kept = _of_layer(scene, layout, state, shown, other, other.layer, fields)
    scene = replace(scene, same=other.same)
    return with_other(scene, kept, layout, other.two, state.interaction.wipe, shares_range=other.shares_range)


def _of_bank(scene: Scene, state: ViewState, shown: Shown, other: Other, layer: Layer) -> Scene:
    count, result = len(layer.bank), other.result
    return replace(
        scene,
        layer=layer,
        model=None,
        image=shown.answer.frame.image,
        ranges=result.ranges[:count] if result else bank_ranges(count, fixed_limits(layer)),
        mosaic=result.mosaic if result else scene.mosaic,
        share_above=result.share_above if result else None,
        flipped=state.comparing.flipped,
        removed=removed_of_kept(state, layer, result),
    )


def _of_layer(
    scene: Scene,
    layout: Layout,
    state: ViewState,
    shown: Shown,
    other: Other,
    layer: ModelLayer,
    fields: FieldFinder,
) -> Scene:
    page, output, model = other.page, other.output, scene.model
    assert output is not None
    assert model is not None
    assert state.model is not None
    line = next((line for line in state.model.lines if line.name == layer.name), None)
    inspected, (count, height, width) = on_other(layout, scene.marked), output.conv.shape
    read, finding = fields.box(layer, shown.answer.input_hw, *inspected[1:]) if inspected else (None, False)
    kept = replace(
        model,
        name=layer.name,
        type=line.type if line else "",
        shape=(count, height, width),
        stride=line.stride if line else None,
        conv=output.conv,
        channels=other.channels,
        dead=other.health.dead if other.health else frozenset(),
        saturated=other.health.saturated if other.health else frozenset(),
        zeros=output.zeros,
        listed=None,
        read=read,
        finding=finding,
        why=None,
        excites=None,
    )
    settings = replace(state.settings, activation=Activation(layer.activation))
    return replace(scene, layer=settings.layer, model=kept, **_shown_of(page))


def _shown_of(page: Page | None) -> dict[str, Any]:
    if page is None:
        return {"removed": None, "share_above": None}
    return {
        "ranges": page.ranges,
        "mosaic": page.mosaic,
        "share_above": page.share_above,
        "removed": removed_of_page(page),
    }
