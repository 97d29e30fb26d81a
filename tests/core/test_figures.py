"""The still figures, read back from their PNG files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from convviz_core import Filter, FilterBank
from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.figures import write_figures

RISING = np.array([[-1, -1, 1, 1]] * 4)
QUADRANTS = np.kron(np.array([[-2.0, 0.0], [0.0, 2.0]]), np.ones((40, 60))).astype(np.float32)


def make_bank(kernels: AnyArray, labels: str = "filter {}") -> FilterBank:
    return FilterBank("test", tuple(Filter(labels.format(i), kernel) for i, kernel in enumerate(kernels, 1)))


SEED_BANK = make_bank(np.stack([RISING, -RISING, RISING.T, -RISING.T]))


def draw(directory: Path, bank: FilterBank, response: AnyArray = QUADRANTS) -> dict[str, list[ByteArray]]:
    """The panels of each figure for `response` in every map, by the file's stem."""
    conv = np.stack([response.astype(np.float32)] * len(bank))
    paths = write_figures(directory, (response - response.min()) / 4, bank, conv, np.maximum(conv, 0))
    return {path.stem: panels(path) for path in paths}


def frames(path: Path) -> list[tuple[int, int, int, int]]:
    """(top, left, width, height) of each panel's black frame, row by row."""
    picture = np.asarray(cv2.imread(str(path)), np.uint8)
    # An external contour is as large as a panel only where a frame closes it: letters are smaller.
    contours, _ = cv2.findContours((picture.min(axis=2) < 200).astype(np.uint8), cv2.RETR_EXTERNAL, 2)
    boxes = [cv2.boundingRect(contour) for contour in contours]
    return sorted((y, x, w, h) for x, y, w, h in boxes if w > 30 and h > 30)


def panels(path: Path) -> list[ByteArray]:
    """What is inside each panel's frame, row by row; uint8 BGR."""
    picture = np.asarray(cv2.imread(str(path)), np.uint8)
    return [picture[y + 2 : y + h - 2, x + 2 : x + w - 2] for y, x, w, h in frames(path)]


def cells(panel: ByteArray, shape: tuple[int, int]) -> list[list[ByteArray]]:
    """The panel cut into rows and columns of equal cells, without their outermost pixels."""
    rows, columns = (
        np.linspace(0, side, n + 1).round().astype(int) for side, n in zip(panel.shape, shape, strict=False)
    )
    return [
        [panel[rows[i] + 2 : rows[i + 1] - 2, columns[j] + 2 : columns[j + 1] - 2] for j in range(shape[1])]
        for i in range(shape[0])
    ]


def background(cell: ByteArray) -> ByteArray:
    return np.asarray(np.median(cell[:4].reshape(-1, 3), axis=0), np.uint8)


def test_four_pictures_are_written_and_nothing_else_is_left(tmp_path: Path) -> None:
    draw(tmp_path, SEED_BANK)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["conv.png", "filters.png", "input.png", "relu.png"]


def test_the_input_runs_from_black_0_to_white_1_whatever_the_picture_holds(tmp_path: Path) -> None:
    gray = np.kron(np.array([[0.2, 0.4], [0.6, 0.8]]), np.ones((30, 30))).astype(np.float32)
    conv = np.zeros((4, 57, 57), np.float32)
    path, *_ = write_figures(tmp_path, gray, SEED_BANK, conv, conv)
    (panel,) = panels(path)
    levels = [[float(np.median(cell)) for cell in row] for row in cells(panel, (2, 2))]
    np.testing.assert_allclose(levels, [[51, 102], [153, 204]], atol=1)


def test_every_map_is_scaled_to_its_own_minimum_and_maximum(tmp_path: Path) -> None:
    drawn = draw(tmp_path, SEED_BANK)
    for stem, wanted in (("conv", [[0, 128], [128, 255]]), ("relu", [[0, 0], [0, 255]])):
        assert len(drawn[stem]) == 4
        for panel in drawn[stem]:
            levels = [[float(np.median(cell)) for cell in row] for row in cells(panel, (2, 2))]
            np.testing.assert_allclose(levels, wanted, atol=1)


def test_the_brightest_spot_is_where_the_largest_response_is(tmp_path: Path) -> None:
    response = np.zeros((60, 80), np.float32)
    response[10:13, 60:63] = 5
    for panel in draw(tmp_path, SEED_BANK, response)["conv"]:
        rows, columns = np.nonzero(panel[:, :, 0] > 200)
        assert rows.mean() / panel.shape[0] == pytest.approx(11.5 / 60, abs=0.02)
        assert columns.mean() / panel.shape[1] == pytest.approx(61.5 / 80, abs=0.02)


