"""What every step of one run needs to hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from promesa.words import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from promesa.engine import Embedded
    from promesa.store.places import Places
    from promesa.workspace import Workspace

    Progress = Callable[[str, float | None], None]

BATCH_ROWS = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of `load`, under the lock.

    Attributes
    ----------
    name : str
        Unique; every file that the run writes into the store begins with it.
    recorded_at : datetime
        Naive UTC; what the run's rows are recorded at.
    """

    ws: Workspace
    places: Places
    engine: Embedded
    name: str
    recorded_at: datetime
    progress: Progress | None = None

    def tell(self, step: str, **values: object) -> None:
        """Report a step to whoever watches, in the company's language."""
        if self.progress is not None:
            self.progress(say(f"store.step.{step}", self.ws.locale, **values), None)


def naive_utc(instant: datetime) -> datetime:
    """Return an instant as naive UTC; a naive one is UTC already."""
    return instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant
