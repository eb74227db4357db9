"""journeys export: the moments in order, as a log that other tools read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from promesa.cli.answer_commands import FromOption, ToOption
from promesa.cli.options import AsJson, AsOf, Folder, Locale
from promesa.cli.output import print_json, progress_of, reported

HERE = Path()
journeys = typer.Typer(help="Journeys for other tools.", no_args_is_help=True, rich_markup_mode=None)


@journeys.callback()
def _group() -> None:
    """Keep `export` a command of its own, though it is the only one."""


@journeys.command()
@reported
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write; - is not a file.")],
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help="xes or csv.")] = "xes",
    workspace: Folder = HERE,
    since: FromOption = None,
    until: ToOption = None,
    as_of: AsOf = None,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Write the moments of all journeys as an event log: customers as surrogates, no employees."""
    from promesa import words
    from promesa.journeys import export as write
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    with progress_of("Writing") as step:
        step(file.name, None)
        done = write(ws, file, form=form, since=since, until=until, as_of=as_of)
    if as_json:
        print_json({"file": str(done.path), "events": done.events, "journeys": done.journeys})
        return
    tongue = locale or ws.locale
    counts = {"events": words.number(done.events, tongue), "journeys": words.number(done.journeys, tongue)}
    print(words.say("cli.exported", tongue, file=str(done.path), **counts))
