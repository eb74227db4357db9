"""Write keys: who may send what, and how much of it in a second."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a write key allows.

    Attributes
    ----------
    name : str
        As people know it; never the secret.
    source : str
        Events sent with it go to this source of `promesa.toml`; facts sent with it stand in the store under this name.
    tables : frozenset of str
        Fact tables that it may write; none, for a key that sends events only.
    rate : float or None
        Events or facts a second, over a process; a burst may take twice that. None sets no limit.
    """

    name: str
    source: str
    tables: frozenset[str] = frozenset()
    rate: float | None = None


# From the secret to its key, or None; asked for every request, so that a key taken back is refused at once.
KeyOf = Callable[[str], "Key | Awaitable[Key | None] | None"]
BURST_SECONDS = 2.0


class Bucket:
    """Tokens of one key: filled at its rate, up to a burst; a request larger than that waits for a full one."""

    __slots__ = ("_at", "_tokens", "rate")

    def __init__(self, rate: float, *, now: float) -> None:
        self.rate, self._tokens, self._at = rate, rate * BURST_SECONDS, now

    def take(self, count: int, *, now: float) -> float:
        """Take tokens for `count` rows; return 0, or the seconds until they will be there."""
        full = self.rate * BURST_SECONDS
        self._tokens = min(full, self._tokens + (now - self._at) * self.rate)
        self._at = now
        needed = min(float(count), full)
        if self._tokens >= needed:
            self._tokens -= count  # below zero after a large request: the next waits the longer
            return 0.0
        return (needed - self._tokens) / self.rate


class Buckets:
    """One bucket a key, made when it is first used; a key whose rate was changed gets a new one."""

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}

    def take(self, key: Key, count: int, *, now: float) -> float:
        """Return 0 if a key may send `count` rows now, else the seconds it should wait."""
        if key.rate is None:
            return 0.0
        bucket = self._buckets.get(key.name)
        if bucket is None or bucket.rate != key.rate:
            bucket = self._buckets[key.name] = Bucket(key.rate, now=now)
        return bucket.take(count, now=now)
