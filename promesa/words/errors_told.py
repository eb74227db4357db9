"""Errors in the reader's language.

Errors are raised in English, where a line of code reads as the sentence it makes. `es/errors/` holds one catalogue a
room, from the English template to the Spanish one: ``"There is no {0} called {1}." = "No hay {0:word} que ..."``.
A template is what the code writes with ``{0}``, ``{1}``, ... for what is filled in; ``{0:word}`` takes a word of
promesa's own (a kind of name, ``none``) that is told too. What no template fits stays as it is: the message of a
library, a value of the reader's files.
"""

from __future__ import annotations

import re
import string
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from promesa.errors import Mistake, WorkspaceInvalid
from promesa.words.messages import catalogue, language_of, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promesa.errors import PromesaError

FIELDS = ("what", "got", "expected", "fix")
WORD = "word"
# Bare words that a field may say alone. Any other is a name of the reader's there, whatever promesa calls so.
ALONE = frozenset({"letters", "none", "nothing"})
MOST = 20
"""Texts of one list that are told; a longer one is no list of promesa's."""
_DEEPEST = 4
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\[[^\[\]]*\]|\([^()]*\)")
_BARE = re.compile(r"[\w.-]+")
_BEGUN = re.compile(r"[A-Z][a-z]+")
_LETTERS = re.compile(r"[^\W\d_]+")

Piece = tuple[str, int | None, bool]
"""Literal text, then the number of the gap after it (None at the end), and whether a word fills that gap."""


@dataclass(frozen=True, slots=True)
class Template:
    """One template of the code and how it is said in the reader's language.

    Attributes
    ----------
    literals : tuple of str
        What stands before, between and after the gaps.
    gaps : tuple of int
        Numbers of the gaps in the order in which they stand.
    told : tuple of Piece
        The same in the reader's language.
    """

    literals: tuple[str, ...]
    gaps: tuple[int, ...]
    told: tuple[Piece, ...]

    @property
    def letters(self) -> int:
        """Return how much of it is literal text."""
        return sum(len(literal) for literal in self.literals)

    @property
    def is_firm(self) -> bool:
        """Tell whether so much of it is literal that no sentence of somebody else fits it by chance."""
        words = _LETTERS.findall(" ".join(self.literals))
        return len(words) > 3 if not self.literals[0].strip(" (") else sum(map(len, words)) > 5

    def fills(self, text: str) -> dict[int, str] | None:
        """Return what fills the gaps of this template in a text; None if it does not fit. First gaps are shortest."""
        first, *rest = self.literals
        if not text.startswith(first):
            return None
        spot, filled = len(first), dict[int, str]()
        for gap, literal in zip(self.gaps, rest, strict=True):
            is_last = gap == self.gaps[-1]
            end = len(text) - len(literal) if is_last else text.find(literal, spot)
            if end < spot or not text.startswith(literal, end):
                return None
            filled[gap] = text[spot:end]
            spot = end + len(literal)
        return filled


def error_document(error: PromesaError, locale: str) -> dict[str, object]:
    """Return `error.to_dict()` in the reader's language; names, codes and values stay."""
    document = error.to_dict()
    if language_of(locale) == "en":
        return document
    document |= _fields_told(error)
    if isinstance(error, WorkspaceInvalid):
        first = error.mistakes[0]
        document["got"] = f"{first.file}, {first.key}: {_told(first.what)}"
        document["mistakes"] = [
            {"file": mistake.file, "key": mistake.key, **_fields_told(mistake)} for mistake in error.mistakes
        ]
    return document


def error_block(error: PromesaError, locale: str) -> str:
    """Return `str(error)` in the reader's language."""
    if language_of(locale) == "en":
        return str(error)
    told = _fields_told(error)
    code = labelled({"code": error.code}, locale)
    if not isinstance(error, WorkspaceInvalid):
        return "\n".join([told["what"], *labelled(told, locale), *code])
    blocks = [told["what"]]
    for mistake in error.mistakes:
        facts = _fields_told(mistake)
        blocks += [f"{mistake.file}: {mistake.key}: {facts['what']}", *labelled(facts, locale)]
    return "\n".join([*blocks, *code])


def error_text(text: str, locale: str) -> str:
    """Return one text of an error in the reader's language; as it is where the catalogue has no template for it."""
    return text if language_of(locale) == "en" else _told(text)


def labelled(facts: Mapping[str, str], locale: str) -> list[str]:
    """Return the lines below the first: what is there, what should be, the cure and the code, each with its label."""
    labels = {name: say(f"cli.error.{name}", locale) for name in ("got", "expected", "fix", "code")}
    width = max(len(label) for label in labels.values()) + 1
    return [f"  {labels[name] + ':':<{width}} {facts[name]}" for name in labels if name in facts]


