"""The channels that are shown, and the pins that follow them from tile to tile."""

from __future__ import annotations

from dataclasses import replace

from live.model_view.answer import Answer
from live.model_view.chosen import Order
from live.model_view.picture import Shown
from live.state import MapPixel, ViewState


def with_channels(
    state: ViewState, answer: Answer, ranked: tuple[int, ...], shown: Shown | None, was: ViewState
) -> tuple[ViewState, tuple[int, ...]]:
    """The state with its pins where they are among the channels that it shows of an answer, and these channels.

    ranked: the answer's channels, the strongest first. shown, was: what is on the screen, and its state.
    """
    choice = state.model
    assert choice is not None
    assert was.model is not None
    if choice.order == Order.STRONGEST and len(choice.ranked) != len(answer.conv):
        choice = replace(choice, ranked=ranked)
        state = replace(state, model=choice)
    channels = choice.channels(len(answer.conv))
    same_layer = shown is not None and shown.answer.asked.layer.name == answer.asked.layer.name
    if shown and same_layer and shown.page.look.channels != channels:
        by_itself = (choice.page, choice.order) == (was.model.page, was.model.order)
        state = _following(state, shown.page.look.channels, channels, by_itself=by_itself)
    return state, channels


def _following(state: ViewState, before: tuple[int, ...], after: tuple[int, ...], *, by_itself: bool) -> ViewState:
    """With pins at their channels, where these have moved; those of other pages are let go.

    by_itself: the order has changed, not what a person asked for: the enlarged channel stays, too.
    """
    moved = {index: after.index(channel) for index, channel in enumerate(before) if channel in after}
    now = state.interaction

    def follow(pixel: MapPixel | None) -> MapPixel | None:
        return (moved[pixel[0]], *pixel[1:]) if pixel and pixel[0] in moved else None

    watched = tuple(found for found in map(follow, now.watched) if found)
    viewport, enlarged = now.viewport, now.viewport.enlarged
    if by_itself and enlarged is not None:
        viewport = replace(viewport, enlarged=moved.get(enlarged))
    return state.with_interaction(
        pinned=follow(now.pinned), hovered=follow(now.hovered), watched=watched, viewport=viewport
    )
