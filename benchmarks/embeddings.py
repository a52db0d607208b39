"""Word vectors against gensim and Stanford's GloVe: from the same text file, and how good they are."""

from __future__ import annotations

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

from benchmarks.report import Asked, Section, say
from benchmarks.timing import missing, verdict

#: What both sides train with.
SETTINGS = {"dim": 100, "window": 5, "negatives": 5, "sample": 1e-3, "min_count": 5, "epochs": 5}
#: Rounds of GloVe through its matrix, and where a pair counts fully: both as its demo has them for a corpus of this size.
GLOVE_ROUNDS, X_MAX = 15, 10.0
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
        text = _words(corpus, Path(folder) / "words.txt", 24_000 if asked.quick else None)
        if wanted[0].endswith("word2vec") and not missing("gensim"):
            yield _word2vec(text, Path(folder), Path(data), 1 if asked.quick else 3)
        if wanted[-1].endswith("GloVe"):
            yield _glove(text, Path(folder), Path(data))


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


def _run(side: str, options: dict[str, Any], text: Path, folder: Path, data: Path) -> Run:
    import featkit
    from featkit.files.vectors import load_analogies, load_judgements

    out = folder / f"{side}.npy"
    command = [sys.executable, "-m", "benchmarks.embeddings", side, json.dumps(options), str(text), str(out)]
    told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    words = featkit.load_vectors(out)
    spearman = featkit.judged(words, load_judgements(data / "text" / "wordsim353.tsv")).spearman
    total = featkit.completed(words, load_analogies(data / "text" / "questions-words.txt"))[-1]
    run = Run(told["wall"], told["processor"], spearman, total.accuracy)
    say(
        f"embeddings: {side} {options}: {run.wall:.1f} s, processor {run.processor:.1f} s, "
        f"WordSim {spearman:.3f}, analogies {total.accuracy:.3f}"
    )
    return run


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


def _word2vec(text: Path, folder: Path, data: Path, rounds: int) -> Section:
    rows, problems, after = [], [], []
    for work in WORKS:
        pairs = []
        for seed in range(1, rounds + 1 if work.workers == 1 else 2):
            options = SETTINGS | {"model": work.model, "seed": seed, "workers": work.workers}
            pairs.append([_run(side, options, text, folder, data) for side in ("featkit", "gensim")])
        # One thread: processor time, which other processes don't disturb; two: what is waited for.
        at = 1 if work.workers == 1 else 0
        ratios = np.percentile([theirs[at] / ours[at] for ours, theirs in pairs], [0, 50, 100])
        ours, theirs = (np.array([pair[side] for pair in pairs]) for side in (0, 1))
        word = verdict(ratios[1], work.floor, work.goal)
        rows.append(
            (
                work.title, f"**{ratios[1]:.2f}** ({ratios[0]:.2f}-{ratios[2]:.2f})",
                *(f"{np.median(side[:, at]):.0f}" for side in (ours, theirs)),
                *(_range(side[:, column]) for column in (2, 3) for side in (ours, theirs)),
                f"{work.floor:g}", f"{work.goal:g}", word,
            )
        )  # fmt: skip
        if word == "BELOW FLOOR":
            problems.append(f"embeddings: {work.title}: {ratios[1]:.2f} times gensim, the floor is {work.floor:g}")
        for name, column in (("WordSim-353", 2), ("analogies", 3)):
            low = theirs[:, column].mean() - np.ptp(theirs[:, column])
            if rounds > 1 and work.workers == 1 and ours[:, column].mean() < low:
                problems.append(
                    f"embeddings: {work.title}: {name} {ours[:, column].mean():.3f}, gensim's allow {low:.3f}"
                )
    head = (
        "model", "ratio (range)", "featkit s", "gensim s", "WordSim featkit", "gensim", "analogies featkit", "gensim",
        "floor", "goal", "",
    )  # fmt: skip
    explained = (
        "From the same text file (English Wikipedia, words in lower case with spaces between) to vectors in a file, tokens and "
        f"vocabulary included, with {', '.join(f'{name} {value:g}' for name, value in SETTINGS.items())}; a process of its own "
        f"for each run, in turn, {rounds} seeds. On one thread times are processor time, else what is waited for. Quality: "
        "Spearman's correlation on WordSim-353 and the share of analogies completed, least and most over the seeds; "
        "featkit's mean may be below gensim's by no more than the spread of gensim's seeds."
    )
    return Section("Word vectors: word2vec against gensim", explained, head, rows, problems, "\n".join(after))


def _range(values: np.ndarray) -> str:
    return f"{values.min():.3f}" if len(values) == 1 else f"{values.min():.3f}-{values.max():.3f}"


# --- GloVe ----------------------------------------------------------------------------------------------------------------


