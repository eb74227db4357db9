"""What a reader narrows a page to: a period, one group, one function; all of it in the address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from promesa import report
from promesa.web.views import Failed, Question

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from promesa.snapshot import Snapshot
    from promesa.web.turns import Asker
    from promesa.web.views import Views

Compare = Literal["previous", "year"]
COMPARED: tuple[Compare, ...] = ("previous", "year")
ANALYSES = {
    "promises": ("promises", "differences"),
    "touchpoints": ("touchpoints", "opinions"),
    "drivers": ("drivers", "asymmetry", "synergy", "roles"),
    "journeys": ("journeys", "transitions"),
    "value": ("value", "returning"),
}
"""Place -> the analyses that its sections read and that can be narrowed; what else it shows is left out then."""
ALWAYS = ("quality", "system")
YEARS = (1900, 2200)
PERIODS = frozenset({"month", "quarter", "year", "week", "day"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What the address narrows a page to.

    Attributes
    ----------
    since, until : date or None
        First and last day of the period.
    dimension, group : str
        One group of one dimension: ``channel``, ``web``; empty for everybody.
    function : str
        Only what one function answers for.
    compare : {"previous", "year", ""}
        With the period of the same length before, or the same days a year before.
    wrong : str
        A day that cannot be read.
    """

    since: date | None = None
    until: date | None = None
    dimension: str = ""
    group: str = ""
    function: str = ""
    compare: Compare | Literal[""] = ""
    wrong: str = ""

    @property
    def is_empty(self) -> bool:
        """Tell whether the page shows everything."""
        return not (self.since or self.until or self.dimension or self.function)

    @property
    def query(self) -> str:
        """Return the address of the same view, as the part behind the question mark."""
        only = f"{self.dimension}:{self.group}" if self.dimension else ""
        parts = {
            "from": self.since,
            "to": self.until,
            "only": only,
            "function": self.function,
            "compare": self.compare,
        }
        return urlencode({key: str(value) for key, value in parts.items() if value})

    def earlier(self) -> Narrowing | None:
        """Return the narrowing to compare with, where a whole period is set and a comparison asked for."""
        if not self.compare or self.since is None or self.until is None:
            return None
        days = timedelta(days=364) if self.compare == "year" else self.until - self.since + timedelta(days=1)
        return replace(self, since=self.since - days, until=self.until - days, compare="")


