"""What the API takes and gives, typed: the schema is made of these."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - read when the schema is made
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Text = Annotated[str, Meta(max_length=2000)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Number = Annotated[str, Meta(pattern="^[0-9]{1,19}$", description="surrogate of a customer: a whole number as text")]
Row = dict[str, Any]


class AnswerEntry(Struct, frozen=True, kw_only=True):
    """An answer that the newest snapshot keeps, and where it is."""

    key: str
    analysis: str
    by: list[str]
    link: str


class Answers(Struct, frozen=True, kw_only=True):
    """The newest snapshot: what it was made of, and every answer in it."""

    snapshot: str
    as_of: datetime
    store_version: str
    company: str
    currency: str
    time_zone: str
    answers: list[AnswerEntry]


class Answer(Struct, frozen=True, kw_only=True):
    """One analysis: raw rows (estimate, lower, upper, n, n_missing, unit, evidence, note), in words, and as a chart.

    `as_of` is UTC without a zone. Some analyses carry more keys: what `promesa show NAME --json` prints.
    """

    analysis: str
    as_of: str
    store_version: str
    confidence_level: float
    dimensions: list[str]
    rows: list[Row]
    summary: dict[str, str]
    chart: dict[str, Any] = {}


class Job(Struct, frozen=True, kw_only=True):
    """Work in the background: poll `link` until `state` is no longer ``working``; `result` then says where to look."""

    id: str
    kind: Literal["answer", "replay"]
    state: Literal["working", "done", "failed"]
    link: str
    result: str | None = None
    detail: str | None = None
    counts: dict[str, int] | None = None


class WhatIfAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Levels to move to, by name: share broken of a promise, mean of an element, share of journeys of a touchpoint."""

    changes: Annotated[dict[str, float], Meta(min_length=1, max_length=100)]


class Lever(Struct, frozen=True, kw_only=True):
    """What can be moved, where it stands, and the range within which something is known of it."""

    name: str
    kind: str
    unit: str
    function: str | None
    now: float
    lowest: float
    highest: float
    is_share: bool


class Levers(Struct, frozen=True, kw_only=True):
    """Everything that can be moved in a what-if."""

    levers: list[Lever]


class WorkspaceShown(Struct, frozen=True, kw_only=True):
    """The company as its folder describes it."""

    company: str
    brand: str | None
    locale: str
    currency: str
    time_zone: str
    version: str
    store_version: str | None
    snapshot: str | None


class PromiseShown(Struct, frozen=True, kw_only=True):
    """A promise as it is declared; with its figures where one is asked for: rows of every kept answer that name it."""

    name: str
    statement: dict[str, str]
    owner: str | None
    touchpoints: list[str]
    target: float | None
    capability: float | None
    unit: str | None
    figures: dict[str, list[Row]] | None = None


class Promises(Struct, frozen=True, kw_only=True):
    """The promises that the reader may see."""

    promises: list[PromiseShown]


class TouchpointShown(Struct, frozen=True, kw_only=True):
    """A touchpoint as it is declared; with its figures where one is asked for."""

    name: str
    label: dict[str, str]
    stage: str
    function: str
    figures: dict[str, list[Row]] | None = None


class Touchpoints(Struct, frozen=True, kw_only=True):
    """The touchpoints that the reader may see."""

    touchpoints: list[TouchpointShown]


class LoadShown(Struct, frozen=True, kw_only=True):
    """What one load did, by load file and source."""

    id: str
    recorded_at: datetime
    store_version: str
    rows: list[Row]
    quarantined: dict[str, int]
    warnings: list[str]
    summary: dict[str, str]


class Loads(Struct, frozen=True, kw_only=True):
    """Loads, the newest first."""

    loads: list[LoadShown]
    next: str | None


class QuarantineRow(Struct, frozen=True, kw_only=True):
    """A row that waits outside the store, personal values masked; `record` is empty in a list."""

    id: str
    table: str
    load: str
    rule: str
    explanation: dict[str, str]
    file: str
    row: int
    column: str | None
    value: str | None
    recorded_at: datetime
    state: Literal["open", "mended", "closed"]
    record: dict[str, str | None]


class QuarantinePage(Struct, frozen=True, kw_only=True):
    """Rows that wait, the newest first, and how many wait by table, load, rule and state."""

    counts: list[Row]
    rows: list[QuarantineRow]
    next: str | None


