"""The way from what the inspector lists to the layer before."""

from __future__ import annotations

from live.layout import Layout
from live.layout.panel_places import Panel
from live.layout.why_places import why_places
from live.model_view.keys import show_layer
from live.state import ViewState


def click_why(state: ViewState, layout: Layout, at: tuple[int, int]) -> ViewState:
    """A click on a line of the inspector goes to that channel of the layer before."""
    place, choice = layout.panel(Panel.INSPECTOR), state.model
    if place is None or choice is None:
        return state
    line = why_places(place, layout, len(choice.sources)).line_at(at[1])
    source = choice.sources[line] if line is not None else None
    if source is None or source.layer is None:
        return state
    return show_layer(state, source.layer).with_model(going=source)
