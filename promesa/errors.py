"""Every error that promesa raises on purpose.

* PromesaError                        error               (exit code 1)
  x InputError (also a ValueError)                        (exit code 2)
    - WorkspaceInvalid                workspace-invalid   every mistake in the TOML and SQL files, together
    - SourceUnreadable                source-unreadable   a source file or database cannot be read
    - LoadFailed                      load-failed         a load file does not run or does not fit its table
    - ColumnMissing                   column-missing
    - ValueOutOfRange                 value-out-of-range
    - UnknownName                     unknown-name
    - TooFewObservations              too-few-observations
    - NothingLoaded                   nothing-loaded
    - NothingAnalysed                 nothing-analysed
    - NothingTiered                   nothing-tiered      customers have no tiers yet, or none of these
    - LastAdministrator               last-administrator  nobody would be left who may administer
    - PasswordRefused                 password-refused    a new password that would be guessed
    - LinkExpired                     link-expired        a link of an e-mail that is used up, too old or unknown
    - ServiceMissing                  service-missing     the packages of `promesa serve` are not installed
  x AccessError                       access-error
    - SignInRefused                   sign-in-refused     unknown e-mail, wrong password or code, or locked for a while
    - AccessDenied                    access-denied       the role or the scopes do not allow it
    - AuditBroken                     audit-broken        an entry of the audit log is not what was written
  x DatabaseError                     database-error
    - DatabaseUnreachable             database-unreachable
    - DatabaseNewer                   database-newer      written by a later version of promesa
  x MailNotSent                       mail-not-sent
  x PaperNotSet                       paper-not-set       the typesetter refused a document
  x StoreError
    - StoreNotWritable                store-not-writable  no space, no permission
    - StoreBusy                       store-busy          another load holds the store
    - StoreDamaged                    store-damaged
  x EngineError                       engine-error
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class PromesaError(Exception):
    """Base class: one message shape, one stable code, facts kept as attributes.

    Parameters
    ----------
    what : str
        One sentence: what is wrong, naming the parameter, column or file.
    got : str
        The actual value, shortened to what fits a terminal line, masked if personal.
    expected : str
        The rule that was broken, with its unit or its allowed values.
    fix : str
        The next thing to type or to check.
    """

    code = "error"

    def __init__(self, *, what: str, got: str, expected: str, fix: str) -> None:
        self.what, self.got, self.expected, self.fix = what, got, expected, fix
        super().__init__(what)

    def __str__(self) -> str:
        return (
            f"{self.what}\n"
            f"  Got:      {self.got}\n"
            f"  Expected: {self.expected}\n"
            f"  Fix:      {self.fix}\n"
            f"  Code:     {self.code}"
        )

    def to_dict(self) -> dict[str, object]:
        """Return the error as one flat document, for `--json` and the web."""
        return {
            "code": self.code,
            "what": self.what,
            "got": self.got,
            "expected": self.expected,
            "fix": self.fix,
        }

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.__dict__.copy()))


def _rebuild(kind: type[PromesaError], state: dict[str, object]) -> PromesaError:
    error = kind.__new__(kind)
    error.__dict__.update(state)
    error.args = (state["what"],)
    return error


class InputError(PromesaError, ValueError):
    """The caller handed in something that cannot be used."""

    code = "input-error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One mistake in a file a person wrote.

    Attributes
    ----------
    file : str
        Path relative to the workspace.
    key : str
        Dotted key in a TOML file (``promises.on_time.kept``), or ``row 12, column price``.
    what, got, expected, fix : str
        As in `PromesaError`.
    """

    file: str
    key: str
    what: str
    got: str
    expected: str
    fix: str


class WorkspaceInvalid(InputError):
    """The files of a workspace hold mistakes; all of them are listed together."""

    code = "workspace-invalid"

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        first = self.mistakes[0]
        count = len(self.mistakes)
        super().__init__(
            what=f"The workspace holds {count} mistakes." if count > 1 else "The workspace holds 1 mistake.",
            got=f"{first.file}, {first.key}: {first.what}",
            expected="files without mistakes",
            fix="mend each mistake and run `promesa check` again",
        )

    def __str__(self) -> str:
        blocks = [
            f"{m.file}: {m.key}: {m.what}\n  Got:      {m.got}\n  Expected: {m.expected}\n  Fix:      {m.fix}"
            for m in self.mistakes
        ]
        return "\n".join([self.what, *blocks, f"  Code:     {self.code}"])

    def to_dict(self) -> dict[str, object]:
        """Return the error with every mistake in it."""
        mistakes = [{name: getattr(m, name) for name in Mistake.__slots__} for m in self.mistakes]
        return {**super().to_dict(), "mistakes": mistakes}


