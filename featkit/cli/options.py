"""Options that several commands share, and how their values are read."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, TypeVar, get_args

import click

from featkit.files.encodings import Invalid, codec
from featkit.files.text import Kind

F = TypeVar("F", bound=Callable[..., Any])


class ChannelChoice(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.1
    """``mix``, ``first``, ``each`` or a channel's number."""

    name = "mix|first|each|N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value in ("mix", "first", "each") or isinstance(value, int):
            return value
        if str(value).isdecimal():
            return int(value)
        return self.fail(f"{value!r} is not mix, first, each or a number from 0", param, ctx)


class Setting(click.ParamType):  # type: ignore[type-arg]
    """``stage.parameter=value``, the value written as in Python; plain words are strings."""

    name = "stage.parameter=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, tuple):
            return value
        key, equals, text = value.partition("=")
        if not equals or not key:
            self.fail(f"{value!r} is not of the form stage.parameter=value, as in mel.n_mels=80", param, ctx)
        return key.strip().replace(".", "__"), text


def read_value(text: str) -> Any:
    """A value as it is written in Python; what isn't Python is a word."""
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return text


def input_options(command: F) -> F:
    """What every command that reads sound takes."""
    return options_of(
        command,
        click.argument("inputs", nargs=-1, required=True, metavar="INPUT..."),
        click.option("--channels", type=ChannelChoice(), help="Of several channels: mix, first, each, or one from 0."),
        click.option(
            "--dtype",
            type=click.Choice(["float32", "float64"]),
            default="float32",
            show_default=True,
            help="Precision in which files are read and features computed.",
        ),
        click.option(
            "--truncated",
            type=click.Choice(["error", "keep"]),
            default="error",
            show_default=True,
            help="What to do with a file that ends before its header says.",
        ),
    )


def output_options(command: F) -> F:
    """What every command that writes feature files takes."""
    return options_of(
        command,
        click.option("-o", "--out", metavar="OUT", help="NAME.npy, a folder (the tree is mirrored), or - for stdout."),
        click.option(
            "--allow-empty", is_flag=True, help="Write (0, D) for an input that is too short or too small for a row."
        ),
        run_options,
    )


def sound_options(out: str) -> Callable[[F], F]:
    """What every command that writes sound takes; ``out`` says where to."""
    return lambda command: options_of(
        command,
        click.option("-o", "--out", metavar="OUT", required=True, help=out),
        click.option(
            "--subtype",
            type=click.Choice(["PCM_16", "PCM_24", "FLOAT"]),
            default="PCM_16",
            show_default=True,
            help="How samples are stored; FLOAT keeps what is beyond full scale.",
        ),
        click.option("--allow-empty", is_flag=True, help="Write a sound of no samples for one that has none."),
        run_options,
    )


def run_options(command: F) -> F:
    """What every command with many inputs and outputs takes."""
    return options_of(
        command,
        click.option("--overwrite", is_flag=True, help="Replace outputs that exist."),
        click.option(
            "--on-error",
            type=click.Choice(["skip", "stop"]),
            default="skip",
            show_default=True,
            help="After an input that fails: go on with the others, or stop.",
        ),
        click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output."),
        click.option("-q", "--quiet", is_flag=True, help="Say nothing but failures."),
        click.option("-v", "--verbose", is_flag=True, help="Say a line for every file."),
    )


def corpus_options(command: F) -> F:
    """What every command that reads a corpus takes."""
    return options_of(
        command,
        click.option(
            "--documents", "kind", type=click.Choice(get_args(Kind)), help="What a document is.  [default: by the name]"
        ),
        click.option(
            "--column", help="Of a table the name or number (from 0) of the documents' column, of JSON Lines the key."
        ),
        click.option("--header/--no-header", default=None, help="Whether the first line of a table names its columns."),
        click.option(
            "--quotes/--no-quotes", default=True, help='Whether " quotes values of a table.  [default: quotes]'
        ),
        click.option("--encoding", default="utf-8", show_default=True, help="Of the corpus, or detect."),
        click.option(
            "--invalid",
            type=click.Choice(get_args(Invalid)),
            default="error",
            show_default=True,
            help="Bytes that don't decode.",
        ),
    )


def read_corpus_as(
    kind: Kind | None, column: str | None, header: bool | None, quotes: bool, encoding: str, invalid: Invalid
) -> dict[str, Any]:
    """What :func:`featkit.documents` is to be told by these options.

    Raises
    ------
    ParameterError
        If there is no such encoding.
    """
    if encoding != "detect":
        codec(encoding)
    return {
        "documents": kind,
        "column": int(column) if column is not None and column.isdecimal() and kind != "jsonl" else column,
        "header": header,
        "quotes": quotes,
        "encoding": encoding,
        "invalid": invalid,
    }


def options_of(command: F, *decorators: Callable[[F], F]) -> F:
    """A command with options and arguments, which its help shows in this order."""
    for decorate in reversed(decorators):
        command = decorate(command)
    return command
