"""Index surveys: the diagram of each, and the tables behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from promesa import words
from promesa.report.content import by, by_measure, number, only
from promesa.report.figures import figure_of
from promesa.report.paths import path_picture
from promesa.report.tables import Cell, Exhibit, Table, cell_of, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.report.content import Content, Row

RELIABILITY = ("alpha", "rho_a", "composite_reliability", "ave")


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One index survey.

    Attributes
    ----------
    reasons : tuple of str
        Why figures are missing.
    exhibit : Exhibit or None
        The diagram with the scores behind it.
    tables : tuple of (str, Table)
        What opens each table, and the table.
    """

    name: str
    reasons: tuple[str, ...]
    exhibit: Exhibit | None
    tables: tuple[tuple[str, Table], ...]


def indices_of(content: Content) -> tuple[Index, ...]:
    """Return every declared index survey."""
    return tuple(_index(rows, content) for rows in by(content.rows("paths"), "index").values())


def _index(rows: Sequence[Row], content: Content) -> Index:
    labels = {str(row.get("construct")): _own(row, "label", content) for row in only(rows, "index_score")}
    first = next((row for row in rows if row.get("index_es") or row.get("index_en")), rows[0])
    name = _own(first, "index", content) or str(rows[0].get("index"))
    effects = [row for row in rows if row.get("measure") in {"path", "total_effect"}]
    made = (
        ("effects", _effects(effects, labels, name, content)),
        ("items", _items(rows, labels, name, content)),
        ("agreement", _agreement(rows, labels, name, content)),
    )
    return Index(
        name=name,
        reasons=_reasons(rows, labels, content),
        exhibit=_exhibit(rows, labels, name, content),
        tables=tuple((content.say(f"paths.{key}"), found) for key, found in made if found is not None),
    )


def _own(row: Row, key: str, content: Content) -> str:
    return str(
        row.get(f"{key}_{words.language_of(content.locale)}") or row.get("construct" if key == "label" else key) or ""
    )


def _reasons(rows: Sequence[Row], labels: Mapping[str, str], content: Content) -> tuple[str, ...]:
    said: dict[str, None] = {}
    for row in rows:
        key = f"chain.paths.reason.{row.get('note')}"
        if row.get("estimate") is None and row.get("measure") in {"index_score", "loading"} and words.knows(key):
            subject = _item(row, content) if row.get("item") else labels.get(str(row.get("construct")), "")
            reason = words.say(key, content.locale)
            whole = f"{subject}: {reason}" if subject else reason[:1].upper() + reason[1:]
            said.setdefault(whole)
    return tuple(said)


def _item(row: Row, content: Content) -> str:
    return content.label("concept", row.get("item"))


def _exhibit(rows: Sequence[Row], labels: Mapping[str, str], name: str, content: Content) -> Exhibit | None:
    document = {"rows": list(rows), "confidence_level": content.level("paths")}
    svg = path_picture(document, content.locale).replace(' xmlns="http://www.w3.org/2000/svg"', "")
    if not svg:
        return None
    explained = {row.get("construct"): row for row in only(rows, "r_squared")}
    heads = [(content.say("column.construct"), False)]
    heads += [(content.say(f"column.{key}"), True) for key in ("score_100", "explained", "importance_for_last", "n")]
    body: list[list[Cell | str]] = []
    for row in only(rows, "index_score"):
        figure = figure_of(row, content)
        moved = {"estimate": row.get("importance"), "unit": "score"}
        moved |= {end: row.get(f"importance_{end}") for end in ("lower", "upper")}
        effect = figure_of(moved, content) if number(row.get("importance")) is not None else figure_of(None, content)
        body.append(
            [
                labels[str(row.get("construct"))],
                Cell(text=figure.text, small=figure.interval or figure.reason, state=figure.state),
                cell_of(figure_of(explained.get(row.get("construct")), content)),
                cell_of(effect),
                figure.n,
            ]
        )
    caption = content.say("paths.scores", index=name)
    return Exhibit(svg=Markup(svg), table=table(caption, heads, body))  # noqa: S704 - its texts are escaped where drawn


def _effects(rows: Sequence[Row], labels: Mapping[str, str], name: str, content: Content) -> Table | None:
    pairs = by(rows, lambda row: (str(row.get("construct")), str(row.get("target"))))
    if not pairs:
        return None
    heads = [
        (content.say(f"column.{key}"), key not in {"from", "to"}) for key in ("from", "to", "direct", "total", "n")
    ]
    body: list[list[Cell | str]] = []
    for (source, target), part in pairs.items():
        found = by_measure(part)
        n = figure_of(part[0], content).n
        cells = [cell_of(figure_of(found.get(key), content)) for key in ("path", "total_effect")]
        body.append([labels.get(source, source), labels.get(target, target), *cells, n])
    return table(content.say("paths.effects_caption", index=name), heads, body)


def _items(rows: Sequence[Row], labels: Mapping[str, str], name: str, content: Content) -> Table | None:
    groups = by((row for row in rows if row.get("item") and row.get("measure") in {"weight", "loading"}), "item")
    if not groups:
        return None
    heads = [(content.say(f"column.{key}"), False) for key in ("item", "construct")]
    heads += [(content.say(f"column.{key}"), True) for key in ("mean_100", "weight", "loading", "n")]
    body: list[list[Cell | str]] = []
    for part in groups.values():
        found = by_measure(part)
        loading = found.get("loading", part[0])
        figure = figure_of(loading, content)
        construct = str(part[0].get("construct"))
        body.append(
            [
                _item(part[0], content),
                labels.get(construct, construct),
                words.number(number(loading.get("mean")), content.locale, decimals=1),
                cell_of(figure_of(found.get("weight"), content)),
                Cell(text=figure.text, small=figure.interval, state=figure.state),
                figure.n or words.number(number(loading.get("n")), content.locale),
            ]
        )
    return table(content.say("paths.items_caption", index=name), heads, body)


def _agreement(rows: Sequence[Row], labels: Mapping[str, str], name: str, content: Content) -> Table | None:
    groups = by((row for row in rows if row.get("measure") in RELIABILITY), "construct")
    if not groups:
        return None
    heads = [(content.say("column.construct"), False)]
    heads += [*((content.say(f"measure.{key}"), True) for key in RELIABILITY), (content.say("column.n"), True)]
    body: list[list[Cell | str]] = []
    for construct, part in groups.items():
        found = by_measure(part)
        figures = [
            words.number(number(found.get(key, {}).get("estimate")), content.locale, decimals=2) for key in RELIABILITY
        ]
        n = words.number(number(part[0].get("n")), content.locale)
        body.append([labels.get(str(construct), str(construct)), *figures, n])
    return table(content.say("paths.agreement_caption", index=name), heads, body)
