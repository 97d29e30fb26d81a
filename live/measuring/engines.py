"""Which engines answered, and what each took."""

from __future__ import annotations

from dataclasses import dataclass, field

from live.measuring.record import Samples


@dataclass
class EngineRecord:
    """One engine's answers: the frames that went their whole way with them, and what each computing took.

    since_s: when it took over last.
    """

    engine: str
    device: str
    since_s: float
    frames: int = 0
    compute: Samples = field(default_factory=Samples)

    def __str__(self) -> str:
        """For a person: "halide on cpu"."""
        return f"{self.engine} on {self.device}"


class Engines:
    """One record for each that answered, in the order in which they first did; `current` answered last."""

    def __init__(self) -> None:
        self.records: list[EngineRecord] = []
        self.current: EngineRecord | None = None

    def answered(self, engine: str, device: str, ended_at_s: float, ms: float) -> str | None:
        """Take in one answer; where another engine has taken over with it, a sentence that says so."""
        before = self.current
        if before is None or (before.engine, before.device) != (engine, device):
            self.current = self._record(engine, device)
            self.current.since_s = ended_at_s
        assert self.current is not None
        self.current.compute.add(ms)
        return f"{self.current} takes over from {before}" if before and before is not self.current else None

    def _record(self, engine: str, device: str) -> EngineRecord:
        for record in self.records:
            if (record.engine, record.device) == (engine, device):
                return record
        self.records.append(EngineRecord(engine, device, 0.0))
        return self.records[-1]

    def begin_anew(self) -> None:
        """Nothing has been measured yet; the engine goes on."""
        self.records = []
        if self.current:
            self.current = EngineRecord(self.current.engine, self.current.device, self.current.since_s)
            self.records = [self.current]

    def as_list(self) -> list[dict[str, object]]:
        """As `--stats` has them: those that answered."""
        return [
            {
                "engine": one.engine,
                "device": one.device,
                "frames": one.frames,
                "compute_ms": found.without_count(),
            }
            for one in self.records
            if (found := one.compute.percentiles())
        ]
