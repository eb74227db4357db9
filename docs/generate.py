"""The parts of the reference that come from the code: `python docs/generate.py` writes them, the build checks them.

A page holds its own prose and regions between ``<!-- generated: name -->`` and ``<!-- end -->``; only the regions are
written here, so that the words stay a person's and the facts stay the code's.
"""

from __future__ import annotations

import inspect
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

from promesa import errors, results
from promesa.access import RIGHTS, ROLES
from promesa.words import say
from promesa.workspace import (
    accounts,
    banding,
    banding_grammar,
    calendars,
    grammar,
    journey_grammar,
    journey_settings,
    model,
    studies,
    tables,
)
from promesa.workspace.service_grammar import OIDC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from promesa.workspace.values import Field

DOCS = Path(__file__).parent
PACKAGE = DOCS.parent / "promesa"
REGION = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
PLUMBING = {"--install-completion", "--show-completion"}

KINDS = {
    "text": "text",
    "time": "timestamp in microseconds, UTC, without a zone",
    "day": "date",
    "number": "double",
    "whole": "64-bit integer",
    "money": "decimal(18, 4), in the company's currency",
    "yes_no": "boolean",
}

TAKES = {
    "label": "text or `{ es, en }`",
    "texts": "list of texts",
    "yes_no": "`true` or `false`",
    "sql": "SQL expression",
    "fraction": "number from 0 to 1",
    "money": "amount, 0 or more",
    "moment": "day or time",
    "scale": "`[lowest, highest]`",
    "fractions": "list of numbers from 0 to 1",
    "days": "list of days",
    "types": "table of column to `text`, `whole`, `number`, `day`, `time` or `yes_no`",
    "lists": "table of name to list of texts",
    "rules": "table of name to SQL expression",
    "whole": "whole number",
}


# --- one region each -----------------------------------------------------------------------------------------------


def fact_tables() -> str:
    """Return a table of columns for each fact table."""
    nothing = model.Model(
        functions={}, channels={}, touchpoints={}, elements={}, promises={}, concepts={}, traits={}, purposes={}
    )
    blocks: list[str] = []
    for table in tables.TABLES:
        rows = [
            (f"`{c.name}`", KINDS[c.kind], _yes(c.required), _yes(c.not_negative), _yes(c.personal))
            for c in tables.columns_of(table, nothing)
        ]
        heads = ("column", "kind", "required", "not negative", "personal")
        blocks += [f"## {table}\n", _table(heads, rows)]
    return "\n".join(blocks)


def error_codes() -> str:
    """Return one section for each error class, with its code and exit code."""
    blocks: list[str] = []
    for kind in _error_kinds():
        status = 2 if issubclass(kind, errors.InputError) else 1
        parent = kind.__mro__[1].__name__
        blocks.append(
            f"## `{kind.code}`\n\n{_first_line(kind)}\n\n"
            f"- class: `promesa.errors.{kind.__name__}`, a kind of `{parent}`\n"
            f"- exit code: {status}\n"
        )
    return "\n".join(blocks)


def row_keys() -> str:
    """Return the keys of a row of an answer."""
    own = [
        (f"`{key}`", text) for key, text in _attributes(results.Estimate) if not key.startswith(("dimensions", "extra"))
    ]
    return _table(("key", "is"), [("one for each dimension", "the group: `touchpoint`, `channel`, `month`…"), *own])


def document_keys() -> str:
    """Return the keys of a whole document."""
    in_python_alone = {"estimates", "labels", "company_locale"}
    own = [(f"`{key}`", text) for key, text in _attributes(results.Result) if key not in in_python_alone]
    more = [
        ("`rows`", "the figures, one object each: see below"),
        ("`summary`", "`{es, en}`: the answer in a sentence, with its uncertainty"),
        ("`chart`", "`{es, en}`: a Vega-Lite chart of the rows, or null"),
    ]
    return _table(("key", "is"), [*own, *more])


