"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Option("--workspace", "-w", metavar="DIR", help="The company's folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, all else on stderr.")]
Locale = Annotated[
    str | None, typer.Option("--locale", metavar="LOCALE", help="es, en, es_CO...; the workspace's if not given.")
]
Apply = Annotated[bool, typer.Option("--apply", help="Do it; without it, only count.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask again; for scripts.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="DAY", help="Look at the facts as they stood at the close of this day (2018-10-15)."
    ),
]
