"""Feeds damaged files and odd addresses to whatever reads them: `python scripts/fuzz.py [TARGET ...] [--seconds S]`.

Each target gets its share of the time in processes of its own, so that a crash or a hang is a finding like any other.
Where atheris is installed (https://github.com/google/atheris) it chooses the inputs by what they make the Python code
do; elsewhere, or with --plain, seeds are changed at random. The seeds are small and made anew each time.

A finding is an exception that the target does not expect, a signal, more than 10 s of work (ended with -27) or more
than 4 GB. The input stays in the folder --findings, and `python scripts/fuzz.py TARGET --input FILE` tries it again.
Exit code: 1 where there are any.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing as mp
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from types import FunctionType

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the checkout need not be installed

from live.opencv_settings import keep_native_noise_out  # noqa: E402  # isort: skip  (before cv2)

import fuzz_filters  # noqa: E402
import fuzz_sources  # noqa: E402
from fuzz_target import Target, check, mutated  # noqa: E402

TARGETS: dict[str, Target] = {target.name: target for target in fuzz_filters.TARGETS + fuzz_sources.TARGETS}

SPAWN = mp.get_context("spawn")
LONGEST_S = 10  # of the process's own time, since the machine may have other things to do
LONGEST_WAIT_S = 120
MOST_MB = 4096
RUNS_A_PROCESS = 20_000  # libraries that leak a little are no finding


def main() -> int:
    """Fuzz what the arguments name; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"all where none is named: {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=float, default=60, help="for all targets together")
    parser.add_argument("--seed", type=int, default=0, help="of the random changes")
    parser.add_argument("--plain", action="store_true", help="random changes even where atheris is installed")
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"), metavar="DIR")
    parser.add_argument("--input", type=Path, metavar="FILE", help="try this one input, in this process")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.targets if name not in TARGETS]
    if unknown:
        parser.error(f"there is no target {unknown[0]!a}, there are {', '.join(TARGETS)}")
    targets = [TARGETS[name] for name in arguments.targets] or list(TARGETS.values())
    if arguments.input:
        check(targets[0], arguments.input.read_bytes())
        return 0
    plain = arguments.plain or importlib.util.find_spec("atheris") is None
    found = 0
    for target in targets:
        found += _fuzz(target, arguments.seconds / len(targets), arguments.seed, plain, arguments.findings)
    return 1 if found else 0


def _fuzz(target: Target, seconds: float, seed: int, plain: bool, findings: Path) -> int:
    """Run `target` for so long and say what came of it; how many findings there are."""
    end_s, runs, found = time.monotonic() + seconds, SPAWN.Value("L", 0), 0
    with tempfile.TemporaryDirectory() as scratch:
        current = Path(scratch) / "input"
        while time.monotonic() < end_s:
            work = _random_runs if plain else _guided_runs
            process = SPAWN.Process(target=work, args=(target.name, seed, end_s - time.monotonic(), current, runs))
            process.start()
            _wait(process, runs)
            seed += 1
            if not runs.value:
                print(f"{target.name}: could not be begun", flush=True)
                return 1
            if process.exitcode != 0 and current.exists():
                found += 1
                findings.mkdir(exist_ok=True)
                kept = findings / f"{target.name}-{found}-{int(time.time())}"
                kept.write_bytes(current.read_bytes())
                print(f"{target.name}: {kept} ended with {process.exitcode}", flush=True)
    way = "random changes" if plain else "atheris"
    print(f"{target.name}: {runs.value} inputs in {seconds:.0f} s ({way}), {found} findings", flush=True)
    return found


def _wait(process: mp.process.BaseProcess, runs: Synchronized[int]) -> None:
    """Wait for the process; one that waits for ever uses no time of its own, and is killed."""
    last, since_s = runs.value, time.monotonic()
    while process.is_alive():
        process.join(0.5)
        if runs.value != last:
            last, since_s = runs.value, time.monotonic()
        elif time.monotonic() - since_s > LONGEST_WAIT_S:
            process.kill()
            process.join()


def _random_runs(name: str, seed: int, seconds: float, current: Path, runs: Synchronized[int]) -> None:
    keep_native_noise_out()
    _limit_memory()
    target, chance = TARGETS[name], random.Random(seed)
    seeds, end_s = target.seeds(), time.monotonic() + seconds
    for _ in range(RUNS_A_PROCESS):
        data = mutated(chance, seeds)
        current.write_bytes(data)
        _limit_time()
        check(target, data)
        runs.value += 1
        if time.monotonic() > end_s:
            break
    current.unlink()


def _guided_runs(name: str, seed: int, seconds: float, current: Path, runs: Synchronized[int]) -> None:
    import atheris

    target = TARGETS[name]
    for module in [name for name in sys.modules if name.startswith(target.instrumented)]:
        for function in _functions(vars(sys.modules[module]), module):
            atheris.instrument_func(function)

    def one(data: bytes) -> None:
        current.write_bytes(data)
        _limit_time()
        check(target, data)
        runs.value += 1

    corpus = current.parent / f"corpus-{name}"
    corpus.mkdir(exist_ok=True)
    for number, data in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(data)
    options = [f"-max_total_time={max(1, int(seconds))}", f"-seed={seed + 1}", f"-rss_limit_mb={MOST_MB}"]
    options += [f"-max_len={target.longest}", f"-timeout={LONGEST_WAIT_S}", f"-artifact_prefix={current.parent}/"]
    atheris.Setup([sys.argv[0], *options, "-verbosity=0", str(corpus)], one)
    atheris.Fuzz()
    os._exit(0)


def _functions(names: dict[str, object], module: str) -> Iterator[FunctionType]:
    """The functions and methods that `module` itself defines."""
    for value in list(names.values()):
        if getattr(value, "__module__", None) == module:
            if isinstance(value, FunctionType):
                yield value
            elif isinstance(value, type):
                yield from _functions(dict(vars(value)), module)


def _limit_time() -> None:
    """From now on; the process ends with SIGPROF. Windows has no such clock."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, LONGEST_S)


def _limit_memory() -> None:
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MB << 20, MOST_MB << 20))


if __name__ == "__main__":
    sys.exit(main())
