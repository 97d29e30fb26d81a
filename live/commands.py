"""The commands beside the viewer: still, filters, cameras."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from convviz_core.arrays import ByteArray
from convviz_core.filters.bank import FilterBank, FilterError
from convviz_core.filters.files import bank_file, load_bank, load_to_run, to_toml
from convviz_core.geometry import FrameSizeError
from convviz_core.gray import to_gray, to_unit
from convviz_core.names import shown
from live.sources.frame import SourceError

Say = Callable[[str], None]


def bank_from(text: str, say: Say, load: Callable[[str], FilterBank] = load_to_run) -> FilterBank:
    """The bank of `--filters`, with what is to be said about it said."""
    bank = load(text)
    for note in bank.notes:
        say(note)
    return bank


def still(arguments: argparse.Namespace, say: Say) -> None:
    """Write the notebook's figures of one picture. Errors: FilterError, SourceError, OutputError."""
    from convviz_core.engines.reference import TorchEngine
    from convviz_core.figures import FIGURE_FILES, write_figures
    from convviz_core.layer import Layer
    from convviz_core.maps_file import write_maps
    from live.errors import output_error
    from live.outputs import check_directory, replacing
    from live.overlaps import check_apart
    from live.recording.room import check_room, maps_bytes

    bank = bank_from(arguments.filters, say)
    if bank.bias is not None:
        say(f"'{bank.name}' has a bias, which is not used")
    image = _first_picture(arguments.image, say)
    check_directory(arguments.out)
    read = [path for path in (Path(arguments.image), bank_file(arguments.filters)) if path is not None]
    check_apart([arguments.out / name for name in (*FIGURE_FILES, "maps.npz")], read)
    gray = to_unit(to_gray(image))
    layer = Layer.of(bank)
    with TorchEngine() as engine:
        try:
            check_room(arguments.out, maps_bytes(layer, image.shape), say)
            conv, activated = engine.maps(image, layer)
        except FrameSizeError as error:
            advice = "" if error.least_padding is None else ": give --filters with smaller kernels"
            raise SourceError(f"{error}{advice}") from None
    try:
        write_figures(arguments.out, gray, bank, conv, activated)
    except OSError as error:
        raise output_error(arguments.out, error) from None
    with replacing(arguments.out / "maps.npz") as beside:
        write_maps(beside, gray, bank.kernels, conv, activated)


def _first_picture(image: str, say: Say) -> ByteArray:
    """The frame with which the viewer would begin; SourceError where the file gives none."""
    from live.sources.frame import SourceEvent, SourceSettings
    from live.sources.opening import open_file

    def listen(event: SourceEvent) -> None:
        if event.kind == "notice":
            say(event.detail)

    source = open_file(Path(image), SourceSettings(paced=False), listen)
    frame = None
    while frame is None and not source.ended:
        frame = source.read(0)
    if frame is None:
        raise SourceError(f"{image} holds no picture that can be decoded")
    if not source.ended:
        say(f"the first picture of {source.granted} is taken")
    image_as_seen = frame.image.copy()
    source.close()
    return image_as_seen


def filters(arguments: argparse.Namespace, say: Say) -> None:
    """List the banks, or print one as a filter file, on stdout; or write its curves."""
    from convviz_core.filters.built_in import BUILT_IN_BANKS

    if arguments.curves is not None:
        if arguments.bank is None:
            raise FilterError("--curves DIR is about one bank: name it, as in convviz filters udacity --curves DIR")
        write_curves(arguments.bank, arguments.curves, say)
        return
    if arguments.bank is not None:
        print(to_toml(bank_from(arguments.bank, say, load_bank)), end="")
        return
    names_w = max(len(bank.name) for bank in BUILT_IN_BANKS)
    for bank in BUILT_IN_BANKS:
        kernel_h, kernel_w = bank.kernel_hw
        shape = f"{len(bank)} x {kernel_h}x{kernel_w}"
        print(f"{bank.name:{names_w}}  {shape:8}  {bank.description}")


def write_curves(name: str, directory: Path, say: Say) -> None:
    """Write what a bank's filters let through: curves.png and curves.json. Errors: FilterError, OutputError."""
    from convviz_core.curves_figure import write_curves_figure
    from convviz_core.curves_file import filter_curves, to_json
    from convviz_core.engines.opening import open_engine
    from convviz_core.layer import Layer
    from live.outputs import check_directory, check_file, replacing
    from live.overlaps import check_apart

    layer = replace(Layer.of(bank_from(name, say, load_bank), "none"), padding=0)  # which changes only the borders
    files = directory / "curves.png", directory / "curves.json"
    check_directory(directory)
    for file in files:
        check_file(file)
    read = bank_file(name)
    check_apart(files, [] if read is None else [read])
    with open_engine() as engine:
        curves = filter_curves(layer, engine)
    with replacing(files[1]) as beside:
        beside.write_text(to_json(curves), encoding="utf-8")
    with replacing(files[0]) as beside:
        write_curves_figure(beside, layer, curves)


def cameras() -> None:
    """List the cameras on stdout."""
    from live.sources.devices import list_cameras

    found = list_cameras()
    for camera in found:
        print(
            f"{camera.index}  {camera.device}  {shown(camera.name)}"
            + (f"  ({camera.problem})" if camera.problem else "")
        )
        for offer in camera.offers:
            rates = ", ".join(f"{fps:g}" for fps in offer.fps)
            print(f"   {offer.format}  {offer.size_wh[0]}x{offer.size_wh[1]}" + (f"  {rates} fps" if rates else ""))
    if not found:
        print("no camera found")