def narrowing_of(asked: Mapping[str, str]) -> Narrowing:
    """Return what the query of an address asks for."""
    wrong = ""
    days: dict[str, date | None] = {}
    for key in ("from", "to"):
        text = asked.get(key, "").strip()
        days[key] = _day(text)
        if text and days[key] is None:
            wrong = text[:20]
    if days["from"] and days["to"] and days["from"] > days["to"]:
        days["from"], days["to"] = days["to"], days["from"]
    dimension, _, group = asked.get("only", "")[:300].partition(":")
    compare = asked.get("compare", "")
    return Narrowing(
        since=days["from"],
        until=days["to"],
        dimension=dimension if group else "",
        group=group,
        function=asked.get("function", "")[:200],
        compare=compare if compare in COMPARED else "",
        wrong=wrong,
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if YEARS[0] <= day.year <= YEARS[1] else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """The content that a narrowing leaves.

    Attributes
    ----------
    content : Content
        With the documents that are there.
    waiting : bool
        Whether an answer is still being worked out.
    answered, asked : int
        How many answers are there, of how many that the page asks for.
    seconds : float
        Until the last of them is there, by how long such took before; 0 where none is waited for.
    failed : tuple of str
        Codes of why something could not be worked out.
    nothing : bool
        Whether there is nothing of the period and group: a section would say that the company has no data at all.
    """

    content: report.Content
    waiting: bool = False
    answered: int = 0
    asked: int = 0
    seconds: float = 0.0
    failed: tuple[str, ...] = ()
    nothing: bool = False


def narrow(
    place: str,
    to: Narrowing,
    content: report.Content,
    snapshot: Snapshot,
    views: Views,
    *,
    asker: Asker | None = None,
) -> Narrowed:
    """Return the content of a place narrowed: figures of the period and group, rows of the function."""
    failed: list[str] = []
    open_still: list[Question] = []
    asked, nothing = 0, False
    if to.since or to.until or to.dimension:
        documents: dict[str, Any] = {key: content.document(key) for key in ALWAYS if content.document(key)}
        asked, by = len(ANALYSES[place]), (to.dimension,) if to.dimension else ()
        for analysis in ANALYSES[place]:
            question = Question(analysis=analysis, by=by, since=to.since, until=to.until)
            found = views.answer(snapshot, question, asker=asker)
            if isinstance(found, Failed):
                failed.append(found.code or found.said)
            elif found is None:
                open_still.append(question)
            else:
                documents[analysis] = _of_group(found, to)
        nothing = not open_still and not any(documents.get(name, {}).get("rows") for name in ANALYSES[place])
        content = replace(content, documents=documents)
    if to.function:
        content = _of_function(place, content, to.function)
    # What failed is tried again when it is asked for again: a page that looked on for the rest would ask for ever.
    told = tuple(dict.fromkeys(failed))
    waiting = bool(open_still) and not failed
    return Narrowed(
        content=content,
        waiting=waiting,
        answered=asked - len(open_still),
        asked=asked,
        seconds=views.seconds_until(snapshot, open_still) if waiting else 0.0,
        failed=told,
        nothing=nothing,
    )


def _of_group(document: Mapping[str, Any], to: Narrowing) -> dict[str, Any]:
    """Return a split document with the rows of one group, as if it had never been split."""
    if not to.dimension:
        return dict(document)
    rows = [
        {key: value for key, value in row.items() if key != to.dimension}
        for row in document["rows"]
        if str(row.get(to.dimension)) == to.group
    ]
    dimensions = [name for name in document["dimensions"] if name != to.dimension]
    return {**document, "rows": rows, "dimensions": dimensions, "summary": {}}


def _of_function(place: str, content: report.Content, function: str) -> report.Content:
    owned = {name for name, said in content.touchpoints.items() if said.get("function") == function}
    promises = {name: said for name, said in content.promises.items() if said.get("owner") == function}
    cases = report.cases_of(content, {function})
    content = content.only_promises(promises).only_touchpoints(owned)
    if content.document("cases"):
        documents = {**content.documents, "cases": {**content.document("cases"), "rows": cases}}
        content = replace(content, documents=documents)
    return _moved_by(content, function, owned) if place == "drivers" else content


def _moved_by(content: report.Content, function: str, touchpoints: Collection[str]) -> report.Content:
    """Return what moves outcomes, of one function; rows of an outcome as a whole stay, sentences of all do not."""
    effects = {row.get("effect") for row in content.rows("effects") if row.get("function") == function}
    is_own: dict[str, Callable[[Any], bool]] = {
        "drivers": lambda row: row.get("function") in {None, function},
        "asymmetry": lambda row: row.get("function") in {None, function},
        "effects": lambda row: row.get("effect") in effects,
        "priorities": lambda row: row.get("function") == function or row.get("name") in {function, *touchpoints},
    }
    documents = {
        key: {**content.document(key), "summary": {}, "rows": [row for row in content.rows(key) if own(row)]}
        for key, own in is_own.items()
        if content.document(key)
    }
    if not any(row.get("rank") for row in content.rows("priorities") if is_own["priorities"](row)):
        documents["priorities"] = {}  # nothing of theirs is ranked: the section would ask for data that are there
    return replace(content, documents={**content.documents, **documents})


def groups_of(content: report.Content) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each dimension that the snapshot splits promises or touchpoints by, with its groups."""
    seen: dict[str, dict[str, None]] = {}
    for key in content.documents:
        for analysis in ("promises_by_", "touchpoints_by_"):
            dimension = key.removeprefix(analysis)
            if key.startswith(analysis) and dimension not in PERIODS | {"function"}:
                found = seen.setdefault(dimension, {})
                found.update(dict.fromkeys(str(r[dimension]) for r in content.rows(key) if r.get(dimension)))
    for dimension, found in seen.items():
        yield dimension, tuple(sorted(found))
