"""What a link run did: links by what made them, what waits for a person, what was left out and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from promesa.store import open_store
from promesa.words import number, record_field, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from promesa.identity.changes import Changes
    from promesa.identity.counts import Counts
    from promesa.identity.exact import Shared
    from promesa.identity.kept_model import LinkModel
    from promesa.identity.keys import LeftOut
    from promesa.identity.settling import Settled
    from promesa.store import Run

GROWN = 4  # times more records than the model was trained on: it is time to train it anew


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkReport:
    """What one run of `link` did.

    Attributes
    ----------
    recorded_at : datetime
        Instant of the run, naive UTC.
    store_version : str
        Version of the store after it.
    records : int
        Customers with a profile.
    looked, new, changed, gone : int
        Customers whose profile rows were read; of them new ones, ones that say something else, ones without any row.
    pairs : int
        Pairs that were compared in this run.
    exact : mapping of str to int
        Pairs that are one person, by the identifier they share; a pair may share several.
    linked, review : int
        Pairs that are one person, and pairs that wait for a person's word.
    held : mapping of str to int
        Pairs strong enough to join that a guard held, by reason.
    persons : mapping of int to int
        Persons with two records or more, by number of records.
    left_out : sequence of mapping
        Values of the profiles read in this run that were not used: `field`, `reason`, `records`.
    shared : sequence of Shared
        Identifiers' values that too many records hold.
    blocks : sequence of LeftOut
        Keys of comparison that too many records hold.
    model : str or None
        Fingerprint; None where there was nothing to compare.
    trained : bool
        Whether the model was trained in this run.
    whole : bool
        Whether all records were compared again.
    written : bool
        Whether anything changed.
    warnings : tuple of str
        What the company should know, in its language.
    """

    recorded_at: datetime
    store_version: str
    records: int
    looked: int
    new: int
    changed: int
    gone: int
    pairs: int
    exact: Mapping[str, int]
    linked: int
    review: int
    held: Mapping[str, int]
    persons: Mapping[int, int]
    left_out: Sequence[Mapping[str, object]] = ()
    shared: Sequence[Shared] = ()
    blocks: Sequence[LeftOut] = ()
    model: str | None = None
    trained: bool = False
    whole: bool = False
    written: bool = False
    warnings: tuple[str, ...] = field(default=())

    @property
    def largest(self) -> int:
        """Return the number of records of the person who has most; 1 if nobody shares a person."""
        return max(self.persons, default=1)

    @property
    def shared_persons(self) -> int:
        """Return how many persons have two records or more."""
        return sum(self.persons.values())

    def rows(self) -> list[dict[str, object]]:
        """Return one flat dict a count: what is counted, of which kind, how many."""
        return list(self._rows())

    def _rows(self) -> Iterator[dict[str, object]]:
        def row(what: str, of: object, count: int) -> dict[str, object]:
            return {"what": what, "of": of, "count": count}

        for what in ("records", "looked", "new", "changed", "gone", "pairs", "linked"):
            yield row(what, None, int(getattr(self, what)))
        yield from (row("exact", rule, count) for rule, count in self.exact.items())
        yield row("review", None, self.review)
        yield from (row("held", reason, count) for reason, count in self.held.items())
        yield from (row("persons", size, count) for size, count in self.persons.items())
        yield from (
            row("left out", f"{told['field']}: {told['reason']}", int(str(told["records"]))) for told in self.left_out
        )
        yield from (row("shared by too many", value.identifier, value.records) for value in self.shared)
        yield from (row("not compared", block.key, block.records) for block in self.blocks if block.blocks)

    def summary(self, locale: str = "en") -> str:
        """Return the outcome in a few sentences."""
        if not self.written:
            return say("identity.summary.nothing_new", locale)
        figures = {
            what: number(getattr(self, what), locale)
            for what in ("records", "new", "changed", "linked", "review", "shared_persons", "largest")
        }
        return say("identity.summary.linked", locale, **figures, held=number(sum(self.held.values()), locale))

    def to_document(self) -> dict[str, object]:
        """Return everything as one JSON-ready document."""
        return {
            "recorded_at": self.recorded_at.isoformat(),
            "store_version": self.store_version,
            "model": self.model,
            "trained": self.trained,
            "whole": self.whole,
            "written": self.written,
            "largest": self.largest,
            "rows": self.rows(),
            "warnings": list(self.warnings),
            "summary": {locale: self.summary(locale) for locale in ("es", "en")},
        }


def tell_step(run: Run, step: str) -> None:
    """Report a step to whoever watches, in the company's language."""
    if run.progress is not None:
        run.progress(say(f"identity.step.{step}", run.ws.locale), None)


def report_of(  # noqa: PLR0913 (what each step of the run found)
    run: Run,
    *,
    changes: Changes,
    shared: Sequence[Shared],
    blocks: Sequence[LeftOut],
    pairs: int,
    model: LinkModel | None,
    trained: bool,
    whole: bool,
    settled: Settled | None,
    counts: Counts,
) -> LinkReport:
    """Say what a run found, what links and persons there are after it, and what should be known."""
    states = counts.by_state
    return LinkReport(
        recorded_at=run.recorded_at,
        store_version=open_store(run.ws).version,
        records=changes.records,
        looked=changes.looked,
        new=changes.new,
        changed=changes.changed,
        gone=changes.gone,
        pairs=pairs,
        exact=counts.exact,
        linked=sum(count for (state, _), count in states.items() if state == "linked"),
        review=sum(count for (state, _), count in states.items() if state == "review"),
        held={reason: count for (state, reason), count in states.items() if state == "held"},
        persons=counts.by_size,
        left_out=changes.left_out,
        shared=shared,
        blocks=blocks,
        model=model.fingerprint if model else None,
        trained=trained,
        whole=whole,
        written=trained or changes.any or bool(settled and (settled.links or settled.persons)),
        warnings=tuple(_warnings(run, changes=changes, shared=shared, model=model, settled=settled, states=states)),
    )


def _warnings(
    run: Run,
    *,
    changes: Changes,
    shared: Sequence[Shared],
    model: LinkModel | None,
    settled: Settled | None,
    states: Mapping[tuple[str, str], int],
) -> Iterator[str]:
    locale = run.ws.locale

    def told(key: str, **values: object) -> str:
        shown = {name: number(value, locale) if isinstance(value, int) else value for name, value in values.items()}
        return say(f"identity.warning.{key}", locale, **shown)

    for value in shared:
        label = run.ws.model.identifiers[value.identifier].label
        words = label.es if locale.startswith("es") else label.en
        yield told("shared", identifier=words, values=value.values, records=value.records, most=value.most)
    for values in changes.left_out:
        field_name, reason = str(values["field"]).removeprefix("id_"), str(values["reason"]).replace(" ", "_")
        why = say(f"identity.left_out.{reason}", locale)
        yield told(
            "left_out",
            field=record_field(field_name, locale) or field_name,
            reason=why,
            records=int(str(values["records"])),
        )
    if too_large := states.get(("held", "size"), 0):
        yield told("size", pairs=too_large, largest=run.ws.model.identity.largest)
    if settled and settled.overruled:
        yield told("overruled", pairs=settled.overruled)
    if model and changes.records > GROWN * max(model.records, 1):
        yield told("grown", records=changes.records, trained=model.records)
