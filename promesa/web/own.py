"""What belongs to the owner of a function: the promises it keeps and the touchpoints it answers for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar.exceptions import PermissionDeniedException

from promesa.access import functions_of
from promesa.web.rendering import Visit, page
from promesa.web.taking import Linked

if TYPE_CHECKING:
    from litestar import Response

    from promesa.access import Permission, Person
    from promesa.report import Content
    from promesa.snapshot import Snapshot


def require_own(visit: Visit, kind: str, name: str, *, needed: Permission = "see_figures") -> None:
    """Stop an owner at what belongs to another function; who sees the whole company passes.

    Raises
    ------
    PermissionDeniedException
        If the promise or touchpoint is of another function, or no longer declared.
    """
    if not visit.may(needed, function=function_of(visit, kind, name)):
        raise PermissionDeniedException


def function_of(visit: Visit, kind: str, name: str) -> str | None:
    """Return whose a promise or touchpoint is; None where the model declares it no longer."""
    model = visit.site.workspace.model
    if kind == "promise":
        return model.promises[name].owner if name in model.promises else None
    return model.touchpoints[name].function if name in model.touchpoints else None


def own_of(person: Person | None, content: Content) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the promises and the touchpoints of an owner, by name, as the snapshot declares them."""
    functions = functions_of(person, "see_figures") or ()
    promises = tuple(name for name, said in content.promises.items() if said.get("owner") in functions)
    return promises, tuple(name for name, said in content.touchpoints.items() if said.get("function") in functions)


def own_content(visit: Visit, snapshot: Snapshot) -> Content | None:
    """Return the content of an owner's functions; None for who sees the whole company.

    The same that their first page is made of: an answer that is not of one promise or touchpoint is not in it.
    """
    functions = None if visit.may("see_figures") else functions_of(visit.person, "see_figures")
    return None if functions is None else visit.site.owned(snapshot, tuple(functions), visit.locale).content


def own_home(visit: Visit) -> Response[str]:
    """Show an owner what is theirs: where to begin, what is open, what it costs, their promises and touchpoints."""
    model, locale = visit.site.workspace.model, visit.locale
    functions = functions_of(visit.person, "see_figures") or ()
    labels = [model.functions[name].label.in_locale(locale) for name in functions if name in model.functions]
    promises = {p.name: p.statement.in_locale(locale) for p in model.promises.values() if p.owner in functions}
    touchpoints = {t.name: t.label.in_locale(locale) for t in model.touchpoints.values() if t.function in functions}
    snapshot = visit.site.snapshot()
    owned = visit.site.owned(snapshot, tuple(functions), locale) if snapshot else None
    return page(
        visit,
        "own.html",
        title=visit.say("own.title"),
        functions=labels,
        promises=promises,
        touchpoints=touchpoints,
        owned=owned,
        content=owned.content if owned else None,
        taking=Linked(section="own", locale=locale),
    )
