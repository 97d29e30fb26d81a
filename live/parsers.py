"""What may be written on the command line: one parser for each command."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from convviz_core import __version__
from live.comparing_options import add_comparing_options
from live.controls import KEYS
from live.edit_keys import EDIT_KEYS
from live.key_binding import KeyBinding, key_names
from live.layer_options import add_geometry_options
from live.model_options import MODEL_HELP, WEIGHTS_HELP, add_model_options, input_size
from live.parsing import Parser
from live.state import COLORMAPS

VIEW_EPILOG = """examples:
  convviz                                the first camera
  convviz 1 --width 1280 --height 720    the second camera, at that size
  convviz clip.mp4 --loop                a video file, again and again
  convviz 'photos/*.jpg'                 pictures, one after the other
  convviz rtsp://camera.local/stream     a stream
  convviz synthetic:grating --filters gabor
  convviz --filters model.safetensors:conv1.weight
  convviz --model net.py:make_net --weights net.pth --layer layer2.0.conv1
  convviz browser --serve 8000           the view and the camera of a browser's page
  convviz --headless --seconds 10 --snapshot out --stats stats.json

other commands: convviz still IMAGE --out DIR, convviz filters [NAME], convviz layers MODEL, convviz cameras
(each has its own --help)

keys:
"""

LAYERS_EPILOG = """examples:
  convviz layers torchvision:resnet18
  convviz layers net.py:make_net --weights net.pth --input 320x240 --json"""


def _number(kind: type[int] | type[float], most: float, *, zero: bool = False) -> Callable[[str], int | float]:
    def parse(text: str) -> int | float:
        try:
            value = kind(text)
        except ValueError:
            value = kind(-1)
        if not (0 < value <= most or (zero and value == 0)):
            number, least = "whole number" if kind is int else "number", "from 0 on" if zero else "above 0"
            want = f"more than {most:,.0f}" if value > most else f"not a {number} {least}"
            raise argparse.ArgumentTypeError(f"'{text}' is {want}")
        return value

    return parse


def view_parser() -> Parser:
    """The parser of `convviz [view]`."""
    parser = Parser(
        prog="convviz",
        description="Point a camera at a convolutional layer: shows, live, what each filter of a bank answers.",
        epilog=VIEW_EPILOG + _plain_keys(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"convviz {__version__}")
    parser.add_argument(
        "source",
        nargs="?",
        metavar="SOURCE",
        help="camera number or device, picture, folder or quoted glob of pictures, video file, http/https/rtsp/udp "
        "address, synthetic[:NAME], browser (with --serve: the page's camera); nothing: the first camera, or the "
        "synthetic scene where there is none",
    )
    source = parser.add_argument_group("source")
    source.add_argument("--width", type=_number(int, 16384), help="frame width to ask a camera or a scene for")
    source.add_argument("--height", type=_number(int, 16384), help="frame height to ask a camera or a scene for")
    source.add_argument("--fps", type=_number(float, 1000), help="frame rate to ask for")
    source.add_argument("--format", choices=("MJPG", "YUYV"), type=str.upper, help="pixel format to ask a camera for")
    source.add_argument("--mirror", action="store_true", help="mirror left and right, before anything else")
    source.add_argument("--loop", action="store_true", help="start a file again at its end")
    source.add_argument("--wait", action="store_true", help="wait for a camera or stream that is not there yet")
    layer = parser.add_argument_group("layer")
    layer.add_argument("--filters", default="udacity", metavar="NAME|FILE", help="filter bank (see convviz filters)")
    layer.add_argument("--activation", choices=("relu", "none"), default="relu", help="after the convolution")
    add_geometry_options(layer)
    add_comparing_options(layer)
    layer.add_argument("--range", choices=("auto", "fixed", "frame"), default="auto", help="what is black and white")
    layer.add_argument("--colormap", choices=COLORMAPS, default="lift", metavar="NAME", help=", ".join(COLORMAPS))
    add_model_options(parser)
    compute = parser.add_argument_group("computing")
    compute.add_argument("--device", default="auto", metavar="auto|cpu|cuda|cuda:N", help="where to compute")
    compute.add_argument("--engine", choices=("auto", "halide", "opencv", "torch"), default="auto", help="with what")
    run = parser.add_argument_group("run")
    run.add_argument("--headless", action="store_true", help="no window; a file is read as fast as it can be")
    run.add_argument(
        "--serve", type=_address, metavar="[HOST:]PORT", help="show the view in a browser's page; 0: any free port"
    )
    run.add_argument("--frames", type=_number(int, 2**62), metavar="N", help="end after N frames")
    run.add_argument("--seconds", type=_number(float, 1e9), metavar="S", help="end S seconds after the first picture")
    run.add_argument(
        "--warm-up",
        type=_number(float, 1e9, zero=True),
        default=0.0,
        metavar="S",
        help="leave the first S seconds from the first picture on out of the statistics",
    )
    outputs = parser.add_argument_group("outputs")
    outputs.add_argument("--record", type=Path, metavar="FILE", help="record to an .mkv or .avi file")
    outputs.add_argument(
        "--record-what", choices=("display", "mosaic", "frame"), default="display", help="what to record"
    )
    outputs.add_argument("--snapshot", type=Path, metavar="DIR", help="keep the last frame and its maps")
    outputs.add_argument("--stats", type=Path, metavar="FILE", help="write counts, rates and times as JSON")
    outputs.add_argument("--trace", type=Path, metavar="FILE", help="write a Chrome trace, for ui.perfetto.dev")
    return parser


def view_arguments(words: Sequence[str]) -> argparse.Namespace:
    """What `convviz [view]` is asked for; options that exclude each other end the program, exit code 2."""
    parser = view_parser()
    arguments = parser.parsed(words)
    if arguments.serve and arguments.headless:
        parser.error("--serve shows the view in a page and --headless shows none: give one of them")
    if arguments.source == "browser" and not arguments.serve:
        parser.error("SOURCE browser is the camera of a page: give --serve PORT too, or ./browser for a file")
    return arguments


def _address(text: str) -> object:
    """--serve's value; its module is only loaded where there is one."""
    from live.display.browser.address import parse_address

    try:
        return parse_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _plain_keys() -> str:
    lines = [*map(_plain_line, KEYS), "", "keys while a kernel is edited:", *map(_plain_line, EDIT_KEYS)]
    return "\n".join(lines)


