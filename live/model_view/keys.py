"""The keys that mean something else while a model is shown, and the list of layers: (state, key) -> state."""

from __future__ import annotations

from dataclasses import replace

from live import key_effects as does
from live.key_binding import KeyBinding, key_names
from live.layout import Layout
from live.layout.panel_places import Panel
from live.layout.viewport import Viewport
from live.model_view.chosen import ModelChoice, Order
from live.model_view.listing import meant, nothing_meant, places_of
from live.state import ViewState

LINES_A_NOTCH = 3
NOT_FOR_MODELS = {
    **dict.fromkeys(
        ("f", "d", *"123456789"), "{} chooses a filter bank, and a model is shown: [ and ] choose its layers"
    ),
    "e": "{} edits a filter bank's kernels, and a model's weights stay as they are",
    **dict.fromkeys(("u", "y"), "{} is for changes of a filter bank, and a model's weights stay as they are"),
    "x": "x turns a filter bank's kernels, and a model's stay as they were trained",
    "k": "k shows a filter bank's kernels, and a model's layer has one for each pair of channels",
    "j": "j shows what a single kernel lets through, and a model's layer has no single kernel",
}


def show_layer(state: ViewState, name: str) -> ViewState:
    """Another layer of the model; what was pinned and enlarged belonged to the one before."""
    if state.model is None or name == state.model.name:
        return state
    state = replace(state, model=state.model.showing(name))
    now = state.interaction
    return state.with_interaction(pinned=None, watched=(), hovered=None, sliding=False, viewport=_whole(now.viewport))


def _whole(viewport: Viewport) -> Viewport:
    return Viewport() if viewport.moves else viewport


def step_layer(state: ViewState, step: int) -> ViewState:
    """The next or previous layer in the order in which they run; none behind the last."""
    choice = state.model
    if choice is None or not choice.lines:
        return state
    at = choice.place + step if choice.line else 0
    return show_layer(state, choice.lines[at].name) if 0 <= at < len(choice.lines) else state


def turn_page(state: ViewState, key: str) -> ViewState:
    """The help's pages where it is open, else the channels'."""
    if state.shows(Panel.HELP) or state.model is None:
        return does.turn_help_page(state, key)
    page = state.model.page + (1 if key == "PageDown" else -1)
    return state.with_model(page=page) if 0 <= page < state.model.pages else state


def toggle_order(state: ViewState, _key: str) -> ViewState:
    """By number, or the strongest first; from the first page."""
    if state.model is None:
        return state
    order = Order.INDEX if state.model.order == Order.STRONGEST else Order.STRONGEST
    return state.with_model(order=order, page=0)


def toggle_list(state: ViewState, _key: str) -> ViewState:
    """Opens and closes the list of layers."""
    toggled = replace(state, appearance=state.appearance.toggled(Panel.LAYERS))
    return toggled.with_model(pointed=None, typed=None)


def begin_typing(state: ViewState, _key: str) -> ViewState:
    """From here on keys are text; the help would hide it, and no key could close that."""
    seen = state.with_appearance(panels=state.appearance.panels - {Panel.HELP})
    return seen.with_model(typed="", pointed=None)


def list_open(state: ViewState) -> bool:
    """Whether the list of layers is on the screen."""
    return state.shows(Panel.LAYERS) or (state.model is not None and state.model.typed is not None)


def point(state: ViewState, step: int) -> ViewState:
    """The next or previous of the lines that are listed."""
    choice = state.model
    if choice is None:
        return state
    lines = choice.listed()
    if not lines:
        return state
    now = choice.pointed if choice.pointed in lines else choice.place if choice.place in lines else None
    at = (lines.index(now) + step) if now is not None else 0 if step > 0 else len(lines) - 1
    return state.with_model(pointed=lines[min(max(at, 0), len(lines) - 1)])


def _arrow(state: ViewState, key: str) -> does.Answer:
    if not list_open(state):
        return does.arrow(state, key)
    return point(state, {"Up": -1, "Down": 1}.get(key, 0))


def take(state: ViewState, _key: str) -> ViewState:
    """What Enter does: the pointed layer, the channel whose number was typed, or the first layer that is left."""
    choice = state.model
    if choice is None or not list_open(state):
        return state
    layer, channel = meant(choice)
    done = state.with_model(typed=None, pointed=None)
    if channel is not None:
        return show_channel(done, channel)
    return show_layer(done, layer) if layer is not None else state


def show_channel(state: ViewState, channel: int) -> ViewState:
    """Turn to the channel's page, and enlarge it."""
    choice = state.model
    if choice is None or not 0 <= channel < choice.count:
        return state
    paged = replace(choice, page=choice.page_of(channel))
    viewport = Viewport(enlarged=paged.channels(choice.count).index(channel))
    return replace(state, model=paged).with_interaction(viewport=viewport, pinned=None, watched=(), hovered=None)


def type_key(state: ViewState, key: str) -> does.Answer:
    """A key while one types: text, or what ends it."""
    choice = state.model
    if choice is None or choice.typed is None:
        return state
    if key == "Esc":
        return state.with_model(typed=None, pointed=None)
    if key == "Enter":
        return take(state, key)
    if key == "Backspace":
        return state.with_model(typed=choice.typed[:-1], pointed=None)
    if key in does.ARROWS:
        return _arrow(state, key)
    text = {"-": "_", "space": ""}.get(key, key)
    return state.with_model(typed=choice.typed + text, pointed=None) if len(text) == 1 else state


