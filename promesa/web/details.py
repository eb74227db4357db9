"""The page of one promise and that of one touchpoint."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter

from promesa.web.rendering import Asked, Visit, page

NAMED = Annotated[str, PathParameter(max_length=200)]


@get("/promises/{name:str}", sync_to_thread=True)
def promise(visit: Asked, name: NAMED) -> Response[str]:
    """Show one promise: what was kept, where it broke, for whom, what that goes with."""
    return _detail(visit, "promise", name)


@get("/touchpoints/{name:str}", sync_to_thread=True)
def touchpoint(visit: Asked, name: NAMED) -> Response[str]:
    """Show one touchpoint: who answers for it, what was measured there, which promises fall due at it."""
    return _detail(visit, "touchpoint", name)


def _detail(visit: Visit, kind: str, name: str) -> Response[str]:
    snapshot = visit.site.snapshot()
    if snapshot is None:
        return page(visit, "unanalysed.html", title=visit.say(f"place.{kind}s"))
    content = visit.site.content(snapshot, visit.locale)
    declared = content.promises if kind == "promise" else content.touchpoints
    if name not in declared:
        raise NotFoundException
    drawn = visit.site.detail(kind, name, snapshot, visit.locale).html
    title = content.label(kind, name)
    return page(visit, "detail.html", title=title, content=content, drawn=drawn, back=f"{kind}s")
