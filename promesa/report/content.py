"""A snapshot as the report reads it: rows by measure and group, names in the reader's language."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, TypeVar, cast, overload

from promesa import words
from promesa.errors import ValueOutOfRange

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

    Row = Mapping[str, object]

Group = TypeVar("Group")
FIXED = frozenset({"measure", "estimate", "lower", "upper", "n", "n_missing", "unit", "evidence", "note"})
WITHHELD = "withheld"
"""How the notes of withheld figures begin: ``withheld-small-group``, ``withheld-small-cell``."""
TREND_DAYS = 90
"""Length of the two periods that the chain compares, where the snapshot does not say it."""
STATISTICS = ("mean", "median", "p90")
MONTHLY = ("promises_by_month", "touchpoints_by_month", "value_by_month")
TORN = re.compile(r"(?<=\d) (?=%|pp\b)|(?<=\b[A-Z]{3}) (?=\d)")
"""Where a line must not end: between a figure and its sign, a currency and its amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Everything the report shows.

    Attributes
    ----------
    locale : str
        The reader's: ``es``, ``en``, ``es_CO``.
    labels : mapping
        Kind to name to language to text.
    touchpoints, promises, elements, concepts : mapping
        What the model says of each.
    documents : mapping
        `Result.to_document()` by key.
    min_group : int or None
        Smallest group with a figure of its own, where the snapshot says it.
    trend_days : int
        Length of each of the two periods that the chain compares.
    """

    locale: str
    company: str
    currency: str
    time_zone: str
    as_of: str
    as_of_day: str
    store_version: str
    labels: Mapping[str, object]
    touchpoints: Mapping[str, Mapping[str, object]]
    promises: Mapping[str, Mapping[str, object]]
    elements: Mapping[str, Mapping[str, object]]
    concepts: Mapping[str, Mapping[str, object]]
    documents: Mapping[str, Mapping[str, object]]
    min_group: int | None
    trend_days: int

    def say(self, key: str, **values: object) -> str:
        """Return a message of the report."""
        return words.say(f"report.{key}", self.locale, **values)

    def document(self, key: str) -> Mapping[str, object]:
        """Return a document, or an empty one."""
        return self.documents.get(key, {})

    def rows(self, key: str) -> Sequence[Row]:
        """Return the rows of a document; none when it is not there."""
        return cast("Sequence[Row]", self.document(key).get("rows", ()))

    def level(self, key: str) -> float | None:
        """Return the confidence level of a document."""
        return number(self.document(key).get("confidence_level"))

    def summary(self, key: str) -> str:
        """Return the sentence that a document says of itself."""
        said = mapping(self.document(key).get("summary"))
        return unbroken(str(said.get(words.language_of(self.locale)) or ""))

    @property
    def since(self) -> str:
        """Return the month with which the figures of all time begin; empty where the snapshot keeps no months."""
        months = [row.get("month") for key in MONTHLY for row in self.rows(key)]
        first = min((str(month) for month in months if month), default="")
        try:
            return words.month(date.fromisoformat(f"{first}-01"), self.locale)
        except ValueError:
            return ""

    def label(self, kind: str, name: object) -> str:
        """Return how a name is written for people; the name itself where no label is declared."""
        if name is None or name == "":
            return self.say("not_stated")
        said = mapping(mapping(self.labels.get(kind)).get(str(name)))
        return text_in(said, self.locale) or _declared(kind, str(name), self.locale)

    def names(self, kind: str, values: Iterable[object]) -> dict[str, str]:
        """Return the labels of several names."""
        return {str(value): self.label(kind, value) for value in values if value is not None}

    def has_label(self, kind: str, name: str) -> bool:
        """Tell whether a name of that kind is declared."""
        return name in mapping(self.labels.get(kind))

    def measure(self, measure: str) -> str:
        """Return how a measure is written for people."""
        if self.has_label("concept", measure):
            return self.label("concept", measure)
        name, _, statistic = measure.rpartition(".")
        if name and statistic in STATISTICS:
            return f"{self.label('element', name)} ({self.say(f'statistic.{statistic}')})"
        key = f"report.measure.{measure}"
        return words.say_or(key, self.locale, otherwise=spaced(measure))

    def about(self, kind: str, name: str) -> Content:
        """Return what is about one promise or touchpoint: its rows, and the promises of the touchpoint."""
        if kind == "touchpoint":
            own = self.only_touchpoints({name})
            passages = [row for row in self.rows("transitions") if name in {row.get("from"), row.get("to")}]
            transitions = {**self.document("transitions"), "rows": passages}
            own = replace(own, documents={**own.documents, "transitions": transitions})
            return own.only_promises({n for n, p in self.promises.items() if name in listed(p.get("touchpoints"))})
        return self.only_promises({name})

    def only_promises(self, names: Container[str]) -> Content:
        """Return what is about some promises; rows that are of something else stay."""
        return replace(
            self,
            promises={name: said for name, said in self.promises.items() if name in names},
            documents={key: _rows_where(document, "promise", names) for key, document in self.documents.items()},
        )

    def only_touchpoints(self, names: Container[str]) -> Content:
        """Return what is about some touchpoints; rows that name none stay, where they are of something else."""
        return replace(
            self,
            touchpoints={name: said for name, said in self.touchpoints.items() if name in names},
            documents={key: _rows_where(document, "touchpoint", names) for key, document in self.documents.items()},
        )

    def day(self, iso: str) -> str:
        """Return a day as the locale writes it."""
        try:
            return words.day(date.fromisoformat(iso[:10]), self.locale)
        except ValueError:
            return iso


def read(snapshot: Mapping[str, object], *, locale: str) -> Content:
    """Return the content of a snapshot.

    Raises
    ------
    ValueOutOfRange
        If the snapshot holds no documents at all.
    """
    documents = mapping(snapshot.get("documents"))
    if not documents:
        raise ValueOutOfRange(
            what="The snapshot holds no documents, so there is nothing to report.",
            got=f"keys {', '.join(snapshot) or 'none'}",
            expected="`documents`: a mapping of name to document",
            fix="run `promesa analyse` and hand in the snapshot it keeps",
        )
    model = mapping(snapshot.get("model"))
    smallest = number(snapshot.get("min_group"))
    return Content(
        locale=locale,
        company=str(snapshot.get("company") or snapshot.get("brand") or ""),
        currency=str(snapshot.get("currency") or ""),
        time_zone=str(snapshot.get("time_zone") or ""),
        as_of=str(snapshot.get("as_of") or ""),
        as_of_day=str(snapshot.get("as_of_day") or snapshot.get("as_of") or ""),
        store_version=str(snapshot.get("store_version") or ""),
        labels=mapping(snapshot.get("labels")),
        touchpoints={name: mapping(said) for name, said in mapping(model.get("touchpoints")).items()},
        promises={name: mapping(said) for name, said in mapping(model.get("promises")).items()},
        elements={name: mapping(said) for name, said in mapping(model.get("elements")).items()},
        concepts={name: mapping(said) for name, said in mapping(model.get("concepts")).items()},
        documents={key: mapping(document) for key, document in documents.items()},
        min_group=None if smallest is None else int(smallest),
        trend_days=int(number(snapshot.get("trend_days")) or TREND_DAYS),
    )


def _rows_where(document: Mapping[str, object], key: str, names: Container[str]) -> Mapping[str, object]:
    """Return a document with the rows whose `key` is among the names; one that is not split by it as it is."""
    if key not in listed(document.get("dimensions")):
        return document
    rows = cast("Sequence[Row]", document.get("rows", ()))
    return {**document, "rows": [row for row in rows if str(row.get(key)) in names]}


def listed(value: object) -> Sequence[object]:
    """Return a list, or an empty one in its place."""
    return cast("Sequence[object]", value) if isinstance(value, list | tuple) else ()


def is_withheld(row: Row) -> bool:
    """Tell whether a row has no figure because its group is small."""
    return row.get("estimate") is None and str(row.get("note") or "").startswith(WITHHELD)


def mapping(value: object) -> Mapping[str, object]:
    """Return a mapping, or an empty one in its place."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def number(value: object) -> float | None:
    """Return a number, or None."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def text_in(said: Mapping[str, object], locale: str) -> str:
    """Return the text of the reader's language, else of the other."""
    own = said.get(words.language_of(locale))
    return str(own or next((text for text in said.values() if text), "") or "")


