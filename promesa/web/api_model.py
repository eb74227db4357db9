"""The company as its folder describes it: workspace, promises, touchpoints; and the jobs of the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from litestar import get
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import PathParameter
from msgspec import structs

from promesa import __version__
from promesa.errors import PromesaError
from promesa.store import open_store
from promesa.web.api_answers import MONEY, checked, newest
from promesa.web.api_jobs import answer_job, jobs_of, question_of
from promesa.web.api_problems import language_of_program
from promesa.web.api_shapes import Job, Promises, PromiseShown, Touchpoints, TouchpointShown, WorkspaceShown
from promesa.web.gate import asking
from promesa.web.own import own_content, require_own
from promesa.web.rendering import Asked  # noqa: TC001 - read when the application is put together
from promesa.web.views import Failed
from promesa.words import error_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.web.rendering import Visit
    from promesa.workspace import Label, Promise, Touchpoint

SEE, OWN = asking("see_figures"), asking("see_figures", own=True)
NAME = Annotated[str, PathParameter(max_length=200)]
JOB = Annotated[str, PathParameter(max_length=3000)]


@get("/workspace", opt=OWN, sync_to_thread=True)
def workspace(visit: Asked) -> WorkspaceShown:
    """Give the company, its language, currency and time zone, and the versions of program, store and snapshot."""
    ws, snapshot = visit.site.workspace, visit.site.snapshot()
    return WorkspaceShown(
        company=ws.company,
        brand=ws.brand,
        locale=ws.locale,
        currency=ws.currency,
        time_zone=ws.time_zone,
        version=__version__,
        store_version=_store_version(visit),
        snapshot=snapshot.folder.name if snapshot else None,
    )


def _store_version(visit: Visit) -> str | None:
    try:
        return open_store(visit.site.workspace).version
    except PromesaError:
        return None


@get("/promises", opt=OWN, sync_to_thread=True)
def promises(visit: Asked) -> Promises:
    """List the promises; the owner of a function sees those of that function."""
    declared = visit.site.workspace.model.promises.values()
    return Promises(promises=[_promise(one) for one in declared if visit.may("see_figures", function=one.owner)])


@get("/promises/{name:str}", opt=OWN, sync_to_thread=True)
def promise(visit: Asked, name: NAME) -> PromiseShown:
    """Give one promise with its figures: the rows of every kept answer that name it."""
    require_own(visit, "promise", name)
    declared = visit.site.workspace.model.promises.get(name)
    if declared is None:
        raise NotFoundException
    return _promise(declared, figures=_figures(visit, "promise", name))


@get("/touchpoints", opt=OWN, sync_to_thread=True)
def touchpoints(visit: Asked) -> Touchpoints:
    """List the touchpoints; the owner of a function sees those of that function."""
    declared = visit.site.workspace.model.touchpoints.values()
    mine = [one for one in declared if visit.may("see_figures", function=one.function)]
    return Touchpoints(touchpoints=[_touchpoint(one) for one in mine])


@get("/touchpoints/{name:str}", opt=OWN, sync_to_thread=True)
def touchpoint(visit: Asked, name: NAME) -> TouchpointShown:
    """Give one touchpoint with its figures: the rows of every kept answer that name it."""
    require_own(visit, "touchpoint", name)
    declared = visit.site.workspace.model.touchpoints.get(name)
    if declared is None:
        raise NotFoundException
    return _touchpoint(declared, figures=_figures(visit, "touchpoint", name))


def _figures(visit: Visit, dimension: str, name: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows that name a promise or touchpoint, by the answer that keeps them; none before an analysis."""
    snapshot = visit.site.snapshot()
    found: dict[str, list[dict[str, Any]]] = {}
    own = own_content(visit, snapshot) if snapshot else None
    for key in snapshot.about["documents"] if snapshot else ():
        document = snapshot.document(key) if snapshot and key.partition("_by_")[0] not in MONEY else None
        kept: Sequence[Any] = (document or {}).get("rows", ()) if own is None else own.rows(key)
        rows = [dict(row) for row in kept if row.get(dimension) == name]
        if rows:
            found[key] = rows
    return found


def _promise(one: Promise, *, figures: dict[str, list[dict[str, Any]]] | None = None) -> PromiseShown:
    return PromiseShown(
        name=one.name,
        statement=_both(one.statement),
        owner=one.owner,
        touchpoints=list(one.touchpoints),
        target=one.target,
        capability=one.capability,
        unit=one.unit,
        figures=figures,
    )


def _touchpoint(one: Touchpoint, *, figures: dict[str, list[dict[str, Any]]] | None = None) -> TouchpointShown:
    return TouchpointShown(
        name=one.name, label=_both(one.label), stage=one.stage, function=one.function, figures=figures
    )


def _both(label: Label) -> dict[str, str]:
    return {"es": label.es, "en": label.en}


@get("/jobs/{job:str}", opt=OWN, sync_to_thread=True)
def job(visit: Asked, job: JOB) -> Job:
    """Say where work in the background stands."""
    if job.startswith("r-"):
        found_job = jobs_of(visit).find(job, person=visit.person.id if visit.person else None)
        return structs.replace(found_job, detail=_told(visit, found_job.detail)) if found_job.detail else found_job
    asked = checked(question_of(job))
    if not visit.may("see_figures") or (asked.analysis in MONEY and not visit.may("see_money")):
        raise PermissionDeniedException
    found = visit.site.views.answer(newest(visit), asked)
    if isinstance(found, Failed):
        failed = answer_job(visit, asked, state="failed")
        return Job(id=failed.id, kind="answer", state="failed", link=failed.link, detail=_told(visit, found.said))
    return answer_job(visit, asked, state="working" if found is None else "done")


def _told(visit: Visit, said: str) -> str:
    """Return the first line of why something failed, in the language of the program that asks."""
    return error_text(said.splitlines()[0], language_of_program(visit.request))


ROUTES = (workspace, promises, promise, touchpoints, touchpoint, job)
