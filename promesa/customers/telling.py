"""The customer view in words: each fact, link and consent as the cells of a table, for terminal and pages alike."""

from __future__ import annotations

from datetime import UTC, date
from typing import TYPE_CHECKING

from promesa import words
from promesa.engine import local_time_of
from promesa.store import columns_of
from promesa.workspace import labels_of

if TYPE_CHECKING:
    from datetime import datetime

    from promesa.customers.consent import ConsentEvent, May
    from promesa.customers.customer_view import CustomerView
    from promesa.customers.events import Event
    from promesa.customers.links import Link, Record
    from promesa.customers.profile import Field, Stated
    from promesa.workspace import Workspace

_CUT = 120  # characters of a customer's words shown in a table of a terminal
_INNER = ("employee", "supplier", "function")  # codes of the company's; a customer's export has them
_TAKEN_AS_READ = ("audience", "brand", "language")  # of what one customer said; the document has them


def label_of(ws: Workspace, name: str, locale: str) -> str:
    """Return what people call a name of the model or of a column; the name itself where nobody calls it anything."""
    labels = _labels(ws)
    if name in labels:
        return labels[name][words.language_of(locale)]
    column = f"customers.column.{name}"
    return words.say_or(column, locale, otherwise=name)


def _labels(ws: Workspace) -> dict[str, dict[str, str]]:
    labels = {**labels_of(ws)}
    labels |= {name: {"es": i.label.es, "en": i.label.en} for name, i in ws.model.identifiers.items()}
    return labels | {name: {"es": c.label.es, "en": c.label.en} for name, c in ws.model.consents.items()}


