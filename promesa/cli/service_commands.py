"""serve: the pages, the API and the intake at one port."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promesa.cli.options import Folder
from promesa.cli.output import reported, utc_now

if TYPE_CHECKING:
    from datetime import time

HERE = Path()


@reported
def serve(
    workspace: Folder = HERE,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Where to listen; behind a proxy leave it.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port of everything.")] = 8000,
    analyse_at: Annotated[
        str | None,
        typer.Option(
            "--analyse-at",
            metavar="HH:MM",
            help="Load, link, review the tiers and analyse at this hour of the company's day.",
        ),
    ] = None,
    log: Annotated[str, typer.Option("--log", metavar="STYLE", help="Lines on stderr: text or json.")] = "text",
) -> None:
    """Serve the company's pages until stopped (Ctrl-C)."""
    from promesa.errors import InputError, UnknownName
    from promesa.words import say
    from promesa.workspace import open_workspace

    ws, hour = open_workspace(workspace), _hour(analyse_at)
    try:
        from promesa.access import first_administrator
        from promesa.database import open_database
        from promesa.web import STYLES, listening
        from promesa.web import serve as run
    except ModuleNotFoundError as error:
        raise InputError(
            what="The service is not installed.",
            got=f"no package {error.name}",
            expected="promesa with its extra `service`",
            fix='pip install "promesa[service]"',
        ) from error
    if log not in STYLES:
        raise UnknownName(log, kind="style of the log", known=STYLES)
    with open_database(ws) as database:
        # The worker joins the embedded server that is held here; the last to leave stops it.
        with database.begin() as connection:
            token = first_administrator(connection, now=utc_now())
        database.engine.dispose()
        if token is not None:
            address = ws.service.address if ws.service.addressed else listening(host, port)
            print(say("access.first", ws.locale, link=f"{address}/invitation/{token}"), flush=True)
        run(ws.root, host=host, port=port, analyse_at=hour, log=log)


def _hour(text: str | None) -> time | None:
    """Return an hour of the day as it is written on a clock."""
    from datetime import time

    from promesa.errors import ValueOutOfRange

    if text is None:
        return None
    hours, _, minutes = text.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and len(minutes) == 2 and int(minutes) < 60):
        raise ValueOutOfRange(
            what="The hour of the nightly work cannot be read.",
            got=text,
            expected="hours and minutes, from 00:00 to 23:59",
            fix="write --analyse-at 03:30",
        )
    return time(int(hours), int(minutes))
