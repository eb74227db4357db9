"""Events a second through the intake, against a bare server: ``python -m benchmarks.intake [--seconds 5] [--workers 1]``.

Batches of 100 events of about 440 bytes go over a few connections kept alive, from a process of its own on the same
machine. The bare server reads the body and answers; the intake checks every event and flushes it to the disk before it
answers. Both are measured in one run, then the intake at half of its own rate for its waits, then compaction.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
WORK = Path(__file__).parent / "work" / "intake"
EVENTS = 100
SETTINGS = """
[company]
name = "Bench"
time_zone = "UTC"
currency = "EUR"
[sources.web]
intake = "segment"
"""
MODEL = """
[functions.shop]
[touchpoints.cart]
stage = "before"
function = "shop"
"""
LOAD = "SELECT id, happened_at AS at, user_id AS customer, 'cart' AS touchpoint FROM web WHERE type = 'track'"


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Read the body and answer."""
    if scope["type"] != "http":
        return
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b'{"success":true}'})


def served() -> Any:
    """Return the intake of the workspace of the benchmark."""
    from promesa.intake import Key, application
    from promesa.workspace import open_workspace

    keys = {"bench": Key(name="bench", source="web")}
    return application(open_workspace(WORK), key_of=keys.get)


def event(number: int) -> dict[str, object]:
    return {
        "type": "track",
        "event": "Product Added",
        "messageId": f"{number:012}-3f2b-4c1d-9e8a-5b7c6d4e2f10",
        "userId": f"customer-{number % 50_000}",
        "timestamp": "2026-11-20T10:15:30.123Z",
        "properties": {
            "product": f"sku-{number % 900}",
            "price": 19.9,
            "quantity": 2,
            "currency": "EUR",
            "cart": "c-1",
        },
        "context": {"library": {"name": "bench", "version": "1.0"}, "ip": "203.0.113.7", "locale": "es-CO"},
        "integrations": {},
    }


