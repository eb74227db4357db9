"""Work in the background and where it stands.

The id of an answer's job holds the question itself: it outlives a restart, and who polls after one has it asked again.
Rows tried again are counted by a job of this process; after a restart the load's own report tells of it.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from litestar.exceptions import NotFoundException

from promesa.errors import PromesaError
from promesa.web.api_shapes import Job
from promesa.web.views import Question

if TYPE_CHECKING:
    from collections.abc import Callable

    from promesa.web.rendering import Visit

LOG = logging.getLogger("promesa.web")
KEPT = 200
"""Jobs remembered after they ended."""


def link_of(asked: Question) -> str:
    """Return the address of an answer."""
    given = {
        "by": ",".join(asked.by),
        "since": asked.since,
        "until": asked.until,
        "outcome": asked.outcome,
        "as_of": asked.as_of,
    }
    query = urlencode({key: str(value) for key, value in given.items() if value})
    return f"/api/v1/answers/{asked.analysis}{'?' if query else ''}{query}"


def answer_job(_visit: Visit, asked: Question, *, state: Literal["working", "done", "failed"] = "working") -> Job:
    """Return the job that works an answer out."""
    days = [day.isoformat() if day else None for day in (asked.since, asked.until, asked.as_of)]
    held = json.dumps([asked.analysis, asked.by, *days, asked.outcome], separators=(",", ":"), ensure_ascii=False)
    number = "a-" + urlsafe_b64encode(held.encode()).decode().rstrip("=")
    link = f"/api/v1/jobs/{number}"
    return Job(id=number, kind="answer", state=state, link=link, result=link_of(asked) if state == "done" else None)


def question_of(number: str) -> Question:
    """Return the question in the id of a job.

    Raises
    ------
    NotFoundException
        If it is none.
    """
    text = number.removeprefix("a-").encode()
    try:
        analysis, by, since, until, as_of, outcome = json.loads(urlsafe_b64decode(text + b"=" * (-len(text) % 4)))
        since, until, as_of = (date.fromisoformat(day) if day else None for day in (since, until, as_of))
        by = tuple(map(str, by))
    except (ValueError, TypeError):
        raise NotFoundException from None
    return Question(analysis=str(analysis), by=by, since=since, until=until, outcome=str(outcome), as_of=as_of)


@dataclass(slots=True)
class Jobs:
    """Work of this process that nobody waits for: one piece after the other, in a thread of its own."""

    _held: dict[str, tuple[int | None, Job]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, work: Callable[[], dict[str, int]], *, kind: Literal["replay"], person: int | None) -> Job:
        """Begin to work; `person` alone may look."""
        number = f"r-{secrets.token_urlsafe(16)}"
        job = Job(id=number, kind=kind, state="working", link=f"/api/v1/jobs/{number}")
        self._set(job, person)
        threading.Thread(target=self._work, args=(work, job, person), name="job", daemon=True).start()
        return job

    def find(self, number: str, *, person: int | None) -> Job:
        """Return a job of a person.

        Raises
        ------
        NotFoundException
            If this process knows of none, or it is another person's.
        """
        with self._lock:
            owner, job = self._held.get(number, (None, None))
        if job is None or owner != person:
            raise NotFoundException
        return job

    def _work(self, work: Callable[[], dict[str, int]], job: Job, person: int | None) -> None:
        import msgspec

        with self._turn:
            try:
                ended = msgspec.structs.replace(job, state="done", counts=work())
            except PromesaError as error:
                ended = msgspec.structs.replace(job, state="failed", detail=error.what)
            except Exception as error:
                LOG.exception("A job failed")
                ended = msgspec.structs.replace(job, state="failed", detail=type(error).__name__)
        self._set(ended, person)

    def _set(self, job: Job, person: int | None) -> None:
        with self._lock:
            self._held[job.id] = (person, job)
            over = [key for key, (_, held) in self._held.items() if held.state != "working"]
            for key in over[: max(0, len(self._held) - KEPT)]:
                del self._held[key]


def jobs_of(visit: Visit) -> Jobs:
    """Return the jobs of the service that a visit is to."""
    jobs: Any = visit.request.app.state.jobs
    return jobs
