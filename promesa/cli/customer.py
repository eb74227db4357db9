"""customer: one person, however many records; `promesa customer ID` shows who that is."""

from __future__ import annotations

import typer
from typer.core import TyperGroup

from promesa.cli import link_commands, person_commands, rights_commands

VIEW = "view"


class ByPerson(TyperGroup):
    """A group whose first word may be a person instead of a command: the person is then shown."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Put the command `view` before a first word that names no command."""
        word = next((arg for arg in args if not arg.startswith("-")), None)
        if word is not None and args[0] == word and word not in self.commands and VIEW in self.commands:
            args = [VIEW, *args]
        return super().parse_args(ctx, args)


customer = typer.Typer(
    cls=ByPerson,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="One customer, however many records: who it is, links, review, consent, export, forget.",
)
for commands in (person_commands.COMMANDS, link_commands.COMMANDS, rights_commands.COMMANDS):
    for name, command in commands.items():
        customer.command(name)(command)
