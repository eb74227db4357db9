"""What people wrote that names a forgotten person: an e-mail or a number in the words of others, or of nobody.

Only e-mails and numbers of seven digits or more can be told within words, and only they are looked for there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.store.forgotten import MARKS, TRACES, value_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.store.run import Run

WORDS = {"opinions": "text", "deeds": "context"}  # columns in which people write, by table
LEFT_OUT = "…"
_NAMING = ("id", "journey", "text", "context")  # columns of a row of no customer that may name one
_SAID, _LEFT = '"~said"', '"~left"'
_TOLD = (
    r"[^\s<>,;:()\"'@]+@[\p{L}\p{N}._-]*[\p{L}\p{N}]"  # an e-mail
    r"|\+?[0-9][0-9 ().-]{5,}[0-9]"  # a phone or a document
)


def column_of_words(table: str) -> str:
    """Return the column of a table, or of its history, in which people write; empty if there is none."""
    return WORDS.get(table.removesuffix("_history"), "")


def find_mentions(run: Run, texts: str, *, marks: str = MARKS) -> int:
    """Note the texts that name a person whose marks are given, and what is left of them; return how many.

    Parameters
    ----------
    texts : str
        SELECT that gives each text as `said`.
    """
    token = literal(_TOLD)
    run.engine.run(
        f'CREATE OR REPLACE TEMP TABLE "~parts" AS SELECT DISTINCT said, unnest(regexp_extract_all(said, {token})) '
        f"AS part FROM ({texts}) WHERE regexp_matches(said, {token})"
    )
    # Marks are dear: each part is marked once, however many wrote it.
    told = (
        f'SELECT part FROM (SELECT DISTINCT part FROM "~parts") '
        f"WHERE {value_mark('part')} IN (SELECT mark FROM {marks} WHERE kind = 'value')"
    )
    run.engine.run(
        'CREATE OR REPLACE TEMP TABLE "~mentions" AS '
        f"SELECT said AS {_SAID}, list_reduce(list_concat([said], list(part ORDER BY length(part) DESC, part)), "
        f"lambda left_over, part: replace(left_over, part, {literal(LEFT_OUT)})) AS {_LEFT} "
        f'FROM "~parts" WHERE part IN ({told}) GROUP BY said'
    )
    return int(str(run.engine.value('SELECT count(*) FROM "~mentions"')))


def mentioning(column: str) -> str:
    """Return the condition under which a row's text is one of those noted."""
    return f'coalesce({name(column)} IN (SELECT {_SAID} FROM "~mentions"), false)'


def without_mentions(column: str) -> str:
    """Return the SQL of what is left of a text that is one of those noted."""
    return f'(SELECT {_LEFT} FROM "~mentions" WHERE {_SAID} = {name(column)})'


def naming(run: Run, rows: str, columns: Sequence[tuple[str, str]], *, marks: str = TRACES) -> str:
    """Return the condition under which a row of no customer names a person whose marks are given; empty if none does.

    Parameters
    ----------
    rows : str
        SELECT of the rows in question.
    columns : sequence of (str, str)
        Their names and kinds.
    """
    kinds = dict(columns)
    texts = [column for column in _NAMING if kinds.get(column) == "text"] if "customer" in kinds else []
    told: list[str] = []
    for column in texts:
        cells = f"SELECT DISTINCT {name(column)} AS cell FROM ({rows}) WHERE customer IS NULL"
        found = run.engine.run(
            f"SELECT cell FROM ({cells}) WHERE cell IS NOT NULL AND {value_mark('cell')} IN "
            f"(SELECT mark FROM {marks} WHERE kind = 'value')"
        )
        told += [f"coalesce({name(column)} = {literal(cell)}, false)" for (cell,) in found]
    return f"customer IS NULL AND ({' OR '.join(told)})" if told else ""