def _glove(text: Path, folder: Path, data: Path) -> Section:
    """Counting, and training to a score, each against the program."""
    import featkit
    from featkit.files.vectors import load_analogies, load_judgements

    title = "Word vectors: GloVe against Stanford's program"
    pairs, questions = (data / "text" / name for name in ("wordsim353.tsv", "questions-words.txt"))

    def judged(words: featkit.WordVectors) -> tuple[float, float]:
        total = featkit.completed(words, load_analogies(questions))[-1]
        return featkit.judged(words, load_judgements(pairs)).spearman, total.accuracy

    began = time.process_time()
    learner = featkit.GloVe(
        SETTINGS["dim"], SETTINGS["window"], min_count=SETTINGS["min_count"], epochs=GLOVE_ROUNDS, x_max=X_MAX
    )
    corpus = learner.start()
    for block in featkit.documents(text):
        learner.update(corpus, featkit.SplitWhitespace()(block))
    matrix = learner.cooccurrences(corpus)
    counting = time.process_time() - began
    began, course = time.process_time(), []
    for training in learner.trainings_on(matrix):
        spent = time.process_time() - began
        course.append((training.done, spent, *judged(learner.vectors(corpus, training))))
        say(f"embeddings: GloVe: {course[-1]}")
        began += time.process_time() - began - spent
    programs = os.environ.get(PROGRAMS)
    if programs is None:
        rows = [
            (f"{done} rounds", "", f"{spent:.0f}", "", f"{ws:.3f}", f"{an:.3f}", "", "", "")
            for done, spent, ws, an in course[4::5]
        ]
        after = f"Not measured against the program: {PROGRAMS} names no folder with it. Counting took {counting:.0f} s."
        return Section(title, "", _GLOVE_HEAD, rows, [], after)
    theirs = _program(Path(programs), text, folder)
    words = featkit.load_vectors(folder / "vectors.txt", format="glove")
    known = featkit.WordVectors(
        words.terms[: len(words) - 1], words.vectors[: len(words) - 1]
    )  # the last is for the unknown
    spearman, accuracy = judged(known)
    reached = next((spent for _, spent, _, an in course if an >= accuracy), float("nan"))
    rows, problems = [], []
    for name, mine, program, floor, goal in (
        ("co-occurrence", counting, theirs["counting"], 1.5, 4),
        (f"training to analogies {accuracy:.3f}", reached, theirs["training"], 4.5, 10),
        (f"training, {GLOVE_ROUNDS} rounds each", course[-1][1], theirs["training"], None, None),
    ):
        ratio = program / mine
        word = "NOT REACHED" if np.isnan(ratio) else verdict(ratio, floor, goal)
        quality = (f"{course[-1][2]:.3f} against {spearman:.3f}", f"{course[-1][3]:.3f} against {accuracy:.3f}")
        wanted = ("" if value is None else f"{value:g}" for value in (floor, goal))
        rows.append(
            (
                name,
                f"**{ratio:.2f}**",
                f"{mine:.0f}",
                f"{program:.0f}",
                *(quality if floor is None else ("", "")),
                *wanted,
                word,
            )
        )
        if word in ("BELOW FLOOR", "NOT REACHED"):
            problems.append(f"embeddings: GloVe: {name}: {ratio:.2f} times the program, the floor is {floor:g}")
    explained = (
        f"On the text above: window {SETTINGS['window']}, dimension {SETTINGS['dim']}, x_max {X_MAX:g}, {GLOVE_ROUNDS} rounds, "
        "one thread each, processor time. Counting: the program's vocab_count and cooccur against featkit's reading, numbering "
        "and counting; training: shuffle and glove against everything from the matrix on. Quality after all rounds."
    )
    return Section(title, explained, _GLOVE_HEAD, rows, problems)


_GLOVE_HEAD = ("work", "ratio", "featkit s", "program s", "WordSim", "analogies", "floor", "goal", "")


def _program(programs: Path, text: Path, folder: Path) -> dict[str, float]:
    """Processor seconds of the program's steps."""

    def step(name: str, *arguments: object, given: Path | None = None, out: str | None = None) -> float:
        before = os.times()
        with open(given or os.devnull, "rb") as source, open(folder / (out or "nothing"), "wb") as target:
            command = [programs / name, *map(str, arguments)]
            subprocess.run(command, stdin=source, stdout=target, stderr=subprocess.DEVNULL, cwd=folder, check=True)
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        say(f"embeddings: {name}: {spent:.1f} s")
        return spent

    counting = step("vocab_count", "-min-count", SETTINGS["min_count"], given=text, out="vocab.txt")
    counting += step("cooccur", "-vocab-file", "vocab.txt", "-window-size", SETTINGS["window"], "-symmetric", 1, "-memory", 4.0,
                     given=text, out="cooccurrence.bin")  # fmt: skip
    training = step("shuffle", "-memory", 1.9, given=folder / "cooccurrence.bin", out="cooccurrence.shuf.bin")
    training += step(
        "glove", "-threads", 1, "-iter", GLOVE_ROUNDS, "-x-max", X_MAX, "-vector-size", SETTINGS["dim"],
        "-binary", 0, "-model", 2, "-input-file", "cooccurrence.shuf.bin", "-vocab-file", "vocab.txt", "-save-file", "vectors",
    )  # fmt: skip
    return {"counting": counting, "training": training}


if __name__ == "__main__":
    side, options, text, out = sys.argv[1:]
    began, worked = time.perf_counter(), time.process_time()
    {"featkit": _featkit, "gensim": _gensim}[side](json.loads(options), text, out)
    print(json.dumps({"wall": time.perf_counter() - began, "processor": time.process_time() - worked}))
