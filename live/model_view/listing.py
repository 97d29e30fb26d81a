"""The list of layers as it is on the screen, and what Enter would take of it."""

from __future__ import annotations

from convviz_core.names import shown
from live.drawing.model_scene import ListedLayers
from live.layout import Layout
from live.layout.list_places import ListPlaces, list_places
from live.layout.panel_places import Panel
from live.layout.tiling import Rect
from live.model_view.chosen import ModelChoice
from live.state import ViewState


def meant(choice: ModelChoice) -> tuple[str | None, int | None]:
    """The layer or the channel that Enter would take."""
    lines = choice.listed()
    if choice.pointed in lines and choice.pointed is not None:
        return choice.lines[choice.pointed].name, None
    if choice.typed and choice.typed.isdecimal() and int(choice.typed) < choice.count:
        return None, int(choice.typed)
    found = choice.matching
    return (choice.lines[found[0]].name, None) if choice.typed and found else (None, None)


def meant_words(choice: ModelChoice) -> str:
    """What Enter would do, in words."""
    layer, channel = meant(choice)
    if channel is not None:
        return f"Enter: channel {channel}"
    if layer is not None:
        return f"Enter: {shown(layer)}"
    return nothing_meant(choice, "this") if choice.typed else ""


def nothing_meant(choice: ModelChoice, what: str = "") -> str:
    """Why Enter has nothing to take of what was typed. what: that in another word."""
    if choice.typed and choice.typed.isdecimal() and choice.count:
        return f"the channels are 0 to {choice.count - 1}"
    return f"no layer's name has {what or choice.typed} in it"


def places_of(choice: ModelChoice, place: Rect, layout: Layout) -> ListPlaces:
    """Where the lines of the list lie in its panel."""
    at = choice.listed()
    pointed = at.index(choice.pointed) if choice.pointed in at else None
    now = at.index(choice.place) if choice.place in at and choice.line else None
    return list_places(place, layout.text, len(at), now if pointed is None else pointed)


def listed(state: ViewState) -> ListedLayers | None:
    """The list of layers, where it is open."""
    choice = state.model
    if choice is None or not (state.shows(Panel.LAYERS) or choice.typed is not None):
        return None
    at = choice.listed()
    lines = [choice.lines[index] for index in at]
    return ListedLayers(
        tuple((line.name, line.type, "{} x {}x{}".format(*line.shape)) for line in lines),
        at.index(choice.place) if choice.place in at and choice.line else None,
        at.index(choice.pointed) if choice.pointed in at else None,
        choice.typed,
        meant_words(choice),
    )
