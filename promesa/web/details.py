"""The page of one promise and that of one touchpoint."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from urllib.parse import quote

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter

from promesa.actions import answering_for
from promesa.web.filters import asker_of, filters_of
from promesa.web.gate import asking
from promesa.web.narrowing import narrowing_of
from promesa.web.own import function_of, require_own
from promesa.web.rendering import Asked, Visit, page
from promesa.web.standing import unanalysed

NAMED = Annotated[str, PathParameter(max_length=200)]


@get("/promises/{name:str}", opt=asking("see_figures", own=True), sync_to_thread=True)
def promise(visit: Asked, name: NAMED) -> Response[str]:
    """Show one promise: what was kept, where it broke, for whom, what that goes with."""
    return _detail(visit, "promise", name)


@get("/touchpoints/{name:str}", opt=asking("see_figures", own=True), sync_to_thread=True)
def touchpoint(visit: Asked, name: NAMED) -> Response[str]:
    """Show one touchpoint: who answers for it, what was measured there, which promises fall due at it."""
    return _detail(visit, "touchpoint", name)


def _detail(visit: Visit, kind: str, name: str) -> Response[str]:
    require_own(visit, kind, name)
    snapshot, model = visit.site.snapshot(), visit.site.workspace.model
    if snapshot is None:
        return unanalysed(visit, visit.say(f"place.{kind}s"))
    content = visit.site.content(snapshot, visit.locale)
    declared = content.promises if kind == "promise" else content.touchpoints
    if name not in declared:
        raise NotFoundException
    place = f"{kind}s"
    to = replace(narrowing_of(visit.request.query_params), function="", compare="")
    seen = visit.site.narrowed(place, to, snapshot, visit.locale, asker=asker_of(visit, to))
    drawn = visit.site.detail(kind, name, seen, snapshot, query=to.query).html
    filters = replace(filters_of(visit, place, to, seen, snapshot), functions=[])
    title = content.label(kind, name)
    personal = visit.may("see_personal_data", function=function_of(visit, kind, name))
    return page(
        visit,
        "detail.html",
        title=title,
        content=content,
        drawn=drawn,
        nothing=seen.nothing,
        name=name,
        back=place,
        filters=filters,
        commitments=f"/promises/{quote(name, safe='')}/commitments" if kind == "promise" else "",
        personal=personal,
        opens_cases=kind == "touchpoint" and visit.may("see_figures", function=answering_for(model).get(name)),
    )
