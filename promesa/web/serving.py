"""Runs the service: one command, one port, a graceful stop."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from litestar import Litestar

FOLDER = "PROMESA_WORKSPACE"


def serve(root: Path, *, host: str, port: int) -> None:
    """Serve a workspace until the process is told to stop."""
    from granian import Granian
    from granian.constants import Interfaces

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
    server.serve()


def from_environment() -> Litestar:
    """Return the application of the workspace that the parent process named."""
    from promesa.web.app import application

    return application(Path(os.environ[FOLDER]))
