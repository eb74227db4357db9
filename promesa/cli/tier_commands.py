"""tier: who is of which tier."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from promesa.cli.options import AsJson, AsOf, Folder, Locale
from promesa.cli.output import print_json, progress_of, reported, utc_now

HERE = Path()


@reported
def tier(
    workspace: Folder = HERE,
    as_of: AsOf = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Sum everybody up again; reviews at or after that instant are taken back.")
    ] = False,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Review who is of which tier; again changes nothing."""
    from promesa.value import tier as run
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    with progress_of("Reviewing tiers") as step:
        review = run(ws, recorded_at=utc_now(), as_of=as_of, rebuild=rebuild, progress=step)
    if as_json:
        print_json(review.to_document())
    else:
        print(review.summary(locale or ws.locale))
