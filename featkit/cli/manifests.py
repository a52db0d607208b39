"""What the commands over manifests share: options, which lines are meant, what is said of those that cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from featkit.cli.main import say
from featkit.files.manifest import Manifest, Problem, read_manifest

F = TypeVar("F", bound=Callable[..., Any])


def report_options(command: F) -> F:
    """What every command over a manifest takes."""
    for option in (
        click.option("-q", "--quiet", is_flag=True, help="Say nothing but failures."),
        click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output."),
    ):
        command = option(command)
    return command


def chosen_lines(path: str, label: str | None, split: str | None, usual: str) -> Manifest:
    """The lines of a split: the one named, else the ``usual`` one where the manifest has it, else all."""
    if split is not None:
        return read_manifest(path, label, None if split == "all" else split)
    manifest = read_manifest(path, label)
    there = {sample.split for sample in manifest.samples}
    return read_manifest(path, label, usual) if usual in there else manifest


def say_problems(path: str, problems: list[Problem]) -> None:
    """List what is skipped."""
    for problem in sorted(problems):
        say(f"skipped: {path}, {problem}")
