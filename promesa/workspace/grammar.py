"""Every table and key that promesa.toml and model.toml may hold; the reference is made from it."""

from __future__ import annotations

from typing import get_args

from promesa.workspace.accounts import Spread
from promesa.workspace.arriving import PROTOCOLS
from promesa.workspace.calendars import WEEKDAYS
from promesa.workspace.model import Better, ConceptKind, Stage
from promesa.workspace.persons import IdentifierKind, Joins
from promesa.workspace.service_grammar import SERVICE
from promesa.workspace.studies import JourneyUnit, OutcomeKind
from promesa.workspace.tables import TABLES
from promesa.workspace.values import Field

TYPES = ("text", "whole", "number", "day", "time", "yes_no")
FORMATS = ("csv", "parquet", "jsonl", "xlsx", "sav", "xes", "ocel")
LINKS = ("satisfaction", "expectation", "emotion", "memory", "reputation", "loyalty", "belief", "none")
PURPOSES = ("attract", "retain", "deliver")
RETAINED = (*TABLES, "texts", "quarantine", "events")
SHORTEST_RETENTION = 30  # days: a slip of the hand must not empty a table

LABEL = Field(name="label", kind="label", help="name as people read it; the key with spaces when left out")

SETTINGS: dict[str, tuple[Field, ...]] = {
    "company": (
        Field(name="name", kind="text", required=True, help="name of the company"),
        Field(
            name="brand", kind="text", help="the brand whose promises are looked at; the company's name when left out"
        ),
        Field(name="locale", kind="text", default="es", help="language of pages and reports: es, en, es_CO..."),
        Field(name="time_zone", kind="text", required=True, help="IANA zone of local times, such as America/Bogota"),
        Field(name="currency", kind="text", required=True, help="ISO 4217 code of every amount, such as COP"),
        Field(name="controller", kind="text", help="who answers for personal data; the company when left out"),
        Field(name="privacy_contact", kind="text", help="where a customer asks about their own data"),
    ),
    "engine": (
        Field(
            name="url", kind="text", default="duckdb", help="duckdb, spark://HOST, spark://local[2] or sc://HOST:PORT"
        ),
        Field(name="memory_limit", kind="text", help="memory that DuckDB may take, such as 8GiB"),
        Field(name="threads", kind="whole", at_least=1, help="threads that DuckDB may take; every core when left out"),
    ),
    "store": (Field(name="path", kind="text", default=".promesa/store", help="folder of the fact tables"),),
    "analysis": (
        Field(name="as_of", kind="moment", help="day (its close) or time looked at; the last fact when left out"),
        Field(name="confidence_level", kind="fraction", default=0.95, help="coverage of the intervals"),
        Field(name="min_group", kind="whole", default=30, at_least=1, help="figures of smaller groups are withheld"),
        Field(name="min_cell", kind="whole", default=5, at_least=1, help="counts of people below it are withheld"),
    ),
}
SETTINGS["service"] = SERVICE
SETTINGS["retention"] = tuple(
    Field(
        name=name,
        kind="whole",
        at_least=SHORTEST_RETENTION,
        help="days that what people wrote is kept; kept for good when left out"
        if name == "texts"
        else f"days that rows of {name} are kept; kept for good when left out",
    )
    for name in RETAINED
)
SOURCE = (
    Field(name="path", kind="text", help="a file or a glob, absolute or relative to the workspace"),
    Field(name="url", kind="text", help="a database: postgresql://... or sqlite:///file"),
    Field(name="query", kind="text", help="table name or SELECT to read from the database"),
    Field(
        name="intake",
        kind="choice",
        choices=PROTOCOLS,
        help="or events that arrive over HTTP: segment (Segment's and RudderStack's clients) or cloudevents",
    ),
    Field(name="format", kind="choice", choices=FORMATS, help="kind of file; read off its name when left out"),
    Field(name="delimiter", kind="text", help="what parts the cells of a CSV file; detected when left out"),
    Field(name="encoding", kind="text", help="such as utf-8 or latin-1; detected when left out"),
    Field(name="quote", kind="text", help="quotation mark of a CSV file; detected when left out"),
    Field(name="decimal", kind="choice", choices=(".", ","), help="decimal mark of numbers; detected when left out"),
    Field(name="header", kind="yes_no", help="whether the first row names the columns; detected when left out"),
    Field(name="columns", kind="texts", default=(), help="names of the columns of a file without a header"),
    Field(name="sheet", kind="text", help="sheet of a workbook; the first when left out"),
    Field(name="types", kind="types", choices=TYPES, default={}, help="types of columns; the others are detected"),
    Field(name="dates", kind="text", help="format of days and times, such as %d/%m/%Y; detected when left out"),
    Field(name="null_words", kind="texts", default=("",), help="texts that mean: no value"),
    Field(name="time_zone", kind="text", help="zone of the local times in it; the company's when left out"),
    Field(name="new_files_only", kind="yes_no", default=False, help="a file that was loaded is not read again"),
    Field(name="watermark", kind="text", help="column that only grows: only rows past the highest value are read"),
)
MODEL: dict[str, tuple[Field, ...]] = {
    "functions": (LABEL, Field(name="owner", kind="text", help="who heads it: a role, better than a person's name")),
    "channels": (LABEL,),
    "calendars": (
        LABEL,
        *(
            Field(
                name=weekday,
                kind="texts",
                default=(),
                help='hours open, such as ["09:00-14:00", "16:00-20:00"]; closed when left out',
            )
            for weekday in WEEKDAYS
        ),
        Field(name="holidays", kind="days", default=(), help="days on which it is closed all day"),
        Field(name="time_zone", kind="text", help="zone of these hours; the company's when left out"),
    ),
    "touchpoints": (
        LABEL,
        Field(name="stage", kind="choice", choices=get_args(Stage), required=True, help="place around the purchase"),
        Field(name="function", kind="text", refers="function", required=True, help="the function that answers for it"),
        Field(name="supplier", kind="text", help="the one firm that serves it for the company"),
        Field(name="cost", kind="money", help="cost to serve of one moment that carries no cost of its own"),
        Field(
            name="cost_per_minute",
            kind="money",
            help="cost to serve of one minute; goes before cost where minutes are known",
        ),
        Field(name="minutes", kind="text", refers="element", help="the element that holds the minutes of a moment"),
        Field(
            name="calendar",
            kind="text",
            refers="calendar",
            help="when it is open: waits for it are also counted in open hours",
        ),
    ),
    "elements": (
        LABEL,
        Field(name="touchpoint", kind="text", refers="touchpoint", help="the touchpoint it is measured at"),
        Field(name="touchpoints", kind="texts", refers="touchpoint", default=(), help="or several of them"),
        Field(name="unit", kind="text", required=True, help="days, minutes, fraction, count..."),
        Field(name="better", kind="choice", choices=get_args(Better), required=True, help="which direction is better"),
    ),
    "promises": (
        Field(name="statement", kind="label", help="what the customer is promised, in the customer's words"),
        Field(name="owner", kind="text", refers="function", required=True, help="the function that keeps it"),
        Field(name="touchpoint", kind="text", refers="touchpoint", help="the touchpoint where it is kept or broken"),
        Field(name="touchpoints", kind="texts", refers="touchpoint", default=(), help="or several of them"),
        Field(name="kept", kind="sql", required=True, help="condition over a moment: true kept, false broken"),
        Field(name="due", kind="sql", default="end_of_day(promised)", help="time at which it falls due"),
        Field(name="released", kind="sql", help="condition under which the customer let the company off"),
        Field(name="promised", kind="sql", default="promised", help="value that was promised"),
        Field(name="delivered", kind="sql", default="delivered", help="value that was delivered"),
        Field(name="unit", kind="text", default="days", help="unit of delivered - promised"),
        Field(name="target", kind="fraction", help="share of commitments that the company means to keep"),
        Field(name="capability", kind="fraction", help="share that the operation is able to keep as it stands"),
        Field(name="concept", kind="text", refers="concept", help="opinion shown beside kept and broken"),
    ),
    "concepts": (
        LABEL,
        Field(
            name="kind", kind="choice", choices=get_args(ConceptKind), required=True, help="how scores are summed up"
        ),
        Field(name="scale", kind="scale", help="lowest and highest score; nps has 0 to 10"),
        Field(name="top_from", kind="number", help="lowest score that counts as a top answer (kind top_box)"),
        Field(name="better", kind="choice", choices=get_args(Better), default="more", help="which direction is better"),
        Field(name="link", kind="choice", choices=LINKS, default="satisfaction", help="link of the chain it measures"),
        Field(name="states", kind="text", refers="feature", help="what it says the importance of: a name of the model"),
    ),
    "traits": (LABEL,),
    "purposes": (
        LABEL,
        Field(
            name="kind", kind="choice", choices=PURPOSES, help="what the money is for; the key itself when it says so"
        ),
        Field(name="promise", kind="text", refers="promise", help="the promise that the money keeps"),
        Field(
            name="experiment",
            kind="text",
            refers="experiment",
            help="the experiment whose arms were given what the money paid for",
        ),
    ),
}
MODEL["accounts"] = (
    LABEL,
    Field(
        name="touchpoints",
        kind="texts",
        refers="touchpoint",
        default=(),
        help="what this account of the books pays for",
    ),
    Field(
        name="spread",
        kind="choice",
        choices=get_args(Spread),
        help="by what its difference to the costs assigned is shared among customers; with nobody when left out",
    ),
)
MODEL["identifiers"] = (
    LABEL,
    Field(
        name="kind",
        kind="choice",
        choices=get_args(IdentifierKind),
        help="how its values are made comparable; key: the key that another system gives the customer",
    ),
    Field(
        name="joins",
        kind="choice",
        choices=get_args(Joins),
        help="whether the same value makes two records one person: alone, with_name or never",
    ),
    Field(name="most", kind="whole", default=10, at_least=2, help="a value that more records hold joins nobody"),
    Field(name="ignore", kind="texts", default=(), help="values that are nobody's"),
    Field(name="system", kind="text", help="of a key: the system whose key it is"),
)
MODEL["consents"] = (
    LABEL,
    Field(name="basis", kind="text", default="consent", help="ground on which the purpose rests"),
    Field(name="notice", kind="text", help="version or address of the notice that customers are shown"),
    Field(name="withdraw", kind="label", help="how a customer takes the consent back"),
    Field(name="needs", kind="yes_no", default=True, help="false: allowed without a yes, until the customer says no"),
)
IDENTITY = (
    Field(name="country", kind="text", help="ISO code of the country of phones written without a code, such as CO"),
    Field(name="country_trait", kind="text", refers="trait", help="trait that holds each customer's own country"),
    Field(name="compare", kind="texts", refers="trait", default=(), help="traits that help to tell persons apart"),
    Field(
        name="link_from",
        kind="fraction",
        default=0.97,
        help="probability from which two records are one person's",
    ),
    Field(name="review_from", kind="fraction", default=0.5, help="probability from which a person is asked"),
    Field(name="largest", kind="whole", default=30, at_least=2, help="records of one person that raise the alarm"),
    Field(
        name="block_most",
        kind="whole",
        default=60,
        at_least=12,
        help="records that may share a blocking key and be compared; keys that say less take a third to a twelfth",
    ),
    Field(
        name="train_on",
        kind="whole",
        default=20_000,
        at_least=1_000,
        help="records whose candidate pairs the model is trained on",
    ),
    Field(name="seed", kind="whole", default=1, help="of everything drawn at random"),
)
OUTCOMES = (
    Field(
        name="return_within_days",
        kind="whole",
        default=90,
        at_least=1,
        help="a customer who buys again within them returned",
    ),
    Field(
        name="referral_action",
        kind="text",
        help="action of the deeds by which a customer brought a new one: each deed is one new customer",
    ),
)
LEAVING = (
    Field(
        name="leaves_at",
        kind="texts",
        refers="touchpoint",
        default=(),
        help="touchpoints that end a contract: a cancellation; customers without a contract have none",
    ),
    Field(
        name="lapsed_after_days",
        kind="whole",
        at_least=1,
        help="without a contract: a customer who buys nothing for more days has lapsed; found in the purchases when "
        "left out",
    ),
)
STUDIES: dict[str, tuple[Field, ...]] = {
    "outcomes": (
        LABEL,
        Field(name="kind", kind="choice", choices=get_args(OutcomeKind), required=True, help="what is counted"),
        Field(
            name="better",
            kind="choice",
            choices=("more", "less"),
            help="good direction; less for a complaint, the concept's for an opinion, else more",
        ),
        Field(name="concept", kind="text", refers="concept", help="of a score or promoter: the opinion asked"),
        Field(
            name="touchpoints", kind="texts", refers="touchpoint", default=(), help="of a complaint: where it is made"
        ),
        Field(
            name="within_days",
            kind="whole",
            at_least=1,
            help="of a return, revenue or margin: days after the journey; return_within_days when left out",
        ),
    ),
    "effects": (
        LABEL,
        Field(name="promise", kind="text", refers="promise", help="what acts: this promise being broken"),
        Field(name="element", kind="text", refers="element", help="or this element, by its unit"),
        Field(name="outcomes", kind="texts", refers="outcome", default=(), help="on what; every outcome when left out"),
        Field(
            name="adjust_for",
            kind="texts",
            refers="feature",
            default=(),
            help="what comes before it; when left out, all of touchpoints that stand before its own in this file",
        ),
        Field(name="by", kind="text", help="a trait or channel: the effect is told for each of its values"),
    ),
    "experiments": (
        LABEL,
        Field(name="arms", kind="texts", required=True, default=(), help="actions of the deeds that are arms"),
        Field(name="control", kind="text", required=True, help="action of the deeds that is the comparison"),
        Field(name="kind", kind="text", help="kind of deed that puts a customer into an arm; any when left out"),
        Field(name="shares", kind="fractions", default=(), help="shares that the lot was to have, control first"),
        Field(name="outcomes", kind="texts", refers="outcome", default=(), help="on what; every outcome when left out"),
        Field(name="by", kind="text", help="a trait: the effect is told for each of its values"),
    ),
    "indices": (
        LABEL,
        Field(
            name="arrows",
            kind="texts",
            required=True,
            default=(),
            help='which construct acts on which: "image -> expectation"',
        ),
        Field(name="survey", kind="text", help="only opinions of this survey"),
        Field(
            name="scheme",
            kind="choice",
            choices=("path", "centroid", "factorial"),
            default="path",
            help="how neighbouring constructs are weighted",
        ),
    ),
}
CONSTRUCT = (
    LABEL,
    Field(name="items", kind="texts", refers="concept", default=(), help="the concepts that measure it"),
    Field(name="mode", kind="choice", choices=("A", "B"), default="A", help="A: the items reflect it; B: they form it"),
)
DRIVERS = (
    Field(name="unit", kind="choice", choices=get_args(JourneyUnit), default="journey", help="what one row is"),
    Field(
        name="confounders",
        kind="texts",
        default=(),
        help="price, channel, season, tenure, earlier_orders, product or traits; all but product when left out",
    ),
    Field(
        name="leave_out",
        kind="texts",
        refers="feature",
        default=(),
        help="elements, promises or touchpoints not looked at",
    ),
    Field(name="most_rows", kind="whole", default=500_000, at_least=1_000, help="rows looked at; above it a sample"),
    Field(name="bootstraps", kind="whole", default=200, at_least=20, help="samples drawn for intervals of importance"),
    Field(name="seed", kind="whole", default=1, help="of everything drawn at random"),
)
