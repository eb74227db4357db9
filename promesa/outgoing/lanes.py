"""Webhooks side by side: one after the other to each receiver, and no receiver waits for another."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from typing import TYPE_CHECKING

from promesa.outgoing.deliveries import deliver_to, due_webhooks

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from datetime import datetime

    from promesa.database import Database
    from promesa.outgoing.deliveries import Post
    from promesa.outgoing.webhooks import Sealer

LOG = logging.getLogger("promesa.outgoing")
MOST = 8
"""Receivers sent to at the same time; each holds a thread, and a connection to the database for an instant."""


class Lanes:
    """A lane for each webhook that something is due for, `MOST` at a time.

    Parameters
    ----------
    database : Database
    key, post, now, chance
        As in `deliver_to`.
    """

    def __init__(
        self,
        database: Database,
        *,
        key: Sealer,
        post: Post,
        now: Callable[[], datetime],
        chance: Callable[[], float],
    ) -> None:
        self._database, self._now = database, now
        self._threads = ThreadPoolExecutor(MOST, thread_name_prefix="webhook")
        self._busy: dict[int, Future[int]] = {}
        self._stop = threading.Event()
        self._deliver = partial(
            deliver_to, database, key=key, post=post, now=now, chance=chance, stop=self._stop.is_set
        )

    def start(self) -> int:
        """Open a lane for each webhook that waits and has none; return how many were opened.

        No more than there are threads: what waits for one is asked for again in the next round, oldest first.
        """
        self._busy = {webhook: lane for webhook, lane in self._busy.items() if not lane.done()}
        with self._database.begin() as connection:
            due = [webhook for webhook in due_webhooks(connection, now=self._now()) if webhook not in self._busy]
        opened = due[: MOST - len(self._busy)]
        for webhook in opened:
            self._busy[webhook] = self._threads.submit(self._run, webhook)
        return len(opened)

    def finish(self) -> int:
        """Wait for the lanes that are open; return how many messages they sent."""
        wait(self._busy.values())
        return sum(lane.result() for lane in self._busy.values())

    def close(self, *, seconds: float) -> None:
        """Open no more, and wait a while for what is on its way; the lease brings back what is cut off."""
        self._stop.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        wait(self._busy.values(), timeout=seconds)

    def _run(self, webhook: int) -> int:
        """Send to one webhook until nothing is due for it."""
        count = 0
        try:
            while not self._stop.is_set() and (sent := self._deliver(webhook)):
                count += sent
        except Exception:  # one receiver's messages must not end the others'; the lease brings them back
            LOG.exception("A webhook failed")
        return count
