"""Runs the service: one command, one port, a graceful stop."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from promesa.workspace import open_workspace

FOLDER = "PROMESA_WORKSPACE"


def serve(root: Path, *, host: str, port: int) -> None:
    """Serve a workspace until the process is told to stop."""
    from granian import Granian
    from granian.constants import Interfaces

    from promesa.web.arriving import compacted

    os.environ[FOLDER] = str(root.resolve())
    server = Granian(
        "promesa.web.serving:from_environment",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=1,
        log_access=False,
        workers_kill_timeout=20,
    )
    with compacted(open_workspace(root)):
        server.serve()


def from_environment() -> Any:
    """Return the pages and the intake of the workspace that the parent process named."""
    from promesa.web.app import application
    from promesa.web.arriving import with_arrivals

    return with_arrivals(application(Path(os.environ[FOLDER])))