def settings() -> str:
    """Return the tables of promesa.toml."""
    texts = {
        "company": "Who it is, and in which zone, currency and language.",
        "engine": "What runs the analyses.",
        "store": "Where the fact tables are.",
        "analysis": "What every analysis is told.",
        "service": "Where `promesa serve` is reached, and what it leans on.",
        "retention": "How many days each class of data is kept. `promesa customer retain` does it.",
    }
    blocks = [f"## [{table}]\n\n{texts[table]}\n\n{_fields(fields)}" for table, fields in grammar.SETTINGS.items()]
    rates = (
        "## [rates.CURRENCY]\n\nFrom a local day on, what one unit of another currency is worth in the company's.\n\n"
        + _table(("key", "takes", "default", "is"), [("a day, such as `2026-01-31`", "number above 0", "", "the rate")])
    )
    zones = (
        "## [branch_time_zones]\n\nBranches that are in another zone than the company: promises and minimum standards "
        "of moments lived there go by their day.\n\n"
        + _table(("key", "takes", "default", "is"), [("a branch, as moments name it", "text", "", "its IANA zone")])
    )
    oidc = f"## [service.oidc]\n\nThe company's identity provider (OpenID Connect).\n\n{_fields(OIDC)}"
    return "\n".join([*blocks, oidc, rates, zones, f"## [sources.NAME]\n\n{_fields(grammar.SOURCE)}"])


def model_tables() -> str:
    """Return the tables of model.toml."""
    kinds = {
        "functions": model.Function,
        "channels": model.Channel,
        "calendars": calendars.Calendar,
        "touchpoints": model.Touchpoint,
        "elements": model.Element,
        "promises": model.Promise,
        "concepts": model.Concept,
        "traits": model.Trait,
        "purposes": model.Purpose,
        "accounts": accounts.Account,
        "identifiers": model.Identifier,
        "consents": model.ConsentPurpose,
    }
    blocks = [
        f"## [{table}.NAME]\n\n{_first_line(kinds[table])}\n\n{_fields(fields)}"
        for table, fields in grammar.MODEL.items()
    ]
    identity = f"## [identity]\n\n{_first_line(model.IdentitySettings)}\n\n{_fields(grammar.IDENTITY)}"
    outcomes = f"## [outcomes]\n\nWhat counts as coming back.\n\n{_fields(grammar.OUTCOMES)}"
    leaving = f"## [leaving]\n\n{_first_line(model.Leaving)}\n\n{_fields(grammar.LEAVING)}"
    return "\n".join([*blocks, identity, outcomes, leaving, *_study_tables(), *_tier_tables()])


def _study_tables() -> list[str]:
    """Return the tables of what a company asks of its own data."""
    kinds = {
        "outcomes": studies.Outcome,
        "effects": studies.EffectQuestion,
        "experiments": studies.Trial,
        "indices": studies.IndexSurvey,
    }
    blocks = {
        section: f"## [{section}.NAME]\n\n{_first_line(kinds[section])}\n\n{_fields(fields)}"
        for section, fields in grammar.STUDIES.items()
    }
    drivers = f"## [drivers]\n\n{_first_line(studies.DriverSettings)}\n\n{_fields(grammar.DRIVERS)}"
    construct = (
        f"## [indices.NAME.constructs.NAME]\n\n{_first_line(studies.ConstructQuestion)}\n\n{_fields(grammar.CONSTRUCT)}"
    )
    journeys = (
        f"## [journeys]\n\n{_first_line(journey_settings.JourneySettings)}\n\n{_fields(journey_grammar.JOURNEYS)}"
    )
    return [blocks.pop("outcomes"), journeys, drivers, *blocks.values(), construct]


def _tier_tables() -> list[str]:
    """Return the tables of tiers and of the minimum standard."""
    return [
        f"## [tiers]\n\n{_first_line(banding.Tiers)}\n\n{_fields(banding_grammar.TIERS)}",
        f"## [tiers.NAME]\n\n{_first_line(banding.Tier)}\n\n{_fields(banding_grammar.TIER)}",
        f"## [standards.NAME]\n\n{_first_line(banding.Standard)}\n\n{_fields(banding_grammar.STANDARD)}",
    ]


def commands() -> str:
    """Return one section for each command, with its arguments and options."""
    from typer.main import get_command

    from promesa.cli.app import app

    root = get_command(app)
    return "\n".join(_command_section(name, command) for name, command in _walk(root, "promesa"))


def doors() -> str:
    """Return what each room offers through its door, for mkdocstrings to fill in."""
    rooms = [
        room
        for room in ("promises", "journeys", "experience", "drivers", "impact", "measures", "identity", "customers",
                     "value", "chain", "snapshot", "report", "workspace", "store", "sources", "simulate", "engine",
                     "results", "errors")
        if (PACKAGE / room / "__init__.py").exists() or (PACKAGE / f"{room}.py").exists()
    ]  # fmt: skip
    return "\n".join(
        f"## promesa.{room}\n\n::: promesa.{room}\n    options:\n      show_root_heading: false\n" for room in rooms
    )


