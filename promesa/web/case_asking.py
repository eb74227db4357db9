"""Which open cases are asked for, and which of them are a reader's to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from litestar.exceptions import NotFoundException, PermissionDeniedException

from promesa.access import functions_of
from promesa.actions import ORDERS, STANDINGS, answering_for, list_cases
from promesa.store import own_facts
from promesa.web.commitment_pages import ONE_AT_A_TIME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.actions import CaseList, Order, Standing
    from promesa.web.rendering import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a reader asks for, as it stands in the address.

    Attributes
    ----------
    function, touchpoint : str
        Only theirs; empty for all.
    standing : {"overdue", "below", "in_time"} or None
        Only cases that stand so.
    order : {"due", "stake", "opened"}
        What comes first.
    """

    function: str
    touchpoint: str
    standing: Standing | None
    order: Order
    page: int

    @property
    def query(self) -> str:
        """Return the address without the page."""
        parts = {
            "function": self.function,
            "touchpoint": self.touchpoint,
            "standing": self.standing,
            "order": "" if self.order == "due" else self.order,
        }
        return urlencode({key: value for key, value in parts.items() if value})

    @property
    def narrows(self) -> bool:
        """Tell whether some open cases are left out."""
        return bool(self.function or self.touchpoint or self.standing)


def wanted_cases(visit: Visit) -> Wanted:
    """Read the address; a function or touchpoint of another is not an owner's to ask for."""
    asked = visit.request.query_params
    function, touchpoint = (asked.get(name, "")[:200] for name in ("function", "touchpoint"))
    require_known(visit, function, touchpoint)
    at, standing = asked.get("page", ""), asked.get("standing", "")
    orders: dict[str, Order] = {one: one for one in orders_of(visit)}
    return Wanted(
        function=function,
        touchpoint=touchpoint,
        standing=next((one for one in STANDINGS if one == standing), None),
        order=orders.get(asked.get("order", ""), "due"),
        page=max(int(at) if at.isdecimal() and 0 < len(at) < 6 else 1, 1),
    )


def require_known(visit: Visit, function: str, touchpoint: str) -> None:
    """Stop who asks for what is not theirs, or for what the model does not declare; an empty name asks for nothing."""
    model = visit.site.workspace.model
    if function and not visit.may("see_figures", function=function):
        raise PermissionDeniedException
    if touchpoint and not visit.may("see_figures", function=answering_for(model).get(touchpoint)):
        raise PermissionDeniedException
    if (function and function not in model.functions) or (touchpoint and touchpoint not in model.touchpoints):
        raise NotFoundException


def orders_of(visit: Visit) -> tuple[Order, ...]:
    """Return the orders that a reader may choose; that by money tells of money."""
    return tuple(one for one in ORDERS if one != "stake" or sees_money(visit))


def sees_money(visit: Visit) -> bool:
    """Tell whether a reader may see what a customer brings in; an owner sees the money of single orders."""
    return visit.may("see_money")


def own_touchpoints(visit: Visit) -> list[str] | None:
    """Return the touchpoints whose cases a reader may see; None means every one."""
    if visit.may("see_figures"):
        return None
    functions = functions_of(visit.person, "see_figures") or ()
    return [name for name, its in answering_for(visit.site.workspace.model).items() if its in functions]


def found_cases(visit: Visit, asked: Wanted, *, skip: int = 0, most: int, as_of: str | None = None) -> CaseList:
    """Look open cases up as of the newest analysis, so that they are those that the figures count."""
    snapshot = visit.site.snapshot()
    if as_of is None and snapshot is not None:
        as_of = f"{snapshot.about['as_of']}+00:00"
    places = _places(visit, asked.function, asked.touchpoint)
    with ONE_AT_A_TIME, own_facts(visit.site.workspace, as_of=as_of) as facts:
        return list_cases(facts, touchpoints=places, standing=asked.standing, order=asked.order, skip=skip, most=most)


def _places(visit: Visit, function: str, touchpoint: str) -> list[str] | None:
    """Return the touchpoints looked at: those asked for, of those that are the reader's."""
    own, answering = own_touchpoints(visit), answering_for(visit.site.workspace.model)
    if own is None and not function and not touchpoint:
        return None
    return [
        name
        for name, its in answering.items()
        if (own is None or name in own) and function in {"", its} and touchpoint in {"", name}
    ]


def touchpoints_of(visit: Visit, function: str) -> Mapping[str, str]:
    """Return the touchpoints that a reader may choose among, of one function or of all: name to label."""
    places, declared = _places(visit, function, ""), visit.site.workspace.model.touchpoints.values()
    return {one.name: one.label.in_locale(visit.locale) for one in declared if places is None or one.name in places}


def functions_with_cases(visit: Visit) -> list[tuple[str, str]]:
    """Return the functions that a reader may choose among; none where there is one."""
    model, places = visit.site.workspace.model, _places(visit, "", "")
    names = {its for name, its in answering_for(model).items() if places is None or name in places}
    labels = [(name, one.label.in_locale(visit.locale)) for name, one in model.functions.items() if name in names]
    return sorted(labels, key=lambda pair: pair[1]) if len(labels) > 1 else []
