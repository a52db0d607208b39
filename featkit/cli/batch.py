"""Many inputs, one after the other: what fails is reported and the others are still written."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import click

from featkit.cli.inputs import Found, Job
from featkit.cli.main import FAILURES, NOTHING, OK, STOPPED, say
from featkit.cli.progress import bar
from featkit.errors import FeatkitError, InputError


class Outcome(NamedTuple):
    """What became of one input (of one of its channels, where each has a file)."""

    status: str  # "ok" or "skipped"
    output: str
    seconds: float = 0.0  # of sound
    facts: dict[str, Any] = {}  # noqa: RUF012  (never changed; for --json and -v)
    notes: tuple[str, ...] = ()  # what is to be said whether one asks for it or not


class Report(NamedTuple):
    """How the run reports."""

    as_json: bool = False
    quiet: bool = False
    verbose: bool = False


def run(
    found: Found,
    jobs: list[Job],
    work: Callable[[Job], list[Outcome]],
    on_error: str,
    report: Report,
    audio: bool = True,
) -> int:
    """Do ``work`` for every job and return the exit code; ``audio``: how many seconds of it is part of the summary.

    A FeatkitError fails its own input only; anything else is featkit's fault and ends the run.
    """
    for argument in found.nothing:
        say(f"nothing matched: {argument} (a folder is searched for files with known endings, and a pattern for names)")
    if not jobs:
        return NOTHING
    with one_thread():
        return _run(jobs, work, on_error, report, audio)


def one_thread() -> AbstractContextManager[Any]:
    """While it lasts, BLAS libraries use one thread each, where threadpoolctl is there to tell them.

    featkit's own work needs none of their threads, and those of several workers would fight for the processor.
    """
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return nullcontext()
    return threadpool_limits(1)


def _run(jobs: list[Job], work: Callable[[Job], list[Outcome]], on_error: str, report: Report, audio: bool) -> int:
    counts = {"ok": 0, "failed": 0, "skipped": 0}
    sound, began, code = 0.0, time.perf_counter(), OK
    lines = _Lines(jobs, report)
    for job in lines:
        try:
            if job.problem is not None:
                raise job.problem
            outcomes = work(job)
        except (FeatkitError, MemoryError) as failed:
            error = (
                failed
                if isinstance(failed, FeatkitError)
                else InputError(f"not enough memory ({failed}); ask for less")
            )
            counts["failed"] += 1
            lines.say(f"failed: {error}" if job.source in str(error) else f"failed: {job.source}: {error}", always=True)
            _emit(
                {"input": job.source, "status": "failed", "error": type(error).__name__, "message": str(error)}, report
            )
            if on_error == "stop":
                code = STOPPED
                break
            code = FAILURES
            continue
        counts[outcomes[0].status] += 1
        for outcome in outcomes:
            sound += outcome.seconds
            if report.verbose or len(jobs) == 1:
                lines.say(f"{outcome.status}: {job.source} -> {_told(outcome)}")
            for note in outcome.notes:
                lines.say(note)
            _emit({"input": job.source, "output": outcome.output, "status": outcome.status, **outcome.facts}, report)
    lines.close()
    took = time.perf_counter() - began
    done = " · ".join(f"{number:,} {status}" for status, number in counts.items())
    speed = f" · {_hours(sound)} audio · {sound / took:,.0f}x real time" if sound else ""
    lines.say(done + speed + (" · stopped at the first failure" if code == STOPPED else ""))
    seconds = {"audio_seconds": sound} if audio else {}
    _emit({"summary": {**counts, **seconds, "wall_seconds": took}}, report)
    return code


def _told(outcome: Outcome) -> str:
    shape = " x ".join(map(str, outcome.facts.get("shape", ())))
    where = "standard output" if outcome.output == "-" else outcome.output
    return f"{where} ({shape} {outcome.facts['dtype']})" if shape else f"{where} ({outcome.facts.get('why', '')})"


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 360 else f"{seconds:.1f} s"


def _emit(record: dict[str, Any], report: Report) -> None:
    if report.as_json:
        click.echo(json.dumps(record, ensure_ascii=False))


class _Lines:
    """The jobs one by one, with a progress bar where there is a terminal for it, and lines that don't garble it."""

    def __init__(self, jobs: list[Job], report: Report) -> None:
        self._jobs, self._quiet = jobs, report.quiet
        self._bar = bar(report.quiet or len(jobs) < 2, len(jobs), unit="file")

    def __iter__(self) -> Iterator[Job]:
        for job in self._jobs:
            yield job
            if self._bar is not None:
                self._bar.update()

    def say(self, line: str, always: bool = False) -> None:
        """A line on standard error, unless it is to be quiet."""
        if self._bar is not None and not self._bar.disable:
            self._bar.write(line, file=sys.stderr)
        elif always or not self._quiet:
            say(line)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
