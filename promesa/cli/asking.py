"""The question before what cannot be undone lightly: typed on a terminal, or answered beforehand by `--yes`."""

from __future__ import annotations

import sys

import typer

from promesa.errors import InputError


def confirm(word: str, *, asked: str, otherwise: str, yes: bool) -> None:
    """Go on if somebody types the word, or has said `--yes`.

    Parameters
    ----------
    asked : str
        The question, which names the word.
    otherwise : str
        What is said when another word is typed.

    Raises
    ------
    InputError
        If nobody is there to be asked.
    typer.Exit
        With 1, if another word is typed.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise InputError(
            what="Nobody is there to confirm it.",
            got="--apply without --yes, and no terminal",
            expected="a terminal, or --yes",
            fix="add --yes if it is meant",
        )
    if typer.prompt(asked, default="", show_default=False) != word:
        print(otherwise, file=sys.stderr)
        raise typer.Exit(1)
