"""serve: the pages, the API and the intake at one port."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from promesa.cli.options import Folder
from promesa.cli.output import reported

HERE = Path()


@reported
def serve(
    workspace: Folder = HERE,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Where to listen; behind a proxy leave it.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port of everything.")] = 8000,
) -> None:
    """Serve the company's pages until stopped (Ctrl-C)."""
    from promesa.errors import InputError
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    try:
        from promesa.web import serve as run
    except ModuleNotFoundError as error:
        raise InputError(
            what="The service is not installed.",
            got=f"no package {error.name}",
            expected="promesa with its extra `service`",
            fix='pip install "promesa[service]"',
        ) from error
    run(ws.root, host=host, port=port)
