"""Word vectors against gensim and Stanford's GloVe: from the same text file, and how good they are."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.memory import peak
from benchmarks.report import Asked, Section, say
from benchmarks.timing import missing, verdict

#: What both sides train with.
SETTINGS = {"dim": 100, "window": 5, "negatives": 5, "sample": 1e-3, "min_count": 5, "epochs": 5}
#: Rounds of GloVe through its matrix, and where a pair counts fully: both as its demo has them for a corpus of this size.
GLOVE_ROUNDS, X_MAX = 15, 10.0
#: What co-occurrence counting may take, in MB, to have reached its goal.
MEMORY = 1000
#: With --quick so much of the corpus, a third. Its vocabulary is smaller, so more of gensim's vectors stay in the cache: ratios
#: come out lower than on the whole, and how good vectors are is not judged.
LINES = 48_000
#: The folder with Stanford's programs (vocab_count, cooccur, shuffle, glove) is named by this.
PROGRAMS = "GLOVE_BUILD"


class Work(NamedTuple):
    """One line of the table: gensim with as many workers does the same."""

    title: str
    model: str
    workers: int
    floor: float
    goal: float


WORKS = (
    Work("skip-gram, 1 thread", "skipgram", 1, 4.5, 8),
    Work("CBOW, 1 thread", "cbow", 1, 1.1, 2),
    Work("skip-gram, 2 workers", "skipgram", 2, 3.5, 6),
)


def sections(asked: Asked) -> Iterator[Section]:
    """word2vec against gensim, GloVe against its own program."""
    wanted = [name for name in ("embeddings: word2vec", "embeddings: GloVe") if asked.wants(name)]
    if not wanted:
        return
    data = os.environ.get("FEATKIT_DATA")
    if data is None or not (corpus := Path(data) / "corpora" / "enwiki_10m.txt.xz").exists():
        yield Section(
            "Word vectors", "Not measured: FEATKIT_DATA names no folder with corpora/enwiki_10m.txt.xz.", (), []
        )
        return
    with tempfile.TemporaryDirectory() as folder:
        text = _words(corpus, Path(folder) / "words.txt", LINES if asked.quick else None)
        slice_ = "English Wikipedia, "
        if asked.quick:
            slice_ += f"its first {LINES:,} paragraphs only, on which ratios are lower than on the whole, "
        if wanted[0].endswith("word2vec") and not missing("gensim"):
            yield _word2vec(text, slice_, Path(folder), Path(data), 1 if asked.quick else 3)
        if wanted[-1].endswith("GloVe"):
            yield _glove(text, slice_, Path(folder), Path(data))


def _words(corpus: Path, path: Path, lines: int | None) -> Path:
    """A text of words in lower case with single spaces between, so that all sides cut it the same way."""
    import lzma
    import re

    words = re.compile(r"\w+")
    with lzma.open(corpus, "rt", encoding="utf-8") as given, open(path, "w", encoding="utf-8") as out:
        for line in islice(given, lines):
            out.write(" ".join(words.findall(line.lower())) + "\n")
    return path


# --- a side at work, in a process of its own ------------------------------------------------------------------------------


class Run(NamedTuple):
    """What a run took, and how good what it made is."""

    wall: float
    processor: float
    spearman: float
    analogies: float


def _started(side: str, options: dict[str, Any], text: Path, folder: Path) -> tuple[subprocess.Popen[bytes], Path]:
    out = folder / f"{side}_{options['seed']}.npy"
    command = [sys.executable, "-m", "benchmarks.embeddings", side, json.dumps(options), str(text), str(out)]
    return subprocess.Popen(command, stdout=subprocess.PIPE), out


def _run(side: str, options: list[dict[str, Any]], text: Path, folder: Path, data: Path) -> list[Run]:
    """A run with each of some options, at the same time."""
    import featkit
    from featkit.files.vectors import load_analogies, load_judgements

    runs = []
    for given, (process, out) in zip(options, [_started(side, each, text, folder) for each in options], strict=True):
        told = json.loads(process.communicate()[0])
        words = featkit.load_vectors(out)
        spearman = featkit.judged(words, load_judgements(data / "text" / "wordsim353.tsv")).spearman
        total = featkit.completed(words, load_analogies(data / "text" / "questions-words.txt"))[-1]
        runs.append(Run(told["wall"], told["processor"], spearman, total.accuracy))
        say(
            f"embeddings: {side} {given}: {told['wall']:.1f} s, processor {told['processor']:.1f} s, "
            f"WordSim {spearman:.3f}, analogies {total.accuracy:.3f}"
        )
    return runs


def _featkit(options: dict[str, Any], text: str, out: str) -> None:
    import featkit

    workers = options.pop("workers", 1)
    learner = featkit.Word2Vec(**options)
    corpus = learner.start()
    for block in featkit.documents(text):
        learner.update(corpus, featkit.SplitWhitespace()(block))
    for training in learner.trainings(corpus, workers=workers):  # noqa: B007
        pass
    featkit.write_vectors(out, learner.vectors(corpus, training), overwrite=True)


def _gensim(options: dict[str, Any], text: str, out: str) -> None:
    from gensim.models import Word2Vec
    from gensim.models.word2vec import LineSentence

    import featkit

    theirs = {
        "vector_size": options["dim"], "window": options["window"], "negative": options["negatives"],
        "sample": options["sample"], "min_count": options["min_count"], "epochs": options["epochs"],
        "sg": int(options["model"] == "skipgram"), "seed": options["seed"], "workers": options.get("workers", 1),
    }  # fmt: skip
    made = Word2Vec(LineSentence(text), **theirs).wv
    featkit.write_vectors(out, featkit.WordVectors(featkit.Strings(made.index_to_key), made.vectors), overwrite=True)


def _word2vec(text: Path, slice_: str, folder: Path, data: Path, seeds: int) -> Section:
    rows, problems, busy, after = [], [], [], ""
    for work in WORKS:
        many = seeds if work.workers == 1 else 1
        options = [
            SETTINGS | {"model": work.model, "seed": seed, "workers": work.workers} for seed in range(1, many + 1)
        ]
        ours, theirs = (_run(side, options[:1], text, folder, data) for side in ("featkit", "gensim"))
        for each in options[1:]:
            ours += _run("featkit", [each], text, folder, data)
        if work.workers == 1:
            busy += [run.processor / run.wall for run in ours + theirs]
        else:
            had = (f"{each[0].processor / each[0].wall:.1f}" for each in (ours, theirs))
            after = f"With {work.workers} workers featkit kept {' processors busy and gensim '.join(had)}, of those to be had."
        theirs += _run("gensim", options[1:], text, folder, data)  # for how good they are only
        # One thread: processor time, which other processes don't disturb; two: what is waited for.
        at = 1 if work.workers == 1 else 0
        mine, gensims = np.array(ours), np.array(theirs)
        ratios = np.percentile(gensims[0, at] / mine[:, at], [0, 50, 100])
        word = verdict(ratios[1], work.floor, work.goal)
        rows.append(
            (
                work.title, f"**{ratios[1]:.2f}** ({ratios[0]:.2f}-{ratios[2]:.2f})",
                f"{np.median(mine[:, at]):.1f}", f"{gensims[0, at]:.1f}",
                *(_range(side[:, column]) for column in (2, 3) for side in (mine, gensims)),
                f"{work.floor:g}", f"{work.goal:g}", word,
            )
        )  # fmt: skip
        if word == "BELOW FLOOR":
            problems.append(f"embeddings: {work.title}: {ratios[1]:.2f} times gensim, the floor is {work.floor:g}")
        for name, column in (("WordSim-353", 2), ("analogies", 3)):
            low = gensims[:, column].mean() - np.ptp(gensims[:, column])
            if many > 1 and mine[:, column].mean() < low:
                problems.append(
                    f"embeddings: {work.title}: {name} {mine[:, column].mean():.3f}, gensim's allow {low:.3f}"
                )
    head = (
        "model", "ratio (range)", "featkit s", "gensim s", "WordSim featkit", "gensim", "analogies featkit", "gensim",
        "floor", "goal", "",
    )  # fmt: skip
    explained = (
        f"From the same text file ({slice_}words in lower case with spaces between) to vectors in a file, tokens and "
        f"vocabulary included, with {', '.join(f'{name} {value:g}' for name, value in SETTINGS.items())}; a process of its own "
        f"for each run, in turn. On one thread times are processor time, else what is waited for. featkit trains with {seeds} "
        "seeds, gensim with as many: the first is timed, the others, which train at the same time, only say how good it is. "
        "Quality: Spearman's correlation on WordSim-353 and the share of analogies completed, least and most over the "
        "seeds; featkit's mean may be below gensim's by no more than the spread of gensim's seeds."
    )
    return Section("Word vectors: word2vec against gensim", explained, head, rows, problems, after, tuple(busy))


def _range(values: np.ndarray) -> str:
    return f"{values.min():.3f}" if len(values) == 1 else f"{values.min():.3f}-{values.max():.3f}"


# --- GloVe ----------------------------------------------------------------------------------------------------------------


def _learner() -> Any:
    import featkit

    return featkit.GloVe(
        SETTINGS["dim"], SETTINGS["window"], min_count=SETTINGS["min_count"], epochs=GLOVE_ROUNDS, x_max=X_MAX
    )


def _blocks(text: Path) -> Iterator[Any]:
    """The tokens of a corpus."""
    import featkit

    return map(featkit.SplitWhitespace(), featkit.documents(str(text)))


class Counting(NamedTuple):
    """Processor seconds, and the most memory that was held, in MB."""

    seconds: float
    memory: float


def _counted(text: Path) -> Counting:
    """By featkit, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.embeddings", "counting", "{}", str(text), ""]
    told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    say(f"embeddings: co-occurrence: {told}")
    return Counting(told["processor"], told["peak"])


