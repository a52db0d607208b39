"""``featkit bow``: from a corpus to a matrix of counts."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

import featkit
from featkit.cli.batch import Outcome, Report, run
from featkit.cli.inputs import STDIO, Found, Job
from featkit.cli.options import corpus_options, read_corpus_as, run_options
from featkit.cli.progress import moving
from featkit.errors import FeatkitError, InputError, ParameterError, WriteError
from featkit.files.atomic import explained
from featkit.files.counting import Counted, Tallies, count
from featkit.files.csr import CsrWriter
from featkit.files.encodings import Invalid
from featkit.files.npy import NpyWriter
from featkit.files.parallel import Workers
from featkit.files.sidecar import (
    fingerprint,
    fingerprint_of_all,
    sidecar_path,
    up_to_date,
    whole_file,
    whole_npy,
    write_sidecar,
)
from featkit.files.text import DocumentBlocks, Kind, documents
from featkit.files.vocabulary import load_counts, load_vocabulary, vocabulary_path, write_vocabulary
from featkit.pipeline import Pipeline
from featkit.text.counts import BagOfWords
from featkit.text.strings import Strings
from featkit.text.weighting import DocumentFrequencies, InverseDocumentFrequency

#: Dense rows are written so many bytes at a time.
_AT_A_TIME = 1 << 23


class Size(click.ParamType):  # type: ignore[type-arg]
    """A number of bytes, as ``500M`` or ``2G``."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", value.strip(), re.IGNORECASE)
        if found is None:
            return self.fail(f"{value!r} is no size, as 500M or 2G", param, ctx)
        return int(float(found[1]) * 1000 ** " KMGT".index(found[2].upper() or " "))


class Share(click.ParamType):  # type: ignore[type-arg]
    """A number of documents (an integer), or a share of them (0.5, 1.0)."""

    name = "number|share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, (int, float)):
            return value
        try:
            return int(value) if value.isdecimal() else float(value)
        except ValueError:
            return self.fail(f"{value!r} is no number of documents, as 2, and no share of them, as 0.5", param, ctx)


class Lengths(click.ParamType):  # type: ignore[type-arg]
    """``2``, or from-to: ``1-2``."""

    name = "N|N-M"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"(\d+)(?:-(\d+))?", value)
        if found is None:
            return self.fail(f"{value!r} is no length of n-grams, as 2, and no range of them, as 1-2", param, ctx)
        return int(found[1]), int(found[2] or found[1])


@click.command(short_help="Counts of words in documents.")
@click.argument("corpus", nargs=-1, required=True, metavar="CORPUS...")
@click.option("-o", "--out", metavar="OUT", help="NAME.npy (dense), NAME.npz (sparse), a folder, or - for stdout.")
@click.option(
    "--tokenizer", default="word", show_default=True, help="word, word1, char, char_wb, whitespace, zh, cjk, regex:..."
)
@click.option("--ngrams", type=Lengths(), help="Lengths of n-grams, as 1-2.  [default: 1]")
@click.option("--lowercase/--no-lowercase", default=True, show_default=True, help="Whether The and the are one word.")
@click.option("--strip-accents", is_flag=True, help="Take accents away.")
@click.option(
    "--stop-words", metavar="english|FILE", help="Words that are left out: a list, or a file with one a line."
)
@click.option("--min-df", type=Share(), help="Leave out terms in fewer documents: a number, or a share as 0.01.")
@click.option("--max-df", type=Share(), help="Leave out terms in more documents: a number, or a share as 0.5.")
@click.option("--max-features", type=click.IntRange(min=1), help="Keep so many terms, the most frequent.")
@click.option("--vocabulary", metavar="FILE", help="Count the terms of this vocabulary, learn none.")
@click.option("--vocab-out", metavar="FILE", help="Where else the vocabulary goes; a NAME.npz has counts with it.")
@click.option("--binary", is_flag=True, help="1 for every term that is there, however often.")
@click.option("--tfidf", is_flag=True, help="Weigh counts by how rare a term is; rows of length 1.")
@click.option(
    "--hash", "hashed", type=click.IntRange(min=1), metavar="N", help="N columns chosen by a hash, no vocabulary."
)
@click.option("--sparse", is_flag=True, help="Write a sparse matrix (.npz), as scipy.sparse.load_npz reads it.")
@click.option("--dense-limit", type=Size(), default="1G", show_default=True, help="Refuse to write a larger .npy.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Processes that share the work.")
@corpus_options
@run_options
def bow(corpus: tuple[str, ...], **options: Any) -> int:
    """Bags of words: how often each term stands in each document, as a matrix (documents, terms).

    CORPUS: a text file with one document a line, a table or JSON Lines with --column, files or folders with --documents
    files, compressed or not, or - for standard input; of several, the documents of one follow those of the other. The
    output is <stem>.bow.npy beside it (with --sparse <stem>.bow.npz), or where -o says; beside the output NAME.npy.vocab.txt
    has the term of every column, one a line, and NAME.npy.json tells how it was made (see featkit info).

    \b
    Example:
      featkit bow examples/corpus.txt --sparse --overwrite
    """
    take = options.pop
    report = Report(take("as_json"), take("quiet"), take("verbose"))
    on_error = take("on_error")
    task = _Task(corpus, report, **options)
    return run(Found([(corpus[0], Path(corpus[0]))], []), [task.job], task.work, on_error, report, audio=False)


