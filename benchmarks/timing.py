"""Two calls timed in turn on one thread, once it is shown that they give the same numbers."""

from __future__ import annotations

import gc
import os
import pickle
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np


class Calls(NamedTuple):
    """What a pair runs once its input is made."""

    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    #: The features in what ``theirs`` returns; for the gate, never timed.
    read: Callable[[Any], Any] = np.asarray
    #: Makes a call whose time is taken off that of ``theirs``.
    spared: Callable[[], Callable[[], Any]] | None = None
    #: As ``read``, of what ``ours`` returns.
    shown: Callable[[Any], Any] = np.asarray


#: Seconds that a side is at work without a break: a data set is many calls in a row, and the first one after something else
#: has run finds the processor's caches cold.
AT_A_TIME = 0.05


class Limit(NamedTuple):
    """How far the two results may be apart."""

    value: float
    relative: bool  # to the peer's largest value
    log_bands: bool = False  # rows are natural logarithms of bands' power

    def allowed(self, theirs: np.ndarray) -> np.ndarray | float:
        """Of each value, or of all.

        A band 60 dB below the loudest of its frame begins to show the rounding of single precision that the loudest brings
        into the transform, in every library alike, and the more the lower it lies: by the ratio of the amplitudes.
        """
        if self.log_bands:
            amplitudes = np.exp((theirs.max(axis=1, keepdims=True) - theirs) / 2)
            return self.value * np.maximum(1, amplitudes / 1000)
        return self.value * ((float(np.abs(theirs).max()) or 1.0) if self.relative else 1.0)


@dataclass(frozen=True)
class Pair:
    """One piece of work done by featkit and by a peer."""

    work: str
    peer: str
    ours: str  # what of featkit does it
    needs: tuple[str, ...]  # modules that must be importable
    build: Callable[[], Calls]
    limit: Limit | None  # None: the peer computes something else, and nothing is compared
    floor: float | None = None
    goal: float | None = None

    @property
    def name(self) -> str:
        """What ``--only`` looks into."""
        return f"{self.work}: {self.peer} ({self.ours})"


class Budget(NamedTuple):
    """How long to time: about so many seconds, within so many rounds."""

    seconds: float = 6.0
    fewest: int = 7
    most: int = 200

    def rounds(self, one: float) -> int:
        """How often something that takes ``one`` second is to be run."""
        return int(np.clip(self.seconds / one, self.fewest, self.most))


@dataclass(frozen=True)
class Result:
    """What came out for a pair."""

    pair: Pair
    absent: str = ""  # the module that cannot be imported
    disagreement: str = ""  # why the gate stayed shut; then there are no times
    difference: float | None = None
    seconds: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))  # per round: ours, theirs
    busy: float = 0.0  # processor time over wall time: 1 for one thread

    @property
    def quartiles(self) -> np.ndarray:
        """Of the ratio theirs / ours, round by round: lower, median, upper."""
        return np.percentile(self.seconds[:, 1] / self.seconds[:, 0], [25, 50, 75])

    @property
    def medians(self) -> np.ndarray:
        """Seconds: ours, theirs."""
        return np.median(self.seconds, axis=0)

    @property
    def verdict(self) -> str:
        """In a word or two."""
        if self.absent or self.disagreement:
            return "absent" if self.absent else "FAILED"
        return verdict(self.quartiles[1], self.pair.floor, self.pair.goal)

    def __str__(self) -> str:
        if self.absent:
            return f"{self.pair.name}: absent ({self.absent})"
        if self.disagreement:
            return f"{self.pair.name}: FAILED: {self.disagreement}"
        low, ratio, high = self.quartiles
        ours, theirs = self.medians * 1e3
        return f"{self.pair.name}: {ratio:.2f} ({low:.2f}-{high:.2f}), {ours:.2f} ms against {theirs:.2f} ms, {self.verdict}"


