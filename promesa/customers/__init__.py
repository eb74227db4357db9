"""One customer: the view, consent, and the customer's own control of their data.

Its names come on first use: an answer about one person must not wait for the libraries of all. So no name may be
that of a module of the room.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from promesa.customers.consent import ConsentEvent, May, allowed, may
    from promesa.customers.consenting import give, withdraw
    from promesa.customers.correcting import correct
    from promesa.customers.customer_view import NEWEST, CustomerView, Journey, view
    from promesa.customers.documents import as_document
    from promesa.customers.events import Event
    from promesa.customers.exporting import Export, export
    from promesa.customers.finding import candidates, find, find_in, number_of, one_person, record_named
    from promesa.customers.forgetting import Erasure, forget
    from promesa.customers.links import Link, links_of
    from promesa.customers.own_link import make_own_link, open_own_link, take_back_own_links
    from promesa.customers.pairs import because, field_name, pair_lines
    from promesa.customers.pausing import Pause, pause, resume
    from promesa.customers.person import Person, instant_of, person_at
    from promesa.customers.profile import Field, Stated
    from promesa.customers.receipts import receipt
    from promesa.customers.retaining import Retention, retain
    from promesa.customers.review import Item, Queue, Side, differing, queue, sample
    from promesa.customers.telling import OwnTelling, Telling, label_of
    from promesa.customers.totals import Totals

_WHERE = {
    "NEWEST": "customer_view",
    "ConsentEvent": "consent",
    "CustomerView": "customer_view",
    "Erasure": "forgetting",
    "Event": "events",
    "Export": "exporting",
    "Field": "profile",
    "Item": "review",
    "Journey": "customer_view",
    "Link": "links",
    "OwnTelling": "telling",
    "May": "consent",
    "Pause": "pausing",
    "Person": "person",
    "Queue": "review",
    "Retention": "retaining",
    "Side": "review",
    "Stated": "profile",
    "Telling": "telling",
    "Totals": "totals",
    "because": "pairs",
    "field_name": "pairs",
    "make_own_link": "own_link",
    "open_own_link": "own_link",
    "label_of": "telling",
    "pair_lines": "pairs",
    "allowed": "consent",
    "as_document": "documents",
    "candidates": "finding",
    "correct": "correcting",
    "differing": "review",
    "export": "exporting",
    "find": "finding",
    "find_in": "finding",
    "forget": "forgetting",
    "give": "consenting",
    "instant_of": "person",
    "links_of": "links",
    "may": "consent",
    "number_of": "finding",
    "one_person": "finding",
    "pause": "pausing",
    "person_at": "person",
    "queue": "review",
    "receipt": "receipts",
    "record_named": "finding",
    "resume": "pausing",
    "retain": "retaining",
    "sample": "review",
    "take_back_own_links": "own_link",
    "view": "customer_view",
    "withdraw": "consenting",
}
__all__ = [
    "NEWEST",
    "ConsentEvent",
    "CustomerView",
    "Erasure",
    "Event",
    "Export",
    "Field",
    "Item",
    "Journey",
    "Link",
    "May",
    "OwnTelling",
    "Pause",
    "Person",
    "Queue",
    "Retention",
    "Side",
    "Stated",
    "Telling",
    "Totals",
    "allowed",
    "as_document",
    "because",
    "candidates",
    "correct",
    "differing",
    "export",
    "field_name",
    "find",
    "find_in",
    "forget",
    "give",
    "instant_of",
    "label_of",
    "links_of",
    "make_own_link",
    "may",
    "number_of",
    "one_person",
    "open_own_link",
    "pair_lines",
    "pause",
    "person_at",
    "queue",
    "receipt",
    "record_named",
    "resume",
    "retain",
    "sample",
    "take_back_own_links",
    "view",
    "withdraw",
]


def __getattr__(attribute: str) -> Any:
    if attribute in _WHERE:
        return getattr(import_module(f"promesa.customers.{_WHERE[attribute]}"), attribute)
    raise AttributeError(attribute)
