"""What a client is told when a request is refused: one problem document (RFC 9457) a code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from promesa.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

STATUS = {
    "bad-json": 400,
    "bad-encoding": 400,
    "bad-gzip": 400,
    "bad-shape": 400,
    "bad-event": 400,
    "unknown-column": 400,
    "no-key": 401,
    "unknown-key": 401,
    "not-allowed": 403,
    "not-found": 404,
    "wrong-method": 405,
    "too-large": 413,
    "too-many-rows": 413,
    "wrong-type": 415,
    "too-fast": 429,
    "failed": 500,
    "cannot-store": 503,
    "keys-unreachable": 503,
}


class Refused(Exception):
    """A request that is not taken in.

    Parameters
    ----------
    code : str
        One of `STATUS`; stable.
    values : mapping
        What the sentence names; never a value of the request that could be personal.
    retry_after : float or None
        Seconds after which it may be tried again.
    """

    def __init__(
        self, code: str, values: Mapping[str, object] | None = None, *, retry_after: float | None = None
    ) -> None:
        super().__init__(code)
        self.code, self.values, self.retry_after = code, values, retry_after

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return STATUS[self.code]

    def document(self, locale: str) -> bytes:
        """Return the problem document in the reader's language."""
        values = dict(self.values or {})
        if "fault" in values:
            values["reason"] = say(f"store.rule.{values['fault']}", locale, column="")
        return json.dumps(
            {
                "type": f"urn:promesa:intake:{self.code}",
                "title": say(f"intake.title.{self.code}", locale),
                "status": self.status,
                "detail": say(f"intake.detail.{self.code}", locale, **values),
            },
            ensure_ascii=False,
        ).encode()
