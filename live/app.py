"""`convviz view`: opens what the arguments name, runs the loop, and finishes every file however it ends."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from convviz_core.engines.api import Engine
from convviz_core.engines.opening import open_engine
from convviz_core.filters.bank import FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.filters.files import bank_file
from convviz_core.layer import Activation, Layer
from convviz_core.ranges import RangeMode
from live.bank_files import named_files, watched
from live.commands import bank_from
from live.comparing_options import compared_file, comparing_of
from live.display.api import Display
from live.display.null import NullDisplay
from live.display.x11 import Screen
from live.events import Inbox
from live.layer_options import bias_words, choice_of
from live.loop import Last, StopCondition, run
from live.measuring.profiler import Profiler, SpanListener
from live.measuring.stats import frame_counts, stats, write_stats
from live.measuring.trace import Trace
from live.model_options import check_together
from live.outputs import check_directory, check_file, check_name
from live.overlaps import check_apart, check_beside_recording
from live.process import Interrupts, created_at_s
from live.recording.comparison import COMPARISON_FILES, DIFFERENCE_FILE, FOLDER
from live.recording.keep import Keep
from live.recording.snapshot import SNAPSHOT_FILES
from live.sources import open_source
from live.sources.frame import FrameSource, Listener, SourceEvent, SourceSettings
from live.sources.opening import check_named
from live.state import Appearance, LayerSettings, ViewState

if TYPE_CHECKING:
    from live.serving import Serving

EXIT_OUTPUT = 4
RECORDED_CANVAS_WH = (960, 720)  # what "the display" is where there is none
BROWSER = "browser"  # SOURCE that is the camera of the page of --serve
PAGE_WH = (1280, 800)  # what is told to a display that is no window; a page asks for its own size

Say = Callable[[str], None]


def view(arguments: argparse.Namespace, interrupts: Interrupts, say: Say) -> int:
    """Run the viewer; returns the exit code. Errors: FilterError, SourceError, EngineError, OutputError."""
    check_together(arguments)
    check_outputs(arguments)
    if arguments.source not in (None, BROWSER):
        check_named(arguments.source)  # a mistyped command is no missing display
    screen = None if arguments.headless or arguments.serve else Screen()
    inbox = Inbox()
    files = named_files(arguments)
    last = Last(initial_state(arguments, say))
    if arguments.model is not None:
        from live.model_view.opening import open_model

        last.state = replace(last.state, model=open_model(arguments, say))
    with ExitStack() as stack:
        listen = _listener(inbox, say)
        settings = source_settings(arguments, last.state)
        serving = open_serving(arguments, settings, listen, say)
        if serving:
            stack.callback(serving.close)
        if serving and arguments.source == BROWSER:
            source = serving.open_source()
        else:
            source = open_source(arguments.source, settings, listen)
        stack.callback(source.close)
        in_background = arguments.model is None and (not arguments.headless or arguments.engine == "auto")
        engine = open_engine(
            arguments.engine if arguments.model is None else "torch",  # which alone runs models
            arguments.device,
            background=in_background,
            on_notice=lambda sentence: listen(SourceEvent("notice", time.monotonic(), sentence)),
        )
        stack.callback(engine.close)
        trace = Trace(arguments.trace) if arguments.trace else None
        profiler = Profiler(
            on_span=_tracer(trace) if trace else None,
            on_instant=trace.instant if trace else None,
            warm_up_s=arguments.warm_up,
        )
        if arguments.stats:
            stack.callback(_write_stats, arguments.stats, source, engine, profiler, last)
        stack.callback(source.close)  # before the statistics: a frame still waiting counts as dropped
        stack.enter_context(watched(files, last.state, inbox))
        display = serving.start() if serving else open_display(arguments, screen)
        stack.callback(display.close)
        interrupts.defer()  # until every file is finished
        keep = open_keep(arguments, source, trace, say)
        stack.callback(keep.close)
        run(
            source,
            engine,
            display,
            profiler,
            last,
            keep=keep,
            stop=StopCondition(arguments.frames, arguments.seconds),
            inbox=inbox,
            interrupted=interrupts.noted,
            screen_wh=screen.size_wh if screen else PAGE_WH,
        )
        if arguments.snapshot and last.image is not None:
            shown = last.state, last.result, last.watched, last.other, last.shown
            keep.write_snapshot(arguments.snapshot, engine, last.image, *shown)
    if arguments.headless:
        say(summary(source, profiler))
    return interrupts.exit_code or (EXIT_OUTPUT if keep.failed else 0)


def check_outputs(arguments: argparse.Namespace) -> None:
    """Every output is tried before the first frame; OutputError names the one that cannot be written."""
    files = [path for path in (arguments.stats, arguments.trace, arguments.record) if path is not None]
    kept = []
    if arguments.snapshot is not None:
        check_directory(arguments.snapshot)  # before the files, for one of which it may stand in the way
        kept = [arguments.snapshot / name for name in SNAPSHOT_FILES]
        if arguments.compare is not None:
            check_directory(arguments.snapshot / FOLDER)
            kept += [arguments.snapshot / FOLDER / name for name in (*COMPARISON_FILES, DIFFERENCE_FILE)]
    for path in [*files, *kept]:
        check_file(path)
    if arguments.record is not None:
        check_name(arguments.record)
        check_beside_recording(arguments.record, [*files, *kept])
    bank = bank_file(arguments.filters)
    read = [*([] if bank is None else [bank]), *compared_file(arguments)]
    check_apart([*files, *kept], read, arguments.source)


def initial_state(arguments: argparse.Namespace, say: Say) -> ViewState:
    """The state that the arguments ask for; a bank from a file stands before the built-in ones."""
    bank = bank_from(arguments.filters, say)
    names = [built_in.name for built_in in BUILT_IN_BANKS]
    banks: tuple[FilterBank, ...] = BUILT_IN_BANKS if bank in BUILT_IN_BANKS else (bank, *BUILT_IN_BANKS)
    index = names.index(bank.name) if bank in BUILT_IN_BANKS else 0
    choices = tuple(choice_of(bank, arguments) for bank in banks)
    if words := bias_words(choices[index]):
        say(words)
    return ViewState(
        LayerSettings(choices, index, Activation(arguments.activation)),
        Appearance(range=RangeMode(arguments.range), colormap=arguments.colormap, mirror=arguments.mirror),
        comparing=comparing_of(arguments, say),
    )


def source_settings(arguments: argparse.Namespace, state: ViewState) -> SourceSettings:
    """What the arguments ask of the source; colour only where a bank may read it or the frame itself is recorded."""
    from_file = bool(bank_file(arguments.filters) or compared_file(arguments))  # which may hold other filters later
    kept = (state.comparing.kept.bank,) if isinstance(state.comparing.kept, Layer) else ()
    from_file = from_file or state.model is not None
    reads_colour = from_file or any(bank.channels == 3 for bank in (*state.settings.banks, *kept))
    return SourceSettings(
        width=arguments.width,
        height=arguments.height,
        fps=arguments.fps,
        format=arguments.format,
        loop=arguments.loop,
        wait=arguments.wait,
        paced=not arguments.headless,
        gray_only=not reads_colour and arguments.record_what != "frame",
    )


def records_display(arguments: argparse.Namespace) -> bool:
    """Whether canvases are drawn even where nobody looks."""
    return arguments.record is not None and arguments.record_what == "display"


def open_display(arguments: argparse.Namespace, screen: Screen | None) -> Display:
    """The window, or without one a canvas where the display is to be recorded."""
    if screen is None:
        return NullDisplay(RECORDED_CANVAS_WH if records_display(arguments) else None)
    from live.display.window import Window

    return Window(screen)


def open_serving(
    arguments: argparse.Namespace, settings: SourceSettings, listener: Listener, say: Say
) -> Serving | None:
    """The server of `--serve`, which does not let anybody in yet; None without."""
    if arguments.serve is None:
        return None
    from live.serving import Serving

    return Serving(
        arguments.serve,
        say,
        camera=(settings, listener) if arguments.source == BROWSER else None,
        canvas_wh=RECORDED_CANVAS_WH if records_display(arguments) else None,
    )


def open_keep(arguments: argparse.Namespace, source: FrameSource, trace: Trace | None, say: Say) -> Keep:
    """What is to be kept; recording begins here when it was asked for."""
    keep = Keep(
        snapshots=arguments.snapshot or Path(),
        record_file=arguments.record,
        record_what=arguments.record_what,
        fps=source.fps,
        patient=arguments.headless and not source.live,
        trace=trace,
        source=source.name,
        say=say,
    )
    if arguments.record is not None:
        keep.start_recording()
    return keep


def summary(source: FrameSource, profiler: Profiler) -> str:
    """The one line with which a run without a window ends."""
    compute = profiler.stages["compute"].percentiles() if "compute" in profiler.stages else None
    times = f"compute p50 {compute.p50:.2f} ms, p95 {compute.p95:.2f} ms" if compute else "nothing computed"
    counts = frame_counts(source.counts, profiler)
    return f"{counts['processed']} frames, {profiler.fps:.1f} fps, {times}, {counts['dropped']} dropped"


def _listener(inbox: Inbox, say: Say) -> Callable[[SourceEvent], None]:
    def listen(event: SourceEvent) -> None:
        inbox.append(event)
        if event.kind == "notice":
            say(event.detail)

    return listen


def _tracer(trace: Trace) -> SpanListener:
    rows = {"capture": "capture", "upload": "device", "device": "device", "download": "device"}

    def on_span(stage: str, start_s: float, end_s: float, frame: int | None) -> None:
        trace.span(rows.get(stage, "loop"), stage, start_s, end_s, frame)

    return on_span


def _write_stats(path: Path, source: FrameSource, engine: Engine, profiler: Profiler, last: Last) -> None:
    height, width = last.image.shape[:2] if last.image is not None else (0, 0)
    write_stats(path, stats(source, engine, profiler, last.state, (width, height), created_at_s()))
