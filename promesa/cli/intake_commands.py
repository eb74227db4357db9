"""intake: what has arrived over HTTP, taken into the store by hand."""

from __future__ import annotations

from pathlib import Path

import typer

from promesa.cli.load_commands import print_load
from promesa.cli.options import AsJson, Folder, Locale
from promesa.cli.output import print_json, progress_of, reported, utc_now

HERE = Path()
intake = typer.Typer(help="What arrived over HTTP and is not in the store yet.", no_args_is_help=True)


@intake.callback()
def _intake() -> None:
    """Keep `compact` a command of its own, though it is the only one."""


@intake.command("compact")
@reported
def compact_arrivals(workspace: Folder = HERE, locale: Locale = None, as_json: AsJson = False) -> None:
    """Take what has arrived into the store and run the load files that read it; the service does so by itself."""
    from promesa.intake import compact
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    with progress_of("Compacting") as step:
        done = compact(ws, recorded_at=utc_now(), always=True, progress=step)
    if as_json:
        print_json(done.to_document())
        return
    language = locale or ws.locale
    if done.load:
        print_load(done.load, language)
    print(done.summary(language))
