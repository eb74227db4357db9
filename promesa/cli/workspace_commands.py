"""new, check, simulate: a company's folder, made and read."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from promesa import words
from promesa.cli.options import AsJson, Folder, Locale
from promesa.cli.output import print_json, progress_of, reported

HERE = Path()


@reported
def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")],
    example: Annotated[
        str | None, typer.Option("--example", metavar="NAME", help="Copy an example: demo or olist.")
    ] = None,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Make a workspace to start from: settings, model, load files and a little data."""
    from promesa.workspace import new as scaffold

    written = scaffold(folder, example=example)
    if as_json:
        print_json({"folder": str(folder), "files": [str(path) for path in written]})
        return
    values = {"folder": folder, "files": len(written)}
    print(words.say("workspace.scaffold.made", _spoken(locale), **values))
    print(words.say("workspace.scaffold.next", _spoken(locale), **values), file=sys.stderr)


def _spoken(locale: str | None) -> str:
    """Return the language asked for, else that of the terminal: there is no workspace yet to ask."""
    return locale or os.environ.get("LANG") or "es"


@reported
def check(workspace: Folder = HERE, locale: Locale = None, as_json: AsJson = False) -> None:
    """Say what promesa understood of the workspace, and every mistake in it."""
    from promesa.workspace import describe, open_workspace

    ws = open_workspace(workspace)
    description = describe(ws, locale or ws.locale)
    if as_json:
        print_json(description.to_document())
    else:
        print(description.text())
    if description.mistakes:
        from promesa.errors import WorkspaceInvalid

        raise WorkspaceInvalid(description.mistakes)


@reported
def simulate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make; it becomes a workspace.")],
    customers: Annotated[int, typer.Option(help="Persons.", min=1)] = 20_000,
    years: Annotated[float, typer.Option(help="Length of the window.")] = 2.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 7,
    written_as: Annotated[
        str, typer.Option("--format", help="files: as such a company has them; parquet: for very large ones.")
    ] = "files",
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Write a company with a known truth, as the files its systems would have."""
    from promesa.errors import UnknownName
    from promesa.simulate import simulate as write

    if written_as not in ("files", "parquet"):
        raise UnknownName(written_as, kind="format", known=("files", "parquet"))
    with progress_of("Simulating") as step:
        truth = write(
            folder,
            customers=customers,
            years=years,
            seed=seed,
            written_as=written_as,
            progress=lambda done, total: step(f"{done} / {total}", done / max(total, 1)),
        )
    if as_json:
        print_json({"folder": str(folder), "moments": truth.moments, "truth": str(folder / "truth.json")})
        return
    values = {"folder": folder, "customers": customers, "moments": truth.moments}
    print(words.say("simulate.written", _spoken(locale), **values))
    print(words.say("simulate.next", _spoken(locale), **values), file=sys.stderr)
