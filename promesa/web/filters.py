"""The bar of filters above a page, and one period set beside another."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from promesa import report, words
from promesa.web.narrowing import groups_of
from promesa.web.turns import Asker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from promesa.snapshot import Snapshot
    from promesa.web.narrowing import Narrowed, Narrowing
    from promesa.web.rendering import Visit

COMPARES = frozenset({"promises", "touchpoints", "value"})
"""Places whose figures of two periods stand in one table."""
LONG_SECONDS = 55.0
"""From how long on a wait is told in minutes."""
MOST_GROUPS = 200
"""Groups of one dimension that a list offers; a marketplace has thousands of suppliers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the bar offers and what is chosen.

    Attributes
    ----------
    dimensions : list of (str, list of (str, str))
        Dimension and its groups, each with the value in the address and what people call it.
    functions : list of (str, str)
        Those that answer for something on the page.
    progress : str
        How far what the page waits for is, in words; empty where it waits for nothing.
    said : tuple of str
        What could not be worked out.
    left_out : tuple of str
        What a reader may look for here and cannot choose, each with the reason.
    compares : bool
        Whether two periods can be set beside each other.
    """

    to: Narrowing
    dimensions: list[tuple[str, list[tuple[str, str]]]]
    functions: list[tuple[str, str]]
    progress: str
    said: tuple[str, ...]
    left_out: tuple[str, ...]
    compares: bool
    compared: report.Table | None


def filters_of(visit: Visit, place: str, to: Narrowing, seen: Narrowed, snapshot: Snapshot) -> Filters:
    """Return the bar of a place."""
    content = visit.site.content(snapshot, visit.locale)
    said = [visit.say("filters.failed", reason=_why(visit, reason)) for reason in seen.failed]
    if to.wrong:
        said.append(visit.say("filters.wrong_day", got=to.wrong))
    if to.compare and place in COMPARES and to.earlier() is None:
        said.append(visit.say("filters.whole_period"))
    dimensions = dimensions_of(visit, content, place)
    compared, before = _compared(visit, place, to, seen, snapshot)
    return Filters(
        to=to,
        dimensions=[
            (
                report.dimension_name(dimension, content),
                [(f"{dimension}:{group}", content.label(dimension, group)) for group in groups[:MOST_GROUPS]],
            )
            for dimension, groups in dimensions.items()
        ],
        functions=_functions(place, content),
        progress="" if seen.failed else _progress(visit, [seen, *([before] if before else [])]),
        said=tuple(said),
        left_out=tuple(_left_out(visit, content, dimensions, place)),
        compares=place in COMPARES,
        compared=compared,
    )


def _why(visit: Visit, code: str) -> str:
    """Return in the reader's language why something could not be worked out."""
    key = f"web.filters.why.{code}"
    return words.say(key if words.knows(key, visit.locale) else "web.filters.why.other", visit.locale)


def dimensions_of(visit: Visit, content: report.Content, place: str = "") -> dict[str, tuple[str, ...]]:
    """Return what a page can be narrowed by: what the snapshot is split by, and the tiers, worked out when asked.

    What a journey has once is the customer's; drivers are told apart among all customers at once.
    """
    if place == "drivers":
        return {}
    tiers = visit.site.workspace.model.tiers
    decided = tiers is not None and bool(content.rows("tiers"))
    found = {**dict(groups_of(content)), **({"tier": tuple(tiers.bands)} if tiers and decided else {})}
    if place != "journeys":
        return found
    return {name: found[name] for name in (*visit.site.workspace.model.traits, "tier") if name in found}


def _left_out(
    visit: Visit, content: report.Content, dimensions: Mapping[str, tuple[str, ...]], place: str
) -> Iterator[str]:
    """Yield why a dimension that readers look for is not offered."""
    if place in {"drivers", "journeys"}:
        yield visit.say(f"filters.left_out.in_{place}")
    if place == "drivers":
        return
    model = visit.site.workspace.model
    for name in ("tier",) if place == "journeys" else ("channel", "tier"):
        if not dimensions.get(name):
            undecided = name == "tier" and model.tiers is not None
            yield visit.say(f"filters.left_out.{'undecided' if undecided else name}")
    empty = [report.dimension_name(name, content) for name in model.traits if not dimensions.get(name)]
    if empty:
        yield visit.say("filters.left_out.empty", names=", ".join(empty))
    if not model.traits:
        yield visit.say("filters.left_out.trait")
    for name, groups in dimensions.items():
        if len(groups) > MOST_GROUPS:
            said = report.dimension_name(name, content)
            yield visit.say("filters.left_out.many", name=said, most=MOST_GROUPS, n=len(groups))


def asker_of(visit: Visit, to: Narrowing) -> Asker:
    """Return who looks at a page, and what they narrow it to: without a session, the machine they come from."""
    client = visit.request.client
    who = visit.session or (client.host if client else "")
    return Asker(who=f"{who} {visit.request.url.path}", view=to.query)


def _compared(
    visit: Visit, place: str, to: Narrowing, seen: Narrowed, snapshot: Snapshot
) -> tuple[report.Table | None, Narrowed | None]:
    """Return the period and the one before in one table, where both are there; and the one before."""
    earlier = to.earlier()
    if earlier is None or place not in COMPARES:
        return None, None
    before = visit.site.narrowed(place, earlier, snapshot, visit.locale, asker=asker_of(visit, to))
    if before.waiting or seen.waiting:
        return None, before
    return report.compared_table(place, seen.content, before.content), before


def _progress(visit: Visit, parts: Sequence[Narrowed]) -> str:
    """Say how many answers are there of those that a page waits for, and when the last will be."""
    if not any(part.waiting for part in parts):
        return ""
    answered, asked = sum(part.answered for part in parts), sum(part.asked for part in parts)
    left = _left(visit, max(part.seconds for part in parts))
    return visit.say("filters.waiting", answered=answered, asked=asked, left=left)


def _left(visit: Visit, seconds: float) -> str:
    """Say how long it will be; nothing is known of what found no room among the questions that wait."""
    if not seconds:
        return visit.say("filters.left.line")
    if seconds <= LONG_SECONDS:
        return visit.say("filters.left.seconds", count=5 * ceil(seconds / 5))
    minutes = ceil(seconds / 60)
    return visit.say("filters.left.minutes", count=minutes) if minutes > 1 else visit.say("filters.left.minute")


def _functions(place: str, content: report.Content) -> list[tuple[str, str]]:
    if place in {"value", "journeys"}:
        return []
    said = content.promises.values() if place == "promises" else content.touchpoints.values()
    key = "owner" if place == "promises" else "function"
    names = {str(one[key]) for one in said if one.get(key)}
    return sorted(((name, content.label("function", name)) for name in names), key=lambda pair: pair[1])