def _plain_line(binding: KeyBinding) -> str:
    return f"  {key_names(binding):15} {binding.help}"


def still_parser() -> Parser:
    """The parser of `convviz still`."""
    parser = Parser(
        prog="convviz still",
        description="Write the figures of one picture: input.png, filters.png, conv.png, relu.png, and maps.npz.",
        epilog="example:\n  convviz still car.png --out figures --filters sobel",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("image", metavar="IMAGE", help="the picture")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the folder for the figures; made if missing"
    )
    parser.add_argument("--filters", default="udacity", metavar="NAME|FILE", help="filter bank (see convviz filters)")
    return parser


def filters_parser() -> Parser:
    """The parser of `convviz filters`."""
    parser = Parser(
        prog="convviz filters",
        description="List the filter banks, print one as a filter file (TOML) on stdout, or write its curves.",
        epilog="examples:\n  convviz filters\n  convviz filters gabor > my.toml\n  convviz filters gabor --curves out",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("bank", nargs="?", metavar="NAME|FILE", help="the bank to print")
    parser.add_argument(
        "--curves",
        type=Path,
        metavar="DIR",
        help="write its transfer functions, predicted and measured, into curves.png and curves.json; made if missing",
    )
    return parser


def layers_parser() -> Parser:
    """The parser of `convviz layers`."""
    parser = Parser(
        prog="convviz layers",
        description="List a torch model's layers in the order in which their outputs are ready: name, type, channels "
        "and size of the maps, stride, receptive field in the middle of the map.",
        epilog=LAYERS_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("--weights", metavar="FILE", help=WEIGHTS_HELP)
    parser.add_argument("--input", type=input_size, metavar="WxH", help="size of the model's input (224x224)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def cameras_parser() -> Parser:
    """The parser of `convviz cameras`."""
    return Parser(
        prog="convviz cameras",
        description="List the cameras: index, device, name, and the sizes, rates and formats where the system tells.",
    )