def leave(state: ViewState, key: str) -> does.Answer:
    """Esc closes the help first, then the list."""
    if key == "Esc" and not state.shows(Panel.HELP) and state.shows(Panel.LAYERS):
        return toggle_list(state, key)
    return does.leave(state, key)


def click_list(state: ViewState, layout: Layout, at: tuple[int, int]) -> ViewState:
    """A click on a line of the list takes that layer."""
    place = layout.panel(Panel.LAYERS)
    if place is None or state.model is None:
        return state
    at_line = places_of(state.model, place, layout).line_at(at[1])
    if at_line is None:
        return state
    return show_layer(state.with_model(typed=None, pointed=None), state.model.lines[state.model.listed()[at_line]].name)


def scroll_list(state: ViewState, notches: float) -> ViewState:
    """The wheel over the list points at other lines."""
    return point(state, -round(notches * LINES_A_NOTCH))


MODEL_KEYS: tuple[KeyBinding, ...] = (
    KeyBinding(("[", "]"), "previous and next layer", lambda s, key: step_layer(s, 1 if key == "]" else -1)),
    KeyBinding(("l",), "list of layers: arrows or the wheel, Enter or a click", toggle_list),
    KeyBinding(("/",), "type part of a layer's name, or a channel's number; Enter takes it, Esc leaves", begin_typing),
    KeyBinding(("Enter",), "take the line of the list that is pointed at", take),
    KeyBinding(("o",), "channels by their number, or the strongest of the last seconds first", toggle_order),
    KeyBinding(("PageUp", "PageDown"), "the next 64 channels (while the help is open: its pages)", turn_page),
)

_WORDS = {
    ", (comma)": "let the pinned pixel walk along its row, and stop it",
    "arrows": "choose in the list of layers, move the pinned pixel, or pan",
    "q Esc": "quit (Esc first closes the help and the list, lets pins go, leaves an enlarged channel)",
}
_OF_KERNELS = {*NOT_FOR_MODELS, "PageDown", "point"}  # what the help says of the matrices of a kernel, too
_ARROWS = KeyBinding(tuple(does.ARROWS), "", _arrow)
_LEAVE = KeyBinding(("q", "Esc"), "", leave)
_TYPING = KeyBinding((), "", type_key)
_NOTHING = KeyBinding((), "", lambda state, _key: state)
_BINDING_OF = {key: binding for binding in (*MODEL_KEYS, _ARROWS, _LEAVE) for key in binding.keys}


def model_binding(state: ViewState, key: str) -> KeyBinding | None:
    """What a key means while a model is shown; None where it means what it always does."""
    if state.model is None:
        return None
    if state.model.typed is not None:
        return _TYPING
    return _NOTHING if key in NOT_FOR_MODELS else _BINDING_OF.get(key)


def why_not_of_a_model(state: ViewState, key: str) -> str | None:
    """Why a key changed nothing while a model is shown; None where it is as without one."""
    choice = state.model
    if choice is None:
        return None
    if choice.typed is not None:
        return _why_no_text(choice, key)
    if key in NOT_FOR_MODELS:
        return NOT_FOR_MODELS[key].format(key)
    if key in ("[", "]"):
        return f"this is the {'last' if key == ']' else 'first'} layer"
    if key in ("PageUp", "PageDown"):
        if choice.pages == 1:
            return f"{key} turns the pages of more than 64 channels, and this layer has {choice.count}"
        return f"this is the {'last' if key == 'PageDown' else 'first'} page"
    if key == "Enter":
        return "Enter takes a line of the list of layers: l opens it"
    return None


def _why_no_text(choice: ModelChoice, key: str) -> str:
    """For a key that changed nothing while one types."""
    if key in ("Up", "Down") and choice.listed():
        return f"this is the {'first' if key == 'Up' else 'last'} layer of the list"
    if key not in ("Enter", "Backspace", "Up", "Down"):
        return f"{key} is no part of a layer's name: Enter takes what was typed, Esc leaves"
    if choice.typed:
        return nothing_meant(choice)
    return "nothing is typed yet: type a part of a layer's name, or a channel's number; Esc leaves"


def model_sections() -> list[tuple[str, list[tuple[str, str]]]]:
    """The help's sections while a model is shown."""
    from live.purposes import help_sections

    without = ("Choose the filters", "Change the layer")
    first = [(key_names(binding), binding.help) for binding in MODEL_KEYS]
    first += [
        ("click a line of i", "that channel in the layer that made the input, pinned where it was read"),
        ("z", "enlarge a channel; beside it stand the nine parts of the input that drove it highest"),
    ]
    rest = [
        (title, [(keys, _WORDS.get(keys, words)) for keys, words in lines if _for_models(keys, words)])
        for title, lines in help_sections()
        if title not in without
    ]
    return [("Choose layer and channels", [*first, ("r", "the viewer's own ReLU on or off")]), *rest]


def _for_models(keys: str, words: str) -> bool:
    """Whether a line of the help is true while a model is shown."""
    return not {keys, *keys.split()} & _OF_KERNELS and not words.startswith("over the inspector")
