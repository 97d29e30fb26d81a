"""Why a key that was pressed changed nothing, in one sentence."""

from __future__ import annotations

from convviz_core.ranges import RangeMode
from live.click_reasons import ONE_PAGE
from live.comparing import CompareMode
from live.controls import KEYS, MODES
from live.edit_keys import EDIT_BINDING_OF, why_no_edit
from live.key_effects import ARROWS
from live.layer_keys import why_not
from live.layout.panel_places import Panel, panel_name
from live.model_view.keys import NOT_FOR_MODELS, why_not_of_a_model
from live.state import ViewState

OPENS = {"i": Panel.INSPECTOR, "p": Panel.PROFILE, "j": Panel.CURVES, "l": Panel.LAYER}
TO_COME = ("space", ".")  # keys that are about the next pictures
OF_THE_HELP = ("h", "?", "PageUp", "PageDown", "Esc")
_BOUND = {key for binding in KEYS for key in binding.keys}


def why_unseen(state: ViewState, key: str, *, covered: bool, help_pages: int = 0) -> str:
    """For a key that has changed something that is not on the screen, or would be seen elsewhere; else nothing.

    state: after the key. covered: the help has the whole window. help_pages: as it is open now.
    """
    if key == "g" and state.interaction.viewport.enlarged is not None:
        there = "shown" if state.appearance.input_tile else "hidden"
        return f"beside an enlarged map there is no input: z goes back to all tiles, where it is {there} now"
    if key in ("PageUp", "PageDown") and state.shows(Panel.HELP) and help_pages == 1:
        return ONE_PAGE
    if not state.shows(Panel.HELP) or key in OF_THE_HELP or key not in _BOUND:
        return ""
    if covered:
        return "the help covers what this key does: h closes it"
    if key not in OPENS or state.model:
        return ""
    now = "open" if state.shows(OPENS[key]) else "closed"
    return f"{panel_name(OPENS[key])}: {now} when the help is closed, with h"


def why_over(key: str, *, replays: bool) -> str:
    """For a key of TO_COME that is of no use once no other picture comes. replays: space begins anew."""
    again = ", and space plays all of them again" if replays else ""
    return (
        f"no other picture comes: {'there is nothing to pause' if key == 'space' else f'this is the last one{again}'}"
    )


def why_nothing(state: ViewState, key: str) -> str:
    """For a key that leaves `state` as it is and asks for nothing."""
    if state.editing and key in EDIT_BINDING_OF:
        return why_no_edit(state, key)
    if reason := why_not_of_a_model(state, key):
        return reason
    if key in ("u", "y"):
        return f"there is nothing {'to undo' if key == 'u' else 'that was undone'} of this bank"
    if key not in _BOUND:
        return _why_not_here(state, key)
    if key in ("+", "-"):
        if state.appearance.range == RangeMode.FRAME:
            return f"{key} means nothing in frame range, where each map has its own limits: n changes the range"
        return f"the gain is {state.appearance.gain:g} already, and goes no further"
    if key == "0":
        return "gain and zoom are 1 already"
    if key in ("f", "d"):
        return "there is only this filter bank"
    if key.isdigit():
        count = len(state.settings.banks)
        shown = int(key) - 1 == state.settings.bank_index
        return f"bank {key} is shown already" if shown else f"there are only {count} filter banks"
    if key == "a":
        return "the layer that is shown is the other side already: change something, and both are there"
    if key == "b":
        return "b compares with the layer that a keeps, and none is kept yet"
    if key == "t" and state.comparing.mode == CompareMode.DIFFERENCE:
        again = ", and their tint is back" if state.appearance.tint else ""
        return f"a difference has nothing that ReLU sets to zero: b goes on to the layers themselves{again}"
    if key == "t":
        return "t tints what ReLU sets to zero, and there is no ReLU now: r brings it back"
    if key in ("PageUp", "PageDown"):
        return f"{key} turns the help's pages, and there is none: h opens it"
    if key in ARROWS and state.shows(Panel.LAYER):
        return why_not(state, ARROWS[key][1])
    if key in ARROWS:
        if not state.interaction.viewport.moves:
            return "arrows move the inspector's pixel (i) or pan what is zoomed (wheel) or enlarged (z)"
        return "the map ends here"
    return f"{key} changes nothing now"


def _why_not_here(state: ViewState, key: str) -> str:
    """For a key that has a meaning somewhere else, or nowhere."""
    if state.model and key in EDIT_BINDING_OF:
        return NOT_FOR_MODELS["e"].format(key)
    modes = [(f"{when} ({way})", one.help) for when, way, bindings in MODES for one in bindings if key in one.keys]
    if not modes:
        return f"{key} means nothing here: h shows the keys"
    return f"{key} has a meaning {'; and '.join(f'{when}: {does}' for when, does in modes)}"
