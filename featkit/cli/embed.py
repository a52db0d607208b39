"""``featkit embed``: vectors of words learned from a corpus, and what is done with them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

import featkit
from featkit.cli.batch import one_thread
from featkit.cli.inputs import STDIO
from featkit.cli.main import OK, say
from featkit.cli.options import corpus_options, read_corpus_as
from featkit.cli.progress import moving
from featkit.errors import ParameterError, WriteError
from featkit.files.checkpoint import load_checkpoint, write_checkpoint
from featkit.files.encodings import Invalid
from featkit.files.npy import NpyWriter
from featkit.files.sidecar import fingerprint, fingerprint_of_all, up_to_date, whole_npy, write_sidecar
from featkit.files.text import DocumentBlocks, Kind, documents
from featkit.files.vectors import (
    ENDINGS,
    load_analogies,
    load_judgements,
    load_vectors,
    whole_vectors,
    write_with_record,
)
from featkit.files.vocabulary import vocabulary_path
from featkit.stage import Stage
from featkit.text.embeddings.corpus import Corpus
from featkit.text.embeddings.glove import GloVe
from featkit.text.embeddings.training import Training
from featkit.text.embeddings.vectors import WordVectors
from featkit.text.embeddings.word2vec import Word2Vec
from featkit.text.textbook import tokeniser

#: Options that only some models have.
_OF_WORD2VEC = ("objective", "negatives", "exponent", "sample", "last_rate", "workers")
_OF_GLOVE = ("x_max", "alpha", "symmetric", "by_distance")


class _Embed(click.Group):
    """``embed CORPUS`` is ``embed train CORPUS``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, "-h", "--help"):
            args = ["train", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Embed, short_help="Vectors of words: learn, ask, judge, apply.")
def embed() -> None:
    """Vectors of words. featkit embed CORPUS learns them (see featkit embed train --help).

    \b
    Example:
      featkit embed examples/corpus.txt --min-count 1 --dim 8 -o vectors.npy --overwrite
    """


def _token_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option(
            "--lowercase/--no-lowercase", default=True, help="Whether The and the are one.  [default: lowercase]"
        ),
        click.option(
            "--tokenizer", default="word", show_default=True, help="word, word1, whitespace, zh, cjk, regex:..."
        ),
    ):
        command = option(command)
    return command


