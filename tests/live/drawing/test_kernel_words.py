"""What is said of a response's place, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.layer import Layer
from live.drawing.kernel_words import where_words


def layer_of(rows: int, columns: int) -> Layer:
    return Layer(FilterBank("b", (Filter("f", np.ones((rows, columns), np.float32)),)))


def fullest(layer: Layer) -> list[str]:
    return [choices[0] for choices in where_words(layer, (480, 640), 10, 20)]


@pytest.mark.parametrize(
    ("rows", "columns", "said"),
    [
        (1, 1, ["reads row 10, column 20 of the input"]),
        (3, 5, ["reads rows 10 to 12, columns 20 to 24 of the input"]),
        (
            4,
            4,
            [
                "reads rows 10 to 13, columns 20 to 23 of the input",
                "4x4 is even: its middle lies between rows 11 and 12, columns 21 and 22",
                "the map has 477 of 480 rows, 637 of 640 columns: "
                "padding 1 gives 2 back, padding 2 gives 4 back, none gives 3",
            ],
        ),
        (
            3,
            2,
            [
                "reads rows 10 to 12, columns 20 to 21 of the input",
                "3x2 is even: its middle lies on row 11, between columns 20 and 21",
                "the map has 478 of 480 rows, 639 of 640 columns: padding 1 gives 2 back, none gives 1",
            ],
        ),
    ],
)
def test_the_words_say_what_is_read_and_what_an_even_kernel_means(rows: int, columns: int, said: list[str]) -> None:
    assert fullest(layer_of(rows, columns)) == said


def test_each_sentence_has_shorter_forms_for_narrow_panels() -> None:
    for choices in where_words(layer_of(4, 4), (480, 640), 10, 20):
        assert choices == sorted(choices, key=len, reverse=True)


def test_an_even_kernel_s_middle_is_said_in_the_same_words_wherever_there_is_room_for_them() -> None:
    _, middle, _ = where_words(layer_of(4, 4), (480, 640), 10, 20)
    assert all(said.endswith("between rows 11 and 12, columns 21 and 22") for said in middle[:-1])
    assert middle[-1] == "middle: row 11.5, column 21.5"


@pytest.mark.parametrize(
    ("settings", "at", "said"),
    [
        ({"padding": 1, "dilation": 2}, (0, 3), "reads rows 1 to 3 in steps of 2, columns 2 to 6 in steps of 2"),
        ({"padding": 2, "stride": 3}, (0, 1), "reads row 0, columns 1 to 3"),
        ({"padding": 9, "padding_mode": "reflect"}, (0, 20), "its weights lie on padding alone"),
        ({"padding": (0, 25), "dilation": (1, 665)}, (0, 20), "its weights lie on padding alone"),
    ],
)
def test_only_rows_and_columns_of_the_frame_that_a_weight_lies_on_are_said_to_be_read(
    settings: dict[str, int], at: tuple[int, int], said: str
) -> None:
    layer = Layer(layer_of(3, 3).bank, **settings)  # type: ignore[arg-type]
    words = where_words(layer, (480, 640), *at)[0][0]
    assert words.removesuffix(" of the input") == said


def test_what_lies_above_the_frame_has_a_true_minus_sign() -> None:
    said = [choices[0] for choices in where_words(Layer(layer_of(4, 4).bank, padding=6), (480, 640), 2, 1)]
    assert (
        "4x4 is even: its middle lies between rows \N{MINUS SIGN}3 and \N{MINUS SIGN}2, columns \N{MINUS SIGN}4"
        in (said[2])
    )
