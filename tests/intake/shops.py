"""A company whose web shop sends events and whose tills send facts, and a client without a network."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from promesa.intake import Key, application, compact
from tests.store.companies import Company, company

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.intake.answering import Intake
    from promesa.intake.compaction import Compaction

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
DELIVERED = """
SELECT id, happened_at AS at, user_id AS customer, 'delivery' AS touchpoint, properties ->> '$.channel' AS channel,
  CAST(properties ->> '$.days_late' AS DOUBLE) AS days_late
FROM web WHERE type = 'track' AND event = 'Delivered'
"""
PEOPLE = """
SELECT id, happened_at AS at, user_id AS customer, traits ->> '$.name' AS name, traits ->> '$.email' AS email
FROM web WHERE type = 'identify'
"""
CALLS = "SELECT id, happened_at AS at, subject AS customer, 'call' AS touchpoint FROM bus WHERE type = 'call.ended'"
KEYS = {
    "w": Key(name="site", source="web"),
    "b": Key(name="bus", source="bus"),
    "f": Key(name="tills", source="pos", tables=frozenset({"moments", "orders"})),
    "slow": Key(name="slow", source="web", rate=10.0),
}


def shop(root: Path) -> Company:
    return company(
        root,
        loads={"moments.web": DELIVERED, "profiles.web": PEOPLE, "moments.bus": CALLS},
        sources={"web": {"path": None, "intake": "segment"}, "bus": {"path": None, "intake": "cloudevents"}},
    )


class Client:
    """Calls the application as a server would; every answer is (status, headers, body)."""

    def __init__(self, made: Company, **options: Any) -> None:
        self.made = made
        self.now = int(NOW.timestamp() * 1e9)
        self.app: Intake = application(made.ws, key_of=KEYS.get, now=lambda: self.now, **options)

    def post(
        self, path: str, body: Any, *, key: str | None = "w", method: str = "POST", **headers: str
    ) -> tuple[int, dict[str, str], dict[str, Any]]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"content-type": "application/json", **{name.replace("_", "-"): v for name, v in headers.items()}}
        if key is not None:
            sent["authorization"] = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
        return asyncio.run(self._call(path, data, sent, method))

    async def _call(
        self, path: str, data: bytes, headers: dict[str, str], method: str
    ) -> tuple[int, dict[str, str], dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        half = len(data) // 2
        parts = [
            {"type": "http.request", "body": data[:half], "more_body": True},
            {"type": "http.request", "body": data[half:], "more_body": False},
        ]

        async def receive() -> dict[str, Any]:
            return parts.pop(0) if parts else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        listed = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await self.app({"type": "http", "path": path, "method": method, "headers": listed}, receive, send)
        start, body = messages
        found = {name.decode(): value.decode() for name, value in start["headers"]}
        return start["status"], found, json.loads(body["body"])

    def compact(self, **options: Any) -> Compaction:
        """Close the log, as a service that stops would, and take in what arrived."""
        self.app.close()
        self.made.clock[0] += 1
        return compact(self.made.ws, recorded_at=datetime.fromtimestamp(self.now / 1e9, tz=UTC), **options)


def track(number: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "messageId": f"m{number}",
        "userId": f"u{number % 7}",
        "event": "Delivered",
        "timestamp": "2026-06-30T11:00:00Z",
        "properties": {"channel": None, "days_late": number % 3},
        **more,
    }
