"""What a run keeps: snapshots, the recording, the trace. Failing outputs end with a sentence, never the view."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from convviz_core.arrays import ByteArray
from convviz_core.engines.api import Engine, Result
from convviz_core.filters.bank import FilterBank
from live.errors import OutputError
from live.measuring.trace import Trace
from live.outputs import check_directory
from live.recording.beside import WriterBeside
from live.recording.comparison import (
    OtherSide,
    as_shown,
    earlier_files,
    files_of,
    remove_files,
    write_comparison,
)
from live.recording.edited_bank import write_edited
from live.recording.room import check_room, maps_bytes
from live.recording.snapshot import next_snapshot_directory, view_settings, write_snapshot
from live.sources.frame import SourceEvent
from live.state import ViewState
from live.watching import Watched, kept_values

if TYPE_CHECKING:
    from live.model_view.picture import Shown  # which loads torch
    from live.recording.recording import Recording

RecordWhat = Literal["display", "mosaic", "frame"]


@dataclass
class Keep:
    """Where to keep what; nothing is kept that was not asked for. `failed` is the first output that failed.

    What became of it is told to `say`, and is to be said on the picture too: see `take_notices`.
    """

    snapshots: Path = field(default_factory=Path)
    record_file: Path | None = None  # where `v` records to; a name with the date unless given
    record_what: RecordWhat = "display"
    fps: float | None = None
    patient: bool = False  # rather wait for the disk than leave a picture out of the recording
    trace: Trace | None = None
    source: str = ""
    say: Callable[[str], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic
    failed: OutputError | None = None
    _recording: Recording | None = None
    _notices: deque[str] = field(default_factory=deque)
    _beside: WriterBeside = field(default_factory=WriterBeside)

    @property
    def recording(self) -> str | None:
        """The name of the file that is being recorded, for the status strip."""
        recorder = self._recording and self._recording.recorder
        return recorder.path.name if recorder and not recorder.failed else None

    def start_recording(self) -> None:
        """Begin to record; OutputError where the file cannot be made."""
        from live.recording.recorder import Recorder  # its library would hold up the first picture
        from live.recording.recording import Recording

        path = self.record_file or Path(time.strftime("convviz-%Y%m%d-%H%M%S.mkv"))
        recorder = Recorder(
            path,
            self.fps,
            patient=self.patient,
            say=self._notices.append,
            on_encoded=self._trace_encoding if self.trace else None,
        )
        self._recording = Recording(recorder, self.clock)

    def toggle_recording(self) -> None:
        """What the key does: start, or finish the file."""
        if self._recording is not None:
            self.stop_recording()
            return
        try:
            self.start_recording()
        except OutputError as error:
            self._fail(error)
        else:
            self.say(f"recording to {self.recording}")  # on the picture the strip has its red mark

    def stop_recording(self) -> None:
        """Finish the file, if there is one, within a second."""
        recording, self._recording = self._recording, None
        if recording is None:
            return
        try:
            self._notices.append(recording.close())
        except OutputError as error:
            self._fail(error)

    def _trace_encoding(self, start_s: float, end_s: float, frame: int) -> None:
        if self.trace:
            self.trace.span("recorder", "encoding", start_s, end_s, frame)

    def picture(
        self, canvas: ByteArray | None, mosaic: ByteArray, image: ByteArray, media_time_s: float, frame: int = 0
    ) -> None:
        """Frame `frame` has gone its whole way: record what was asked for, at its time on the source's own clock."""
        if self._recording and not self._gave_up():
            self._recording.follow(self._asked_for(canvas, mosaic, image), media_time_s, frame)

    def still_picture(
        self, canvas: ByteArray | None, mosaic: ByteArray, image: ByteArray, media_time_s: float, frame: int = 0
    ) -> None:
        """The same, where no next frame is due, as while it is paused, of one that may have come long ago."""
        if self._recording and not self._gave_up():
            self._recording.stand(self._asked_for(canvas, mosaic, image), media_time_s, frame)

    def picture_stays(self) -> None:
        """No next frame is due, and what was given last is still seen."""
        if self._recording and not self._gave_up():
            self._recording.stay()

    def _asked_for(self, canvas: ByteArray | None, mosaic: ByteArray, image: ByteArray) -> ByteArray:
        shown = mosaic if canvas is None else canvas
        return {"display": shown, "mosaic": mosaic, "frame": image}[self.record_what]

    def _gave_up(self) -> bool:
        failed = self._recording is not None and self._recording.recorder.failed is not None
        if failed:
            self.stop_recording()
        return failed

    def snapshot(
        self,
        engine: Engine,
        image: ByteArray,
        state: ViewState,
        result: Result | None,
        watched: Sequence[Watched] = (),
        other: OtherSide | None = None,
        shown: Shown | None = None,
    ) -> None:
        """Keep the picture on the screen in a new folder, and say so; a model's answer is written beside the loop."""

        def write() -> None:
            directory = next_snapshot_directory(self.snapshots)
            try:
                size = self.write_snapshot(directory, engine, image, state, result, watched, other, shown)
            except OutputError as error:
                self._fail(error)
            else:
                self._notices.append(f"snapshot in {directory}" + f", {size}" * bool(size))

        if shown is None:
            write()  # with the engine, which is the loop's
        else:
            self._beside.put(write)

    def write_snapshot(
        self,
        directory: Path,
        engine: Engine,
        image: ByteArray,
        state: ViewState,
        result: Result | None,
        watched: Sequence[Watched] = (),
        other: OtherSide | None = None,
        shown: Shown | None = None,
    ) -> str:
        """frame.png, mosaic.png at full size, maps.npz, settings.json, reproduce.py; OutputError if not.

        other: what is compared, whose files come with it. shown: a model's answer, where one is shown. Returns how much
        it is, where that is much, which is said before.
        """
        earlier = earlier_files(directory)
        if shown is not None:
            from live.recording.model_comparison import model_comparison_files
            from live.recording.model_snapshot import write_model_snapshot  # which loads torch

            size = check_room(directory, shown.answer.conv.nbytes, self.say)
            about = {"engine": engine.name, "device": engine.device, "source": self.source}
            write_model_snapshot(directory, shown, state, watched, about)
            remove_files(set(earlier) - set(model_comparison_files(directory, shown.other)))
            return size
        layer = state.layer
        sides = (layer, other.two.kept) if other else (layer,)
        size = check_room(directory, sum(maps_bytes(side, image.shape) for side in sides), self.say)
        own = None if other and other.two.difference else result  # a difference's range is not the layer's
        full = engine.run(image, layer, as_shown(state.appearance.range, own))
        conv, activated = engine.maps(image, layer)
        pixels = kept_values(state.interaction.pins, layer, conv, activated, full.mosaic, watched)
        settings = view_settings(state, full, engine) | {"source": self.source, "watched": pixels}
        mosaic = full.mosaic.copy() if other else full.mosaic
        if other:
            live_maps = conv if layer.signed else activated
            check_directory(directory)
            settings["compare"] = write_comparison(directory, engine, image, state.appearance.range, other, live_maps)
        write_snapshot(directory, image, mosaic, layer, conv, activated, settings)
        remove_files(set(earlier) - set(files_of(directory, other)))
        return size

    def edited_bank(self, bank: FilterBank) -> bool:
        """Write a bank that was changed by hand to a new file in the current folder; whether it is there."""
        try:
            path = write_edited(bank, Path())
        except OutputError as error:
            self._fail(error)
            return False
        self._notices.append(f"'{bank.name}' is kept in {path}")
        return True

    def source_event(self, event: SourceEvent) -> None:
        """Something happened to the source: into the trace."""
        if self.trace:
            self.trace.instant(event.kind, event.at_s, event.detail)

    def take_notices(self) -> list[str]:
        """What is to be said on the picture since the last time; `say` is told of it here."""
        self._beside.check()
        notices = []
        while self._notices:
            notices.append(self._notices.popleft())
            self.say(notices[-1])
        return notices

    def close(self) -> None:
        """Finish every file."""
        self.stop_recording()
        self._beside.close()
        if self.trace:
            self.trace.close()
            if self.trace.left_out:
                self._notices.append(
                    f"{self.trace.left_out} events were left out of the trace: they came faster than the disk"
                )
            if self.trace.failed:
                self._fail(self.trace.failed)
        self.take_notices()

    def _fail(self, error: OutputError) -> None:
        self.failed = self.failed or error
        self._notices.append(str(error))
