"""The customer view as a terminal shows it: a heading, then one table after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words
from promesa.cli.output import print_table
from promesa.customers import Telling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.customers import CustomerView, Journey
    from promesa.workspace import Workspace


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


class _Page(Telling):
    """A view told in printed tables."""

    def profile(self) -> None:
        rows = [self.field_cells(field) for field in self.view.profile]
        if rows:
            print_table(self.say("profile"), self.heads("field", "value", "origin", "since", "conflicts"), rows)

    def records(self) -> None:
        rows = [self.record_cells(record) for record in self.view.records]
        title = self.say("records", n=words.number(len(rows), self.locale))
        print_table(title, self.heads("system", "key", "number", "known_since"), rows)

    def links(self) -> None:
        rows = [self.link_cells(link) for link in self.view.links]
        if rows:
            heads = self.heads("pair", "why", "probability", "agreed", "state", "day", "decided_by")
            print_table(self.say("links"), heads, rows)

    def totals(self) -> None:
        print_table(self.say("totals"), ["", ""], self.total_rows(), right={1})

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
        print_table(title, heads, [self.event_cells(event) for event in journey.events])

    def sent(self) -> None:
        rows = [[self.time(deed.at), deed.action, deed.kind] for deed in self.view.sent]
        if rows:
            labels = [words.say(f"customers.column.{key}", self.locale) for key in ("action", "kind")]
            print_table(self.say("sent"), [self.say("time"), *labels], rows)
        if self.view.older_deeds:
            print(self.say("older_sent", n=words.number(self.view.older_deeds, self.locale)))

    def consents(self) -> None:
        standing = [self.consent_cells(each) for each in self.view.consents]
        self._table("consents", ("purpose", "allowed", "reason", "until"), standing)
        heads = ("time", "purpose", "said", "notice", "channel", "origin", "until")
        self._table("consent_history", heads, [self.consent_event_cells(each) for each in self.view.consent_history])

    def _table(self, title: str, heads: Sequence[str], rows: list[list[str]]) -> None:
        if rows:
            print_table(self.say(title), self.heads(*heads), rows)
