"""What was measured, as one Markdown page."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from benchmarks.timing import Budget, Pair, Result, measure_apart

PACKAGES = (
    *("featkit", "numpy", "scipy", "kaldi-native-fbank", "torch", "torchaudio", "python_speech_features", "librosa"),
    *("openai-whisper", "transformers", "faster-whisper", "scikit-learn", "scikit-image", "pyFFTW", "mkl_fft"),
    "gensim",
)


class Asked(NamedTuple):
    """What the command line asked for."""

    only: tuple[str, ...] = ()
    quick: bool = False
    pictures: Path | None = None  # where plots go

    def wants(self, name: str) -> bool:
        """Whether the name holds one of the asked substrings, or none was asked for."""
        return not self.only or any(part.lower() in name.lower() for part in self.only)

    @property
    def budget(self) -> Budget:
        """How long each pair is timed."""
        return Budget(0.5, 3, 15) if self.quick else Budget()


class Section(NamedTuple):
    """One heading of the page with its table."""

    title: str
    text: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    problems: list[str] = []  # noqa: RUF012  (never changed)
    after: str = ""
    busy: tuple[float, ...] = ()  # processor time over wall time of what was measured

    def __str__(self) -> str:
        lines = [self.head, ("---",) * len(self.head), *self.rows]
        table = "\n".join(f"| {' | '.join(row)} |" for row in lines) if self.rows else ""
        return "\n\n".join(part for part in (f"## {self.title}", self.text, table, self.after) if part)


def say(line: str) -> None:
    """Progress, on standard error."""
    print(line, file=sys.stderr, flush=True)


# --- pairs --------------------------------------------------------------------------------------------------------------

HEAD = ("peer", "featkit", "ratio (quartiles)", "featkit ms", "peer ms", "difference (limit)", "floor", "goal", "")


def pairs_sections(pairs: Iterable[Pair], asked: Asked) -> Iterator[Section]:
    """Measure the pairs that are asked for; the pairs of the same work make a section."""
    wanted = [pair for pair in pairs if asked.wants(pair.name)]
    by_work = {pair.work: [] for pair in wanted}  # in the order of their first pair
    for pair in wanted:
        by_work[pair.work].append(pair)
    for group in by_work.values():
        results = []
        for pair in group:
            results.append(measure_apart(pair, asked.budget))
            say(str(results[-1]))
        yield pairs_section(results)


def pairs_section(results: list[Result]) -> Section:
    """One work, all its peers."""
    measured = [result for result in results if not result.absent]
    problems = [f"{result}" for result in measured if result.verdict in ("FAILED", "BELOW FLOOR")]
    absent = ", ".join(result.pair.peer for result in results if result.absent)
    after = f"Not measured, because it cannot be imported: {absent}." if absent else ""
    busy = tuple(result.busy for result in measured if not result.disagreement)
    return Section(results[0].pair.work, "", HEAD, [_row(result) for result in measured], problems, after, busy)


def _row(result: Result) -> tuple[str, ...]:
    pair = result.pair
    ratio, ours, theirs = "", "", ""
    if not result.disagreement:
        low, middle, high = result.quartiles
        ratio = f"**{middle:.2f}** ({low:.2f}-{high:.2f})"
        ours, theirs = (f"{value:,.0f}" if value >= 100 else f"{value:.3g}" for value in result.medians * 1e3)
    wanted = ("" if value is None else f"{value:g}" for value in (pair.floor, pair.goal))
    last = f"FAILED: {result.disagreement}" if result.disagreement else result.verdict
    return pair.peer, pair.ours, ratio, ours, theirs, _difference(result), *wanted, last


def _difference(result: Result) -> str:
    limit = result.pair.limit
    if limit is None:
        return "another recipe"
    found = "" if result.difference is None else f"{result.difference:.1e} "
    return f"{found}({limit.value:.1e}{' of the largest value' if limit.relative else ''})"


# --- the page -----------------------------------------------------------------------------------------------------------

OPENING = """\
# How fast, how big: {title}

This page is what

    python -m benchmarks --write {name}

printed. How it is measured, and what the columns say: [benchmarks.md](../benchmarks.md). Processor time was {busy} of the wall
time.
"""


def page(name: str, title: str, sections: list[Section]) -> str:
    """A whole page."""
    busy = [share for section in sections for share in section.busy]
    shown = f"{min(busy):.2f}-{max(busy):.2f}" if busy else "not measured as a share"
    opening = OPENING.format(name=name, title=title, busy=shown)
    return "\n\n".join([opening.rstrip(), environment(), *map(str, sections)]) + "\n"


def environment() -> str:
    """Processor and versions; no date, no names."""
    rows = [("Processor", processor()), ("System", f"{platform.system()} {platform.machine()}")]
    rows += [("Python", platform.python_version())]
    rows += [(package, found) for package in PACKAGES if (found := _version(package))]
    return str(Section("Where", "", ("", ""), rows))


def processor() -> str:
    """As the system calls it."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    said = dict(re.findall(r"^([\w ]+?)\s*: (.*)$", text.partition("\n\n")[0], re.MULTILINE))
    cores = text.count("\nprocessor") + text.startswith("processor")
    wide = next((name for name in ("avx512f", "avx2", "avx") if name in said.get("flags", "").split()), "")
    kind = f"family {said.get('cpu family', '?')} model {said.get('model', '?')}"
    return f"{said.get('model name', platform.machine())} ({kind}), {cores} cores{', ' + wide if wide else ''}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
