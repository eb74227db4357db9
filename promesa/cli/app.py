"""The commands and how they are found; what each does is imported when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from promesa import __version__
from promesa.cli.answer_commands import analyse, report, show
from promesa.cli.audit_commands import audit, db
from promesa.cli.backup_commands import backup, restore
from promesa.cli.customer import customer
from promesa.cli.intake_commands import intake
from promesa.cli.journey_commands import journeys
from promesa.cli.link_commands import link
from promesa.cli.load_commands import load, quarantine, take_back
from promesa.cli.people_commands import people
from promesa.cli.service_commands import serve
from promesa.cli.tier_commands import tier
from promesa.cli.workspace_commands import check, new, simulate

app = typer.Typer(
    name="promesa",
    help="Is the brand's promise kept at every touchpoint, and what does each broken one cost?",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"promesa {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version


for command in (new, check, load, take_back, link, tier, analyse, show, report, serve, backup, restore, simulate):
    app.command()(command)
app.add_typer(quarantine, name="quarantine")
app.add_typer(customer, name="customer")
app.add_typer(intake, name="intake")
app.add_typer(journeys, name="journeys")
app.add_typer(people, name="people")
app.add_typer(audit, name="audit")
app.add_typer(db, name="db")


def main() -> None:
    """Run the command line."""
    app()
