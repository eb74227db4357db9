"""What the intake has seen since it started, as plain counters."""

from __future__ import annotations

from collections import Counter


class Counts:
    """Counters of one process, by what they count, the key and the detail; nothing personal is in them."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def add(self, counter: str, *, key: str = "", detail: str = "", count: int = 1) -> None:
        """Add to a counter."""
        self._counts[counter, key, detail] += count

    def rows(self) -> list[dict[str, object]]:
        """Return one flat dict a counter.

        ``accepted``: events and facts answered with 200, by key and call. ``rejected``: events within an accepted
        batch that go to the quarantine, by key and rule. ``refused``: whole requests, by key and code. ``bytes``:
        unzipped bodies, by key.
        """
        return [
            {"counter": counter, "key": key, "detail": detail, "count": count}
            for (counter, key, detail), count in sorted(self._counts.items())
        ]
