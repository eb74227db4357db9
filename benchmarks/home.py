"""How long the service takes for the pages of an analysed company: ``python -m benchmarks.home WORKSPACE``.

The pages are asked for in this process, without a network: the time is that of the service alone. ``first`` is the
time of the first request after the start, when nothing is drawn yet; then come fifty, of which the median and the
worst are told. Bytes are those of the page and its styles and scripts, as they are sent, compressed.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from pathlib import Path
from typing import Any

PAGES = ("/", "/promises", "/touchpoints", "/drivers", "/journeys", "/value", "/method")
TIMES = 50


def main() -> None:
    """Measure every page and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    asked = parser.parse_args()
    from litestar.testing import TestClient

    from promesa.web import application

    with TestClient(application(asked.workspace, guarded=False)) as client:
        print(
            "| page | first, s | median, ms | worst of 50, ms | page, kB | with styles and scripts, kB |\n|---|---|---|---|---|---|"
        )
        for page in PAGES:
            first, _, _ = _ask(client, page)
            found = [_ask(client, page) for _ in range(TIMES)]
            times, (_, text, sent) = [seconds for seconds, _, _ in found], found[-1]
            parts = {
                *re.findall(r'<link[^>]+href="([^"]+\.css[^"]*)"', text),
                *re.findall(r'<script[^>]+src="([^"]+)"', text),
            }
            whole = sent + sum(_ask(client, part)[2] for part in parts)
            print(
                f"| {page} | {first:.2f} | {1000 * statistics.median(times):.1f} | {1000 * max(times):.1f} "
                f"| {sent / 1000:.0f} | {whole / 1000:.0f} |",
                flush=True,
            )


def _ask(client: Any, page: str) -> tuple[float, str, int]:
    """Return seconds, text and the bytes that were sent."""
    began = time.perf_counter()
    with client.stream("GET", page, headers={"Accept-Encoding": "gzip", "Accept-Language": "es"}) as answer:
        sent = sum(len(chunk) for chunk in answer.iter_raw())
        seconds = time.perf_counter() - began
    answer.raise_for_status()
    return seconds, client.get(page).text, sent


if __name__ == "__main__":
    main()