class SourceUnreadable(InputError):
    """A source file or database cannot be read."""

    code = "source-unreadable"


class LoadFailed(InputError):
    """A load file does not run, or what it gives does not fit its table."""

    code = "load-failed"


class ColumnMissing(InputError):
    """A named column is not in the table."""

    code = "column-missing"

    def __init__(self, column: str, *, param: str, table: str, available: Iterable[str]) -> None:
        self.column, self.available = column, list(available)
        super().__init__(
            what=f"{table} has no column {column!r}.",
            got=f"columns {', '.join(self.available)}",
            expected=f"the column named by {param}",
            fix=did_you_mean(column, self.available, otherwise="use one of the columns above"),
        )


class ValueOutOfRange(InputError):
    """A value lies outside the range that the method is defined for."""

    code = "value-out-of-range"


class UnknownName(InputError):
    """A name that nothing in the workspace or the program carries."""

    code = "unknown-name"

    def __init__(self, name: str, *, kind: str, known: Iterable[str]) -> None:
        self.name, self.known = name, sorted(known)
        super().__init__(
            what=f"There is no {kind} called {name!r}.",
            got=repr(name),
            expected=f"one of {', '.join(self.known)}" if self.known else f"a declared {kind}; none is declared",
            fix=did_you_mean(name, self.known, otherwise="use one of the names above"),
        )


class TooFewObservations(InputError):
    """Not enough rows for the estimate to be defined."""

    code = "too-few-observations"


class NothingLoaded(InputError):
    """The store holds no rows of a table that the question needs."""

    code = "nothing-loaded"


class NothingAnalysed(InputError):
    """No snapshot of the workspace has been kept yet."""

    code = "nothing-analysed"


class NothingTiered(InputError):
    """Customers have no tiers: none are declared, or no review has said who is of which."""

    code = "nothing-tiered"


class LastAdministrator(InputError):
    """Nobody would be left who may administer."""

    code = "last-administrator"


class PasswordRefused(InputError):
    """A new password is too short, too common or says who its owner is."""

    code = "password-refused"


class LinkExpired(InputError):
    """A one-time link is used up, too old or unknown."""

    code = "link-expired"


class ServiceMissing(InputError):
    """The packages of the service are not installed."""

    code = "service-missing"


class AccessError(PromesaError):
    """Somebody asked for what they may not have."""

    code = "access-error"


class SignInRefused(AccessError):
    """The e-mail is unknown, the password or code is wrong, or there were too many attempts: one answer for all."""

    code = "sign-in-refused"


class AccessDenied(AccessError):
    """The role, the functions or the scopes of a person do not allow what was asked."""

    code = "access-denied"


class AuditBroken(AccessError):
    """The audit log was changed after it was written."""

    code = "audit-broken"


class DatabaseError(PromesaError):
    """The database of the service could not do what was asked."""

    code = "database-error"


class DatabaseUnreachable(DatabaseError):
    """The database does not start or does not answer."""

    code = "database-unreachable"


class DatabaseNewer(DatabaseError):
    """The database was written by a later version of promesa."""

    code = "database-newer"


class MailNotSent(PromesaError):
    """The mail server could not be reached or refused the message."""

    code = "mail-not-sent"


class PaperNotSet(PromesaError):
    """A document could not be set as PDF."""

    code = "paper-not-set"


class StoreError(PromesaError):
    """The store could not do what was asked."""

    code = "store-error"


class StoreNotWritable(StoreError):
    """No space left, no permission, or a read-only disk."""

    code = "store-not-writable"


class StoreBusy(StoreError):
    """Another process is loading into the same store, or analysing it."""

    code = "store-busy"


class StoreDamaged(StoreError):
    """A file of the store is missing or cannot be decoded."""

    code = "store-damaged"


class EngineError(PromesaError):
    """The engine could not start or could not run a query."""

    code = "engine-error"


def did_you_mean(name: str, known: Iterable[str], *, otherwise: str) -> str:
    """Return the cure for a misspelt name: the nearest known one, or `otherwise`."""
    near = get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]!r}?" if near else otherwise
