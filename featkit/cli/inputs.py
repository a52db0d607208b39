"""From what the user names (files, folders, patterns, ``-``) to jobs: one input and where its output goes."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import click

from featkit.errors import FeatkitError, WriteError

STDIO = "-"


class Job(NamedTuple):
    """One input, its output's path (``"-"``: standard output), why it cannot be done, if so, and its place in the tree."""

    source: str
    output: str
    problem: FeatkitError | None = None
    place: str = ""


class Found(NamedTuple):
    """The inputs, each with its place in a mirrored tree, and the arguments that stand for none."""

    inputs: list[tuple[str, Path]]
    nothing: list[str]


def find(arguments: Iterable[str], suffixes: frozenset[str]) -> Found:
    """The files that the arguments stand for.

    A folder stands for the files in and below it that end in one of ``suffixes``; its tree is kept, and its name where there
    are several. A pattern is expanded here, so it works where no shell does it; the tree below its fixed part is kept. Of
    files named one by one, what lies below their common folder is kept. Hidden files are taken only where they are named.
    Nothing is taken twice.
    """
    found: list[tuple[str, Path]] = []
    single: list[str] = []
    nothing: list[str] = []
    arguments = list(arguments)
    above = _common([argument for argument in arguments if argument and Path(argument).is_dir()])
    for argument in arguments:
        path = Path(argument)
        if not argument:
            raise click.UsageError("an INPUT is empty; give a file, a folder, a pattern or -")
        if argument == STDIO:
            found.append((STDIO, Path("stdin")))
        elif path.is_dir():
            named = Path(os.path.relpath(path, above))  # of several folders, each keeps its name
            below = [
                (str(file), named / place) for file, place in _matches(path, "**/*") if file.suffix.lower() in suffixes
            ]
            nothing += [] if below else [argument]
            found += below
        elif glob.has_magic(argument) and not path.exists():
            # What an earlier run left beside its inputs is no input.
            matches = [(str(file), place) for file, place in _matches(*_split(path)) if not _made_here(file)]
            nothing += [] if matches else [argument]
            found += matches
        else:
            single.append(argument)
    if single:
        common = _common([os.path.dirname(os.path.abspath(file)) for file in single])
        found += [(file, Path(os.path.relpath(os.path.abspath(file), common))) for file in single]
    first: dict[str, tuple[str, Path]] = {}
    for source, place in found:
        first.setdefault(os.path.abspath(source) if source != STDIO else STDIO, (source, place))
    return Found(list(first.values()), nothing)


def _common(folders: list[str]) -> str:
    """The folder that all of them lie in, or are."""
    return os.path.commonpath([os.path.abspath(folder) for folder in folders]) if folders else "."


def _made_here(file: Path) -> bool:
    return file.name.endswith((".npy", ".npy.json", ".wav.json", ".flac.json", ".png.json"))


def _split(path: Path) -> tuple[Path, str]:
    """A pattern's fixed part, and the rest."""
    fixed = next(at for at, part in enumerate(path.parts) if glob.has_magic(part))
    pattern = os.path.join(*path.parts[fixed:])
    return Path(*path.parts[:fixed]), f"{pattern}/*" if path.name == "**" else pattern


def _matches(folder: Path, pattern: str) -> Iterator[tuple[Path, Path]]:
    """Files below a folder, in order; pathlib doesn't follow links to folders, which may lead round in a circle."""
    hidden = any(part.startswith(".") for part in Path(pattern).parts)
    for file in sorted(folder.glob(pattern)):
        place = file.relative_to(folder)
        if file.is_file() and (hidden or not any(part.startswith(".") for part in place.parts)):
            yield file, place


def jobs(
    found: Found, out: str | None, ending: str, files: tuple[str, ...] = (".npy",), called: str = "features are"
) -> list[Job]:
    """Give every input its output: ``<stem><ending>`` beside it, or as ``-o`` says, which may be one of these ``files``.

    Two inputs that would write the same file are not both written: the later one has a problem.
    """
    choices = ", ".join([*(f"NAME{file}" for file in files), "a folder (ending in /)"]) + (" or -" if files else "")
    if out == "":
        raise click.UsageError(f"-o is empty; give {choices}")
    suffix = Path(out).suffix.lower() if out is not None else ""
    folder = out is not None and out != STDIO and (out.endswith(("/", os.sep)) or Path(out).is_dir())
    if (out == STDIO and not files) or (out not in (None, STDIO) and not folder and suffix not in ("", *files)):
        raise click.UsageError(f"-o {out}: {_written(files, called)}; give {choices}")
    one_file = out is not None and not folder and (out == STDIO or suffix in files)
    if one_file and len(found.inputs) > 1:
        raise click.UsageError(
            f"-o {out} is one output and there are {len(found.inputs)} inputs; give a folder (ending in /)"
        )
    taken: dict[str, str] = {}
    listed: list[Job] = []
    for source, place in found.inputs:
        name = place.with_name(f"{place.stem}{ending}")
        if one_file:
            output = str(out)
        elif out is not None:
            output = str(Path(out) / name)
        else:
            output = STDIO if source == STDIO else str(Path(source).with_name(name.name))
        other = taken.setdefault(os.path.abspath(output), source)
        message = f"{source} would overwrite the output of {other}, {output}; rename one, or run it with another -o"
        listed.append(Job(source, output, None if other is source else WriteError(message), place.as_posix()))
    return listed


def _written(files: tuple[str, ...], called: str) -> str:
    return f"{called} written as {' or '.join(files)}" if files else "several files are written"


def part_of(output: str, part: str, ending: str) -> str:
    """The name of one of several outputs of an input: ``a.mfcc.npy`` -> ``a.ch0.mfcc.npy``, ``a.wav`` -> ``a.ch0.wav``.

    >>> part_of("a.mfcc.npy", "ch0", ".mfcc.npy"), part_of("x.npy", "ch0", ".mfcc.npy"), part_of("x.flac", "ch0", ".wav")
    ('a.ch0.mfcc.npy', 'x.ch0.mfcc.npy', 'x.ch0.flac')
    """
    suffix, kind = Path(output).suffix, ending[: ending.rindex(".")]
    return f"{output.removesuffix(suffix).removesuffix(kind)}.{part}{kind}{suffix}"
