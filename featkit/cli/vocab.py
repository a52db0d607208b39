"""``featkit vocab``: vocabularies as files."""

from __future__ import annotations

from functools import reduce

import click

from featkit.cli.main import OK, say
from featkit.files.vocabulary import load_counts, load_vocabulary, write_vocabulary
from featkit.text.strings import Strings
from featkit.text.vocabulary import TermCounts, merged


@click.group(short_help="Vocabularies: merge them.")
def vocab() -> None:
    """Vocabularies as files: text with one term a line, or .npz, which can hold counts too.

    \b
    Example:
      featkit vocab merge examples/animals.txt examples/weather.txt -o words.txt --overwrite
    """


@vocab.command(short_help="Several vocabularies in one.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "--out", default="-", metavar="OUT", help="NAME.txt, NAME.npz, or - for stdout.  [default: -]")
@click.option("--overwrite", is_flag=True, help="Replace an output that exists.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but failures.")
def merge(files: tuple[str, ...], out: str, overwrite: bool, quiet: bool) -> int:
    """The terms of several vocabularies in one, sorted.

    Where all of them are .npz with counts, as featkit bow --vocab-out writes, the counts are added up, and an OUT that ends
    in .npz has them.

    \b
    Example:
      featkit vocab merge examples/animals.txt examples/weather.txt
    """
    if not out.lower().endswith((".txt", ".npz")) and out != "-":
        raise click.UsageError(f"-o {out!r}: give NAME.txt, NAME.npz or -")
    counted = [load_counts(file) for file in files]
    total = TermCounts() if all(counts is not None for counts in counted) else None
    if total is None:
        terms = reduce(merged, map(load_vocabulary, files), Strings())
    else:
        for counts in counted:
            assert counts is not None
            total.include(*counts.parts)
        strings = total.lexicon.strings
        terms = strings.take(strings.sorted())
    write_vocabulary(out, terms, None if total is None else total.only(terms), overwrite=overwrite)
    if not quiet and out != "-":
        said = "" if total is None else f" of {total.documents:,} documents, with their counts"
        say(f"ok: {len(files)} vocabularies -> {out} ({len(terms):,} terms{said})")
    return OK