def verdict(value: float, floor: float | None, goal: float | None) -> str:
    """Of a number that is to be high; for one that is to be low hand in all three negated."""
    if floor is None:
        return ""
    if value < floor:
        return "BELOW FLOOR"
    return "goal reached" if goal is not None and value >= goal else "floor held"


def measure(pair: Pair, budget: Budget) -> Result:
    """Set the pair up, compare what its two sides give, and time them in turn."""
    for module in pair.needs:
        why = missing(module)
        if why:
            return Result(pair, absent=why)
    calls = pair.build()
    began = time.perf_counter()
    ours, theirs = calls.ours(), calls.theirs()
    one = time.perf_counter() - began
    difference, disagreement = compare(np.asarray(calls.shown(ours)), np.asarray(calls.read(theirs)), pair.limit)
    del ours, theirs
    if disagreement:
        return Result(pair, disagreement=disagreement, difference=difference)
    seconds, busy = interleaved(calls, budget.rounds(one), in_a_row(calls))
    return Result(pair, difference=difference, seconds=seconds, busy=busy)


def measure_apart(pair: Pair, budget: Budget) -> Result:
    """:func:`measure` in a process of its own, forked before anything was measured.

    What a process has allocated and freed before decides whether the C library gives large arrays back to the system each
    time; so a pair's figures would depend on the pairs before it.
    """
    if not hasattr(os, "fork"):
        return measure(pair, budget)
    sys.stdout.flush(), sys.stderr.flush()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            found = replace(measure(pair, budget), pair=None)
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(found, pipe)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise RuntimeError(f"{pair.name} could not be measured; what it says is above")
    return replace(pickle.loads(told), pair=pair)


@cache
def missing(module: str) -> str:
    """Why a peer cannot be imported, or nothing."""
    try:
        import_module(module)
    except ImportError as error:
        return f"{module}: {error}" if module not in str(error) else str(error)
    return ""


def compare(ours: np.ndarray, theirs: np.ndarray, limit: Limit | None) -> tuple[float | None, str]:
    """The largest difference, in the limit's unit and smaller where more is allowed; and what is wrong, if anything."""
    if limit is None:
        return None, ""
    if ours.shape != theirs.shape:
        return None, f"shape {ours.shape} against {theirs.shape}"
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        return None, "not every value is finite"
    difference = limit.value * float((np.abs(ours - theirs) / limit.allowed(theirs)).max()) if theirs.size else 0.0
    too_far = f"differs by {difference:.1e}, the limit is {limit.value:.1e}"
    return difference, "" if difference <= limit.value else too_far


def in_a_row(calls: Calls) -> int:
    """How often each side is called in a round: so that the faster one is at work for AT_A_TIME, forty times at most."""
    calls.ours(), calls.theirs()  # warm: the first calls have built tables and plans
    quickest = min(clocked(calls.ours), clocked(calls.theirs))
    return int(np.clip(round(AT_A_TIME / quickest), 1, 40))


def interleaved(calls: Calls, rounds: int, each: int = 1) -> tuple[np.ndarray, float]:
    """Seconds a call of ours and theirs, round by round, and how many processors were busy."""
    seconds = np.empty((max(min(rounds, 9), rounds // each), 2))
    with no_collection():
        began, worked = time.perf_counter(), time.process_time()
        for row in seconds:
            row[:] = [
                clocked(lambda call=call: [call() for _ in range(each)]) / each for call in (calls.ours, calls.theirs)
            ]
            if calls.spared is not None:
                row[1] -= clocked(calls.spared())
        busy = (time.process_time() - worked) / (time.perf_counter() - began)
    return seconds, busy


def clocked(call: Callable[[], Any]) -> float:
    """Seconds that a call takes, its result thrown away within them."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


class no_collection:  # noqa: N801  (read as a statement)
    """No garbage collection while it is timed, and no garbage before."""

    def __enter__(self) -> None:
        gc.collect()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        gc.enable()
