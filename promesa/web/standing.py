"""How far the company's data have come, for pages that have nothing to show yet: what is missing, and the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.store import inspect_store
from promesa.web.rendering import page
from promesa.workspace import TABLES

if TYPE_CHECKING:
    from litestar import Response

    from promesa.web.rendering import Visit
    from promesa.workspace import Workspace


def is_loaded(ws: Workspace) -> bool:
    """Tell whether any fact was ever loaded."""
    with inspect_store(ws) as look:
        return any(not look.is_empty(table) for table in TABLES)


def is_linked(ws: Workspace) -> bool:
    """Tell whether the records of customers were ever compared."""
    with inspect_store(ws) as look:
        return any(not look.is_empty(table) for table in ("records", "links"))


def unanalysed(visit: Visit, title: str) -> Response[str]:
    """Return the page of a place before the first analysis: what there is, and what to run."""
    ws = visit.site.workspace
    loaded = is_loaded(ws)
    steps = ["link", *(["tier"] if ws.model.tiers else []), "analyse"]
    steps = steps if loaded else ["check", "load", *steps]
    return page(visit, "unanalysed.html", title=title, loaded=loaded, steps=steps)
