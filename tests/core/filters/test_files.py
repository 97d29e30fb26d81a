"""Banks by name, from TOML and from .npy, and back to TOML: what loads, and what is refused in one sentence."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import convviz_core as cc
from convviz_core.arrays import AnyArray
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.filters.files import load_to_run
from convviz_core.ranges import bank_ranges

ONE_FILTER = 'name = "mine"\n[[filter]]\nlabel = "edge"\nkernel = [[-1, 1]]\n'

# The folder is shared by all examples: each writes its file anew.
many = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def toml(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Writes a filter file and gives its path."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "bank.toml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def refusal(name_or_path: str | Path) -> str:
    """The one sentence with which loading fails."""
    with pytest.raises(cc.FilterError) as caught:
        cc.load_bank(name_or_path)
    sentence = str(caught.value)
    assert sentence
    assert "\n" not in sentence
    return sentence


def test_a_filter_file_is_a_name_and_labelled_kernels(toml: Callable[[str], Path]) -> None:
    bank = cc.load_bank(
        toml("""
            name = "mine"
            [[filter]]
            label = "left to right"
            kernel = [[-1, 0, 1.5], [-2, 0, 2]]
            [[filter]]
            label = "quarter"
            scale = 0.25
            kernel = [[4, 8, 1], [0, 0, -4]]
        """)
    )
    assert (bank.name, bank.labels, bank.notes) == ("mine", ("left to right", "quarter"), ())
    assert bank.kernels.dtype == np.float32
    assert bank.kernels[:, 0].tolist() == [[[-1, 0, 1.5], [-2, 0, 2]], [[1, 2, 0.25], [0, 0, -1]]]


@pytest.mark.parametrize("bank", BUILT_IN_BANKS, ids=lambda bank: bank.name)
def test_a_built_in_bank_is_found_by_name_and_survives_as_a_filter_file(
    bank: cc.FilterBank, toml: Callable[[str], Path]
) -> None:
    assert cc.load_bank(bank.name) is bank
    again = cc.load_bank(toml(cc.to_toml(bank)))
    assert (again.name, again.labels) == (bank.name, bank.labels)
    np.testing.assert_array_equal(again.kernels, bank.kernels)


def test_a_filter_file_is_written_as_a_person_would() -> None:
    weights = np.array([[1, -0.25, 1e-8], [0.1, -0.0, 1e20]], np.float32)
    bank = cc.FilterBank("mine", (cc.Filter('a "b" \\ c', weights),), "what it is for")
    assert cc.to_toml(bank) == (
        '# what it is for\nname = "mine"\n\n[[filter]]\nlabel = "a \\"b\\" \\\\ c"\n'
        "kernel = [\n    [1, -0.25, 1e-08],\n    [0.1, -0.0, 1e+20],\n]\n"
    )


weights = st.floats(width=32, allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(codec="utf-8").filter(str.isprintable), min_size=1, max_size=100)


@st.composite
def conv_settings(draw: st.DrawFn) -> cc.ConvSettings:
    numbers = st.integers(1, 9) | st.tuples(st.integers(1, 9), st.integers(1, 9))
    same = draw(st.booleans())
    return cc.ConvSettings(
        stride=1 if same else draw(numbers),
        padding="same" if same else draw(numbers),
        padding_mode=draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"])),
        dilation=draw(numbers),
    )


@st.composite
def banks(draw: st.DrawFn) -> cc.FilterBank:
    size = draw(st.tuples(st.integers(1, 31), st.integers(1, 31)))
    count, channels = draw(st.integers(1, 5)), draw(st.sampled_from([(), (3,)]))
    kernels = draw(hnp.arrays(np.float32, (count, *channels, *size), elements=weights))
    bias = draw(st.none() | hnp.arrays(np.float32, count, elements=weights))
    filters = tuple(cc.Filter(draw(texts), kernel) for kernel in kernels)
    return cc.FilterBank(draw(texts), filters, draw(st.text()), bias=bias, conv=draw(st.none() | conv_settings()))


@many
@given(bank=banks())
def test_any_bank_loads_back_from_its_filter_file_bit_for_bit(bank: cc.FilterBank, tmp_path: Path) -> None:
    path = tmp_path / "bank.toml"
    path.write_text(cc.to_toml(bank), encoding="utf-8")
    again = cc.load_bank(path)
    assert (again.name, again.labels, again.conv) == (bank.name, bank.labels, bank.conv)
    assert again.kernels.tobytes() == bank.kernels.tobytes()
    assert (again.bias is None) == (bank.bias is None)
    assert again.bias is None or bank.bias is None or again.bias.tobytes() == bank.bias.tobytes()


def test_the_largest_float32_is_a_weight_and_a_bias_and_twice_as_much_is_neither(toml: Callable[[str], Path]) -> None:
    largest = float(np.finfo(np.float32).max)
    bank = cc.FilterBank("far", (cc.Filter("a", np.array([[-largest]])),), bias=np.array([largest]))
    again = cc.load_bank(toml(cc.to_toml(bank)))
    assert again.bias is not None
    assert (again.kernels.item(), again.bias.item()) == (-largest, largest)
    for key in ("bias = 6.8e38\nkernel = [[1]]", "kernel = [[6.8e38]]"):
        with pytest.raises(cc.FilterError, match="finite"):
            cc.load_bank(toml(f'name = "far"\n[[filter]]\nlabel = "a"\n{key}\n'))


def test_a_filter_file_may_give_geometry_and_biases(toml: Callable[[str], Path]) -> None:
    bank = cc.load_bank(
        toml("""
            name = "mine"
            stride = 2
            padding = [1, 0]
            padding_mode = "reflect"
            [[filter]]
            label = "a"
            bias = -0.5
            scale = 10
            kernel = [[[1, 0]], [[0, 1]], [[1, 1]]]
            [[filter]]
            label = "b"
            kernel = [[[1, 2]], [[3, 4]], [[5, 6]]]
        """)
    )
    assert bank.bias is not None
    assert bank.bias.tolist() == [-0.5, 0.0]  # the scale is the weights'
    assert bank.conv == cc.ConvSettings((2, 2), (1, 0), "reflect", (1, 1))
    assert bank.kernels.tolist() == [[[[10, 0]], [[0, 10]], [[10, 10]]], [[[1, 2]], [[3, 4]], [[5, 6]]]]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("stride = 0", "stride is a whole number of at least 1, or two of them [y, x]; got 0"),
        ("stride = [1, 2, 3]", "stride is a list, want a whole number"),
        ("stride = [1]", "stride is a whole number of at least 1, or two of them"),
        ("dilation = 1.5", "dilation is a number, want a whole number"),
        ("stride = true", "stride is a whole number of at least 1"),
        ('padding = "valid"', "padding is a whole number of at least 0, or two of them [y, x], or 'same'; got 'valid'"),
        ("padding = -1", "padding is a whole number of at least 0"),
        ("padding = 99999999999999999999", "padding is larger than 1024, which is the most"),
        ('padding_mode = "mirror"', "padding_mode is one of zeros, reflect, replicate, circular, got 'mirror'"),
        ("padding_mode = {a = 1}", "padding_mode is a table, want "),
        ('padding = "same"\nstride = 2', "padding 'same' exists for stride 1 only"),
        ("strides = 2", "unknown key 'strides', did you mean 'stride'?"),
    ],
)
def test_a_geometry_that_does_not_exist_is_refused_in_one_sentence(
    line: str, says: str, toml: Callable[[str], Path]
) -> None:
    assert says in refusal(toml(f"{line}\n{ONE_FILTER}"))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("bias = nan", "the bias of filter 1 is nan, want a finite number"),
        ("bias = 1e39", "the bias of filter 1 is 1e+39, want a finite float32 number"),
        ("bias = [1]", "the bias of filter 1 is a list, want a number"),
        ("kernel = [[[1]], [[2]]]", "the kernel of filter 1 has 2 channels, want 3"),
        ("kernel = [[[1]], [[2, 3]], [[4]]]", "the R, G and B rows of the kernel of filter 1 have different shapes"),
        ("kernel = [[[1], [2, 3]], [[2]], [[4]]]", "the R rows of the kernel of filter 1 is ragged"),
        ("kernel = [[[1]], 5, [[4]]]", "the G rows of the kernel of filter 1 is not a list of rows"),
    ],
)
def test_a_bias_or_a_colour_kernel_that_is_none_is_refused(line: str, says: str, toml: Callable[[str], Path]) -> None:
    one = ONE_FILTER.replace("kernel = [[-1, 1]]\n", "") if line.startswith("kernel") else ONE_FILTER
    assert says in refusal(toml(f"{one}{line}\n"))


def test_the_largest_bank_with_every_digit_written_is_not_too_large_a_file(toml: Callable[[str], Path]) -> None:
    kernel = np.full((3, 31, 31), -1.17549435e-38, np.float32)
    bank = cc.FilterBank("large", tuple(cc.Filter(f"filter {n}", kernel) for n in range(64)))
    np.testing.assert_array_equal(cc.load_bank(toml(cc.to_toml(bank))).kernels, bank.kernels)


@pytest.mark.parametrize("text", ["", "two\nlines", "\x1b[31m", "x" * 101])
def test_a_text_that_a_filter_file_refuses_is_not_written_into_one(text: str) -> None:
    kernel = np.ones((1, 1), np.float32)
    with pytest.raises(cc.FilterError, match="the name"):
        cc.to_toml(cc.FilterBank(text, (cc.Filter("a", kernel),)))
    with pytest.raises(cc.FilterError, match="a label"):
        cc.to_toml(cc.FilterBank("a", (cc.Filter(text, kernel),)))


def test_a_filter_file_may_begin_with_the_mark_that_windows_editors_write(toml: Callable[[bytes], Path]) -> None:
    assert cc.load_bank(toml(b"\xef\xbb\xbf" + ONE_FILTER.encode())).name == "mine"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "the file has no 'name'"),
        ('name = "mine"', "the file has no 'filter'"),
        ("name = ", "not a TOML file"),
        (b"\xff\xfe\x00", "byte 0 is not UTF-8"),
        (ONE_FILTER.replace('"mine"', "7"), "the bank's name is a number, want text"),
        (ONE_FILTER.replace('"mine"', '""'), "has 0 characters, want 1 to 100"),
        (ONE_FILTER.replace("edge", "\\u001b[2J"), "the label of filter 1, '\\x1b[2J', holds a character"),
        (ONE_FILTER.replace("[[filter]]", "[filter]"), "write [[filter]] in double brackets"),
        (ONE_FILTER.replace("[[filter]]", "[[filters]]"), "unknown key 'filters', did you mean 'filter'?"),
        (ONE_FILTER.replace("label", "lable"), "filter 1 has the unknown key 'lable', did you mean 'label'?"),
        (ONE_FILTER + "colour = 1", "unknown key 'colour', known are label, kernel, scale"),
        (ONE_FILTER + 'scale = "2"', "the scale of filter 1 is text, want a number"),
        (ONE_FILTER + "scale = inf", "the scale of filter 1 is inf, want a finite number"),
        ('name = "mine"\nfilter = []', "has 0 filters, want 1 to 64"),
        ('name = "mine"\nfilter = [1]', "filter 1 is not a table"),
        (ONE_FILTER + '[[filter]]\nlabel = "a"\nkernel = [[1]]\n' * 64, "it has 65 filters, want 1 to 64"),
        (ONE_FILTER + '[[filter]]\nlabel = "a"\nkernel = [[1]]', "all kernels of a bank share one shape"),
        (ONE_FILTER.replace("[[-1, 1]]", "[]"), "is 0x0, want 1x1"),
        (ONE_FILTER.replace("[[-1, 1]]", "[[]]"), "is 1x0, want 1x1"),
        (ONE_FILTER.replace("[[-1, 1]]", "[-1, 1]"), "not a list of rows"),
        (ONE_FILTER.replace("[[-1, 1]]", "7"), "not a list of rows"),
        (ONE_FILTER.replace("[[-1, 1]]", "[[[1]]]"), "the kernel of filter 1 has 1 channels, want 3"),
        (ONE_FILTER.replace("[[-1, 1]]", "[[1, 2], [3]]"), "ragged: its row 2 is 1 wide, and row 1 is 2"),
        (ONE_FILTER.replace("[[-1, 1]]", f"[{[1] * 32}]"), "is 1x32, want 1x1 to 31x31"),
        (ONE_FILTER.replace("-1", "true"), "a weight of filter 1 is true or false, want a number"),
        (ONE_FILTER.replace("-1", '"1"'), "a weight of filter 1 is text, want a number"),
        (ONE_FILTER.replace("-1", "1979-05-27"), "a weight of filter 1 is a date or time, want a number"),
        (ONE_FILTER.replace("-1", "nan"), "a weight of filter 1 is nan, want a finite number"),
        (ONE_FILTER.replace("-1", "-inf"), "a weight of filter 1 is -inf, want a finite number"),
        (ONE_FILTER.replace("-1", "1e39"), "filter 'edge' holds a weight that is not a finite float32"),
        (ONE_FILTER.replace("-1", "9" * 400), "a weight of filter 1 is too large"),
        (ONE_FILTER.replace("-1", "9" * 5000), "thousands of digits"),
        ("x = " + "[" * 100_000, "nested too deeply"),
        ("x = " + "{x = " * 20_000, "nested too deeply"),
        ("a." * 400_000 + "a = 1", "a key of more than 32 parts"),
        ("[" + '"a" . ' * 300_000 + "a]", "a key of more than 32 parts"),
        ("#" * (6 << 20), "larger than the 5 MiB"),
    ],
    ids=lambda value: repr(value[:40]),
)
def test_what_is_wrong_with_a_filter_file_is_said(
    content: str | bytes, complaint: str, toml: Callable[[str | bytes], Path]
) -> None:
    path = toml(content)
    sentence = refusal(path)
    assert complaint in sentence
    assert sentence.startswith(f"'{path}'")


def test_a_misspelt_bank_is_answered_with_the_banks_there_are() -> None:
    sentence = refusal("sobl")
    assert "did you mean 'sobel'?" in sentence
    assert all(bank.name in sentence for bank in BUILT_IN_BANKS)


@pytest.mark.parametrize(
    "name", ["", "no such bank", "a\0b", "none.toml", "no/such.npy", r"C:\models\net.pt", "\udcff"]
)
def test_what_is_not_there_is_said(name: str) -> None:
    assert "there is no " in refusal(name)


@pytest.mark.parametrize("tensor", ["", ":conv1"])
def test_the_colon_of_a_windows_drive_does_not_split_a_path(tensor: str) -> None:
    assert refusal(rf"C:\models\net.pt{tensor}") == r"there is no file 'C:\models\net.pt'"


def test_a_folder_a_device_and_a_strange_suffix_are_refused_by_name(tmp_path: Path) -> None:
    assert "is a directory" in refusal(tmp_path)
    if os.name == "posix":
        assert "is not a plain file" in refusal("/dev/null")
    (tmp_path / "bank.txt").write_text(ONE_FILTER)
    assert "its suffix is '.txt', want .toml" in refusal(tmp_path / "bank.txt")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
@pytest.mark.parametrize("suffix", ["toml", "npy", "safetensors", "pt"])
def test_a_file_that_may_not_be_read_is_refused_in_the_systems_words(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"bank.{suffix}"
    path.touch(mode=0o000)
    assert "cannot be read: Permission denied" in refusal(path)


@pytest.mark.parametrize(
    ("shape", "bank_shape"),
    [
        ((2, 3), (1, 1, 2, 3)),
        ((3, 2, 3), (3, 1, 2, 3)),
        ((5, 1, 2, 3), (5, 1, 2, 3)),
        ((5, 3, 2, 3), (5, 3, 2, 3)),
        ((64, 31, 31), (64, 1, 31, 31)),
    ],
)
@pytest.mark.parametrize("dtype", ["f4", ">f8", "f2", "i8", "u1"])
def test_an_array_is_a_bank_in_each_of_its_shapes(
    tmp_path: Path, shape: tuple[int, ...], bank_shape: tuple[int, ...], dtype: str
) -> None:
    array = (np.arange(np.prod(shape)) % 97).reshape(shape).astype(dtype)
    np.save(tmp_path / "mine.npy", array)
    bank = cc.load_bank(tmp_path / "mine.npy")
    assert bank.name == "mine"
    np.testing.assert_array_equal(bank.kernels, array.reshape(bank_shape).astype(np.float32))
    assert any("R, G, B" in note for note in bank.notes) == (bank.channels == 3)


@pytest.mark.parametrize(
    ("array", "complaint"),
    [
        (np.ones(4), "its shape is (4,), want"),
        (np.ones((2, 4, 5, 5)), "its shape is (2, 4, 5, 5), want"),
        (np.ones((0, 3, 3)), "it has 0 filters, want 1 to 64"),
        (np.ones((65, 3, 3)), "it has 65 filters, want 1 to 64"),
        (np.ones((32, 3)), "its kernels are 32x3, want 1x1 to 31x31"),
        (np.ones((3, 3), bool), "it holds bool values, want real numbers"),
        (np.ones((3, 3), complex), "it holds complex128 values"),
        (np.array([["a"]]), "values, want real numbers"),
        (np.array([[print]], object), "it holds object values, want real numbers"),
        (np.full((3, 3), np.inf), "not a finite float32"),
        (np.full((3, 3), 1e39), "not a finite float32"),
    ],
)
def test_what_is_wrong_with_an_array_is_said(tmp_path: Path, array: AnyArray, complaint: str) -> None:
    np.save(tmp_path / "mine.npy", array, allow_pickle=True)
    assert complaint in refusal(tmp_path / "mine.npy")


@pytest.mark.parametrize(
    ("shape", "complaint"),
    [
        ("(10000000000000, 3, 3)", "10000000000000 filters"),
        ("(4, 10000000000, 3)", "10000000000x3"),
        ("(-1, 3, 3)", "-1 filters"),
        ("(4, 3, 3)", "it ends before"),
        ("(" * 3000, "does not begin as numpy.save writes"),
    ],
    ids=["many", "large", "negative", "short", "nested"],
)
def test_an_array_that_lies_about_its_size_takes_no_memory(tmp_path: Path, shape: str, complaint: str) -> None:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}".encode()
    path = tmp_path / "liar.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)
    assert complaint in refusal(path)


@pytest.mark.filterwarnings("error")
def test_an_array_that_python_2_wrote_is_read_without_a_warning(tmp_path: Path) -> None:
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1L, 2L), }\n"
    path = tmp_path / "old.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + struct.pack("<2f", 1, -2))
    assert cc.load_bank(path).kernels.tolist() == [[[[1, -2]]]]


@pytest.mark.parametrize(
    ("shape", "bank_shape", "note"),
    [
        ((5, 5, 1, 6), (6, 1, 5, 5), "is taken as (kh, kw, in, out), as Keras"),
        ((7, 7, 3, 64), (64, 3, 7, 7), "is taken as (kh, kw, in, out), as Keras"),
        ((3, 3, 3, 32), (32, 3, 3, 3), "is taken as (kh, kw, in, out), as Keras"),
        ((3, 3, 3, 16), (16, 3, 3, 3), "is taken as (kh, kw, in, out), as Keras"),
        ((3, 3, 1, 8), (8, 1, 3, 3), "is taken as (kh, kw, in, out), as Keras"),
        ((3, 3, 3, 3), (3, 3, 3, 3), "is taken as (N, C, kh, kw), as torch"),
        ((8, 1, 3, 3), (8, 1, 3, 3), None),
        ((16, 3, 3, 3), (16, 3, 3, 3), None),
        ((5, 1, 4, 3), (5, 1, 4, 3), None),
        ((3, 3, 8, 16), (3, 3, 8, 16), "is taken as (N, C, kh, kw), as torch"),
        ((3, 3, 16, 16), (3, 3, 16, 16), "is taken as (N, C, kh, kw), as torch"),
        ((1, 1, 1, 5), (1, 1, 1, 5), "is taken as (N, C, kh, kw), as torch"),
        ((2, 3, 3, 5), (2, 3, 3, 5), "is taken as (N, C, kh, kw), as torch"),
    ],
)
def test_keras_order_is_told_from_the_shape_and_what_the_shape_leaves_open_is_said(
    tmp_path: Path, shape: tuple[int, ...], bank_shape: tuple[int, ...], note: str | None
) -> None:
    array = (np.arange(np.prod(shape)) % 97).reshape(shape).astype(np.float32)
    np.save(tmp_path / "mine.npy", array)
    bank = cc.load_bank(tmp_path / "mine.npy")
    assert bank.kernels.shape == bank_shape
    if bank_shape == shape:
        np.testing.assert_array_equal(bank.kernels, array)
    else:
        for number in range(bank_shape[0]):
            for channel in range(bank_shape[1]):
                np.testing.assert_array_equal(bank.kernels[number, channel], array[:, :, channel, number])
    said = [each for each in bank.notes if "is taken as" in each]
    assert len(said) == (note is not None)
    assert all(str(note) in each and str(shape) in each for each in said)


NPY_START = b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': "


@many
@given(
    content=st.binary(max_size=300), suffix=st.sampled_from(["toml", "npy"]), start=st.sampled_from([b"", NPY_START])
)
def test_no_bytes_raise_anything_but_a_filter_error(content: bytes, suffix: str, start: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"bank.{suffix}"
    path.write_bytes(start + content)
    refusal(path)


scalars = st.sampled_from(["1", "-2.5", "nan", "true", '"x"', "1979-05-27", "9" * 400, "1e400", "{}", "[]"])
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"))
lines = st.one_of(
    st.sampled_from(["[[filter]]", "[filter]", "[[filter.filter]]", "[name]"]),
    st.builds("{} = {}".format, st.sampled_from(["name", "filter", "label", "kernel", "scale", "x", "a.b"]), values),
)


@many
@given(content=st.lists(lines, max_size=8).map("\n".join))
def test_no_toml_raises_anything_but_a_filter_error(content: str, tmp_path: Path) -> None:
    path = tmp_path / "bank.toml"
    path.write_text(f'name = "x"\n[[filter]]\nlabel = "x"\n{content}')
    try:
        bank = cc.load_bank(path)
    except cc.FilterError:
        return
    assert np.isfinite(bank.kernels).all()


@many
@given(name=st.text())
def test_no_name_raises_anything_but_a_filter_error(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if name not in {bank.name for bank in BUILT_IN_BANKS}:
        with pytest.raises(cc.FilterError):
            cc.load_bank(name)


def test_weights_whose_responses_no_float32_holds_are_loaded_and_not_run(tmp_path: Path) -> None:
    path, kernels = tmp_path / "huge.npy", np.full((2, 4, 4), 2e37)  # 16 of them are 3.2e38
    np.save(path, kernels)
    assert (load_to_run(path).kernels[0] == np.float32(2e37)).all()
    np.save(path, kernels * [-2, 2, -2, 2])
    assert len(load_to_run(path)) == 2  # 3.2e38 of each sign
    kernels[1, 0, :2] *= 2  # 3.6e38
    np.save(path, kernels)
    assert len(cc.load_bank(path)) == 2
    with pytest.raises(cc.FilterError, match=r"huge.npy': .* 'filter 2' add up to 3.6e\+38, .* at most 3.4e\+38"):
        load_to_run(path)
    toml = tmp_path / "bias.toml"
    toml.write_text(ONE_FILTER.replace("-1", "-3e38") + "bias = -1e38\n")
    with pytest.raises(cc.FilterError, match="'edge' add up to 4"):
        load_to_run(toml)


@pytest.mark.filterwarnings("error")
def test_limits_beyond_the_largest_float32_are_the_largest_one() -> None:
    largest = float(np.finfo(np.float32).max)
    assert bank_ranges(1, (-1e39, 1.6e39)).tolist() == [[-largest, largest]]
    layer = cc.Layer(cc.FilterBank.from_array("huge", np.full((1, 4, 4), 1e38)), activation="relu")
    assert cc.inspect_pixel(np.full((4, 4), 51, np.uint8), layer, 0, 0, 0).byte == 240  # 16 / 5 of 3.4
