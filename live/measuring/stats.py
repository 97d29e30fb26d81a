"""`--stats FILE`: the run's record as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from convviz_core.engines.api import Engine
from convviz_core.layer import Layer
from live.comparing import CompareMode
from live.measuring.profiler import Profiler
from live.measuring.record import Samples
from live.outputs import replacing
from live.sources.frame import FrameSource, SourceCounts
from live.state import ViewState


def stats(
    source: FrameSource,
    engine: Engine,
    profiler: Profiler,
    state: ViewState,
    size_wh: tuple[int, int],
    process_created_at_s: float,
) -> dict[str, object]:
    """The record, as the documentation of `--stats` has it; times in s or, where the name says so, in ms."""
    first_s = profiler.first_picture_at_s
    stages = {name: samples.percentiles() for name, samples in profiler.stages.items()}
    return {
        "schema": 1,
        "source": source.name,
        "size_wh": list(size_wh),
        "engine": engine.name,
        "device": engine.device,
        **_shown(state),
        "activation": str(state.settings.activation),
        "range": str(state.appearance.range),
        **compared_words(state),
        "engines": profiler.engines.as_list(),
        "frames": frame_counts(source.counts, profiler),
        "seconds": profiler.seconds,
        "fps": profiler.fps,
        "first_picture_s": None if first_s is None else first_s - process_created_at_s,
        "stages_ms": {name: found.as_dict() for name, found in stages.items() if found},
        "intervals_ms": _percentiles(profiler.bars.intervals),
        "latency_ms": _percentiles(profiler.latency),
    }


def _shown(state: ViewState) -> dict[str, object]:
    """The bank, or the model with its layer."""
    if state.model is None:
        return {"filters": state.layer.bank.name}
    model = state.model
    size = "x".join(map(str, model.input_hw[::-1])) if model.input_hw else None
    named = {"model": model.model.name, "weights": model.weights, "layer": model.name, "input": size}
    return {"filters": model.model.name, **named, "normalize": str(model.normalize or "none")}


def compared_words(state: ViewState) -> dict[str, object]:
    """What was compared, where something was."""
    comparing = state.comparing
    if comparing.kept is None or comparing.mode == CompareMode.OFF:
        return {}
    kept, kind = comparing.kept, "filters" if isinstance(comparing.kept, Layer) else "layer"
    return {"compare": {"as": str(comparing.mode), kind: kept.name, "activation": str(kept.activation)}}


def frame_counts(counts: SourceCounts, profiler: Profiler) -> dict[str, int]:
    """What became of the frames, without those of the warm-up; captured = processed + dropped once it is all over."""
    before = profiler.before
    return {
        "captured": counts.captured - before.processed - before.dropped,
        "processed": profiler.processed.count - before.processed,
        "shown": profiler.shown.count - before.shown,
        "dropped": counts.dropped + profiler.given_up - before.dropped,
        "failed_reads": counts.failed_reads - before.failed_reads,
        "reconnects": counts.reconnects - before.reconnects,
    }


def _percentiles(samples: Samples) -> dict[str, float | None]:
    found = samples.percentiles()
    return {**found.without_count()} if found else dict.fromkeys(("p50", "p95", "p99", "max"))


def write_stats(path: Path, record: dict[str, object]) -> None:
    """Write it whole or not at all; OutputError where it cannot be."""
    with replacing(path) as beside:
        beside.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
