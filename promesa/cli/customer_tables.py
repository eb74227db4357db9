"""The customer view as a terminal shows it: a heading, then one table after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words
from promesa.cli.output import print_table
from promesa.engine import local_time_of
from promesa.workspace import labels_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from promesa.customers import CustomerView, Event, Field, Journey, Link, Stated
    from promesa.workspace import Workspace

_CUT = 120  # characters of a customer's words shown in a table
_TAKEN_AS_READ = ("audience", "brand", "language")  # of what one customer said; the document has them


def print_view(view: CustomerView, ws: Workspace, locale: str) -> None:
    """Print everything of a view, section by section; a section without content is left out."""
    page = _Page(view, ws, locale)
    print(page.say("title", person=view.person))
    if view.paused:
        print(page.say("paused"))
    page.profile()
    page.records()
    page.links()
    page.totals()
    page.journeys()
    page.sent()
    page.consents()
    if view.totals.first_seen is None and not view.profile:
        print(page.say("nothing"))
    print(page.say("as_of", instant=page.time(view.as_of), zone=view.time_zone, version=view.store_version))


class _Page:
    """A view with its language, its labels and its clock at hand."""

    def __init__(self, view: CustomerView, ws: Workspace, locale: str) -> None:
        self.view, self.ws, self.locale = view, ws, locale
        self.language = words.language_of(locale)
        labels = labels_of(ws)
        labels |= {name: {"es": i.label.es, "en": i.label.en} for name, i in ws.model.identifiers.items()}
        labels |= {name: {"es": c.label.es, "en": c.label.en} for name, c in ws.model.consents.items()}
        self.labels = labels

    def say(self, key: str, **values: object) -> str:
        return words.say(f"customers.view.{key}", self.locale, **values)

    def heads(self, *keys: str) -> list[str]:
        return [self.say(key) for key in keys]

    def label(self, name: str | None) -> str:
        if name is None:
            return ""
        if name in self.labels:
            return self.labels[name][self.language]
        column = f"customers.column.{name}"
        return words.say(column, self.locale) if words.knows(column, self.locale) else name

    def time(self, instant: datetime) -> str:
        return f"{local_time_of(instant, self.ws.time_zone):%Y-%m-%d %H:%M}"

    def day(self, instant: datetime) -> str:
        return self.time(instant)[:10]

    def money(self, value: float | None) -> str:
        return self.say("unknown") if value is None else words.money(value, self.view.currency, self.locale)

    def profile(self) -> None:
        rows = [self._field(field) for field in self.view.profile]
        if rows:
            print_table(self.say("profile"), self.heads("field", "value", "origin", "since", "conflicts"), rows)

    def _field(self, field: Field) -> list[str]:
        shown = field.stated
        conflicts = [
            self.say("conflict", value=other.value, origin=self._origin(other), day=self.day(other.at))
            for other in field.conflicts
        ]
        return [self.label(field.name), shown.value, self._origin(shown), self.day(shown.since), "\n".join(conflicts)]

    def _origin(self, stated: Stated) -> str:
        return self.say("correction") if stated.source == "promesa" else stated.source

    def records(self) -> None:
        rows = [[r.system, r.key, str(r.customer), self.day(r.known_since)] for r in self.view.records]
        title = self.say("records", n=words.number(len(rows), self.locale))
        print_table(title, self.heads("system", "key", "number", "known_since"), rows)

    def links(self) -> None:
        rows = [self._link(link) for link in self.view.links]
        if rows:
            heads = self.heads("pair", "why", "probability", "agreed", "state", "day", "decided_by")
            print_table(self.say("links"), heads, rows)

    def _link(self, link: Link) -> list[str]:
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
        key = f"customers.review.fields.{field}"
        return words.say(key, self.locale) if words.knows(key, self.locale) else self.label(field)

    def _level(self, level: str) -> str:
        key = f"customers.review.mark.{level}"
        return words.say(key, self.locale) if words.knows(key, self.locale) else level

    def totals(self) -> None:
        found = self.view.totals
        rows = [[self.say(key), self.money(getattr(found, key))] for key in ("revenue", "cost_of_goods")]
        rows += [[self.say(key), self.money(getattr(found, key))] for key in ("cost_to_serve", "margin")]
        for key in ("moments", "open_commitments", "opinions", "orders"):
            rows.append([self.say(key), words.number(getattr(found, key), self.locale)])
        if found.first_seen and found.last_seen:
            rows.append([self.say("seen"), f"{self.day(found.first_seen)} – {self.day(found.last_seen)}"])
        print_table(self.say("totals"), ["", ""], rows, right={1})

    def journeys(self) -> None:
        for journey in self.view.journeys:
            self._journey(journey)
        if self.view.older_events:
            print(self.say("older", n=words.number(self.view.older_events, self.locale)))

    def _journey(self, journey: Journey) -> None:
        title = self.say("journey", name=journey.name) if journey.name is not None else self.say("loose")
        amounts = {key: getattr(journey, key) for key in ("revenue", "cost_of_goods", "cost_to_serve")}
        known = [f"{self.say(key)} {self.money(value)}" for key, value in amounts.items() if value is not None]
        title += f" ({', '.join(known)})" if known else ""
        heads = self.heads("time", "what", "stage", "channel", "says", "promise", "money")
        print_table(title, heads, [self._event(event) for event in journey.events])

    def _event(self, event: Event) -> list[str]:
        what = {"moments": "", "opinions": "opinion", "orders": "purchase", "costs": "cost"}[event.kind]
        named = " ".join(part for part in (self.say(what) if what else "", self.label(event.touchpoint)) if part)
        stage = words.say(f"customers.stage.{event.stage}", self.locale) if event.stage else ""
        promises = [
            f"{self.label(o.promise)}: {words.say(f'customers.status.{o.status}', self.locale)}"
            + (f" ({o.due:%Y-%m-%d %H:%M})" if o.due and o.status != "kept" else "")
            for o in event.promises
        ]
        money = [self.say("brought", amount=self.money(event.revenue))] if event.revenue is not None else []
        costs = (event.cost_of_goods, event.cost_to_serve)
        money += [self.say("spent", amount=self.money(cost)) for cost in costs if cost is not None]
        local = f"{event.local:%Y-%m-%d %H:%M}"
        said = self._said(event)
        return [local, named, stage, self.label(event.channel), said, "\n".join(promises), "\n".join(money)]

    def _said(self, event: Event) -> str:
        """Return what one fact says beyond where and when: its elements, its score, its words."""
        parts = [f"{self.label(name)} {words.number(value, self.locale, decimals=_decimals(value))}"
                 for name, value in event.elements.items()]  # fmt: skip
        if event.kind == "opinions":
            score = words.number(event.score, self.locale, decimals=_decimals(event.score or 0.0))
            answered = event.score is not None or event.text
            parts.append(self.label(event.concept) + (f" {score}" if event.score is not None else ""))
            parts += [] if answered else [self.say("invited")]
            text = (event.text or "").strip()
            parts += [f"“{text[:_CUT]}{'…' if len(text) > _CUT else ''}”"] if text else []
        parts += [
            f"{self.label(name)} {self._detail(value)}"
            for name, value in event.details.items()
            if name not in _TAKEN_AS_READ
        ]
        return ", ".join(parts if event.lived else [self.say("open"), *parts])

    def _detail(self, value: object) -> str:
        if isinstance(value, float):
            return words.number(value, self.locale, decimals=_decimals(value))
        return self.label(str(value))

    def sent(self) -> None:
        rows = [[f"{deed.local:%Y-%m-%d %H:%M}", deed.action, deed.kind] for deed in self.view.sent]
        if rows:
            labels = [words.say(f"customers.column.{key}", self.locale) for key in ("action", "kind")]
            print_table(self.say("sent"), [self.say("time"), *labels], rows)
        if self.view.older_deeds:
            print(self.say("older_sent", n=words.number(self.view.older_deeds, self.locale)))

    def consents(self) -> None:
        self._table("consents", ("purpose", "allowed", "reason", "until"), [
            [
                self.label(each.purpose),
                self._yes_no(yes=each.allowed),
                words.say(f"customers.may.{each.reason}", self.locale),
                self.time(each.until) if each.until else "",
            ]
            for each in self.view.consents
        ])  # fmt: skip
        self._table("consent_history", ("time", "purpose", "said", "notice", "channel", "origin", "until"), [
            [
                self.time(each.at),
                self.label(each.purpose),
                self._yes_no(yes=each.granted),
                each.notice or "",
                self.label(each.channel),
                each.source,
                self.time(each.until) if each.until else "",
            ]
            for each in self.view.consent_history
        ])  # fmt: skip

    def _yes_no(self, *, yes: bool) -> str:
        return words.say(f"customers.yes_no.{'yes' if yes else 'no'}", self.locale)

    def _table(self, title: str, heads: Sequence[str], rows: list[list[str]]) -> None:
        if rows:
            print_table(self.say(title), self.heads(*heads), rows)


def _decimals(value: float) -> int:
    return 0 if float(value).is_integer() else 2
