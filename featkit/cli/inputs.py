"""From what the user names (files, folders, patterns, ``-``) to jobs: one input and where its output goes."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import click

from featkit.errors import WriteError

STDIO = "-"


class Job(NamedTuple):
    """One input, and its output's path (``"-"``: standard output)."""

    source: str
    output: str


def find(arguments: Iterable[str], suffixes: frozenset[str]) -> list[tuple[str, Path]]:
    """The files that the arguments stand for, each with its place in a mirrored tree.

    A folder stands for the files in and below it that end in one of ``suffixes``; its tree is kept. A pattern is expanded
    here, so it works where no shell does it; the tree below its fixed part is kept. Of files named one by one, what
    lies below their common folder is kept. Nothing is taken twice.
    """
    found: list[tuple[str, Path]] = []
    single: list[str] = []
    for argument in arguments:
        path = Path(argument)
        if argument == STDIO:
            found.append((STDIO, Path("stdin")))
        elif path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.suffix.lower() in suffixes and file.is_file())
            found += [(str(file), file.relative_to(path)) for file in files if not file.name.startswith(".")]
        elif glob.has_magic(argument) and not path.exists():
            fixed = Path(*_before_magic(path))
            matches = sorted(glob.glob(argument, recursive=True))
            found += [(match, Path(os.path.relpath(match, fixed))) for match in matches if Path(match).is_file()]
        else:
            single.append(argument)
    if single:
        common = os.path.commonpath([os.path.abspath(os.path.dirname(file) or ".") for file in single])
        found += [(file, Path(os.path.relpath(os.path.abspath(file), common))) for file in single]
    first: dict[str, tuple[str, Path]] = {}
    for source, place in found:
        first.setdefault(os.path.abspath(source) if source != STDIO else STDIO, (source, place))
    return list(first.values())


def _before_magic(path: Path) -> list[str]:
    parts: list[str] = []
    for part in path.parts:
        if glob.has_magic(part):
            break
        parts.append(part)
    return parts or ["."]


def jobs(found: list[tuple[str, Path]], out: str | None, kind: str) -> list[Job | WriteError]:
    """Give every input its output: ``<stem>.<kind>.npy`` beside it, or as ``-o`` says.

    Two inputs that would write the same file are not both written: the later one is an error in the list.
    """
    if (
        out is not None
        and out != STDIO
        and Path(out).suffix not in ("", ".npy")
        and not Path(out).is_dir()
        and out[-1] != "/"
    ):
        raise click.UsageError(f"-o {out}: features are written as .npy; give NAME.npy, a folder (ending in /) or -")
    one_file = out is not None and (out == STDIO or (Path(out).suffix == ".npy" and not Path(out).is_dir()))
    if one_file and len(found) > 1:
        raise click.UsageError(f"-o {out} is one output and there are {len(found)} inputs; give a folder (ending in /)")
    taken: dict[str, str] = {}
    listed: list[Job | WriteError] = []
    for source, place in found:
        name = place.with_name(f"{place.stem}.{kind}.npy")
        if one_file:
            output = str(out)
        elif out is not None:
            output = str(Path(out) / name)
        else:
            output = STDIO if source == STDIO else str(Path(source).with_name(name.name))
        other = taken.setdefault(os.path.abspath(output), source)
        if other is source:
            listed.append(Job(source, output))
        else:
            listed.append(
                WriteError(f"{source} would overwrite the output of {other}, {output}; rename one, or run it with -o")
            )
    return listed
