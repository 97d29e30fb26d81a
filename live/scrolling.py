"""What a panel that has more than it can show makes of the wheel and of the keys for pages."""

from __future__ import annotations

from live.layout.panel_places import Panel
from live.state import ViewState

MAPS_A_NOTCH = 4


def turn_page(state: ViewState, pages: int) -> ViewState:
    """Go on in the help by so many pages; behind the last one comes the first."""
    return state.with_interaction(help_page=state.interaction.help_page + pages)


def scroll(state: ViewState, panel: Panel, notches: float) -> ViewState:
    """The wheel was turned over a panel, away from the person where `notches` is positive."""
    if panel == Panel.HELP and abs(notches) >= 1:
        return turn_page(state, 1 if notches < 0 else -1)
    if panel == Panel.INSPECTOR:
        first = state.interaction.scrolled_maps - round(notches * MAPS_A_NOTCH)
        return state.with_interaction(scrolled_maps=min(max(first, 0), len(state.layer.bank) - 1))
    return state


def listed(state: ViewState, first: int) -> ViewState:
    """The state with the map that the inspector's list begins with, as it was drawn: a notch back is seen at once."""
    if not state.shows(Panel.INSPECTOR) or state.interaction.scrolled_maps <= first:
        return state
    return state.with_interaction(scrolled_maps=first)