@embed.command(short_help="Learn vectors from a corpus.")
@click.argument("corpus", nargs=-1, required=True, metavar="CORPUS...")
@click.option("-o", "--out", required=True, metavar="OUT", help="NAME.npy, .bin or .vec (word2vec), .txt.")
@click.option("--model", type=click.Choice(["skipgram", "cbow", "glove"]), default="skipgram", show_default=True)
@click.option("--dim", type=click.IntRange(min=1), default=100, show_default=True, help="Values in a vector.")
@click.option("--window", type=click.IntRange(min=1), help="The farthest word that is near.  [default: 5, glove 10]")
@click.option("--min-count", type=click.IntRange(min=1), default=5, show_default=True, help="Rarer words are left out.")
@click.option("--epochs", type=click.IntRange(min=1), help="Times through the corpus.  [default: 5, glove 15]")
@click.option("--rate", type=float, help="Learning rate, at first.  [default: 0.025, glove 0.1]")
@click.option("--last-rate", type=float, help="word2vec: Learning rate at last.  [default: 0.0001]")
@click.option(
    "--objective", type=click.Choice(["negative", "hierarchical", "softmax"]), help="word2vec.  [default: negative]"
)
@click.option("--negatives", type=click.IntRange(min=1), help="word2vec: Random words for each pair.  [default: 5]")
@click.option("--exponent", type=float, help="word2vec: Of counts, for random words.  [default: 0.75]")
@click.option("--sample", type=float, help="word2vec: Thin out words above this share.  [default: 0.001]")
@click.option("--x-max", type=float, help="glove: Pairs count fully from here on; 0: all do.  [default: 100]")
@click.option("--alpha", type=float, help="glove: Exponent of what rarer pairs count.  [default: 0.75]")
@click.option("--symmetric/--left-only", default=None, help="glove: Which side counts.  [default: symmetric]")
@click.option("--by-distance/--no-distance", default=None, help="glove: Near words count more.  [default: by-distance]")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--workers", type=click.IntRange(min=1), help="word2vec: Threads; results vary with 2 and more.  [default: 1]"
)
@click.option("--checkpoint", metavar="FILE", help="Save the training there, and go on from what is there.")
@click.option("--every", type=click.FloatRange(min=0), default=60, show_default=True, help="Seconds between savings.")
@_token_options
@corpus_options
@click.option("--overwrite", is_flag=True, help="Replace an output that exists.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but failures.")
def train(
    corpus: tuple[str, ...],
    out: str,
    model: str,
    workers: int | None,
    checkpoint: str | None,
    every: float,
    tokenizer: str,
    lowercase: bool,
    kind: Kind | None,
    column: str | None,
    header: bool | None,
    quotes: bool,
    encoding: str,
    invalid: Invalid,
    overwrite: bool,
    quiet: bool,
    **options: Any,
) -> int:
    """Learn a vector for each word of a corpus, by word2vec or GloVe.

    CORPUS: as featkit bow has it. A NAME.npy has its words beside it in NAME.npy.vocab.txt and their counts in
    NAME.npy.counts.npy; NAME.npy.json tells how it was made (see featkit info). With --checkpoint, a training that was ended
    from outside goes on where it was last saved, to the same bytes, when the same command is given again; the file is deleted
    at the end.

    \b
    Example:
      featkit embed examples/corpus.txt --model glove --min-count 1 --dim 8 -o vectors.npy --overwrite
    """
    if Path(out).suffix.lower() not in ENDINGS:
        raise click.UsageError(f"-o {out!r}: give NAME.npy, NAME.bin, NAME.vec or NAME.txt")
    learner = _learner(model, {**options, "workers": workers})
    reading = read_corpus_as(kind, column, header, quotes, encoding, invalid)
    source = documents(corpus, **reading)
    road = _road(tokenizer, lowercase)
    record = _record(road, repr(learner), source, reading)
    if isinstance(learner, Word2Vec):
        record["workers"] = workers or 1
    if _is_there(out, source, record, whole_vectors, overwrite):
        return _skipped(corpus, out, quiet)
    with one_thread():
        collected = Corpus()
        with moving(quiet, source.bytes, "B", desc="reading") as moved:
            for block in source:
                collected.add(road(block))
                moved(block.nbytes)
        words = learner.vectors(collected, _trained(learner, collected, workers or 1, checkpoint, every, quiet))
    told = {"model": model, "dimension": words.dim, "words": len(words), "tokens": collected.tokens}
    write_with_record(out, words, {**record, **told}, overwrite=overwrite)
    if checkpoint is not None:
        Path(checkpoint).unlink(missing_ok=True)
    if not quiet:
        say(f"ok: {collected.tokens:,} tokens -> {out} ({len(words):,} words, {words.dim} values each)")
    return OK


def _learner(model: str, options: dict[str, Any]) -> Word2Vec | GloVe:
    given = {name: value for name, value in options.items() if value is not None}
    foreign = _OF_WORD2VEC if model == "glove" else _OF_GLOVE
    for name in foreign:
        if name in given:
            raise click.UsageError(f"--{name.replace('_', '-')} is none of {model}'s options")
    given.pop("workers", None)
    if model == "glove":
        if given.get("x_max") == 0:
            given["x_max"] = None
        return GloVe(**given)
    return Word2Vec(model, **given)  # type: ignore[arg-type]


def _record(road: Stage, learner: str, source: DocumentBlocks, reading: dict[str, Any]) -> dict[str, Any]:
    return {
        "pipeline": f"{road!r} | {learner}",
        "input": None if STDIO in source.paths else fingerprint_of_all(source.paths),
        "reading": reading,
    }


