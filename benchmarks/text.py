"""Text: bags of words against scikit-learn, the same matrix to the last count."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from benchmarks.corpora import documents, origin
from benchmarks.memory import forget_peak, peak
from benchmarks.report import Asked, Section, pairs_sections, say
from benchmarks.signals import ROOT
from benchmarks.timing import Calls, Limit, Pair
from featkit import presets

SKLEARN = ("sklearn",)
COUNTS, TFIDF, HASHING = ("sklearn/count_vectorizer", "sklearn/tfidf_vectorizer", "sklearn/hashing_vectorizer")
UPSTREAM = {COUNTS: "CountVectorizer", TFIDF: "TfidfVectorizer", HASHING: "HashingVectorizer"}


class Sizes(NamedTuple):
    """Megabytes of text."""

    short: float = 1.8
    passages: float = 26
    reviews: float = 132
    korean: float = 40
    chinese: float = 60
    characters: float = 12


QUICK = Sizes(0.5, 2, 4, 2, 2, 1)


def sections(asked: Asked) -> Iterator[Section]:
    """Everything about text."""
    sizes = QUICK if asked.quick else Sizes()
    for section in pairs_sections(pairs(sizes), asked):
        yield section._replace(text=f"`fit_transform` of a list of str: {origin()}.")
    if asked.wants("text: memory"):
        yield memory(sizes.reviews)


def pairs(sizes: Sizes) -> Iterator[Pair]:
    """The table's rows on bags of words."""
    for preset, language, size, megabytes, options, floor, goal in (
        (COUNTS, "English", 240, sizes.short, {}, 4, 7),
        (COUNTS, "English", 220, sizes.passages, {}, 4.5, 8),
        (COUNTS, "English", 1300, sizes.reviews, {}, 4.5, 8),
        (COUNTS, "Korean", 300, sizes.korean, {}, 2, 4),
        (COUNTS, "Chinese", 100, sizes.chinese, {}, 1.4, 2.5),
        (TFIDF, "English", 1300, sizes.reviews, {}, 3.5, 7),
        (HASHING, "English", 1300, sizes.reviews, {}, 3, 6),
        (COUNTS, "English", 220, sizes.passages, {"ngram_range": (1, 2)}, 3.3, 6),
        (COUNTS, "English", 220, sizes.characters, {"analyzer": "char", "ngram_range": (3, 3)}, 3, 8),
        (COUNTS, "Chinese", 100, sizes.characters, {"analyzer": "char", "ngram_range": (1, 2)}, 3, 8),
    ):
        shown = "".join(f", {name}={value!r}" for name, value in options.items())
        work = f"Text: {language}, {megabytes:g} MB, documents of {size} characters{shown}"
        build = _calls(preset, language, size, megabytes, options)
        yield Pair(work, f"scikit-learn, {UPSTREAM[preset]}", preset, SKLEARN, build, Limit(1e-12, True), floor, goal)


def _calls(preset: str, language: str, size: int, megabytes: float, options: dict[str, Any]) -> Callable[[], Calls]:
    def build() -> Calls:
        from sklearn.feature_extraction import text

        corpus = documents(language, size, megabytes)

        def ours() -> Any:
            pipeline = presets.get(preset, **options)
            if preset == HASHING:
                return None, pipeline(corpus)
            fitted, (matrix,) = pipeline.fit_apply([corpus])
            return fitted["bag_of_words"].terms, matrix

        def theirs() -> Any:
            vectorizer = getattr(text, UPSTREAM[preset])(**options)
            matrix = vectorizer.fit_transform(corpus)
            return None if preset == HASHING else vectorizer, matrix

        return Calls(ours, theirs, _digest, shown=_digest)

    return build


def _digest(made: Any) -> np.ndarray:
    """A matrix with its vocabulary as one row of numbers."""
    terms, matrix = made
    if hasattr(terms, "get_feature_names_out"):
        terms = terms.get_feature_names_out()
    matrix.sort_indices()
    words = [zlib.crc32("\n".join(terms).encode())] if terms is not None else []
    return np.concatenate([matrix.shape, words, matrix.indptr, matrix.indices, matrix.data]).astype(np.float64)


# --- memory -------------------------------------------------------------------------------------------------------------


def memory(megabytes: float) -> Section:
    """What counting adds to the peak, each library in a process of its own."""
    rows, problems, added = [], [], {}
    for library in ("featkit", "scikit-learn"):
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.text", library, str(megabytes)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"memory of {library}: {done.stderr}")
        before, after = json.loads(done.stdout.splitlines()[-1])
        added[library] = after - before
        rows.append((library, f"**{after - before:,.0f}**", f"{before:,.0f}", f"{after:,.0f}"))
        say(f"text: memory: {library}: {after - before:.0f} MB")
    share = added["featkit"] / added["scikit-learn"]
    if share > 2:
        problems.append(f"text: memory: featkit adds {share:.1f} times what scikit-learn adds")
    word = "goal reached" if share < 1 else "floor held" if share <= 2 else "ABOVE FLOOR"
    text = (
        f"What `fit_transform` of {megabytes:g} MB of English adds to the peak of resident memory, above the list of "
        f"documents. featkit's share of scikit-learn's is {share:.2f} (floor 2, goal below 1): {word}."
    )
    return Section("Text: memory", text, ("library", "added MB", "before MB", "at the end MB"), rows, problems)


def _main(library: str, megabytes: str) -> None:
    from sklearn.feature_extraction.text import CountVectorizer

    corpus = documents("English", 1300, float(megabytes))
    few = corpus[:100]
    pipeline, vectorizer = presets.get(COUNTS), CountVectorizer()
    pipeline.fit_apply([few]), vectorizer.fit_transform(few)  # imports, tables
    forget_peak()
    before = peak()
    made = pipeline.fit_apply([corpus]) if library == "featkit" else vectorizer.fit_transform(corpus)
    print(json.dumps([before, peak()]))
    del made


if __name__ == "__main__":
    _main(*sys.argv[1:])