class Mend(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """New text of each column to change; null empties it."""

    changes: Annotated[dict[str, Text | None], Meta(min_length=1, max_length=200)]


class Replay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rows to try again; none means all that wait."""

    ids: Annotated[list[Name], Meta(max_length=1000)] = []


class AuditShown(Struct, frozen=True, kw_only=True):
    """An entry of the audit log."""

    number: int
    at: datetime
    actor: str
    action: str
    object: str
    before: Row | None
    after: Row | None
    hash: str


class AuditPage(Struct, frozen=True, kw_only=True):
    """Entries of the audit log, the newest first."""

    entries: list[AuditShown]
    next: str | None


class Search(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to look for: system:key, a number, an e-mail, a phone, a document, a name."""

    who: Annotated[str, Meta(min_length=1, max_length=300)]


class Found(Struct, frozen=True, kw_only=True):
    """A person whom the text may mean, with what is enough to choose by."""

    person: str
    hint: str | None
    systems: str | None


class Finding(Struct, frozen=True, kw_only=True):
    """The persons whom the text may mean, at most 200; `total` counts all."""

    total: int
    found: list[Found]


class CustomerShown(Struct, frozen=True, kw_only=True):
    """Everything known of one person; numbers of customers are text."""

    person: str
    as_of: datetime | None
    paused: bool
    profile: list[Row]
    records: list[Row]
    links: list[Row]
    journeys: list[Row]
    consents: list[Row]
    consent_history: list[Row]
    totals: Row
    sent: list[Row]
    older_events: int


class Purpose(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A yes or a no to a purpose that the model declares."""

    purpose: Name
    granted: bool
    channel: Annotated[str, Meta(max_length=100)] | None = None


class Correction(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The right value of each field."""

    changes: Annotated[dict[str, Text], Meta(min_length=1, max_length=100)]


class Confirmed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The number of the person once more: nothing is erased without it."""

    confirm: Number


class Done(Struct, frozen=True, kw_only=True):
    """What was done to a person."""

    person: str
    done: str


class Forgotten(Struct, frozen=True, kw_only=True):
    """A person who was erased: rows by table, the certificate's name, and where own systems may still hold them."""

    person: str
    rows: int
    tables: list[Row]
    certificate: str | None
    not_included: list[str]
    sources: list[dict[str, str]]


class Pairs(Struct, frozen=True, kw_only=True):
    """Pairs of records that wait for a person's word, those with most money at stake first; `total` counts all."""

    total: int
    currency: str
    pairs: list[Row]


class Verdict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person says of a pair."""

    low: Number
    high: Number
    verdict: Literal["same", "different"]


class Decided(Struct, frozen=True, kw_only=True):
    """The decision that stands now."""

    id: str
    low: str
    high: str
    verdict: str


class CommitmentShown(Struct, frozen=True, kw_only=True):
    """One occasion on which a promise fell due for one customer.

    `broke` says of a broken one what was wrong: nothing came, it came late, or it was not what was promised; `gap` is
    delivered less promised, in days or the unit of the promise.
    """

    source: str
    id: str
    customer: str | None
    at: datetime
    due: datetime | None
    status: str
    touchpoint: str | None
    channel: str | None
    broke: Literal["missing", "late", "short"] | None
    gap: float | None


class Commitments(Struct, frozen=True, kw_only=True):
    """Commitments of a promise as of one instant, the last due first; `counts` is of the whole period."""

    promise: str
    as_of: datetime
    counts: dict[str, int]
    commitments: list[CommitmentShown]
    next: str | None


class HookAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to send which events; no `events` means every one."""

    url: Annotated[str, Meta(min_length=10, max_length=2000)]
    events: Annotated[list[Name], Meta(max_length=20)] = []


class HookShown(Struct, frozen=True, kw_only=True):
    """A webhook; `secret` stands only in the answer that made or renewed it."""

    id: int
    url: str
    events: list[str]
    active: bool
    reason: str | None
    created_at: datetime
    secret: str | None = None
    old_secret_until: datetime | None = None


class Hooks(Struct, frozen=True, kw_only=True):
    """The webhooks, and the kinds of events there are."""

    webhooks: list[HookShown]
    kinds: list[str]


class DeliveryShown(Struct, frozen=True, kw_only=True):
    """One event on its way to one webhook."""

    id: int
    message: str
    kind: str
    state: Literal["waiting", "delivered", "dead"]
    attempts: int
    next_at: datetime | None
    status: int | None
    error: str | None
    created_at: datetime


class Deliveries(Struct, frozen=True, kw_only=True):
    """Deliveries of a webhook, the newest first."""

    deliveries: list[DeliveryShown]
    next: str | None
