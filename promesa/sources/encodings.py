"""The bytes of a text file: its encoding, its blank lines, and a UTF-8 copy where the engine needs one."""

from __future__ import annotations

import codecs
import io
import shutil
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.errors import SourceUnreadable
from promesa.sources.files import open_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promesa.sources.files import Found
    from promesa.workspace import Source

CHUNK = 1 << 20  # bytes
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UTF8 = ("utf-8", "utf-8-sig", "ascii")
# A file with this many right accents for each wrong byte is UTF-8 with a damaged spot, not another encoding.
_DAMAGED_FROM = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFacts:
    """What one pass over the bytes tells.

    Attributes
    ----------
    encoding : str
        Python's name of it.
    guessed : bool
        Neither declared nor certain: the bytes are not UTF-8, and cp1252 was taken.
    damaged : bool
        UTF-8 but for a few bytes; the rows that hold them are rejected.
    blank_lines : bool
        Two line ends follow each other somewhere, so that rows and lines may count differently.
    """

    encoding: str
    guessed: bool = False
    damaged: bool = False
    blank_lines: bool = False

    @property
    def is_utf8(self) -> bool:
        """Tell whether the engine can read the bytes as they are."""
        return self.encoding in _UTF8


def read_facts(source: Source, found: Found) -> TextFacts:
    """Read a text file once and tell what its bytes are.

    Raises
    ------
    SourceUnreadable
        If a declared encoding does not decode it, naming line and byte, or the file cannot be opened.
    """
    try:
        encoding, guessed, damaged = _encoding_of(source, found)
        blank = encoding.startswith(("utf-16", "utf-32")) or _may_hold_blank_lines(found)
    except (OSError, EOFError, zlib.error) as error:
        raise unopened(source, found.shown, reason=type(error).__name__) from error
    return TextFacts(encoding=encoding, guessed=guessed, damaged=damaged, blank_lines=blank)


def _encoding_of(source: Source, found: Found) -> tuple[str, bool, bool]:
    declared = _declared(source)
    with open_bytes(found) as stream:
        start = stream.read(4)
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    if declared:
        name = marked if marked and marked.split("-")[:2] == declared.split("-")[:2] else declared
        _check(source, found, name)
        return name, False, False
    if marked:
        _check(source, found, marked)
        return marked, False, False
    if _first_wrong(found, "utf-8") is None:
        return "utf-8", False, False
    if _is_damaged_utf8(found):
        return "utf-8", False, True
    encoding = "cp1252" if _first_wrong(found, "cp1252") is None else "latin-1"
    return encoding, True, False


def _declared(source: Source) -> str | None:
    if source.encoding is None:
        return None
    try:
        return codecs.lookup(source.encoding).name
    except LookupError as error:
        raise SourceUnreadable(
            what=f"The encoding of source {source.name!r} is not one that is known.",
            got=repr(source.encoding),
            expected='a name such as "utf-8", "latin-1", "cp1252", "utf-16"',
            fix=f"correct encoding in [sources.{source.name}], or leave it out to have it detected",
        ) from error


def _check(source: Source, found: Found, encoding: str) -> None:
    wrong = _first_wrong(found, encoding)
    if wrong is None:
        return
    line, byte = wrong
    raise SourceUnreadable(
        what=f"The file {found.shown} of source {source.name!r} is not {encoding}.",
        got=f"a byte that does not decode: line {line:,}, byte {byte:,} of the file",
        expected=f"text in {encoding}",
        fix=f'leave encoding out of [sources.{source.name}] to have it detected, or try "cp1252" or "latin-1"',
    )


def _first_wrong(found: Found, encoding: str) -> tuple[int, int] | None:
    """Return line and byte (both from 1) of the first byte that does not decode, or None."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line, read = 1, 0
    for chunk in _chunks(found):
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            at = max(error.start - held, 0)
            return line + chunk[:at].count(b"\n"), read + at + 1
        line, read = line + chunk.count(b"\n"), read + len(chunk)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return line, read
    return None


def _is_damaged_utf8(found: Found) -> bool:
    right = wrong = 0
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for chunk in _chunks(found):
        text = decoder.decode(chunk)
        if not text.isascii():
            missed = text.count("�")
            wrong += missed
            right += len(text) - len(text.encode("ascii", "ignore")) - missed
    return right >= _DAMAGED_FROM * wrong


def _may_hold_blank_lines(found: Found) -> bool:
    last = b""
    for chunk in _chunks(found):
        seam = last + chunk
        if b"\n\n" in seam or b"\n\r\n" in seam or b"\r\r" in seam or (not last and chunk[:1] in b"\r\n"):
            return True
        last = chunk[-2:]
    return False


def _chunks(found: Found) -> Iterator[bytes]:
    with open_bytes(found) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def open_text(found: Found, facts: TextFacts) -> io.TextIOWrapper:
    """Open a file as text with its own line ends; what does not decode reads as U+FFFD."""
    return io.TextIOWrapper(open_bytes(found), encoding=facts.encoding, errors="replace", newline="")


def first_text(found: Found, facts: TextFacts, *, size: int) -> str:
    """Return the first `size` characters of a file, or all of it."""
    with open_text(found, facts) as stream:
        return stream.read(size).removeprefix("\ufeff")


def copy_as_utf8(found: Found, facts: TextFacts, *, to: Path) -> Path:
    """Write a UTF-8 copy of a file, piece by piece, and return where it is."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with open_text(found, facts) as text, to.open("w", encoding="utf-8", newline="") as stream:
        shutil.copyfileobj(text, stream, CHUNK)
    return to


def unopened(source: Source, shown: str, *, reason: str) -> SourceUnreadable:
    """Return the error for a file that the system or its own format does not let be read."""
    return SourceUnreadable(
        what=f"The file {shown} of source {source.name!r} cannot be read.",
        got=reason,
        expected="a whole file that this user may read",
        fix="check the permissions, and that the copy or download of the file was complete",
    )