def _is_there(
    out: str,
    source: DocumentBlocks,
    record: dict[str, Any],
    whole: Callable[[str | os.PathLike[str], dict[str, Any]], bool],
    overwrite: bool,
) -> bool:
    """Whether the output is up to date; what must not be replaced is told before the work, not after it."""
    target = Path(out)
    if any(Path(path).exists() and target.exists() and target.samefile(path) for path in source.paths):
        raise WriteError(f"{out} is an input, and would be replaced; write elsewhere")
    if overwrite or not target.exists():
        return False
    current = up_to_date(out, record, whole)
    if current is None:
        raise WriteError(f"{out} exists already; use --overwrite or another name")
    if not current:
        raise WriteError(
            f"{out} exists, made with other settings or from another corpus; use --overwrite or another -o"
        )
    return True


def _skipped(corpus: tuple[str, ...], out: str, quiet: bool) -> int:
    if not quiet:
        more = f" and {len(corpus) - 1} more" if len(corpus) > 1 else ""
        say(f"skipped: {corpus[0]}{more} -> {out} (up to date)")
    return OK


def _road(tokenizer: str, lowercase: bool) -> Stage:
    words = tokeniser(tokenizer)
    return featkit.LowerCase() | words if lowercase else words


def _trained(
    learner: Word2Vec | GloVe, corpus: Corpus, workers: int, checkpoint: str | None, every: float, quiet: bool
) -> Training:
    """Train to the end, saving now and then."""
    begun = load_checkpoint(checkpoint) if checkpoint is not None and Path(checkpoint).exists() else None
    more = (workers,) if isinstance(learner, Word2Vec) else ()
    trainings = learner.trainings(corpus, begun, *more)
    training, saved, shown = begun, time.monotonic(), 0.0
    with moving(quiet, 100, "%", desc="training") as moved:
        for training in trainings:
            moved(100 * training.share - shown)
            shown = 100 * training.share
            if checkpoint is not None and training.share < 1 and time.monotonic() - saved >= every:
                write_checkpoint(checkpoint, training)
                saved = time.monotonic()
    assert training is not None
    return training


@embed.command(short_help="The words nearest to some.")
@click.argument("vectors")
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@click.option("--minus", multiple=True, metavar="WORD", help="Far from this word; may be given several times.")
@click.option("-n", "number", type=click.IntRange(min=1), default=10, show_default=True, help="How many.")
@click.option("--among", type=click.IntRange(min=1), help="Only the first so many words, the most frequent.")
def similar(vectors: str, words: tuple[str, ...], minus: tuple[str, ...], number: int, among: int | None) -> int:
    """The words nearest to one, or to the mean of several, with their cosines.

    \b
    Example:
      featkit embed similar vectors.npy king woman --minus man
    """
    with one_thread():
        for word, cosine in load_vectors(vectors).most_similar(words, number, minus, among):
            click.echo(f"{cosine:.4f}\t{word}")
    return OK


@embed.command(short_help="Judge vectors by a file.")
@click.argument("vectors")
@click.argument("file", metavar="FILE")
@click.option("--among", type=click.IntRange(min=1), default=300_000, show_default=True, help="The most frequent only.")
@click.option("--ignore-case/--no-ignore-case", default=True, help="Compare in upper case.  [default: ignore-case]")
@click.option("--count-missing", is_flag=True, help="What has no vector counts as 0, or as wrong.")
def evaluate(vectors: str, file: str, among: int, ignore_case: bool, count_missing: bool) -> int:
    """How well vectors agree with people: with similarities (word, word, number; tabs) or analogies (four words a line).

    \b
    Example:
      featkit embed evaluate vectors.npy wordsim353.tsv
    """
    words = load_vectors(vectors)
    with one_thread():
        if _is_analogies(file):
            click.echo("section\tcorrect\tasked\tmissing\taccuracy")
            for row in featkit.completed(words, load_analogies(file), among, ignore_case, count_missing):
                click.echo(f"{row.section}\t{row.correct}\t{row.asked}\t{row.missing}\t{row.accuracy:.4f}")
        else:
            found = featkit.judged(words, load_judgements(file), among, ignore_case, count_missing)
            click.echo("spearman\tpearson\tpairs\tmissing")
            click.echo(f"{found.spearman:.4f}\t{found.pearson:.4f}\t{found.pairs}\t{found.missing}")
    return OK


