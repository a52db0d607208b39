"""``featkit presets``: the dialects, their features and what each is made of."""

from __future__ import annotations

import inspect
import json

import click

from featkit import presets as library
from featkit.cli.options import Setting, read_value
from featkit.presets.parity import PARITY


@click.group(invoke_without_command=True, short_help="List or show the presets.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def presets(ctx: click.Context, as_json: bool) -> None:
    """List the presets: the features of other programs, in their own option names.

    \b
    Example:
      featkit presets show kaldi/fbank
    """
    if ctx.invoked_subcommand is not None:
        return
    for name in library.names():
        summary = (inspect.getdoc(library.function_of(name)) or "").partition("\n")[0]
        parity = PARITY.get(name)
        if as_json:
            checked = parity._asdict() if parity else None
            click.echo(json.dumps({"preset": name, "summary": summary, "parity": checked}, ensure_ascii=False))
        else:
            click.echo(f"{name:36} {summary}" + (f" [{parity.upstream}]" if parity else ""))


@presets.command(short_help="Print a preset in full.")
@click.argument("names", nargs=-1, required=True, metavar="PRESET...")
@click.option(
    "--set",
    "settings",
    type=Setting(),
    multiple=True,
    metavar="OPTION=VALUE",
    help="The upstream's options; repeatable.",
)
def show(names: tuple[str, ...], settings: tuple[tuple[str, str], ...]) -> None:
    """Print the pipeline of a preset, its options with their defaults, and how near it is to its upstream.

    \b
    Example:
      featkit presets show kaldi/fbank --set num_mel_bins=80
    """
    given = {option: read_value(text) for option, text in settings}
    for name in names:
        pipeline = library.get(name, **given)
        click.echo(f"{name}\n\npipeline:")
        click.echo("\n".join(f"  {stage!r}" for stage in pipeline.stages))
        click.echo("\noptions:")
        click.echo("\n".join(f"  {option}={default!r}" for option, default in library.options_of(name).items()))
        if name in PARITY:
            parity = PARITY[name]
            to = "of the largest value" if parity.relative else "absolute"
            click.echo(f"\nchecked against {parity.upstream}, within {parity.limit:g} {to}: {parity.reason}")
        click.echo(f"\n{inspect.getdoc(library.function_of(name))}\n")
