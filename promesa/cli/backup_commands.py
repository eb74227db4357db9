"""backup, restore: everything of a workspace in one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from promesa.cli.options import AsJson, Folder, Locale
from promesa.cli.output import print_json, reported, utc_now

HERE = Path()


@reported
def backup(
    target: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file that is not there yet, such as monday.tar.gz.")
    ],
    workspace: Folder = HERE,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Write files, store and database into one file, at one instant. It holds personal data and keys."""
    from promesa.backup import back_up
    from promesa.words import number, say
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    done = back_up(ws, target, now=utc_now())
    if as_json:
        print_json(
            {"file": str(done.file), "store_version": done.store_version, "files": done.files, "size": done.size}
        )
        return
    language = locale or ws.locale
    print(say("cli.backup.done", language, file=done.file, files=number(done.files, language)))


@reported
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `promesa backup` wrote.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An empty folder, or one that is not there yet.")],
    locale: Locale = None,
) -> None:
    """Make a workspace from a backup, every file checked."""
    from promesa.backup import restore as run
    from promesa.words import say

    ws = run(file, folder)
    print(say("cli.backup.restored", locale or ws.locale, folder=folder))