def _is_analogies(file: str) -> bool:
    with suppress(OSError), open(file, "rb") as opened:
        for line in opened:
            if line.strip() and not line.startswith(b"#"):
                return line.startswith(b":") or (b"\t" not in line and len(line.split()) == 4)
    return False


@embed.command("documents", short_help="A vector for each document.")
@click.argument("vectors")
@click.argument("corpus", nargs=-1, required=True, metavar="CORPUS...")
@click.option("-o", "--out", required=True, metavar="OUT", help="NAME.npy, or - for stdout.")
@click.option("--how", type=click.Choice(["mean", "tfidf", "sif"]), default="mean", show_default=True)
@click.option("--unknown", type=click.Choice(["skip", "zero", "mean"]), default="skip", show_default=True)
@click.option("--smoothing", type=float, help="sif: a in a / (a + p).  [default: 0.001]")
@click.option("--components", type=click.IntRange(min=0), help="sif: Common directions taken out.  [default: 1]")
@_token_options
@corpus_options
@click.option("--overwrite", is_flag=True, help="Replace an output that exists.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but failures.")
def of_documents(
    vectors: str,
    corpus: tuple[str, ...],
    out: str,
    how: str,
    unknown: str,
    smoothing: float | None,
    components: int | None,
    tokenizer: str,
    lowercase: bool,
    kind: Kind | None,
    column: str | None,
    header: bool | None,
    quotes: bool,
    encoding: str,
    invalid: Invalid,
    overwrite: bool,
    quiet: bool,
) -> int:
    """A vector for each document: the mean of its words' vectors, plain, weighted by TF-IDF, or SIF.

    Weights of tfidf, and what sif takes out, are learned from the same corpus, which is read twice for that. NAME.npy.json
    beside the output tells how it was made (see featkit info).

    \b
    Example:
      featkit embed documents vectors.npy examples/corpus.txt --how sif -o documents.npy --overwrite
    """
    given = {name: value for name, value in (("smoothing", smoothing), ("components", components)) if value is not None}
    if given and how != "sif":
        raise click.UsageError(f"--{next(iter(given))} belongs to --how sif")
    words = load_vectors(vectors).with_(unknown=unknown)
    reading = read_corpus_as(kind, column, header, quotes, encoding, invalid)
    source = documents(corpus, **reading)
    road = _road(tokenizer, lowercase)
    stage = _documents_stage(words, how, given)
    record = _record(road, _without_vectors(stage, unknown), source, reading) | {"vectors": fingerprint(vectors)}
    if out != STDIO and _is_there(out, source, record, whole_npy, overwrite):
        return _skipped(corpus, out, quiet)
    with one_thread():
        if how != "mean":
            stage = stage.fit(road(block) for block in source)  # type: ignore[attr-defined]
        with moving(quiet, source.bytes, "B", desc="documents") as moved, NpyWriter(out, overwrite=overwrite) as rows:
            for block in source:
                rows.append(stage(road(block)))
                moved(block.nbytes)
            if out != STDIO:
                rows.complete()
                write_sidecar(out, {**record, "shape": list(rows.shape), "dtype": str(rows.dtype)})
    if not quiet and out != STDIO:
        say(f"ok: {rows.shape[0]:,} documents -> {out} ({words.dim} values each)")
    return OK


def _documents_stage(words: WordVectors, how: str, given: dict[str, Any]) -> Stage:
    if how == "tfidf":
        return featkit.TfIdfVectors(words)
    if how == "sif":
        if words.counts is None:
            raise ParameterError(
                "--how sif needs to know how frequent words are, and these vectors have no counts with them; those that featkit "
                f"embed writes as .npy have (beside {vocabulary_path('NAME.npy')})"
            )
        return featkit.SifVectors(words, **given)
    return words


def _without_vectors(stage: Stage, unknown: str) -> str:
    """A stage for the record, which has the file of the vectors beside it."""
    own = [f"{name}={value!r}" for name, value in stage.fields().items() if isinstance(value, (int, float))]
    return f"{type(stage).__name__}({', '.join([*own, f'unknown={unknown!r}'])})"
