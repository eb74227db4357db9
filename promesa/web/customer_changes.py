"""What can be changed about one customer, from the company's page and from the customer's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import customers, words
from promesa.errors import InputError, UnknownName
from promesa.identity import undo as undo_decision
from promesa.identity import unlink

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from promesa.errors import PromesaError
    from promesa.web.rendering import Visit
    from promesa.workspace import Workspace

    Change = Callable[[Visit, int, str, datetime], str]


def field_of(visit: Visit, key: str) -> str:
    """Return a field of the form, or nothing."""
    return str(visit.form.get(key, ""))


def give(visit: Visit, person: int, by: str, now: datetime) -> str:
    """Record a yes; return the purpose."""
    purpose = field_of(visit, "purpose")
    customers.give(_ws(visit), person, purpose, recorded_at=now, channel=None, by=by)
    return purpose


def withdraw(visit: Visit, person: int, by: str, now: datetime) -> str:
    """Record a no; return the purpose."""
    purpose = field_of(visit, "purpose")
    customers.withdraw(_ws(visit), person, purpose, recorded_at=now, channel=None, by=by)
    return purpose


def correct(visit: Visit, person: int, by: str, now: datetime) -> str:
    """Record the right value of a field; return the field."""
    name = field_of(visit, "field")
    customers.correct(_ws(visit), person, changes={name: field_of(visit, "value")}, by=by, recorded_at=now)
    return name


def pause(visit: Visit, person: int, by: str, now: datetime) -> str:
    """Keep everything and use nothing."""
    customers.pause(_ws(visit), person, by=by, recorded_at=now)
    return ""


def resume(visit: Visit, person: int, by: str, now: datetime) -> str:
    """Use it again."""
    customers.resume(_ws(visit), person, by=by, recorded_at=now)
    return ""


def apart(visit: Visit, person: int, by: str, now: datetime) -> str:
    """Say that two records of the person are two; return them."""
    pair = _linked_pair(visit, person)
    unlink(_ws(visit), *pair, by=by, recorded_at=now)
    return " ".join(map(str, pair))


def undo(visit: Visit, person: int, by: str, now: datetime) -> str:
    """Take back the last thing that was decided of two records of the person; return them."""
    pair = _linked_pair(visit, person)
    undo_decision(_ws(visit), pair, by=by, recorded_at=now)
    return " ".join(map(str, pair))


def _linked_pair(visit: Visit, person: int) -> tuple[int, int]:
    pair = (_number(field_of(visit, "low")), _number(field_of(visit, "high")))
    if pair not in {(link.low, link.high) for link in customers.view(_ws(visit), person, newest=1).links}:
        raise InputError(
            what="The two records are not of this person.",
            got="two numbers of which one is another's",
            expected="two records that a link of this person names",
            fix="open the person's page again",
        )
    return pair


def take_back_links(visit: Visit, person: int, by: str, now: datetime) -> str:
    """Make every link to the own page that was handed out open nothing."""
    customers.take_back_own_links(_ws(visit), person, by=by, now=now)
    return ""


def forget(visit: Visit, person: int, by: str, now: datetime) -> customers.Erasure:
    """Erase the person once the word has been typed.

    Raises
    ------
    InputError
        If the word is another: nothing is erased.
    """
    if field_of(visit, "word").strip().casefold() != words.say("customers.rights.word", visit.locale).casefold():
        raise InputError(
            what="The word to confirm was not typed.",
            got="another word, or none",
            expected="the word that the page shows",
            fix="type the word and send the form again",
        )
    return customers.forget(_ws(visit), person, recorded_at=now, by=by, dry_run=False)


CHANGES: dict[str, Change] = {
    "give": give,
    "withdraw": withdraw,
    "correct": correct,
    "pause": pause,
    "resume": resume,
    "apart": apart,
    "undo": undo,
    "links-taken-back": take_back_links,
}
"""Last part of the address of a form -> what it does; what it returns may stand in the audit log."""
OWN = ("give", "withdraw", "correct", "pause", "resume")
"""Those that customers do themselves."""


def wrong_words(visit: Visit, error: Exception) -> str:
    """Return why a form was refused, in the reader's language and without the value."""
    code = getattr(error, "code", "input-error")
    key = f"web.customer.wrong.{code}"
    return words.say(key if words.knows(key, visit.locale) else "web.customer.wrong.input-error", visit.locale)


def why_not(visit: Visit, error: PromesaError, change: str) -> str:
    """Return why a change was refused, as it is said beside its field."""
    if not isinstance(error, InputError) or isinstance(error, UnknownName):
        return wrong_words(visit, error)
    kind = {"forget": "word", "correct": "value"}.get(change, "")
    kind = "birth_date" if kind == "value" and field_of(visit, "field") == "birth_date" else kind
    return visit.say(f"customer.wrong.{kind}") if kind else wrong_words(visit, error)


def _ws(visit: Visit) -> Workspace:
    return visit.site.workspace


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= 19 else -1