def _counting(options: dict[str, Any], text: str, out: str) -> None:
    learner = _learner()
    learner.cooccurrences(learner.gather(_blocks(Path(text))))


def _glove(text: Path, slice_: str, folder: Path, data: Path) -> Section:
    """Counting, and training to a score, each against the program."""
    import featkit
    from featkit.files.vectors import load_analogies, load_judgements

    pairs, questions = (data / "text" / name for name in ("wordsim353.tsv", "questions-words.txt"))

    def judged(words: featkit.WordVectors) -> tuple[float, float]:
        total = featkit.completed(words, load_analogies(questions))[-1]
        return featkit.judged(words, load_judgements(pairs)).spearman, total.accuracy

    program = Program(Path(os.environ[PROGRAMS]).resolve(), text, folder) if PROGRAMS in os.environ else None
    counts = [(_counted(text), program.counting() if program else None) for _ in range(3)]
    learner = _learner()
    corpus = learner.gather(_blocks(text))
    matrix = learner.cooccurrences(corpus)
    began, course = time.process_time(), []
    for training in learner.trainings_on(matrix):
        spent = time.process_time() - began
        course.append((training.done, spent, *judged(learner.vectors(corpus, training))))
        say(f"embeddings: GloVe: {course[-1]}")
        began += time.process_time() - began - spent
    title = "Word vectors: GloVe against Stanford's program"
    mine = Counting(*np.median([ours for ours, _ in counts], axis=0))
    if program is None:
        rows = [("co-occurrence", "", f"{mine.seconds:.1f}", "", f"{mine.memory:.0f}", *[""] * 6)] + [
            (f"{done} rounds", "", f"{spent:.1f}", "", "", "", f"{ws:.3f}", f"{an:.3f}", "", "", "")
            for done, spent, ws, an in course[4::5]
        ]
        return Section(
            title, "", _GLOVE_HEAD, rows, after=f"Not measured against the program: {PROGRAMS} names no folder with it."
        )
    seconds = program.training()
    words = featkit.load_vectors(folder / "vectors.txt", format="glove")
    last = len(words) - 1  # it is for the unknown
    spearman, accuracy = judged(featkit.WordVectors(words.terms[:last], words.vectors[:last]))
    reached = next((spent for _, spent, _, an in course if an >= accuracy), float("nan"))
    theirs = Counting(*np.median([theirs for _, theirs in counts], axis=0))
    low, ratio, high = np.percentile([theirs.seconds / ours.seconds for ours, theirs in counts], [0, 50, 100])
    word = verdict(ratio, 1.5, 4)
    rows = [
        (
            "co-occurrence", f"**{ratio:.2f}** ({low:.2f}-{high:.2f})",
            f"{mine.seconds:.1f}", f"{theirs.seconds:.1f}", f"{mine.memory:.0f}", f"{theirs.memory:.0f}",
            "", "", "1.5", f"4, below {MEMORY} MB",
            word if word != "goal reached" or mine.memory < MEMORY else "floor held",
        )
    ]  # fmt: skip
    problems = []
    if word == "BELOW FLOOR":
        problems.append(f"embeddings: co-occurrence: {ratio:.2f} times the program, the floor is 1.5")
    for name, spent, floor, goal in (
        (f"training to analogies {accuracy:.3f}", reached, 4.5, 10),
        (f"training, {GLOVE_ROUNDS} rounds each", course[-1][1], None, None),
    ):
        ratio = seconds / spent
        word = "NOT REACHED" if np.isnan(ratio) else verdict(ratio, floor, goal)
        quality = (f"{course[-1][2]:.3f} against {spearman:.3f}", f"{course[-1][3]:.3f} against {accuracy:.3f}")
        wanted = ("" if value is None else f"{value:g}" for value in (floor, goal))
        shown = quality if floor is None else ("", "")
        rows.append((name, f"**{ratio:.2f}**", f"{spent:.1f}", f"{seconds:.1f}", "", "", *shown, *wanted, word))
        if word in ("BELOW FLOOR", "NOT REACHED"):
            problems.append(f"embeddings: GloVe: {name}: {ratio:.2f} times the program, the floor is {floor:g}")
    explained = (
        f"On the same text ({slice_}words in lower case): window {SETTINGS['window']}, dimension {SETTINGS['dim']}, x_max "
        f"{X_MAX:g}, {GLOVE_ROUNDS} rounds, one thread each, processor time. Co-occurrence: the program's vocab_count and "
        "cooccur against featkit's reading, numbering and counting, three times in turn, each in a process of its own, with "
        "the most memory that it held; the program was given 4 GB to use. Training: shuffle and glove against everything from "
        "the matrix on. Quality after all rounds."
    )
    return Section(title, explained, _GLOVE_HEAD, rows, problems)