def unbroken(sentence: str) -> str:
    """Return a sentence whose figures stay with their signs where the line ends."""
    return TORN.sub("\N{NO-BREAK SPACE}", sentence)


def spaced(name: str) -> str:
    """Return a name of the model as words."""
    return name.replace("_", " ").replace("-", " ").replace(".", " · ")


def _declared(kind: str, name: str, locale: str) -> str:
    for key in (f"report.{kind}.{name}", f"{kind}.{name}"):
        if words.knows(key, locale):
            return words.say(key, locale)
    return name


def only(rows: Iterable[Row], measure: str) -> Iterator[Row]:
    """Yield the rows of one measure."""
    return (row for row in rows if row.get("measure") == measure)


@overload
def by(rows: Iterable[Row], key: str) -> dict[object, list[Row]]: ...
@overload
def by(rows: Iterable[Row], key: Callable[[Row], Group]) -> dict[Group, list[Row]]: ...
def by(rows: Iterable[Row], key: Callable[[Row], object] | str) -> dict[object, list[Row]] | dict[Group, list[Row]]:
    """Return the rows in groups, in the order in which the groups come up."""
    groups: dict[object, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.get(key) if isinstance(key, str) else key(row), []).append(row)
    return groups


def by_measure(rows: Iterable[Row]) -> dict[str, Row]:
    """Return the first row of each measure."""
    found: dict[str, Row] = {}
    for row in rows:
        found.setdefault(str(row.get("measure")), row)
    return found


def dimensions_after(key: str, prefix: str) -> str:
    """Return what a document is split by: ``promises_by_supplier`` by ``supplier``."""
    return key.removeprefix(f"{prefix}_by_")
