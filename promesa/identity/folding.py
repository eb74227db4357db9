"""Text made comparable in SQL: case, accents and punctuation off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.engine import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LETTERS = ("ªºøłđðþßæœı´`’‘ʼ", "aooldðtsaoi'''''")
_WIDE = ("".join(chr(code + 0xFEE0) for code in range(0x21, 0x7F)), "".join(map(chr, range(0x21, 0x7F))))
_SPACES = " \t\n\r\v\f"
# What is a letter may join two words without a blank between them; all else parts them.
_PARTS = '-_/\\.,;:()[]{}"&*+|#<>=!?@%$~^' + _SPACES

# Words that stand for "no value" in a cell of any kind.
NOTHING = frozenset({
    "", "n a", "na", "nan", "nd", "n d", "none", "null", "nil", "no", "no aplica", "no registra", "no disponible",
    "no tiene", "no informa", "sin dato", "sin datos", "sin informacion", "desconocido", "desconocida", "unknown",
    "ninguno", "ninguna", "sem informacao", "nao informado", "nao tem", "x", "xx", "xxx", "xxxx",
})  # fmt: skip


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text: a page of names reads better than a list of literals."""
    return frozenset(text.split())


def narrow(text: str) -> str:
    """Return SQL that turns full-width characters into plain ones."""
    return f"translate({text}, {literal(_WIDE[0])}, {literal(_WIDE[1])})"


def is_ascii(text: str) -> str:
    """Return SQL that tells whether a text is plain ASCII: the case that needs no further work."""
    return f"strlen({text}) = length({text})"


def folded(relation: str, *, raw: str, into: str) -> str:
    """Return a relation with a text in lower case, without accents, marks and signs of other scripts."""
    # In two steps, so that the engine takes the accents off once. Regular expressions stay out of its lambdas, which
    # compile them anew for every block of rows.
    bare = f"CASE WHEN {is_ascii(raw)} THEN lower({raw}) ELSE lower(strip_accents({raw})) END"
    marked = f"replace({into}, '.ª', 'ª')"
    latin = f"translate({narrow(marked)}, {literal(_LETTERS[0])}, {literal(_LETTERS[1])})"
    rest = f"regexp_replace({latin}, '[^\\pL\\pN[:ascii:]]+', ' ', 'g')"
    return (
        f"(SELECT * REPLACE (CASE WHEN {is_ascii(into)} THEN {into} ELSE {rest} END AS {into})"
        f" FROM (SELECT *, {bare} AS {into} FROM {relation}))"
    )


def blanked(relation: str, *, text: str, keep: str = "", drop: str = "'") -> str:
    """Return a relation whose folded `text` has blanks for punctuation, but for `keep`; what is in `drop` vanishes."""
    parts = "".join(sign for sign in _PARTS if sign not in keep and sign not in drop)
    bare = f"regexp_replace(regexp_replace({text}, '[{_class(drop)}]+', '', 'g'), '[{_class(parts)}]+', ' ', 'g')"
    clean = f"CASE WHEN regexp_full_match({text}, '[a-z ]*') THEN {text} ELSE {bare} END"
    return f"(SELECT * REPLACE ({clean} AS {text}) FROM {relation})"


def _class(signs: str) -> str:
    return "".join(f"\\x{ord(sign):02x}" for sign in signs)


def among(text: str, words: Iterable[str]) -> str:
    """Return an SQL condition: the text is one of the words. False where there are none."""
    listed = ", ".join(literal(word) for word in sorted(words))
    return f"coalesce({text} IN ({listed}), false)" if listed else "false"


def words_of(text: str, *, without: Iterable[str] = ()) -> str:
    """Return SQL of the list of words of a text parted by blanks, but for the words in `without`."""
    return f"list_filter(string_split({text}, ' '), lambda word: NOT {among('word', {'', *without})})"


def plain_texts(relation: str, *, raw: str) -> str:
    """Return a relation with `plain`: a trait's value made comparable; null where it says nothing."""
    worded = blanked(folded(relation, raw=raw, into="_plain"), text="_plain")
    joined = f"(SELECT * REPLACE (array_to_string({words_of('_plain')}, ' ') AS _plain) FROM {worded})"
    said = f"CASE WHEN {among('_plain', NOTHING)} THEN NULL ELSE _plain END"
    return f"(SELECT * EXCLUDE (_plain), {said} AS plain FROM {joined})"


def one_letter_over(text: str) -> str:
    """Return an SQL condition: the text is one character, over and over."""
    return f"replace({text}, left({text}, 1), '') = ''"


def word_table(columns: str, rows: Mapping[str, tuple[str | int, ...]]) -> str:
    """Return SQL of a small table: a word and what is known of it. `columns` names the columns.

    Each column is one literal, cut into its values: the engine reads and plans a list of a thousand rows of literals
    for longer than all else that is asked of a few records.
    """
    names = columns.split(", ")
    if not rows:
        return f"(SELECT {', '.join(f'NULL AS {name}' for name in names)} WHERE false)"
    of_each = zip(*((word, *known) for word, known in rows.items()), strict=True)
    return f"(SELECT {', '.join(_column(values, name) for values, name in zip(of_each, names, strict=True))})"


def _column(values: tuple[str | int, ...], name: str) -> str:
    """Return SQL of a column of a small table, in the order of its values."""
    kinds: dict[type, str] = {bool: "BOOLEAN", int: "INTEGER", str: "VARCHAR"}
    kind = kinds[type(values[0])]
    listed = literal("\n".join(map(str, values)))
    return f"CAST(unnest(string_split({listed}, chr(10))) AS {kind}) AS {name}"
