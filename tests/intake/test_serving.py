"""A real server: the public clients work unchanged, and a kill loses nothing that was answered."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import threading
import time
from datetime import UTC, datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from promesa.intake import compact
from promesa.store import open_store
from promesa.workspace import open_workspace
from tests.intake.servers import Server, post, serving

if TYPE_CHECKING:
    from pathlib import Path


def stored(server: Server, columns: str = "id") -> list[tuple[Any, ...]]:
    """Compact what arrived and return the moments."""
    ws = open_workspace(server.workspace)
    compact(ws, recorded_at=datetime.now(UTC))
    files = open_store(ws).files("moments")
    return duckdb.sql(f"SELECT {columns} FROM read_parquet({files})").fetchall() if files else []


def send(server: Server, name: str, *, acked: list[str], stop: threading.Event) -> None:
    """Send batches until told to stop; note the ids of those that were answered with 200."""
    number = 0
    while not stop.is_set():
        ids = [f"{name}-{number}-{place}" for place in range(20)]
        events = [{"type": "track", "event": "Delivered", "userId": "u1", "messageId": id_} for id_ in ids]
        number += 1
        for _ in range(200):  # as clients do: the same batch again until it is answered
            try:
                if post(server.port, {"batch": events})[0] == 200:
                    acked += ids
                    break
            except (OSError, HTTPException):
                time.sleep(0.05)
            if stop.is_set():
                return


def kill_again_and_again(server: Server, *, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    acked: list[str] = []
    stop = threading.Event()
    senders = [
        threading.Thread(target=send, args=(server, f"s{number}"), kwargs={"acked": acked, "stop": stop})
        for number in range(4)
    ]
    for sender in senders:
        sender.start()
    try:
        for _ in range(kills):
            time.sleep(chance.uniform(0.2, 1.2))
            server.kill()
            server.start()
        time.sleep(0.5)
    finally:
        stop.set()
        for sender in senders:
            sender.join()
    server.kill()
    assert len(acked) > 20 * kills
    found = [row[0] for row in stored(server)]
    assert len(found) == len(set(found))
    assert set(acked) <= set(found)


def test_the_client_of_segment_and_two_kills(tmp_path: Path) -> None:
    analytics = pytest.importorskip("segment.analytics")
    with serving(tmp_path / "shop") as server:
        client = analytics.Client("w", host=server.url, gzip=True, max_retries=2)
        client.identify("u1", {"email": "u1@correo.example"}, message_id="i1")
        for number in range(30):
            client.track("u1", "Delivered", {"days_late": number, "channel": None}, message_id=f"t{number}")
        client.page("u1", "shop", "home")
        client.screen("u1", "shop", "home")
        client.group("u1", "g1", {"plan": "big"})
        client.alias("u0", "u1")
        client.shutdown()
        late = sorted(stored_when(server, "days_late", rows=30))
        assert late == [(float(number),) for number in range(30)]
        kill_again_and_again(server, kills=2, seed=1)


def stored_when(server: Server, columns: str, *, rows: int) -> list[tuple[Any, ...]]:
    """Return the moments once as many are there: a living writer seals within seconds."""
    for _ in range(40):
        found = stored(server, columns)
        if len(found) >= rows:
            return found
        time.sleep(0.25)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_many_kills_lose_nothing(tmp_path: Path, seed: int) -> None:
    with serving(tmp_path / "shop", workers=2) as server:
        kill_again_and_again(server, kills=15, seed=seed)


NODE = """
const { Analytics } = require('@segment/analytics-node');
const RudderAnalytics = require('@rudderstack/rudder-sdk-node');
const host = process.argv[2];
(async () => {
  const segment = new Analytics({ writeKey: 'w', host, flushAt: 5 });
  for (let i = 0; i < 12; i++)
    segment.track({ userId: 'u1', event: 'Delivered', messageId: 's' + i, properties: { days_late: i } });
  await segment.closeAndFlush();
  const rudder = new RudderAnalytics('w', { dataPlaneUrl: host, flushAt: 5 });
  for (let i = 0; i < 12; i++)
    rudder.track({ userId: 'u1', event: 'Delivered', messageId: 'r' + i, properties: { days_late: i } });
  await new Promise((done, fail) => rudder.flush((error) => error ? fail(error) : done()));
})().catch((error) => { console.error(error); process.exit(1); });
"""


@pytest.mark.slow
def test_the_node_clients_of_segment_and_rudderstack(tmp_path: Path) -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("needs node and npm")
    folder = tmp_path / "node"
    folder.mkdir()
    (folder / "package.json").write_text(json.dumps({"name": "senders", "private": True}))
    packages = ["@segment/analytics-node", "@rudderstack/rudder-sdk-node"]
    installed = subprocess.run([npm, "install", "--silent", "--no-audit", *packages], cwd=folder, check=False)
    if installed.returncode:
        pytest.skip("the packages cannot be fetched")
    (folder / "send.js").write_text(NODE)
    with serving(tmp_path / "shop") as server:
        subprocess.run([node, "send.js", server.url], cwd=folder, check=True, timeout=120)
        found = sorted(row[0] for row in stored_when(server, "id", rows=24))
    assert found == sorted(f"{sender}{number}" for sender in "sr" for number in range(12))
