"""The company's own words: what `model.toml` and `promesa.toml` become."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from promesa.workspace.journey_settings import JourneySettings
from promesa.workspace.persons import BUILT_IN_IDENTIFIERS, ConsentPurpose, Identifier, IdentitySettings
from promesa.workspace.service import ServiceSettings
from promesa.workspace.studies import Studies

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from decimal import Decimal
    from pathlib import Path

    from promesa.workspace.accounts import Account
    from promesa.workspace.banding import Standard, Tiers
    from promesa.workspace.calendars import Calendar
    from promesa.workspace.labels import Label
    from promesa.workspace.rates import Rates

Stage = Literal["before", "during", "after"]
Better = Literal["more", "less", "neither"]
ConceptKind = Literal["mean", "top_box", "nps"]
LOCALES = ("es", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A part of the company that answers for touchpoints (área)."""

    name: str
    label: Label
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way of meeting the company: shop, web, phone (canal)."""

    name: str
    label: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Touchpoint:
    """Where a customer meets the company (punto de contacto).

    Attributes
    ----------
    stage : {"before", "during", "after"}
        Of the purchase.
    function : str
        Name of the `Function` that answers for it.
    supplier : str or None
        Who serves it for the company, when that is one firm for all its moments; a moment's own
        `supplier` goes before it.
    cost : Decimal or None
        Declared cost to serve of one moment, in the company's currency, used for the moments that
        carry no cost of their own.
    cost_per_minute : Decimal or None
        Cost to serve of one minute; goes before `cost` where the minutes of a moment are known.
    minutes : str or None
        The element that holds the minutes of a moment; given with `cost_per_minute` or not at all.
    calendar : str or None
        The `Calendar` that says when it is open: waits for it are also counted in open hours.
    """

    name: str
    label: Label
    stage: Stage
    function: str
    supplier: str | None = None
    cost: Decimal | None = None
    cost_per_minute: Decimal | None = None
    minutes: str | None = None
    calendar: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A measured property of a moment (elemento); a column of the moments table."""

    name: str
    label: Label
    touchpoints: tuple[str, ...]
    unit: str
    better: Better


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What the brand says the customer will get (promesa).

    Attributes
    ----------
    kept : str
        SQL condition over the columns of a moment: true kept, false broken, null unknown.
    due : str
        SQL timestamp over the same columns: when the promise falls due.
    released : str or None
        SQL condition under which the customer no longer holds the company to it (a cancellation).
    promised, delivered : str
        SQL values whose difference (delivered - promised) is shown: two timestamps (difference in
        days of the company's time zone) or two numbers (in `unit`).
    target : float or None
        Share of commitments the company means to keep, a fraction.
    capability : float or None
        Share the operation is able to keep as it stands, a fraction.
    concept : str or None
        Opinion concept shown beside kept and broken; None means every concept on the same journey.
    """

    name: str
    statement: Label
    owner: str
    touchpoints: tuple[str, ...]
    kept: str
    due: str
    released: str | None = None
    promised: str = "promised"
    delivered: str = "delivered"
    unit: str = "days"
    target: float | None = None
    capability: float | None = None
    concept: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """What an opinion is about and how its scores are summed up (nps, csat, ces, stars...).

    Attributes
    ----------
    kind : {"mean", "top_box", "nps"}
        Mean score; share of answers at or above `top_from`; promoters less detractors.
    scale : (float, float)
        Lowest and highest score. NPS is 0 to 10 and nothing else.
    link : str
        The link of the value chain that the concept measures: ``satisfaction``, ``expectation``,
        ``emotion``, ``memory``, ``reputation``, ``loyalty``, ``belief`` or ``none``.
    states : str or None
        The element, promise or touchpoint of which customers say with it how much it matters to them.
    """

    name: str
    label: Label
    kind: ConceptKind
    scale: tuple[float, float]
    top_from: float | None = None
    better: Better = "more"
    link: str = "satisfaction"
    states: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """A declared property of customers (region, segment...); a column of the profiles table."""

    name: str
    label: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What a spend was for: attract, retain or deliver (inversión).

    Attributes
    ----------
    promise : str or None
        The promise that the money keeps.
    experiment : str or None
        The experiment whose arms were given what the money paid for.
    """

    name: str
    label: Label
    kind: Literal["attract", "retain", "deliver"]
    promise: str | None = None
    experiment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """When somebody is no longer a customer.

    Attributes
    ----------
    leaves_at : tuple of str
        Touchpoints that end a contract; empty where customers have none.
    lapsed_after_days : int or None
        Without a contract, days without a purchase after which a customer counts as lapsed; None: found in the
        purchases.
    """

    leaves_at: tuple[str, ...] = ()
    lapsed_after_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Everything `model.toml` declares, by name, in the order of the file."""

    functions: Mapping[str, Function]
    channels: Mapping[str, Channel]
    touchpoints: Mapping[str, Touchpoint]
    elements: Mapping[str, Element]
    promises: Mapping[str, Promise]
    concepts: Mapping[str, Concept]
    traits: Mapping[str, Trait]
    purposes: Mapping[str, Purpose]
    return_within_days: int = 90
    referral_action: str | None = None
    identifiers: Mapping[str, Identifier] = field(default_factory=lambda: dict(BUILT_IN_IDENTIFIERS))
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    consents: Mapping[str, ConsentPurpose] = field(default_factory=dict)
    studies: Studies = field(default_factory=Studies)
    accounts: Mapping[str, Account] = field(default_factory=dict)
    journeys: JourneySettings = field(default_factory=JourneySettings)
    leaving: Leaving = field(default_factory=Leaving)
    tiers: Tiers | None = None
    standards: Mapping[str, Standard] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source as `promesa.toml` names it.

    Attributes
    ----------
    path : str or None
        A file or a glob, absolute or relative to the workspace, variables already filled in.
    url, query : str or None
        A database and what to read from it (a table name or a SELECT).
    intake : str or None
        Protocol of the events that arrive over HTTP, ``segment`` or ``cloudevents``; None for files and databases.
    format : str or None
        ``csv``, ``parquet``, ``jsonl``, ``xlsx``, ``sav``, ``xes``, ``ocel``; None reads it off the file name.
    delimiter, encoding, quote, decimal : str or None
        None means detected.
    header : bool or None
        Whether the first row names the columns; None means detected.
    columns : tuple of str
        Names for a file without a header.
    sheet : str or None
        Of a workbook; None means the first.
    types : mapping of str to str
        Column to ``text``, ``whole``, ``number``, ``day``, ``time`` or ``yes_no``; others are detected.
    dates : str or None
        Format of the days and times in text, such as ``%d/%m/%Y``; None means detected.
    null_words : tuple of str
        Texts that mean "no value".
    time_zone : str or None
        Zone of the naive local times in it; None means the company's.
    new_files_only : bool
        Each file holds new rows: a file that was loaded is not read again.
    watermark : str or None
        Column that only grows: rows at or below the highest value loaded are not read again.
    written : str or None
        The path or URL as promesa.toml has it, variables not filled in: what messages may show.
    money_signs : tuple of str
        Marks of the company's currency, which declared numbers may carry.
    """

    name: str
    path: str | None = None
    url: str | None = None
    query: str | None = None
    intake: str | None = None
    format: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    quote: str | None = None
    decimal: str | None = None
    header: bool | None = None
    columns: tuple[str, ...] = ()
    sheet: str | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    dates: str | None = None
    null_words: tuple[str, ...] = ("",)
    time_zone: str | None = None
    new_files_only: bool = False
    watermark: str | None = None
    written: str | None = None
    money_signs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One file of `load/`: a SELECT over the sources that gives rows of one fact table.

    Attributes
    ----------
    name : str
        File name without ``.sql``: ``moments.shop.delivery``.
    table : str
        Fact table it fills: the first part of the name.
    source : str
        System the rows come from: the second part of the name. The SELECT may give a column
        `source` of its own, which goes before it.
    sql : str
        The SELECT.
    reads : tuple of str
        Sources it names.
    """

    name: str
    table: str
    source: str
    file: Path
    sql: str
    reads: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A company's folder, read and checked.

    Attributes
    ----------
    root : Path
        The folder.
    time_zone : str
        IANA name; days and naive local times are those of this zone.
    currency : str
        ISO 4217 code.
    engine, store : str, Path
        ``duckdb`` or ``spark://...``, ``sc://...``; where the fact tables are.
    as_of : date, datetime or None
        Instant that analyses look at when the caller names none: a date means its close on the company's clock, a
        datetime is naive UTC, None the last instant in the facts.
    min_group, min_cell : int
        Figures of smaller groups, and counts of fewer people, are withheld.
    controller, privacy_contact : str or None
        Who answers for personal data, and where a customer asks.
    retention : mapping of str to int
        Days that rows of a class of data are kept: a fact table, ``texts`` or ``quarantine``; others are kept.
    rates : mapping of str to tuple of (date, Decimal)
        By currency, from which local day on how much of the company's currency one unit is worth, days in order.
    branch_time_zones : mapping of str to str
        By name of a branch in another zone than the company's, its IANA name.
    service : ServiceSettings
        How `promesa serve` is reached and what it leans on.
    """

    root: Path
    company: str
    brand: str
    locale: str
    time_zone: str
    currency: str
    engine: str
    store: Path
    as_of: date | datetime | None
    confidence_level: float
    min_group: int
    min_cell: int
    memory_limit: str | None
    threads: int | None
    sources: Mapping[str, Source]
    loads: tuple[Load, ...]
    model: Model
    controller: str | None = None
    privacy_contact: str | None = None
    retention: Mapping[str, int] = field(default_factory=dict)
    rates: Rates = field(default_factory=dict)
    branch_time_zones: Mapping[str, str] = field(default_factory=dict)
    service: ServiceSettings = field(default_factory=ServiceSettings)
