"""What is no mistake in a workspace and still deserves a second look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.workspace.loads import selected_columns, unread_sources, unsteady_words
from promesa.workspace.notice import Notice
from promesa.workspace.study_notices import study_notices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promesa.workspace.model import Workspace


def notices(ws: Workspace) -> tuple[Notice, ...]:
    """Return the warnings about a workspace, in the order in which one would mend them."""
    return (
        *_of_loads(ws),
        *_of_identifiers(ws),
        *_of_touchpoints(ws),
        *_of_promises(ws),
        *_of_words(ws),
        *study_notices(ws),
    )


def _of_loads(ws: Workspace) -> Iterator[Notice]:
    tables = {load.table for load in ws.loads}
    if not ws.loads:
        yield Notice(code="no-loads")
    for name in unread_sources(ws.loads, ws.sources):
        yield Notice(code="source-unread", name=name)
    for load in ws.loads:
        for word in unsteady_words(load):
            yield Notice(code="load-unsteady", name=load.name, detail=word)
    for table, code in (("moments", "no-moments"), ("opinions", "no-opinions"), ("orders", "no-orders")):
        if ws.loads and table not in tables:
            yield Notice(code=code, name=table)
    given = {table: _columns_given(ws, table) for table in ("orders", "profiles")}
    if "orders" in tables and "cost" not in given["orders"]:
        yield Notice(code="no-cost-of-goods", name="orders")
    identity = ws.model.identity
    if "phone" in given["profiles"] and not (identity.country or identity.country_trait):
        yield Notice(code="phones-of-no-country", name="identity")


def _columns_given(ws: Workspace, table: str) -> set[str]:
    """Return the columns that the load files of a table give; with a star, a cost may be among them."""
    named = [selected_columns(load) for load in ws.loads if load.table == table]
    return {column for columns in named for column in (columns if columns is not None else ("cost",))}


def _of_identifiers(ws: Workspace) -> Iterator[Notice]:
    named = {load.source for load in ws.loads}
    texts = " ".join(load.sql for load in ws.loads)
    for identifier in ws.model.identifiers.values():
        system = identifier.system
        if system and system not in named and f"'{system}'" not in texts:
            yield Notice(code="key-of-no-load", name=identifier.name, detail=system)


def _of_touchpoints(ws: Workspace) -> Iterator[Notice]:
    measured = {name for element in ws.model.elements.values() for name in element.touchpoints}
    promised = {name for promise in ws.model.promises.values() for name in promise.touchpoints}
    for name in ws.model.touchpoints:
        if name not in measured | promised:
            yield Notice(code="touchpoint-bare", name=name)
    stages = {touchpoint.stage for touchpoint in ws.model.touchpoints.values()}
    for stage in ("before", "during", "after"):
        if ws.model.touchpoints and stage not in stages:
            yield Notice(code=f"no-{stage}", name=stage)


def _of_promises(ws: Workspace) -> Iterator[Notice]:
    if not ws.model.promises:
        yield Notice(code="no-promises")
    for name, promise in ws.model.promises.items():
        if promise.target is None:
            yield Notice(code="promise-without-target", name=name)
        elif promise.capability is not None and promise.capability < promise.target:
            yield Notice(code="promise-beyond-capability", name=name)


def _of_words(ws: Workspace) -> Iterator[Notice]:
    answerable = {touchpoint.function for touchpoint in ws.model.touchpoints.values()}
    answerable |= {promise.owner for promise in ws.model.promises.values()}
    for name, function in ws.model.functions.items():
        if name not in answerable:
            yield Notice(code="function-idle", name=name)
        elif function.owner is None:
            yield Notice(code="function-without-owner", name=name)
    if not ws.model.concepts:
        yield Notice(code="no-concepts")
