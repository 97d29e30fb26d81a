"""Words in a line of the strip: as many as have room, and none of them cut."""

from __future__ import annotations

from collections.abc import Sequence

from live.drawing.numbers import MINUS
from live.drawing.overlay import Sprite
from live.drawing.text import BOLD, DIM, INK, REGULAR, Colour, put, shortened, text_width, wrapped
from live.layout.type_scale import TypeScale

Word = tuple[str, Colour, int]
WORD_GAP_EM = 1.2
NOTES_APART = "    "
LEAST_WORDS = 3  # of a layer: which side, its name, its activation
TINTED, BRIEFLY_TINTED = ", what it removes is tinted", ", tinted"  # behind the activation


def in_one_line(layers: Sequence[Sequence[Word]], room: int, size: int) -> list[list[Word]]:
    """Each layer's words, to stand one behind the other.

    Where they are too long, dim ones give way first, then what follows a comma, then the longer one's last words.
    """
    kept, brief = [list(words) for words in layers], False
    while words_width([word for words in kept for word in words], size) > room:
        with_dim = [words for words in kept if any(word[1] == DIM for word in words[LEAST_WORDS:])]
        longer = max(with_dim or kept, key=len)
        if with_dim:
            longer.remove(next(word for word in longer[: LEAST_WORDS - 1 : -1] if word[1] == DIM))
        elif not brief:
            kept, brief = [list(map(_brief, words)) for words in kept], True
        elif len(longer) > LEAST_WORDS:
            longer.pop()
        else:
            break
    return kept


def _brief(word: Word) -> Word:
    return word[0].split(", ")[0], *word[1:]


def missing(words: Sequence[Word], said: Sequence[Word]) -> Sequence[Word]:
    """Those that were not said, not even their first part."""
    return [word for word in words if word not in said and _brief(word) not in said]


def of_sides(unsaid: Sequence[Sequence[Word]], names: Sequence[str]) -> list[Word]:
    """What two layers' lines had no room for, and is not dim, in a word each; then what both did not say alike."""
    left = [[_brief(word)[0] for word in words if word[1] != DIM] for words in unsaid]
    both = [word for word in left[0] if word in left[1]]
    said = [(name, [word for word in words if word not in both]) for name, words in zip(names, left, strict=True)]
    return [(f"{name}: {', '.join(words)}", INK, REGULAR) for name, words in [*said, ("both", both)] if words]


def words_width(words: Sequence[Word], size: int) -> int:
    """Of words in one line, in pixels."""
    gap = round(WORD_GAP_EM * size)
    return sum(text_width(word, size, weight) + gap for word, _, weight in words) - gap


def note_lines(notes: Sequence[str], canvas_w: int, text: TypeScale) -> list[str]:
    """Notes of a comparison: on one line where they have room, else each on as many as it takes."""
    room, together = canvas_w - 2 * text.pad, NOTES_APART.join(notes)
    if text_width(together, text.small) <= room:
        return [together] if notes else []
    return [line for note in notes for line in wrapped(note, text.small, room)]


def put_words(sprite: Sprite, words: Sequence[Word], left: int, right: int, line: int, size: int) -> Sequence[Word]:
    """Write as many of the words as fit, the first ones first; the last in a shorter form where it has one.

    Only a name in bold is cut, where nothing else can stand there. Returns those that had no room.
    """
    x = left
    for number, (word, colour, weight) in enumerate(words):
        room = right - x
        said = next((form for form in shorter_forms(word) if text_width(form, size, weight) <= room), "")
        if not said and weight == BOLD:
            said = shortened(word, size, room, weight)
        x = put(sprite.pixels, said, x, line, size, colour, weight) + round(WORD_GAP_EM * size)
        if said != word:
            return words[number + bool(said) :]
    return ()


def shorter_forms(words: str) -> list[str]:
    """From the whole to its first part, and of a path only its last."""
    parts = words.split(", ")
    return (
        [words, words.replace(TINTED, BRIEFLY_TINTED), words.replace(" minus ", f" {MINUS} ")]
        + [", ".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]
        + [parts[0].rpartition("/")[2]]
    )