def rights() -> str:
    """Return what each role may do."""
    rows = [
        (f"`{permission}`", say(f"access.permission.{permission}", "en"), *(reach[role] for role in ROLES))
        for permission, reach in RIGHTS.items()
    ]
    return _table(("permission", "is", *ROLES), rows)


REGIONS: dict[str, Callable[[], str]] = {
    "fact-tables": fact_tables,
    "error-codes": error_codes,
    "row-keys": row_keys,
    "document-keys": document_keys,
    "settings": settings,
    "model-tables": model_tables,
    "commands": commands,
    "doors": doors,
    "rights": rights,
}


# --- how a region is made ------------------------------------------------------------------------------------------


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines) + "\n"


def _yes(value: object) -> str:
    return "yes" if value else ""


def _first_line(kind: type) -> str:
    return (inspect.getdoc(kind) or "").split("\n", 1)[0]


def _attributes(kind: type) -> list[tuple[str, str]]:
    """Return (name, text) of the Attributes of a numpy docstring."""
    _, _, tail = (inspect.getdoc(kind) or "").partition("Attributes\n----------\n")
    found: list[tuple[str, str]] = []
    for line in tail.splitlines():
        if line.startswith(" ") and found:
            names, text = found[-1]
            found[-1] = (names, f"{text} {line.strip()}".strip())
        elif line.strip():
            found.append((line.split(" : ")[0], ""))
    return [(name.strip(), text.replace("``", "`")) for names, text in found for name in names.split(",")]


def _fields(fields: Iterable[Field]) -> str:
    rows = [(f"`{field.name}`", _kind(field), _default(field), field.help) for field in fields]
    return _table(("key", "takes", "default", "is"), rows)


def _kind(field: Field) -> str:
    if field.choices and field.kind == "choice":
        return ", ".join(f"`{choice}`" for choice in field.choices)
    words = TAKES.get(field.kind, field.kind)
    return f"{words}: names of {field.refers}s" if field.refers and field.kind == "texts" else words


def _default(field: Field) -> str:
    if field.required:
        return "required"
    return "" if field.default in (None, (), {}) else f"`{field.default!r}`".replace("'", '"')


def _error_kinds() -> list[type[errors.PromesaError]]:
    found: list[type[errors.PromesaError]] = []

    def visit(kind: type[errors.PromesaError]) -> None:
        found.append(kind)
        for child in kind.__subclasses__():
            if child.__module__ == errors.__name__:
                visit(child)

    visit(errors.PromesaError)
    return found


def _walk(command: object, path: str) -> Iterator[tuple[str, object]]:
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from _walk(child, f"{path} {name}")


def _command_section(path: str, command: object) -> str:
    help_text = inspect.cleandoc(str(getattr(command, "help", None) or ""))
    rows: list[tuple[str, ...]] = []
    for parameter in getattr(command, "params", []):
        names = [*parameter.opts, *parameter.secondary_opts]
        if PLUMBING & set(names):
            continue
        if getattr(parameter, "param_type_name", "") == "argument":
            names = [str(parameter.name).upper()]
        default = parameter.default
        shown = (
            "required"
            if parameter.required
            else ""
            if default in (None, False, ()) or callable(default)
            else f"`{default}`"
        )
        rows.append((", ".join(f"`{name}`" for name in names), shown, str(getattr(parameter, "help", None) or "")))
    listing = _table(("argument or option", "default", "is"), rows) if rows else ""
    return f"## {path}\n\n{help_text}\n\n{listing}"


# --- writing and checking ------------------------------------------------------------------------------------------


def stale() -> dict[Path, str]:
    """Return the pages whose generated regions differ from the code, with what they should say."""
    made: dict[str, str] = {}

    def fill(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in made:
            made[name] = REGIONS[name]().rstrip() + "\n\n"
        return f"{match[1]}\n{made[name]}{match[3]}"

    changed: dict[Path, str] = {}
    for page in sorted(DOCS.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        fresh = REGION.sub(fill, text)
        if fresh != text:
            changed[page] = fresh
    return changed


def on_pre_build(config: object) -> None:
    """Warn, and so fail a strict build, when a page no longer says what the code does."""
    del config
    for page in stale():
        logging.getLogger("mkdocs.hooks").warning("%s is out of date: run `make reference`", page.relative_to(DOCS))


if __name__ == "__main__":
    for page, text in stale().items():
        page.write_text(text, encoding="utf-8")
        print(f"wrote {page.relative_to(DOCS.parent)}")
