"""Lists in parts: an opaque cursor names the last entry seen, so that what is added later shifts nothing."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from litestar.exceptions import HTTPException
from litestar.params import QueryParameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.web.rendering import Visit

CURSOR = Annotated[
    str | None,
    QueryParameter(
        max_length=2000, description="`next` of the page before; without one, the list begins at its newest entry"
    ),
]
LIMIT = Annotated[int, QueryParameter(ge=1, le=500, description="entries on a page")]


def cursor_of(position: Sequence[Any]) -> str:
    """Return the cursor of a position in a list."""
    return urlsafe_b64encode(json.dumps(position, separators=(",", ":")).encode()).decode().rstrip("=")


def position_of(cursor: str | None, kinds: tuple[type, ...]) -> list[Any] | None:
    """Return the position that a cursor stands for; None at the beginning.

    Raises
    ------
    HTTPException
        400, if it is no cursor of this list.
    """
    if not cursor:
        return None
    try:
        read: Any = json.loads(urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
    except ValueError:
        read = None
    found: list[Any] = read if isinstance(read, list) else []
    if [type(one) for one in found] != list(kinds):
        raise HTTPException(
            "This is no cursor of this list: take `next` of the page before as it is.",
            status_code=400,
            extra={"code": "bad-cursor"},
        )
    return found


def link_to(visit: Visit, cursor: str | None) -> dict[str, str]:
    """Return the Link header (RFC 8288) of the next page, or none on the last."""
    if cursor is None:
        return {}
    given = {key: value for key, value in visit.request.query_params.items() if key != "cursor"}
    return {"Link": f'<{visit.request.url.path}?{urlencode({**given, "cursor": cursor})}>; rel="next"'}
