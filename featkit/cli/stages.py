"""``featkit stages``: the catalogue."""

from __future__ import annotations

import inspect
import json

import click

from featkit.catalogue import stages as catalogue
from featkit.errors import ParameterError, did_you_mean
from featkit.stage import Stage


@click.command(short_help="List or describe the stages.")
@click.argument("names", nargs=-1, metavar="[STAGE...]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def stages(names: tuple[str, ...], as_json: bool) -> None:
    """List the stages with their axes and formulas; with names, describe those in full.

    \b
    Example:
      featkit stages MelBank
    """
    known = catalogue()
    by_any_name = {**{kind.name: kind for kind in known.values()}, **known}
    for name in names:
        if name not in by_any_name:
            raise ParameterError(
                f"there is no stage {name!r}{did_you_mean(name, by_any_name) or '; featkit stages lists them'}"
            )
    chosen = [by_any_name[name] for name in names] or list(known.values())
    for kind in chosen:
        if as_json:
            facts = {field: getattr(kind, field) for field in ("name", "shape", "formula", "source")}
            click.echo(json.dumps({"class": kind.__name__, **facts}, ensure_ascii=False))
        else:
            click.echo(_full(kind) if names else _brief(kind))


def _brief(kind: type[Stage]) -> str:
    return f"{kind.__name__:18} {kind.shape:30} {kind.formula}"


def _full(kind: type[Stage]) -> str:
    parameters = inspect.signature(kind).parameters.values()
    signature = ", ".join(
        f"{one.name}: {one.annotation}" + ("" if one.default is one.empty else f" = {one.default!r}")
        for one in parameters
    )
    lines = [
        f"{kind.__name__}({signature})",
        f"  shape:   {kind.shape}",
        f"  formula: {kind.formula}",
        f"  source:  {kind.source}",
    ]
    return "\n".join([*lines, "", inspect.cleandoc(kind.__doc__ or ""), ""])
