"""Checks the SQL of a promise: one expression over the columns of a moment, and nothing that reads or sums up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.errors import did_you_mean
from promesa.workspace.fields import Place, show

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlglot import exp

# Written by promesa for both engines: the day of a UTC time in the company's zone, and the instant that day ends.
FUNCTIONS = ("local_day", "end_of_day")
CONDITIONS = ("kept", "released")
# The answer must not depend on when it is asked, nor change from one run to the next.
_UNSTEADY = (
    "CurrentDate",
    "CurrentTime",
    "CurrentTimestamp",
    "CurrentTimestampLTZ",
    "CurrentDatetime",
    "Rand",
    "Randn",
    "Uuid",
)
_UNSTEADY_WORDS = (
    "now",
    "today",
    "random",
    "uuid",
    "gen_random_uuid",
    "get_current_timestamp",
    "transaction_timestamp",
)


def check_expression(sql: str, *, key: str, columns: Collection[str], place: Place) -> None:
    """Note every mistake of one SQL expression of a promise.

    Parameters
    ----------
    sql : str
        The expression, in DuckDB's dialect.
    key : str
        ``kept``, ``released``, ``due``, ``promised`` or ``delivered``: the first two are conditions.
    columns : collection of str
        Columns that a moment has.
    """
    tree = _parse(sql, place=place)
    if tree is None or _reads_or_sums(tree, sql, place=place):
        return
    _check_functions(tree, place=place)
    _check_columns(tree, columns, place=place)
    _check_kind(tree, sql, key=key, place=place)


def word_of(call: exp.Func) -> str:
    """Return the name of a function as SQL writes it, in lower case."""
    from sqlglot import exp

    return call.name.lower() if isinstance(call, exp.Anonymous) else call.sql_name().lower()


def is_unsteady(call: exp.Func) -> bool:
    """Tell whether a function gives another answer on another day, or on each run."""
    return type(call).__name__ in _UNSTEADY or word_of(call) in _UNSTEADY_WORDS


def syntax_error(error: Exception) -> tuple[str, str]:
    """Return (where, what) of an error of the SQL parser: ``line 3, column 14`` and the text it stopped at."""
    details = getattr(error, "errors", None)
    if not details:
        return "", "a text or a name in quotation marks that does not end" if "okeniz" in str(error) else str(error)[
            :80
        ]
    first = details[0]
    near = f"{first.get('start_context') or ''}{first.get('highlight') or ''}".splitlines()
    what = str(first.get("description") or "not SQL").rstrip(".")
    if what.startswith("Required keyword"):  # the parser names its own class here, which says nothing to a reader
        what = "something is missing"
    return (
        f"line {first.get('line')}, column {first.get('col')}",
        f"{what}, near {show(near[-1][-40:] if near else '')}",
    )


def _parse(sql: str, *, place: Place) -> exp.Expr | None:
    import sqlglot
    from sqlglot import errors, exp

    try:
        trees = sqlglot.parse(sql, read="duckdb")
    except errors.SqlglotError as error:
        where, what = syntax_error(error)
        place.wrong(
            what=f"The SQL cannot be read ({where})." if where else "The SQL cannot be read.",
            got=what,
            expected="an SQL expression, as DuckDB writes it",
            fix="mend the expression: a forgotten bracket, quotation mark or operator",
        )
        return None
    if len(trees) != 1 or trees[0] is None or isinstance(trees[0], exp.Alias | exp.Star | exp.Tuple | exp.Command):
        place.wrong(
            what="The SQL is not one expression.",
            got=show(sql),
            expected="one expression over the columns of a moment",
            fix="join conditions with AND and OR, and leave out names and semicolons",
        )
        return None
    return trees[0]


def _reads_or_sums(tree: exp.Expr, sql: str, *, place: Place) -> bool:
    from sqlglot import exp

    if tree.find(exp.Query, exp.Table, exp.DDL) is not None:
        what, fix = "The SQL asks a query.", "bring what it looks up into the moments, as a column of a load file"
    elif tree.find(exp.AggFunc, exp.Window) is not None:
        what, fix = "The SQL sums up several moments.", "a promise is judged moment by moment: compare its own columns"
    elif tree.find(exp.Star, exp.Placeholder, exp.Parameter, exp.Columns) is not None:
        what, fix = "The SQL leaves open which columns it means.", "name the columns"
    else:
        return False
    place.wrong(what=what, got=show(sql), expected="an expression over the columns of one moment", fix=fix)
    return True


def _check_functions(tree: exp.Expr, *, place: Place) -> None:
    from sqlglot import exp

    for call in tree.find_all(exp.Func):
        word = word_of(call)
        if is_unsteady(call):
            place.wrong(
                what="The SQL asks for the present time or for chance.",
                got=word,
                expected="an expression that gives the same answer on every day",
                fix="compare the columns with each other; commitments not yet due are counted apart by `due`",
            )
        elif word.startswith("read_"):
            place.wrong(
                what="The SQL reads a file.",
                got=word,
                expected="an expression over columns",
                fix="declare it as a source",
            )
        elif isinstance(call, exp.Anonymous):
            _check_own(call, word, place=place)


def _check_own(call: exp.Anonymous, word: str, *, place: Place) -> None:
    if word not in FUNCTIONS:
        place.wrong(
            what=f"There is no function called {word!r} that every engine has.",
            got=word,
            expected=f"ordinary SQL, {' or '.join(f'{name}(time)' for name in FUNCTIONS)}",
            fix=did_you_mean(word, FUNCTIONS, otherwise="compute it in a load file, as an element"),
        )
    elif len(call.expressions) != 1:
        place.wrong(
            what=f"The function {word!r} takes one time.",
            got=f"{len(call.expressions)} arguments",
            expected=f"{word}(time)",
            fix=f"write {word}(promised)",
        )


def _check_columns(tree: exp.Expr, columns: Collection[str], *, place: Place) -> None:
    from sqlglot import exp

    lambdas = {str(name.name).lower() for call in tree.find_all(exp.Lambda) for name in call.expressions}
    told: set[str] = set()
    for column in tree.find_all(exp.Column):
        name = column.sql("duckdb") if column.table else column.name
        if (not column.table and name.lower() in columns) or name in told or name.lower() in lambdas:
            continue
        told.add(name)
        quoted = isinstance(column.this, exp.Identifier) and column.this.args.get("quoted")
        otherwise = f"a text stands in single quotes: '{name}'" if quoted else "use one of the columns above"
        place.wrong(
            what=f"A moment has no column {name!r}.",
            got=name,
            expected=f"one of {', '.join(columns)}",
            fix=otherwise if quoted else did_you_mean(name, columns, otherwise=otherwise),
        )


def _check_kind(tree: exp.Expr, sql: str, *, key: str, place: Place) -> None:
    """Tell a condition from a value, where the outermost operation shows it."""
    from sqlglot import exp

    root = tree.unnest()
    boolean = isinstance(root, exp.Predicate | exp.Connector | exp.Not | exp.Boolean)
    unclear = isinstance(root, exp.Case | exp.If | exp.Coalesce | exp.Null | exp.Cast | exp.Nullif)
    if key in CONDITIONS and not boolean and not unclear:
        place.wrong(
            what=f"`{key}` is not a condition.",
            got=show(sql),
            expected="a comparison that is true, false or null (unknown)",
            fix="compare with something: local_day(delivered) <= local_day(promised)",
        )
    elif key not in CONDITIONS and boolean:
        place.wrong(
            what=f"`{key}` is a condition, not a value.",
            got=show(sql),
            expected="a time" if key == "due" else "a time or a number",
            fix="write end_of_day(promised)" if key == "due" else f"write the column, such as {key}",
        )