_GLOVE_HEAD = (
    *("work", "ratio (range)", "featkit s", "program s", "featkit MB", "program MB", "WordSim", "analogies"),
    *("floor", "goal", ""),
)
#: Runs a command, and tells its processor time and the most memory that it held. A process starts with the memory of the one
#: that it comes from, so that one has to be small.
_MEASURED = """\
import json, resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
unit = 1 if sys.platform == "darwin" else 1024
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 1e6]), file=sys.stderr)
"""


class Program:
    """Stanford's, step by step."""

    def __init__(self, programs: Path, text: Path, folder: Path) -> None:
        self.programs, self.text, self.folder = programs, text, folder

    def counting(self) -> Counting:
        """The co-occurrence counts, in a file."""
        first = self._step("vocab_count", "-min-count", SETTINGS["min_count"], given=self.text, out="vocab.txt")
        second = self._step(
            "cooccur", "-vocab-file", "vocab.txt", "-window-size", SETTINGS["window"], "-symmetric", 1, "-memory", 4.0,
            given=self.text, out="cooccurrence.bin",
        )  # fmt: skip
        return Counting(first.seconds + second.seconds, max(first.memory, second.memory))

    def training(self) -> float:
        """Seconds to vectors.txt."""
        counts, shuffled = self.folder / "cooccurrence.bin", "cooccurrence.shuf.bin"
        first = self._step("shuffle", "-memory", 1.9, given=counts, out=shuffled)
        second = self._step(
            "glove", "-threads", 1, "-iter", GLOVE_ROUNDS, "-x-max", X_MAX, "-vector-size", SETTINGS["dim"],
            "-binary", 0, "-model", 2, "-input-file", shuffled, "-vocab-file", "vocab.txt", "-save-file", "vectors",
        )  # fmt: skip
        return first.seconds + second.seconds

    def _step(self, name: str, *arguments: object, given: Path | None = None, out: str = "nothing") -> Counting:
        command = [sys.executable, "-S", "-c", _MEASURED, str(self.programs / name), *map(str, arguments)]
        with open(given or os.devnull, "rb") as source, open(self.folder / out, "wb") as target:
            done = subprocess.run(
                command, stdin=source, stdout=target, stderr=subprocess.PIPE, cwd=self.folder, check=True
            )
        used = Counting(*json.loads(done.stderr))
        say(f"embeddings: {name}: {used.seconds:.1f} s, {used.memory:.0f} MB")
        return used


if __name__ == "__main__":
    side, options, text, out = sys.argv[1:]
    importlib.import_module("gensim.models" if side == "gensim" else "featkit")
    importlib.import_module("scipy.sparse")
    began, worked = time.perf_counter(), time.process_time()
    {"featkit": _featkit, "gensim": _gensim, "counting": _counting}[side](json.loads(options), text, out)
    used = {"wall": time.perf_counter() - began, "processor": time.process_time() - worked}
    print(json.dumps({**used, "peak": peak()}))