def request(batch: int) -> bytes:
    body = json.dumps({"batch": [event(batch * EVENTS + n) for n in range(EVENTS)], "sentAt": "2026-11-20T10:15:31Z"})
    head = (
        "POST /v1/batch HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nAuthorization: Bearer bench\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


async def one(port: int, said: Callable[[int], bytes], *, until: float, every: float, waits: list[float]) -> None:
    """Send requests one after another; with `every`, each at its own time, however late the last answer was."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    due, turn = time.perf_counter(), 0
    while time.perf_counter() < until:
        if every:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        start = due if every else time.perf_counter()
        writer.write(said(turn))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(head.decode())
        if b"content-length: " in head.lower():
            await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        else:
            await reader.readuntil(b"0\r\n\r\n")
        waits.append(time.perf_counter() - start)
        due, turn = due + every, turn + 1
    writer.close()


def generate(
    port: int, answer: Any, *, connections: int, seconds: float, rate: float, offset: int, fresh: bool
) -> None:
    """Send for some seconds, in a process of its own; answer with requests a second and their waits.

    At the steady rate each event is another one, made while the next is waited for; else forty requests take turns.
    """
    fixed = [] if fresh else [[request(offset + c * 1000 + n) for n in range(40)] for c in range(connections)]

    def said(connection: int) -> Callable[[int], bytes]:
        if fresh:
            return lambda turn: request(offset + turn * connections + connection)
        return lambda turn: fixed[connection][turn % 40]

    async def every_one() -> list[float]:
        waits: list[float] = []
        until = time.perf_counter() + seconds
        every = connections / rate if rate else 0.0
        await asyncio.gather(*(one(port, said(c), until=until, every=every, waits=waits) for c in range(connections)))
        return waits

    start = time.perf_counter()
    waits = asyncio.run(every_one())
    answer.send((len(waits) / (time.perf_counter() - start), waits))


class Found(NamedTuple):
    """Batches a second, their waits, and the processor seconds of the server a batch, its start included."""

    rate: float
    waits: list[float]
    processor: float


def measure(
    target: str,
    *,
    workers: int,
    connections: int,
    seconds: float,
    rate: float = 0,
    offset: int = 0,
    fresh: bool = False,
) -> Found:
    """Start a server, send to it, and return what was measured."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(workers), "--log-level", "error", target]
    if target.endswith("served"):
        command.insert(-1, "--factory")
    server = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    try:
        for _ in range(400):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        mine, theirs = multiprocessing.Pipe()
        sender = multiprocessing.Process(
            target=generate,
            args=(port, theirs),
            kwargs={"connections": connections, "seconds": seconds, "rate": rate, "offset": offset, "fresh": fresh},
        )
        sender.start()
        per_second, waits = mine.recv()
        sender.join()
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        _, status, usage = os.wait4(server.pid, 0)  # of its workers as well, which it has waited for
        server.returncode = os.waitstatus_to_exitcode(status)
    return Found(per_second, waits, (usage.ru_utime + usage.ru_stime) / len(waits))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--steady", type=float, help="seconds at a steady rate while the store takes everything in")
    parser.add_argument("--at", type=float, default=20_000, help="events a second of --steady")
    asked = parser.parse_args()
    shutil.rmtree(WORK, ignore_errors=True)
    (WORK / "load").mkdir(parents=True)
    for name, text in {"promesa.toml": SETTINGS, "model.toml": MODEL, "load/moments.web.sql": LOAD}.items():
        (WORK / name).write_text(text)
    if asked.steady:
        steady(asked.steady, rate=asked.at, workers=asked.workers, connections=asked.connections)
        return
    options = {"workers": asked.workers, "connections": asked.connections, "seconds": asked.seconds}
    print(f"{len(request(1)) // EVENTS} bytes an event, {EVENTS} events a batch, {asked.workers} workers\n")
    print("| what | events/s | against bare | median ms | p99 ms | processor ms a batch |\n|---|---|---|---|---|---|")
    floor = measure("benchmarks.intake:bare", **options)
    _print("bare server", floor, floor)
    most = measure("benchmarks.intake:served", **options)
    _print("intake", most, floor)
    half = measure("benchmarks.intake:served", **options, rate=most.rate / 2, offset=500_000)
    _print("intake at half of that", half, floor)
    _compact()


def steady(seconds: float, *, rate: float, workers: int, connections: int) -> None:
    """Send at a rate while a process of its own takes what has arrived into the store; tell whether it keeps up."""
    ended = multiprocessing.Event()
    taking = multiprocessing.Process(target=take_in, args=(ended,))
    print("| second | events in the store | waiting MB | turn s | memory now MB |\n|---|---|---|---|---|", flush=True)
    taking.start()
    options = {"workers": workers, "connections": connections, "seconds": seconds}
    found = measure("benchmarks.intake:served", **options, rate=rate / EVENTS, fresh=True)
    ended.set()
    taking.join()
    cuts = statistics.quantiles(found.waits, n=100)
    print(f"\nsent {len(found.waits) * EVENTS:,} events, {found.rate * EVENTS:,.0f} a second; ", end="")
    print(f"median {1000 * cuts[49]:.1f} ms, p99 {1000 * cuts[98]:.1f} ms")


def take_in(ended: Any) -> None:
    """Take in what has arrived, every ten seconds, and print what that took; the last time once nothing more comes."""
    from promesa.intake import compact
    from promesa.store import places_of
    from promesa.workspace import open_workspace

    ws, began, stored, over = open_workspace(WORK), time.perf_counter(), 0, False
    while not over:
        over = ended.wait(10)
        waiting = sum(path.stat().st_size for path in places_of(ws).segments.rglob("*") if path.is_file()) / 1e6
        start = time.perf_counter()
        done = compact(ws, recorded_at=datetime.now(UTC))
        stored += done.events.accepted
        turn, memory = time.perf_counter() - start, int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
        print(f"| {start - began:.0f} | {stored:,} | {waiting:.0f} | {turn:.1f} | {memory:.0f} |", flush=True)


def _print(what: str, found: Found, floor: Found) -> None:
    cuts = statistics.quantiles(found.waits, n=100)
    print(
        f"| {what} | {found.rate * EVENTS:,.0f} | {found.rate / floor.rate:.2f} | {1000 * cuts[49]:.1f} | "
        f"{1000 * cuts[98]:.1f} | {1000 * found.processor:.2f} |",
        flush=True,
    )


def _compact() -> None:
    from promesa.intake import compact
    from promesa.workspace import open_workspace

    start = time.perf_counter()
    done = compact(open_workspace(WORK), recorded_at=datetime.now(UTC))
    seconds = time.perf_counter() - start
    events = done.events.accepted + done.events.repeated
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"\ncompaction: {events:,} events in {seconds:.1f} s, {events / seconds:,.0f} a second, {peak:.2f} GiB")


if __name__ == "__main__":
    main()
