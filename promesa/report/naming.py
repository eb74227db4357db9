"""Names of what the analyses speak of: outcomes, what was lived, what stands behind, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words
from promesa.report.content import mapping, spaced, text_in
from promesa.report.promises import statement_of

if TYPE_CHECKING:
    from promesa.report.content import Content, Row

KINDS = ("outcome", "effect", "experiment", "index", "promise", "touchpoint", "element", "concept", "trait", "function")
FEATURES = {"element": "element", "promise": "promise", "met": "touchpoint"}


def outcome_name(name: object, content: Content) -> str:
    """Return what people call an outcome."""
    return _said(str(name), ("outcome",), content)


def any_name(name: object, content: Content) -> str:
    """Return what people call a name of whatever kind."""
    return content.say("none") if name is None else _said(str(name), KINDS, content)


def _said(name: str, kinds: tuple[str, ...], content: Content) -> str:
    """Return a label from the snapshot, from the effects kept for what-if, or from the words; else the name itself."""
    kept = mapping(mapping(content.document("system").get("system")).get("labels"))
    labels = [mapping(mapping(content.labels.get(kind)).get(name)) for kind in kinds]
    found = next((said for known in (*labels, mapping(kept.get(name))) if (said := text_in(known, content.locale))), "")
    key = f"report.outcome.{name}"
    return found or words.say_or(key, content.locale, otherwise=spaced(name))


def feature_name(row: Row, content: Content, *, key: str = "feature", kind: str = "kind") -> str:
    """Return what people call something lived, as a chart or a table names it."""
    sort, name = str(row.get(kind)), row.get(key)
    if sort == "promise":
        return statement_of(str(name), content)
    if sort not in FEATURES:
        return any_name(name, content)
    label = content.label(FEATURES[sort], name)
    return words.say("drivers.name.met", content.locale, name=label) if sort == "met" else label


def quoted(row: Row, content: Content) -> str:
    """Return something lived as a sentence names it."""
    sort = str(row.get("kind"))
    kind = FEATURES.get(sort, "element")
    name = statement_of(str(row.get("feature")), content) if sort == "promise" else content.label(kind, row["feature"])
    return words.say(f"drivers.quoted.{sort if sort in FEATURES else 'element'}", content.locale, name=name)


def confounder_name(name: object, content: Content) -> str:
    """Return what people call something that stands behind what was lived and what came of it."""
    key = f"impact.confounder.{name}"
    return words.say_or(key, content.locale, otherwise=any_name(name, content))


def listed(parts: list[str], content: Content) -> str:
    """Return words in a row: a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return words.say("drivers.and", content.locale, first=", ".join(parts[:-1]), last=parts[-1])


def evidence_word(row: Row | None, content: Content) -> str:
    """Return the word for how strong a row is."""
    return content.say(f"evidence.{(row or {}).get('evidence') or 'described'}.word")