class Telling:
    """A view with its language, its labels and its clock at hand.

    Parameters
    ----------
    view : CustomerView
    ws : Workspace
    locale : str
    cut : int or None
        Characters of a customer's words that are shown; None shows all.
    """

    def __init__(self, view: CustomerView, ws: Workspace, locale: str, *, cut: int | None = _CUT) -> None:
        self.view, self.ws, self.locale, self.cut = view, ws, locale, cut
        self.language = words.language_of(locale)
        self.labels = _labels(ws)
        self._days = {column.name for column in columns_of("profiles", ws.model) if column.kind == "day"}

    def say(self, key: str, **values: object) -> str:
        """Return a message of the customer view."""
        return words.say(f"customers.view.{key}", self.locale, **values)

    def heads(self, *keys: str) -> list[str]:
        """Return the headings of columns."""
        return [self.say(key) for key in keys]

    def label(self, name: str | None) -> str:
        """Return what people call a name of the model or of a column."""
        if name is None:
            return ""
        if name in self.labels:
            return self.labels[name][self.language]
        column = f"customers.column.{name}"
        return words.say_or(column, self.locale, otherwise=name)

    def time(self, instant: datetime) -> str:
        """Return an instant on the company's clock."""
        return words.dated_instant(instant.replace(tzinfo=UTC), self.ws.time_zone, self.locale)

    def day(self, instant: datetime) -> str:
        """Return the day of an instant on the company's clock."""
        return words.dated_day(local_time_of(instant, self.ws.time_zone).date(), self.locale)

    def money(self, value: float | None) -> str:
        """Return an amount in the company's currency."""
        return self.say("unknown") if value is None else words.money(value, self.view.currency, self.locale)

    def field_cells(self, field: Field) -> list[str]:
        """Return the cells of one value of the profile."""
        shown = field.stated
        conflicts = [
            self.say("conflict", value=self._stated(field, other), origin=self.origin(other), day=self.day(other.at))
            for other in field.conflicts
        ]
        return [
            self.label(field.name),
            self._stated(field, shown),
            self.origin(shown),
            self.day(shown.since),
            "\n".join(conflicts),
        ]

    def _stated(self, field: Field, stated: Stated) -> str:
        """Return a value; a day as the reader writes it."""
        if field.name not in self._days:
            return stated.value
        return words.dated_day(date.fromisoformat(stated.value[:10]), self.locale)

    def origin(self, stated: Stated) -> str:
        """Return who states a value."""
        return self.say("correction") if stated.source == "promesa" else stated.source

    def link_cells(self, link: Link) -> list[str]:
        """Return the cells of one link."""
        if link.kind == "exact":
            why = self.say("exact", rule=self.label(link.rule))
        else:
            why = self.say("model" if link.kind else "person_said")
        decided = link.decided_by
        if link.verdict:
            decided += f": {self.say(link.verdict)}" + (f" ({link.note})" if link.note else "")
        compared = {field: level for field, level in link.agreed.items() if level != "unknown"}
        agreed = ", ".join(f"{self._compared(field)} {self._level(level)}" for field, level in compared.items())
        chance = words.percent(link.probability, self.locale)
        state = self.say(link.state if link.state in {"linked", "review", "held"} else "unlinked")
        return [f"{link.low}\n{link.high}", why, chance, agreed, state, self.day(link.at), decided]

    def _compared(self, field: str) -> str:
        return words.record_field(field, self.locale) or self.label(field)

    def _level(self, level: str) -> str:
        key = f"customers.review.mark.{level}"
        return words.say_or(key, self.locale, otherwise=level)

    def event_cells(self, event: Event) -> list[str]:
        """Return the cells of one event."""
        what = {"moments": "", "opinions": "opinion", "orders": "purchase", "costs": "cost"}[event.kind]
        named = " ".join(part for part in (self.say(what) if what else "", self.label(event.touchpoint)) if part)
        stage = words.say(f"customers.stage.{event.stage}", self.locale) if event.stage else ""
        promises = [
            f"{self.label(o.promise)}: {words.say(f'customers.status.{o.status}', self.locale)}"
            + (f" ({words.clock_time(o.due, self.locale)})" if o.due and o.status != "kept" else "")
            for o in event.promises
        ]
        said = self.said_in(event)
        return [
            self.time(event.at),
            named,
            stage,
            self.label(event.channel),
            said,
            "\n".join(promises),
            "\n".join(self.money_in(event)),
        ]

    def money_in(self, event: Event) -> list[str]:
        """Return what one fact brought in and what it cost."""
        brought = [self.say("brought", amount=self.money(event.revenue))] if event.revenue is not None else []
        costs = (event.cost_of_goods, event.cost_to_serve)
        return brought + [self.say("spent", amount=self.money(cost)) for cost in costs if cost is not None]

    def details_in(self, event: Event) -> dict[str, object]:
        """Return what else one fact says: product, supplier, employee..."""
        return {name: value for name, value in event.details.items() if name not in _TAKEN_AS_READ}

    def said_in(self, event: Event) -> str:
        """Return what one fact says beyond where and when: its elements, its score, its words."""
        parts = [f"{self.label(name)}: {self._lived(name, value)}" for name, value in event.elements.items()]
        if event.kind == "opinions":
            score = words.number(event.score, self.locale, decimals=_decimals(event.score or 0.0))
            answered = event.score is not None or event.text
            parts.append(self.label(event.concept) + (f" {score}" if event.score is not None else ""))
            parts += [] if answered else [self.say("invited")]
            text = (event.text or "").strip()
            cut = len(text) if self.cut is None else self.cut
            parts += [f"“{text[:cut]}{'…' if len(text) > cut else ''}”"] if text else []
        parts += [f"{self.label(name)} {self._detail(value)}" for name, value in self.details_in(event).items()]
        return ", ".join(parts if event.lived else [self.say("open"), *parts])

    def _lived(self, name: str, value: float) -> str:
        """Return what was measured of an element: yes or no, a share, a number in its unit."""
        element = self.ws.model.elements.get(name)
        if element is not None and element.unit == "fraction":
            return self.yes_no(yes=value == 1) if value in {0, 1} else words.percent(value, self.locale, decimals=0)
        return words.number(value, self.locale, decimals=_decimals(value)).replace("-", "\N{MINUS SIGN}")

    def _detail(self, value: object) -> str:
        if isinstance(value, float):
            return words.number(value, self.locale, decimals=_decimals(value))
        return self.label(str(value))

    def yes_no(self, *, yes: bool) -> str:
        """Return yes or no."""
        return words.say(f"customers.yes_no.{'yes' if yes else 'no'}", self.locale)

    def record_cells(self, record: Record) -> list[str]:
        """Return the cells of one record."""
        return [record.system, record.key, str(record.customer), self.day(record.known_since)]

    def total_rows(self) -> list[list[str]]:
        """Return the rows of everything in total."""
        found = self.view.totals
        rows = [[self.say(key), self.money(getattr(found, key))] for key in ("revenue", "cost_of_goods")]
        rows += [[self.say(key), self.money(getattr(found, key))] for key in ("cost_to_serve", "margin")]
        for key in ("moments", "open_commitments", "opinions", "orders"):
            rows.append([self.say(key), words.number(getattr(found, key), self.locale)])
        if found.first_seen and found.last_seen:
            rows.append([self.say("seen"), f"{self.day(found.first_seen)} – {self.day(found.last_seen)}"])
        return rows

    def consent_cells(self, each: May) -> list[str]:
        """Return how one purpose stands."""
        return [
            self.label(each.purpose),
            self.yes_no(yes=each.allowed),
            words.say(f"customers.may.{each.reason}", self.locale),
            self.time(each.until) if each.until else "",
        ]

    def consent_event_cells(self, each: ConsentEvent) -> list[str]:
        """Return one yes or no."""
        return [
            self.time(each.at),
            self.label(each.purpose),
            self.yes_no(yes=each.granted),
            each.notice or "",
            self.label(each.channel),
            each.source,
            self.time(each.until) if each.until else "",
        ]


class OwnTelling(Telling):
    """A view told to the customer: what they lived, said and paid, without what is the company's own affair."""

    def money_in(self, event: Event) -> list[str]:
        """Return what the customer paid."""
        return [] if event.revenue is None else [self.money(event.revenue)]

    def details_in(self, event: Event) -> dict[str, object]:
        """Return what else one fact says of what the customer met."""
        return {name: value for name, value in super().details_in(event).items() if name not in _INNER}


def _decimals(value: float) -> int:
    return 0 if float(value).is_integer() else 2
