"""Ids of facts that promesa records itself on the word of a person: they say whose word."""

from __future__ import annotations

import re
import uuid


def fact_id(by: str | None) -> str:
    """Return a new id of a fact, with who recorded it in front: the fact tables have no column for that."""
    who = re.sub(r"[^\w@.+-]+", "_", (by or "").strip())
    return "-".join(part for part in (who, uuid.uuid4().hex[:16]) if part)