class _Task:
    """One corpus and what is to be made of it."""

    def __init__(
        self,
        corpus: tuple[str, ...],
        report: Report,
        *,
        out: str | None,
        kind: Kind | None,
        column: str | None,
        header: bool | None,
        quotes: bool,
        encoding: str,
        invalid: Invalid,
        sparse: bool,
        dense_limit: int,
        jobs: int,
        overwrite: bool,
        vocabulary: str | None,
        vocab_out: str | None,
        hashed: int | None,
        stop_words: str | None,
        **counting: Any,
    ) -> None:
        self.report, self.jobs, self.overwrite, self.dense_limit = report, jobs, overwrite, dense_limit
        self.output, self.sparse = _output(corpus, out, sparse, report)
        self.given, self.also = vocabulary, vocab_out
        if vocab_out is not None and not vocab_out.lower().endswith((".txt", ".npz")):
            raise click.UsageError(f"--vocab-out {vocab_out!r}: give NAME.txt or NAME.npz")
        learning = [key for key in ("min_df", "max_df", "max_features") if counting[key] is not None]
        for option, value in (("--hash", hashed), ("--vocabulary", vocabulary)):
            if value is not None and learning:
                names = ", ".join(f"--{key.replace('_', '-')}" for key in learning)
                raise click.UsageError(f"{names} choose what goes into a vocabulary, and with {option} none is learned")
        if hashed is not None and (vocabulary is not None or vocab_out is not None):
            raise click.UsageError("--hash does without a vocabulary; leave out --vocabulary and --vocab-out")
        self.reading = read_corpus_as(kind, column, header, quotes, encoding, invalid)
        self.counting = {key: value for key, value in counting.items() if value is not None}
        self.counting |= {"tokens": self.counting.pop("tokenizer"), "hashed": hashed, "stop_words": _words(stop_words)}
        # What is wrong with how it is to be counted is wrong usage, whatever is in the corpus.
        self.pipeline = featkit.bow(**self.counting)
        self.corpus: DocumentBlocks | None = None
        problem = None
        try:
            self.corpus = documents(corpus, **self.reading)
        except ParameterError:
            raise
        except FeatkitError as error:
            problem = error
        shown = corpus[0] if len(corpus) == 1 else f"{corpus[0]} and {len(corpus) - 1} more"
        self.job = Job(shown, self.output, problem)

    def work(self, job: Job) -> list[Outcome]:
        """Write the matrix, or find that it is there."""
        corpus = self.corpus
        assert corpus is not None
        pipeline, record = self.pipeline, self._record(corpus)
        if self.given is not None:
            pipeline = self._known(self.given)
        if self.output != STDIO and not self.overwrite:
            current = up_to_date(self.output, record, whole_file if self.sparse else whole_npy)
            if current and all(path.exists() for path in self._beside(record)):
                return [Outcome("skipped", self.output, facts={"why": "up to date"})]
            self._refuse_to_replace(current, record)
        self._refuse_to_replace_inputs(corpus, record)
        folder = None if self.output == STDIO else Path(self.output).parent
        if folder is not None:
            with explained(folder):
                folder.mkdir(parents=True, exist_ok=True)
        # Drawn with every piece: the last one, too, however soon it comes.
        shown = moving(self.report.quiet, corpus.bytes, "B", mininterval=0, miniters=1)
        with shown as moved, Workers(self.jobs) as workers, Tallies(folder) as tallies:
            counted = count(pipeline, corpus, workers, tallies, lambda piece: moved(piece.bytes))
            facts = self._write(counted, corpus, record)
        return [Outcome("ok", self.output, facts=facts)]

    def _known(self, path: str) -> Pipeline:
        """The pipeline that counts the terms of a file."""
        pipeline = featkit.bow(**self.counting, vocabulary=load_vocabulary(path))
        if not self.counting["tfidf"]:
            return pipeline
        counts = load_counts(path)
        if counts is None:
            raise InputError(
                f"{path} has terms only, and --tfidf needs to know in how many documents each is; give the NAME.npz that "
                "featkit bow --vocab-out NAME.npz writes"
            )
        known = DocumentFrequencies(counts.documents, counts.document_frequencies, int(counts.occurrences.sum()))
        stages = (
            stage.finish(known) if isinstance(stage, InverseDocumentFrequency) else stage for stage in pipeline.stages
        )
        return Pipeline(tuple(stages))

    def _record(self, corpus: DocumentBlocks) -> dict[str, Any]:
        record = {
            "pipeline": repr(self.pipeline),
            "input": None if STDIO in corpus.paths else fingerprint_of_all(corpus.paths),
            "reading": self.reading,
            "format": "csr" if self.sparse else "dense",
        }
        if self.given is not None:
            record["given"] = fingerprint(self.given) if os.path.exists(self.given) else None
        if self.counting["hashed"] is None:
            record["vocabulary"] = vocabulary_path(self.output).name
        if self.reading["documents"] == "files":
            record["files"] = _files_path(self.output).name
        return record

    def _beside(self, record: dict[str, Any]) -> list[Path]:
        """What else is written."""
        beside = [Path(self.output).with_name(record[key]) for key in ("vocabulary", "files") if key in record]
        return [*beside, *([] if self.also is None else [Path(self.also)])]

    def _refuse_to_replace_inputs(self, corpus: DocumentBlocks, record: dict[str, Any]) -> None:
        inputs = {os.path.abspath(path) for path in (*corpus.paths, *([self.given] if self.given else []))}
        for path in (self.output, *map(str, self._beside(record))):
            if path != STDIO and os.path.abspath(path) in inputs:
                raise WriteError(f"{path} is an input, and would be replaced; write elsewhere")

    def _refuse_to_replace(self, current: bool | None, record: dict[str, Any]) -> None:
        if current is False:
            raise WriteError(
                f"{self.output} exists, made with other settings or from another corpus; use --overwrite or another -o"
            )
        for path in self._beside(record):
            # A record that is there says that what is beside it is featkit's own.
            if path.exists() and (str(path) == self.also or not sidecar_path(self.output).exists()):
                raise WriteError(f"{path} exists and would be replaced; use --overwrite or another name")

    def _write(self, counted: Counted, corpus: DocumentBlocks, record: dict[str, Any]) -> dict[str, Any]:
        if not self.sparse:
            (width,) = counted.pipeline.row_shape(None) or (0,)
            known = sum(map(len, corpus)) if counted.counts is None else counted.counts.documents
            self._refuse_to_fill_the_disk(known, width)
        writer = CsrWriter if self.sparse else NpyWriter
        with writer(self.output, overwrite=self.overwrite) as out:
            stored = 0
            for rows in counted.rows:
                stored += int(rows.nnz)
                for part in [rows] if self.sparse else _dense(rows):
                    out.append(part)
            out.complete()
            facts: dict[str, Any] = {"shape": list(out.shape), "dtype": str(out.dtype), "stored": stored}
            facts["density"] = stored / (out.shape[0] * out.shape[1])
            # Before the output gets its name: it must not appear without them, nor beside those of another.
            terms = _terms(counted.pipeline)
            if self.also is not None:
                counts = None if counted.counts is None else counted.counts.only(terms)
                write_vocabulary(self.also, terms, counts, overwrite=self.overwrite)
            if self.output == STDIO:
                return facts
            if "vocabulary" in record:
                write_vocabulary(vocabulary_path(self.output), terms, overwrite=True)
            if "files" in record:
                write_vocabulary(_files_path(self.output), Strings(corpus.paths), overwrite=True)
            size = {"bytes": out.bytes} if isinstance(out, CsrWriter) else {}
            write_sidecar(self.output, {**facts, **size, **record})
        named = (key for key in ("vocabulary", "files") if key in record)
        return {**facts, **{key: str(Path(self.output).with_name(record[key])) for key in named}}

    def _refuse_to_fill_the_disk(self, rows: int, width: int) -> None:
        item = 8
        if rows * width * item > self.dense_limit:
            raise WriteError(
                f"{self.output} would have {rows:,} x {width:,} values, {_bytes(rows * width * item)}, and --dense-limit is "
                f"{_bytes(self.dense_limit)}; write a sparse matrix with --sparse (or -o NAME.npz), keep fewer terms with "
                "--max-features or --min-df, or raise the limit"
            )


