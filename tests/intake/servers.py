"""A real server of the intake on loopback, and the workspace it serves as files."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.intake.shops import DELIVERED, PEOPLE

if TYPE_CHECKING:
    from collections.abc import Generator

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = """
[company]
name = "Prueba"
locale = "en"
time_zone = "America/Bogota"
currency = "EUR"

[sources.web]
intake = "segment"

[sources.bus]
intake = "cloudevents"
"""
MODEL = """
[functions.logistics]
[touchpoints.delivery]
stage = "after"
function = "logistics"
[elements.days_late]
touchpoint = "delivery"
unit = "days"
better = "less"
"""


def write_workspace(root: Path) -> Path:
    (root / "load").mkdir(parents=True)
    (root / "promesa.toml").write_text(SETTINGS)
    (root / "model.toml").write_text(MODEL)
    (root / "load" / "moments.web.sql").write_text(DELIVERED)
    (root / "load" / "profiles.web.sql").write_text(PEOPLE)
    return root


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """Granian with the intake; started again on the same port as often as a test kills it."""

    def __init__(self, workspace: Path, *, workers: int = 1) -> None:
        self.workspace, self.workers, self.port = workspace, workers, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--workers", str(self.workers), "--log-level", "error"]
        environment = {**os.environ, "PROMESA_TEST_WORKSPACE": str(self.workspace), "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [*command, "--factory", "tests.intake.served:served"], cwd=ROOT, env=environment, start_new_session=True
        )
        for _ in range(600):
            try:
                if post(self.port, {"batch": []})[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        """Kill every process of the server at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(30)


@contextmanager
def serving(root: Path, **options: Any) -> Generator[Server]:
    server = Server(write_workspace(root), **options)
    server.start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill()


def post(port: int, body: Any, *, path: str = "/v1/batch", key: str = "w") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
