"""Many inputs, one after the other: what fails is reported and the others are still written."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import click

from featkit.cli.inputs import Job
from featkit.cli.main import FAILURES, NOTHING, OK, STOPPED
from featkit.errors import FeatkitError, WriteError


class Outcome(NamedTuple):
    """What became of one input."""

    status: str  # "ok" or "skipped"
    seconds: float = 0.0  # of sound
    facts: dict[str, Any] = {}  # noqa: RUF012  (never changed; for --json and -v)


class Report(NamedTuple):
    """How the run reports."""

    as_json: bool = False
    quiet: bool = False
    verbose: bool = False


def run(jobs: list[Job | WriteError], work: Callable[[Job], Outcome], on_error: str, report: Report) -> int:
    """Do ``work`` for every job and return the exit code.

    A FeatkitError fails its own input only; anything else is featkit's fault and ends the run.
    """
    if not jobs:
        click.echo("nothing matched: no file with a known ending in the folders or patterns given", err=True)
        return NOTHING
    counts = {"ok": 0, "failed": 0, "skipped": 0}
    sound, began, code = 0.0, time.perf_counter(), OK
    for job in _progress(jobs, report):
        try:
            if isinstance(job, WriteError):
                raise job
            outcome = work(job)
        except FeatkitError as error:
            counts["failed"] += 1
            source = job.source if isinstance(job, Job) else None
            message = str(error) if source is None or source in str(error) else f"{source}: {error}"
            _say(f"failed: {message}", report, always=True)
            _emit({"input": source, "status": "failed", "error": type(error).__name__, "message": str(error)}, report)
            if on_error == "stop":
                code = STOPPED
                break
            code = FAILURES
            continue
        counts[outcome.status] += 1
        sound += outcome.seconds
        assert isinstance(job, Job)
        if report.verbose or len(jobs) == 1:
            _say(f"{outcome.status}: {job.source} -> {_told(job, outcome)}", report)
        _emit({"input": job.source, "output": job.output, "status": outcome.status, **outcome.facts}, report)
    took = time.perf_counter() - began
    done = " · ".join(f"{number:,} {status}" for status, number in counts.items())
    speed = f" · {_hours(sound)} audio · {sound / took:,.0f}x real time" if sound else ""
    _say(done + speed + (" · stopped at the first failure" if code == STOPPED else ""), report)
    _emit({"summary": {**counts, "audio_seconds": sound, "wall_seconds": took}}, report)
    return code


def _told(job: Job, outcome: Outcome) -> str:
    shape = " x ".join(map(str, outcome.facts.get("shape", ())))
    where = "standard output" if job.output == "-" else job.output
    return f"{where} ({shape} {outcome.facts['dtype']})" if shape else f"{where} ({outcome.facts.get('why', '')})"


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 360 else f"{seconds:.1f} s"


def _say(line: str, report: Report, always: bool = False) -> None:
    if always or not report.quiet:
        click.echo(line, err=True)


def _emit(record: dict[str, Any], report: Report) -> None:
    if report.as_json:
        click.echo(json.dumps(record, ensure_ascii=False))


def _progress(jobs: list[Any], report: Report) -> Iterable[Any]:
    if report.quiet or len(jobs) < 2 or not sys.stderr.isatty():
        return jobs
    try:
        from tqdm import tqdm
    except ImportError:
        return jobs
    return tqdm(jobs, unit="file", file=sys.stderr, leave=False)
