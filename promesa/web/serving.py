"""Runs the service: one command, one port, a graceful stop."""

from __future__ import annotations

import logging.config
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from promesa.web.logs import LogStyle, settings
from promesa.workspace import open_workspace

if TYPE_CHECKING:
    from datetime import time

FOLDER, LOG_STYLE, ADDRESS = "PROMESA_WORKSPACE", "PROMESA_LOG", "PROMESA_ADDRESS"
EVERY_HOST = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (what a browser opens where all addresses listen)


def listening(host: str, port: int) -> str:
    """Return the address at which a browser of the same machine opens what listens there."""
    opened = EVERY_HOST.get(host, host)
    return f"http://{f'[{opened}]' if ':' in opened else opened}:{port}"


def serve(root: Path, *, host: str, port: int, analyse_at: time | None = None, log: LogStyle = "text") -> None:
    """Serve a workspace until the process is told to stop.

    Parameters
    ----------
    root : Path
        The company's folder.
    host, port
        Where to listen.
    analyse_at : time or None
        When to load, link and analyse each day, on the company's clock; None leaves it to somebody else.
    log : {"text", "json"}
        How lines are written to stderr.
    """
    from granian import Granian
    from granian.constants import Interfaces

    from promesa.web.arriving import compacted
    from promesa.web.nightly import nightly

    os.environ[FOLDER], os.environ[LOG_STYLE], os.environ[ADDRESS] = str(root.resolve()), log, listening(host, port)
    logging.config.dictConfig(settings(log))
    server = Granian(
        "promesa.web.serving:from_environment",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=1,
        log_access=False,
        log_dictconfig=settings(log),
        workers_kill_timeout=20,
    )
    ws = open_workspace(root)
    with compacted(ws), nightly(ws, analyse_at):
        server.serve()


def from_environment() -> Any:
    """Return the pages and the intake of the workspace that the parent process named."""
    from promesa.web.app import application
    from promesa.web.arriving import with_arrivals
    from promesa.web.logs import logged

    logging.config.dictConfig(settings(cast("LogStyle", os.environ.get(LOG_STYLE, "text"))))
    root, address = Path(os.environ[FOLDER]), os.environ.get(ADDRESS)
    return logged(with_arrivals(application(root, warmed=True, address=address)))