# --- small things -------------------------------------------------------------------------------------------------------


def _output(corpus: tuple[str, ...], out: str | None, sparse: bool, report: Report) -> tuple[str, bool]:
    """Where the matrix goes, and whether it is a sparse one."""
    suffix = Path(out).suffix.lower() if out is not None else ""
    folder = out is not None and out != STDIO and (out.endswith(("/", os.sep)) or Path(out).is_dir())
    if out == "" or (out not in (None, STDIO) and not folder and suffix not in (".npy", ".npz")):
        raise click.UsageError(f"-o {out!r}: give NAME.npy, NAME.npz, a folder (ending in /) or -")
    if sparse and suffix == ".npy" and not folder:
        raise click.UsageError(f"-o {out} is dense, and --sparse is a .npz; give -o {Path(str(out)).stem}.npz")
    if out is not None and out != STDIO and not folder:
        return out, suffix == ".npz"
    if out is None and len(corpus) > 1:
        raise click.UsageError(
            f"{len(corpus)} files make one corpus, and where its matrix goes is not said; give -o OUT"
        )
    if out == STDIO or (out is None and corpus[0] == STDIO):
        if report.as_json:
            raise click.UsageError("--json and the matrix both want standard output; give -o NAME.npy")
        if sys.stdout is not None and sys.stdout.isatty():
            raise click.UsageError(
                "a matrix is binary and would garble the terminal; give -o NAME.npy or redirect the output"
            )
        return STDIO, sparse
    source = Path("stdin" if corpus[0] == STDIO else os.path.abspath(corpus[0]))
    name = source.name if source.is_dir() else _stem(source.name)
    name += ".bow.npz" if sparse else ".bow.npy"
    return str(Path(out) / name) if out is not None else str(Path(corpus[0]).parent / name), sparse


def _files_path(output: str) -> Path:
    """Where the names of the documents are, where those are files."""
    return Path(f"{output}.files.txt")


def _stem(name: str) -> str:
    """``a.txt.gz`` -> ``a``."""
    path = Path(name)
    return Path(path.stem).stem if path.suffix.lower() in (".gz", ".bz2", ".xz") else path.stem


def _words(stop_words: str | None) -> str | tuple[str, ...] | None:
    return stop_words if stop_words in (None, "english") else tuple(load_vocabulary(stop_words))


def _terms(fitted: Pipeline) -> Strings:
    return next((stage.terms for stage in fitted.stages if isinstance(stage, BagOfWords)), Strings())


def _dense(rows: Any) -> Iterator[Any]:
    """A sparse matrix as arrays, a few rows at a time."""
    step = max(1, _AT_A_TIME // (8 * max(1, rows.shape[1])))
    for at in range(0, rows.shape[0], step):
        yield rows[at : at + step].toarray()


def _bytes(number: int) -> str:
    size = float(number)
    for unit in ("bytes", "KB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
