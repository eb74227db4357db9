"""The shape of the fact tables: one, on every engine; the store re-exports it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from promesa.workspace.model import Model

Kind = Literal["text", "time", "day", "number", "whole", "money", "yes_no"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a fact table.

    Attributes
    ----------
    kind : Kind
        ``text``; ``time`` (timestamp in microseconds, naive, UTC); ``day`` (date); ``number`` (double);
        ``whole`` (64-bit integer); ``money`` (decimal 18,4, the company's currency); ``yes_no``.
    required : bool
        A row without it goes to the quarantine.
    personal : bool
        Never shown whole in an error, a log or a listing.
    not_negative : bool
        A value below zero goes to the quarantine.
    derived : bool
        Filled in while loading; a SELECT may not give it.
    """

    name: str
    kind: Kind
    required: bool = False
    personal: bool = False
    not_negative: bool = False
    derived: bool = False


def _text(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name=name, kind="text") for name in names)


def _time(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name=name, kind="time") for name in names)


SOURCE = Column(name="source", kind="text", required=True)
ID = Column(name="id", kind="text", required=True)
AT = Column(name="at", kind="time", required=True)
CUSTOMER = Column(name="customer", kind="whole", required=True, personal=True)
RECORDED_AT = Column(name="recorded_at", kind="time", required=True)
NO_CUSTOMER = Column(name="customer", kind="whole", personal=True)

# Of a row whose amounts were in another currency: which, and what one unit of it was worth. They are in the company's.
CURRENCY = Column(name="currency", kind="text")
RATE = Column(name="rate", kind="number", derived=True)

_BODIES: dict[str, tuple[Column, ...]] = {
    "moments": (
        CUSTOMER,
        Column(name="touchpoint", kind="text", required=True),
        *_text("channel", "journey", "employee", "branch", "supplier", "product", "brand", "outcome"),
        Column(name="cost", kind="money", not_negative=True),
        *_time("promised_at", "promised", "delivered"),
        CURRENCY,
        RATE,
    ),
    "opinions": (
        NO_CUSTOMER,
        Column(name="concept", kind="text", required=True),
        Column(name="score", kind="number"),
        Column(name="scale_min", kind="number"),
        Column(name="scale_max", kind="number"),
        Column(name="text", kind="text", personal=True),
        *_text("language", "touchpoint", "channel", "journey", "audience", "brand", "survey"),
        *_time("asked_at"),
    ),
    "orders": (
        CUSTOMER,
        *_text("journey", "product", "channel"),
        Column(name="revenue", kind="money", required=True),
        Column(name="cost", kind="money", not_negative=True),
        Column(name="quantity", kind="number"),
        CURRENCY,
        RATE,
    ),
    "costs": (
        NO_CUSTOMER,
        *_text("touchpoint", "function", "journey"),
        Column(name="amount", kind="money", required=True),
        *_text("account"),
        CURRENCY,
        RATE,
    ),
    "spend": (
        NO_CUSTOMER,
        Column(name="purpose", kind="text", required=True),
        *_text("function", "touchpoint", "channel"),
        Column(name="amount", kind="money", required=True, not_negative=True),
        *_time("until"),
        CURRENCY,
        RATE,
    ),
    "profiles": (
        CUSTOMER,
        *(Column(name=name, kind="text", personal=True) for name in ("name", "email", "phone", "document", "address")),
        Column(name="birth_date", kind="day", personal=True),
    ),
    "consents": (
        CUSTOMER,
        Column(name="purpose", kind="text", required=True),
        Column(name="granted", kind="yes_no", required=True),
        *_text("notice", "channel"),
        *_time("until"),
    ),
    "deeds": (
        CUSTOMER,
        Column(name="action", kind="text", required=True),
        Column(name="kind", kind="text", required=True),
        Column(name="propensity", kind="number", not_negative=True),
        Column(name="context", kind="text", personal=True),
    ),
}
TABLES = tuple(_BODIES)
# What a SELECT may give beside them: the system that issued the customer's key, and what tells the later of two rows
# with one id.
SELECT_ONLY = ("customer_source", "version")
# Columns that a table has in every company, before those that the model declares.
TABLE_COLUMNS = {table: (SOURCE, ID, AT, *body, RECORDED_AT) for table, body in _BODIES.items()}


def columns_of(table: str, model: Model) -> tuple[Column, ...]:
    """Return the columns of a fact table, with those that the model declares.

    Parameters
    ----------
    table : str
        One of `TABLES`.
    model : Model
        Elements become columns of moments; traits, then identifiers of its own, columns of profiles, in the
        order declared.
    """
    declared: tuple[Column, ...] = ()
    if table == "moments":
        declared = tuple(Column(name=name, kind="number") for name in model.elements)
    elif table == "profiles":
        traits = tuple(Column(name=name, kind="text") for name in model.traits)
        known = {column.name for column in _BODIES["profiles"]}
        own = (name for name in model.identifiers if name not in known)
        declared = (*traits, *(Column(name=name, kind="text", personal=True) for name in own))
    return (SOURCE, ID, AT, *_BODIES[table], *declared, RECORDED_AT)