def test_every_cell_of_the_seed_bank_is_its_weights_shade_with_a_number_in_it(tmp_path: Path) -> None:
    drawn = draw(tmp_path, SEED_BANK)["filters"]
    for panel, kernel in zip(drawn, (RISING, -RISING, RISING.T, -RISING.T), strict=True):
        for row, weights in zip(cells(panel, (4, 4)), kernel, strict=True):
            for cell, weight in zip(row, weights, strict=True):
                dark = weight == -1
                assert (background(cell) == (0 if dark else 255)).all()
                ink = (cell > 200) if dark else (cell < 55)  # white on dark, black on light
                assert 0.005 < ink.mean() < 0.3


def test_weights_too_small_to_read_are_left_out(tmp_path: Path) -> None:
    chessboard = np.indices((31, 31)).sum(axis=0) % 2
    (panel,) = draw(tmp_path, make_bank(0.123 * chessboard[None]))["filters"]
    for row, weights in zip(cells(panel, (31, 31)), chessboard, strict=True):
        for cell, weight in zip(row, weights, strict=True):
            assert (cell[2:-2, 2:-2] == 255 * weight).all()


def test_a_colour_bank_is_drawn_in_its_colours_with_three_numbers_a_cell(tmp_path: Path) -> None:
    kernel = np.zeros((1, 3, 2, 2))
    kernel[0, 0, 0, 0] = kernel[0, 2, 1, 1] = 1  # red top left, blue bottom right
    (panel,) = draw(tmp_path, make_bank(kernel))["filters"]
    parts = cells(panel, (2, 2))
    assert [background(parts[i][j]).tolist() for i, j in ((0, 0), (0, 1), (1, 1))] == [
        [0, 0, 255],
        [0, 0, 0],
        [255, 0, 0],
    ]
    inked = (parts[0][1] > 128).any(axis=(1, 2)).astype(int)
    assert np.count_nonzero(np.diff(inked) == 1) == 3  # three lines of writing


@pytest.mark.parametrize(("count", "columns", "rows"), [(1, 1, 1), (3, 3, 1), (5, 4, 2), (16, 4, 4), (64, 8, 8)])
def test_any_number_of_filters_is_laid_out_in_rows_of_four_or_eight(
    tmp_path: Path, count: int, columns: int, rows: int
) -> None:
    write_figures(
        tmp_path,
        np.zeros((9, 12), np.float32),
        make_bank(np.ones((count, 1, 1)), "a long label, longer than the panel is wide {}"),
        np.zeros((count, 9, 12), np.float32),
        np.zeros((count, 9, 12), np.float32),
    )
    for name in ("conv.png", "filters.png"):
        found = frames(tmp_path / name)
        assert len(found) == count
        assert len({left for _, left, _, _ in found}) == columns
        assert len({top for top, _, _, _ in found}) == rows


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (1, 31), (31, 1)])
def test_pictures_and_kernels_of_any_shape_can_be_drawn(tmp_path: Path, shape: tuple[int, int]) -> None:
    kernel = np.ones(tuple(min(side, 31) for side in shape))
    maps = np.zeros((1, *shape), np.float32)
    for path in write_figures(tmp_path, maps[0], make_bank(kernel[None]), maps, maps):
        assert len(panels(path)) == 1 or path.name == "filters.png"  # a kernel one cell wide is a thin strip


def test_an_old_figure_is_replaced_and_a_failure_leaves_no_part_behind(tmp_path: Path) -> None:
    (tmp_path / "input.png").write_bytes(b"old")
    (tmp_path / "conv.png").mkdir()
    with pytest.raises(OSError, match=r"conv\.png"):
        draw(tmp_path, SEED_BANK)
    assert (tmp_path / "input.png").read_bytes().startswith(b"\x89PNG")
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".part")]


def test_a_figure_whose_name_is_a_link_goes_where_the_link_leads(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    try:
        (tmp_path / "input.png").symlink_to(tmp_path / "elsewhere" / "real.png")
    except OSError:
        pytest.skip("this system makes no links")
    draw(tmp_path, SEED_BANK)
    assert (tmp_path / "input.png").is_symlink()
    assert (tmp_path / "elsewhere" / "real.png").read_bytes().startswith(b"\x89PNG")


def test_maps_that_are_not_the_banks_are_refused(tmp_path: Path) -> None:
    maps = np.zeros((3, 5, 5), np.float32)
    with pytest.raises(ValueError, match="4 maps"):
        write_figures(tmp_path, np.zeros((8, 8), np.float32), SEED_BANK, maps, maps)


def test_drawing_is_silent_and_never_imports_pyplot(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
import numpy as np
from convviz_core import Filter, FilterBank
from convviz_core.figures import write_figures
assert "matplotlib" not in sys.modules
bank = FilterBank("odd", (Filter("$x_ \\u6f22 letters that the font lacks", np.ones((2, 2))),))
write_figures(Path(sys.argv[1]), np.zeros((4, 4)), bank, np.zeros((1, 3, 3)), np.zeros((1, 3, 3)))
assert "matplotlib.pyplot" not in sys.modules
"""
    # A folder without a font cache, so that matplotlib has to build one.
    environment = {**os.environ, "MPLCONFIGDIR": str(tmp_path / "config")}
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
