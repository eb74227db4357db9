"""The receipt of a consent: what a customer may take away as proof of what they allowed.

It follows the field structure of ISO/IEC TS 27560 (consent records and receipts); it is not certified against it.
What the company has not declared stands as null and is not made up.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from promesa.customers.consent import consent_events, judged, may, person_of, purpose_of
from promesa.errors import InputError
from promesa.store import open_facts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from promesa.customers.consent import ConsentEvent
    from promesa.workspace import Workspace

SCHEMA = "ISO/IEC TS 27560:2023"
FORM = "promesa consent receipt 1"


def receipt(ws: Workspace, person: int, purpose: str, *, as_of: date | datetime | str) -> dict[str, Any]:
    """Return the receipt of a person's consent to one purpose.

    Parameters
    ----------
    person : int
        Number of the person or of any of their records.
    as_of : date, datetime or str
        As in `open_facts`: the receipt tells how it stood then.

    Returns
    -------
    dict
        JSON-ready. Times are UTC with their zone; the person stands as a number, without name or contact.

    Raises
    ------
    UnknownName
        If the purpose is not declared.
    InputError
        If the person said neither yes nor no to it by then.
    """
    facts = open_facts(ws, as_of=as_of)
    declared, found = purpose_of(ws, purpose), person_of(facts, person)
    events = consent_events(facts, found, purpose=purpose)
    if not events:
        raise InputError(
            what=f"There is nothing to give a receipt of: no yes or no to {purpose}.",
            got=f"person {found.number}, no consent recorded by then",
            expected="a consent given or withdrawn",
            fix=f"record it first: promesa customer consent {found.number} --purpose {purpose} --give",
        )
    now = may(facts, person, purpose, as_of=as_of)
    decisive = now.event or events[-1]
    label = declared.label if declared else None
    return {
        "form": FORM,
        "receipt_metadata": {
            "schema_version": SCHEMA,
            "receipt_id": _id(found.number, purpose, facts.as_of.isoformat(), facts.version),
            "receipt_time": _utc(facts.as_of),
        },
        "record_header": {
            "schema_version": SCHEMA,
            "record_id": _id(found.number, purpose),
            "pii_principal_id": str(found.number),
        },
        "pii_processing": {
            "privacy_notice": next((event.notice for event in reversed(events) if event.granted), None),
            "language": ws.locale,
            "purposes": [
                {
                    "purpose": purpose,
                    "purpose_label": {"es": label.es, "en": label.en} if label else None,
                    "purpose_type": None,
                    "lawful_basis": declared.basis if declared else "consent",
                    "pii_information": None,
                    "pii_controllers": ["controller"],
                    "collection_method": decisive.channel,
                    "processing_method": None,
                    "storage_locations": None,
                    "retention_period": None,
                    "processing_locations": None,
                    "geographic_restrictions": None,
                    "jurisdiction": None,
                    "recipient_third_parties": None,
                    "withdrawal_method": _withdrawal(ws, purpose),
                    "privacy_rights": None,
                }
            ],
        },
        "party_identification": [
            {
                "party_id": "controller",
                "party_role": "controller",
                "party_name": ws.controller or ws.company,
                "party_contact": ws.privacy_contact,
            }
        ],
        "status": {"allowed": now.allowed, "reason": now.reason, "until": _utc(now.until)},
        "events": history(events),
    }


def history(events: Sequence[ConsentEvent]) -> list[dict[str, Any]]:
    """Return yeses and noes as events of a record; one written to several records of a person counts once."""
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for place, event in enumerate(events):
        before = judged(events[:place], 0, purpose=event.purpose, declared=None, as_of=event.at, paused=False)
        state = "given" if event.granted else "withdrawn" if before.event and before.event.granted else "refused"
        key = (event.at, event.granted, event.notice, event.channel, event.until, event.source)
        rows.setdefault(
            key,
            {
                "event_time": _utc(event.at),
                "event_state": state,
                "event_type": "explicit",
                "valid_until": _utc(event.until),
                "privacy_notice": event.notice,
                "collection_method": event.channel,
                "entity_id": event.source,
                "fact": event.id,
            },
        )
    return list(rows.values())


def _withdrawal(ws: Workspace, purpose: str) -> dict[str, str] | None:
    declared = ws.model.consents.get(purpose)
    return {"es": declared.withdraw.es, "en": declared.withdraw.en} if declared and declared.withdraw else None


def _id(*parts: object) -> str:
    """Return a name for a record that is the same each time and says nothing by itself."""
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()[:32]


def _utc(instant: datetime | None) -> str | None:
    return None if instant is None else f"{instant.isoformat(timespec='seconds')}Z"