def _fields_told(error: PromesaError | Mistake) -> dict[str, str]:
    return {name: _told(getattr(error, name)) for name in FIELDS}


@cache
def translations() -> Mapping[str, str]:
    """Return every template of the catalogues and its translation."""
    found: dict[str, str] = {}
    for file in sorted(files("promesa.words").joinpath("es", "errors").iterdir(), key=lambda one: one.name):
        found.update(tomllib.loads(file.read_text(encoding="utf-8")))
    return found


@cache
def _every() -> Mapping[str, str]:
    """Return the translations, and the rules of the quarantine, which errors quote."""
    english, spanish = catalogue("en"), catalogue("es")
    rules = [key for key in english if key.startswith("store.rule.")]
    quoted = {english[key].replace("{column}", "{0}"): spanish[key].replace("{column}", "{0}") for key in rules}
    return {**quoted, **translations()}


@cache
def _whole() -> Mapping[str, str]:
    """Return the texts without gaps."""
    return {
        "".join(pieces.literals): "".join(text for text, _, _ in pieces.told)
        for pieces in map(template, _every().items())
        if not pieces.gaps
    }


@cache
def _templates() -> tuple[Template, ...]:
    """Return the templates with gaps, those with most literal text first."""
    found = [made for made in map(template, _every().items()) if made.gaps]
    return tuple(sorted(found, key=lambda made: (-made.letters, made.literals)))


def template(pair: tuple[str, str]) -> Template:
    """Return an entry of a catalogue, read."""
    english, spanish = pair
    pieces = list(_pieces(english))
    return Template(
        literals=tuple(literal for literal, _, _ in pieces),
        gaps=tuple(gap for _, gap, _ in pieces if gap is not None),
        told=tuple(_pieces(spanish)),
    )


def _pieces(text: str) -> Iterator[Piece]:
    """Give literal text and gaps in turn; the last piece has no gap."""
    literal = ""
    for before, name, mark, _ in string.Formatter().parse(text):
        literal += before
        if name is not None:
            yield literal, int(name), mark == WORD
            literal = ""
    yield literal, None, False


def _told(text: str, depth: int = 0) -> str:
    """Return a text in Spanish, or as it is."""
    whole = _whole().get(text)
    if whole is not None and (text in ALONE or not _BARE.fullmatch(text)):
        return whole
    if depth > _DEEPEST or not _LETTERS.search(text) or _is_value(text):
        return text
    return (
        _told_whole(text, depth) or _told_after_colon(text, depth) or _told_nearly(text, depth) or _parts(text, depth)
    )


def _told_whole(text: str, depth: int) -> str | None:
    """Return a text said by the template that fits: all that fills it is a value or told itself."""
    for one in _templates():
        filled = one.fills(text)
        if filled is None:
            continue
        words = {gap: _gap_told(value, depth) for gap, value in filled.items()}
        if all(_is_value(value) or words[gap] != value for gap, value in filled.items()):
            return _filled(one, words)
    return None


def _told_after_colon(text: str, depth: int) -> str | None:
    """Return ``name: text`` with the text told, if all of it can be."""
    head, _, tail = text.partition(": ")
    if not tail or not _is_value(head):
        return None
    whole = _whole().get(tail) or _told_whole(tail, depth + 1)
    return f"{head}: {whole}" if whole else None


def _told_nearly(text: str, depth: int) -> str | None:
    """Return a text said by the template with most literal text, around what nobody can tell."""
    for one in _templates():
        filled = one.fills(text) if one.is_firm else None
        if filled is not None:
            return _filled(one, {gap: _gap_told(value, depth) for gap, value in filled.items()})
    return None


def _parts(text: str, depth: int) -> str:
    """Return texts that stand one after the other (``one; two``) told one by one."""
    parts = text.split("; ")
    return "; ".join(_told(part, depth + 1) for part in parts) if 1 < len(parts) <= MOST else text


def _filled(one: Template, words: Mapping[int, str]) -> str:
    text = ""
    for literal, gap, takes_word in one.told:
        text += literal
        if gap is not None:
            text += _whole().get(words[gap], words[gap]) if takes_word else words[gap]
    return text


def _gap_told(value: str, depth: int) -> str:
    """Return what fills a gap: a bare word is a name of the reader's, whatever promesa calls so."""
    return value if _BARE.fullmatch(value) else _told(value, depth + 1)


def _is_value(text: str) -> bool:
    """Tell whether a text is a value, or a list of values: nothing in it is a sentence, or begins one."""
    bare = _QUOTED.sub("x", text)
    return all(not re.search(r"\s", part.strip()) for part in bare.split(", ")) and not _BEGUN.fullmatch(bare)
