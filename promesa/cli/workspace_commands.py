"""new, check, simulate: a company's folder, made and read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promesa import words
from promesa.cli.options import AsJson, Folder, Locale
from promesa.cli.output import print_json, progress_of, reported
from promesa.cli.tongue import terminal_locale
from promesa.errors import InputError, Mistake, WorkspaceInvalid

if TYPE_CHECKING:
    from promesa.sources import Preview
    from promesa.workspace import Workspace

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
    return locale or terminal_locale() or "es"


@reported
def check(workspace: Folder = HERE, locale: Locale = None, as_json: AsJson = False) -> None:
    """Say what promesa understood of the workspace, and every mistake in it."""
    from promesa.workspace import describe, open_workspace

    ws = open_workspace(workspace)
    language = locale or ws.locale
    description = describe(ws, language)
    previews, unreadable = ([], []) if description.mistakes else _look_at_sources(ws)
    if as_json:
        print_json({**description.to_document(), "columns": [_columns_of(seen) for seen in previews]})
    else:
        print(description.text())
        if previews:
            print("\n" + words.say("cli.check.columns", language))
        for seen in previews:
            print(_line_of(seen, language))
    mistakes = (*description.mistakes, *unreadable)
    if mistakes:
        raise WorkspaceInvalid(mistakes)


def _look_at_sources(ws: Workspace) -> tuple[list[Preview], list[Mistake]]:
    """Return how each source would be read, what is wrong with those that cannot be, and the misnamed columns."""
    from promesa.engine import Embedded
    from promesa.sources import preview
    from promesa.store import misnamed_columns

    previews: list[Preview] = []
    mistakes: list[Mistake] = []
    with Embedded(time_zone=ws.time_zone) as engine:
        for source in ws.sources.values():
            try:
                previews.append(preview(source, root=ws.root, engine=engine, time_zone=ws.time_zone))
            except InputError as error:
                facts = {"what": error.what, "got": error.got, "expected": error.expected, "fix": error.fix}
                mistakes.append(Mistake(file="promesa.toml", key=f"sources.{source.name}", **facts))
        mistakes += misnamed_columns(ws, columns={seen.name: seen.columns for seen in previews}, engine=engine)
    return previews, mistakes


def _columns_of(seen: Preview) -> dict[str, object]:
    columns = [{"name": column.name, "kind": column.kind, "how": column.how} for column in seen.columns]
    read = {"format": seen.format, "delimiter": seen.delimiter, "encoding": seen.encoding, "header": seen.header}
    return {"source": seen.name, **read, "columns": columns, "warnings": [str(warning) for warning in seen.warnings]}


def _line_of(seen: Preview, locale: str) -> str:
    kinds = ", ".join(f"{column.name} ({words.say(f'cli.kind.{column.kind}', locale)})" for column in seen.columns)
    written = ", ".join(str(part) for part in (seen.format, seen.encoding, _shown(seen.delimiter)) if part)
    lines = [
        f"  {seen.name} [{written}]: {kinds}",
        *(f"    ! {warning.in_locale(locale)}" for warning in seen.warnings),
    ]
    return "\n".join(lines)


def _shown(delimiter: str | None) -> str | None:
    return {"\t": "tab", None: None}.get(delimiter, f"«{delimiter}»")


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
