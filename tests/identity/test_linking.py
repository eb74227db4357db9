"""`link` end to end: incremental is the same as whole, the order of loads does not matter, nothing collapses."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from promesa.identity import decide, keys, linking, settling, undo
from promesa.identity.changes import kept_columns
from promesa.store import open_store, replace_state, session, state_files, state_rows
from tests.begun import begun
from tests.identity.linked import SYSTEMS, Linked, linked

if TYPE_CHECKING:
    from pathlib import Path

GIVEN = ("Ana María", "Pedro", "Luz Marina", "Juan Carlos", "Rosa", "Camilo", "Sofía", "Andrés", "Elena", "Tomás")
SURNAMES = ("López", "Gómez", "Cano", "Mejía", "Díaz", "Toro", "Rojas", "Suárez", "Ortiz", "Vélez")


def person(number: int) -> dict[str, str]:
    """Return one person's values; no two persons share any."""
    given, surname = GIVEN[number % 10], f"{SURNAMES[number % 10]} {SURNAMES[(number // 10 + 3 * number + 1) % 10]}"
    return {
        "name": f"{given} {surname}",
        "email": f"persona.{number}@correo.example",
        "phone": f"31{number % 10}45{60000 + 137 * number}"[:10],
        "document": str(52_100_000 + 7_919 * number),
        "birth_date": f"{1950 + number % 50}-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
    }


def some(number: int, *fields: str) -> dict[str, str]:
    return {field: value for field, value in person(number).items() if field in fields}


@pytest.fixture(scope="module")
def kept_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model trained once, so that histories of different loads can be compared."""
    made = linked(tmp_path_factory.mktemp("trained"))
    chance = random.Random(3)
    for number in range(60):
        for system in SYSTEMS:
            fields = [f for f in person(number) if chance.random() < 0.7] + ["name"]
            made.add(system, f"k{number}", **some(number, *fields))
    made.load()
    assert made.link().trained
    return made.ws.root / ".promesa" / "identity" / "model.json"


def with_model(root: Path, kept_model: Path, **identity: Any) -> Linked:
    made = linked(root, **identity)
    (root / ".promesa" / "identity").mkdir()
    shutil.copy(kept_model, root / ".promesa" / "identity" / "model.json")
    return made


def outcome(made: Linked) -> dict[str, list[tuple[Any, ...]]]:
    return {
        "links": made.rows("links", "* EXCLUDE (recorded_at)"),
        "persons": made.rows("persons"),
        "records": made.rows("records", "* EXCLUDE (newest)"),
    }


def first_day(made: Linked) -> None:
    made.add("shop", "a", **person(1))
    made.add("crm", "a", **some(1, "name", "email"))
    made.add("calls", "a", **some(1, "name", "phone"))
    made.add("shop", "b", **person(2))
    made.add("crm", "b", **some(2, "name", "document"))
    made.add("shop", "c", **person(3))


def first_evening(root: Path, kept_model: Path) -> Linked:
    """Return a company with its first day linked."""
    made = with_model(root, kept_model)
    first_day(made)

    def link() -> None:
        made.load()
        made.link()

    begun(root, ("first evening", kept_model.read_text()), link)
    made.company.clock[0] = 2
    return made


def second_day(made: Linked) -> None:
    made.add("calls", "c", **some(3, "name", "birth_date", "phone"))
    made.add("crm", "b", **some(4, "name", "document"))  # another person now
    made.add("calls", "d", **some(2, "name", "email"))
    made.add("shop", "e", **some(4, "name", "document", "email"))


def test_links_come_from_identifiers_and_the_model_and_the_report_says_so(tmp_path: Path, kept_model: Path) -> None:
    made = with_model(tmp_path, kept_model)
    first_day(made)
    made.load()
    report = made.link()
    assert made.persons() == {frozenset({"shop:a", "crm:a", "calls:a"}), frozenset({"shop:b", "crm:b"})}
    assert (report.records, report.new, report.written, report.trained) == (6, 6, True, False)
    assert report.exact == {"document": 1, "email": 1, "phone": 1}
    assert report.persons == {2: 1, 3: 1}
    assert report.largest == 3
    assert {row[3] for row in made.rows("links", "low, high, kind, decided_by")} == {"promesa"}
    document = report.to_document()
    assert "6 registros" in document["summary"]["es"]
    assert "6 records" in document["summary"]["en"]
    assert {"what": "linked", "of": None, "count": 4} in document["rows"]
    assert not any(str(value) in str(document) for value in (*person(1).values(), *person(2).values()))


def test_a_second_run_writes_nothing(tmp_path: Path, kept_model: Path) -> None:
    made = first_evening(tmp_path, kept_model)
    before = {path: path.read_bytes() for path in made.ws.store.rglob("*") if path.is_file()}
    for options in ({}, {"full": True}, {}):
        report = made.link(**options)
        assert not report.written
        assert "Nothing new" in report.summary("en")
        assert {path: path.read_bytes() for path in made.ws.store.rglob("*") if path.is_file()} == before


def test_what_changes_is_linked_as_if_it_had_always_been_so(tmp_path: Path, kept_model: Path) -> None:
    step_by_step, at_once = first_evening(tmp_path / "steps", kept_model), with_model(tmp_path / "once", kept_model)
    second_day(step_by_step)
    step_by_step.load()
    report = step_by_step.link()
    assert (report.new, report.changed, report.looked) == (3, 1, 4)
    first_day(at_once)
    second_day(at_once)
    at_once.load()
    at_once.link()
    assert outcome(step_by_step) == outcome(at_once)
    assert frozenset({"shop:e", "crm:b"}) in at_once.persons()
    version = open_store(step_by_step.ws).version
    step_by_step.link(full=True)
    assert open_store(step_by_step.ws).version == version


def test_the_parts_kept_beside_a_record_are_made_of_its_columns(tmp_path: Path, kept_model: Path) -> None:
    made = first_evening(tmp_path, kept_model)
    second_day(made)
    made.load()
    assert made.link().changed == 1
    model = made.ws.model
    columns = [column for column, _ in keys.part_columns(model)]
    with session(made.ws, recorded_at=made.now()) as run:
        records = state_rows(run, "records", kept_columns(model))
        kept = run.engine.run(f"SELECT customer, {', '.join(columns)} FROM ({records}) ORDER BY customer")
        worked_out = f"SELECT customer, {keys.parts_of(model)} FROM ({records}) ORDER BY customer"
        assert kept == run.engine.run(worked_out)
    assert len({row[1 + columns.index("part_document")] for row in kept}) > 3


def test_many_persons_and_links_are_kept_in_several_files_and_are_the_same(
    tmp_path: Path, kept_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, several = (with_model(tmp_path / name, kept_model) for name in ("one", "several"))
    files: list[int] = []
    for made, many in ((one, 10_000), (several, 1)):
        monkeypatch.setattr(settling, "_MANY", many)
        first_day(made)
        made.load()
        made.link()
        with session(made.ws, recorded_at=made.now()) as run:
            files.append(len(state_files(run, "persons")))
        second_day(made)
        made.load()
        made.link()
    assert files[0] == 1 < files[1]
    told = [{table: sorted(rows, key=repr) for table, rows in outcome(made).items()} for made in (one, several)]
    assert told[0] == told[1]


def test_another_engine_or_version_makes_all_records_anew(
    tmp_path: Path, kept_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = first_evening(tmp_path, kept_model)
    assert not made.link().whole
    monkeypatch.setattr(linking, "VERSION", 0)
    assert made.link().whole
    assert not made.link().whole


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))])
def test_any_order_of_loads_gives_the_same_persons(tmp_path: Path, kept_model: Path, seed: int) -> None:
    chance = random.Random(seed)
    rows = []
    for number in range(10):
        for system in SYSTEMS:
            if chance.random() < 0.6:
                values = some(number, "name", *(f for f in person(number) if chance.random() < 0.6))
                if chance.random() < 0.4:
                    values["phone"] = "3105551234"  # held by more than may share it, once all are there
                rows.append((system, f"k{number}", values))
    outcomes = []
    for name, parts in (("one", 1), ("some", 3 if seed else 2)):
        made = with_model(tmp_path / name, kept_model)
        shuffled = list(rows)
        chance.shuffle(shuffled)
        for part in range(parts):
            for system, who, values in shuffled[part::parts]:
                made.add(system, who, **values)
            made.load()
            made.link()
        found = outcome(made)
        found["records"] = sorted(found["records"])
        outcomes.append(found)
    assert len(outcomes[0]["persons"]) > 10
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 12))])
def test_values_that_cross_their_limit_are_linked_as_if_all_had_come_at_once(
    tmp_path: Path, kept_model: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Records that nobody touched gain and lose links, since others took a value or left it."""
    monkeypatch.setattr(keys, "_KEYS", tuple(key for key in keys._KEYS if key.field != keys.EVERYONE))
    chance = random.Random(seed)
    drawn = [(f"k{place}", chance.randrange(12), place % 3) for place in range(90)]
    step_by_step, at_once = (with_model(tmp_path / name, kept_model, block_most=8) for name in ("steps", "once"))
    crossed = 0
    for part in range(3):
        for who, number, day in drawn:
            if day <= part:  # in the last part a third of the first become somebody else
                now = number if part < 2 or day or chance.random() < 0.6 else number + 40
                values = some(now, "name", *chance.sample(("email", "phone", "document", "birth_date"), 2))
                if day == part or now != number:
                    step_by_step.add("shop", who, **{**dict.fromkeys(person(1)), **values})
        step_by_step.load()
        crossed += sum(block.crossed for block in step_by_step.link().blocks)
    for row in step_by_step.people["shop"]:
        at_once.add("shop", **{key: value for key, value in row.items() if key != "at"})
    at_once.load()
    at_once.link()
    assert outcome(step_by_step) == outcome(at_once)
    assert crossed


def test_comparing_everyone_again_mends_what_others_wrote(tmp_path: Path, kept_model: Path) -> None:
    made = first_evening(tmp_path, kept_model)
    wanted = outcome(made)
    with session(made.ws, recorded_at=made.now()) as run:
        replace_state(run, "persons", state_rows(run, "persons") + " LIMIT 2")
    assert outcome(made) != wanted
    assert made.link(full=True).written
    assert outcome(made) == wanted
    assert not made.link(full=True).written


def test_customers_whose_profiles_are_gone_lose_their_links(tmp_path: Path, kept_model: Path) -> None:
    from promesa.store import change_state, columns_of, session

    made = first_evening(tmp_path, kept_model)
    gone = made.who()["crm:a"]
    columns = [(column.name, column.kind) for column in columns_of("profiles", made.ws.model)]
    with session(made.ws, recorded_at=made.now()) as run:
        change_state(run, "profiles", gone=f"customer = {gone}", columns=columns)
    report = made.link()
    assert (report.gone, report.records) == (1, 5)
    assert made.persons() == {frozenset({"shop:a", "calls:a"}), frozenset({"shop:b", "crm:b"})}
    tables = ("links", "records", "persons")
    assert not any(gone in row for table in tables for row in made.rows(table))


def test_profiles_that_are_taken_back_lose_their_links(tmp_path: Path, kept_model: Path) -> None:
    from promesa.store import take_back

    made = first_evening(tmp_path, kept_model)
    gone, before = made.who()["crm:b"], made.persons()
    made.people["crm"] = [row for row in made.people["crm"] if row["who"] != "b"]
    made.load()
    made.link()
    assert made.persons() == before
    assert take_back(made.ws, "profiles", recorded_at=made.now(), dry_run=False).total == 1
    assert made.link().gone == 1
    assert made.persons() == before - {frozenset({"shop:b", "crm:b"})}
    assert not any(gone in row for table in ("links", "records", "persons") for row in made.rows(table))


def test_a_new_setting_looks_at_everyone_again(tmp_path: Path, kept_model: Path) -> None:
    made = first_evening(tmp_path, kept_model)
    stricter = with_model(tmp_path / "stricter", kept_model, largest=2)
    first_day(stricter)
    stricter.load()
    stricter.link()
    shutil.copytree(made.ws.store, tmp_path / "kept")
    made.company.ws = stricter.company.ws.__class__(
        **{**{f: getattr(made.ws, f) for f in made.ws.__dataclass_fields__}, "model": stricter.ws.model}
    )
    report = made.link()
    assert report.whole
    assert outcome(made) == outcome(stricter)
    assert report.held["size"] >= 1
    assert any("more than 2 records" in warning for warning in report.warnings)


def test_a_key_of_another_system_links_once_that_customer_is_known(tmp_path: Path, kept_model: Path) -> None:
    made = with_model(tmp_path, kept_model)
    made.add("calls", "x", name="Ana López", shop_key="a")
    made.load()
    made.link()
    assert made.persons() == set()
    made.company.write("moments.csv", [{"id": "m1", "at": "2026-01-01 10:00:00", "who": "a"}])
    made.load()
    made.link()
    assert made.persons() == {frozenset({"calls:x", "shop:a"})}
    assert not made.link().written


def test_two_documents_are_not_one_person_until_somebody_says_so(tmp_path: Path, kept_model: Path) -> None:
    made = with_model(tmp_path, kept_model)
    made.add("shop", "a", **person(1))
    made.add("crm", "a", **{**some(1, "name", "email", "phone"), "document": "80111222", "birth_date": "1987-11-20"})
    made.load()
    report = made.link()
    assert made.persons() == set()
    who = made.who()
    low, high = sorted((who["shop:a"], who["crm:a"]))
    decide(made.ws, low, high, "same", by="ana", recorded_at=made.now())
    assert made.persons() == {frozenset({"shop:a", "crm:a"})}
    undo(made.ws, (low, high), by="ana", recorded_at=made.now())
    assert made.persons() == set()
    assert sum(report.held.values()) + report.review <= 1


def test_linking_then_unlinking_brings_everything_back(tmp_path: Path, kept_model: Path) -> None:
    made = first_evening(tmp_path, kept_model)
    before = outcome(made)
    who = made.who()
    for pair, verdicts in (
        (("shop:a", "shop:c"), ("same", "different")),
        (("shop:a", "crm:a"), ("same", "never")),
        (("calls:a", "crm:a"), ("different",)),
    ):
        for verdict in verdicts:
            decide(made.ws, who[pair[0]], who[pair[1]], verdict, by="ana", recorded_at=made.now())
            changed = made.persons()
            made.link()
            assert made.persons() == changed
        assert not any({pair[0], pair[1]} <= group for group in made.persons())
        decide(made.ws, who[pair[0]], who[pair[1]], "withdrawn", by="ana", recorded_at=made.now())
        assert outcome(made) == before
    made.link(full=True)
    assert outcome(made) == before


BAD = {
    "no columns at all": lambda n: {"name": f"{GIVEN[n % 10]} {SURNAMES[n // 10]}"},
    "everyone the same phone": lambda n: {**some(n, "name", "document"), "phone": "3104567890"},
    "everyone the same document": lambda n: {**some(n, "name"), "document": "52123456"},
    "an e-mail that is none": lambda n: {**some(n, "name"), "email": "no@tiene.com"},
    "names of one letter": lambda n: {"name": "A", "email": f"p{n}@correo.example"},
    "nothing known": lambda _: {},
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_makes_no_collapse(tmp_path: Path, kind: str) -> None:
    made = linked(tmp_path)
    for number in range(40):
        made.add("shop", f"k{number}", **BAD[kind](number))
    made.load()
    report = made.link()
    assert report.largest <= 1
    warned = " ".join(report.warnings)
    if "same" in kind:
        assert "40 records share 1 values that more than 5 records hold" in warned
    if "none" in kind or "letter" in kind:
        assert "not used in 40 records" in warned
    assert not made.link().written


def test_an_empty_store_can_be_linked(tmp_path: Path) -> None:
    report = linked(tmp_path).link()
    assert (report.records, report.model, report.written) == (0, None, False)


# --- killed anywhere ------------------------------------------------------------------------------------------------

DRIVER = (
    "import os, signal, sys; from pathlib import Path; from datetime import datetime\n"
    "from promesa.identity import link; from tests.identity.linked import linked\n"
    "from tests.identity.test_linking import first_day, second_day\n"
    "steps = []\n"
    "def count(text, share):\n"
    "    steps.append(text)\n"
    "    if len(steps) == int(sys.argv[2]): os.kill(os.getpid(), signal.SIGKILL)\n"
    "made = linked(Path(sys.argv[1]))\n"
    "link(made.ws, recorded_at=datetime(2026, 6, 30, 12, 1), progress=count)\n"
)
STEPS = 9


@pytest.fixture(scope="module")
def second_morning(tmp_path_factory: pytest.TempPathFactory, kept_model: Path) -> tuple[Path, dict[str, Any]]:
    """Return a company with its first day linked and its second loaded, and what a link run makes of it."""
    made = first_evening(tmp_path_factory.mktemp("killed") / "company", kept_model)
    second_day(made)
    made.load()
    waiting = made.ws.root.with_name("waiting")
    shutil.copytree(made.ws.root, waiting)
    steps: list[str] = []
    made.link(progress=lambda text, _: steps.append(text))
    assert len(steps) == STEPS
    return waiting, outcome(made)


@pytest.mark.parametrize(
    "step", [step if step == 7 else pytest.param(step, marks=pytest.mark.slow) for step in range(1, STEPS + 1)]
)
def test_a_run_killed_at_a_step_is_completed_by_the_next(
    tmp_path: Path, second_morning: tuple[Path, dict[str, Any]], step: int
) -> None:
    waiting, wanted = second_morning
    root = tmp_path / "company"
    shutil.copytree(waiting, root)
    child = subprocess.run([sys.executable, "-c", DRIVER, str(root), str(step)], check=False, env=os.environ)
    assert child.returncode == -signal.SIGKILL
    made = Linked(company=linked_again(root))
    made.company.clock[0] = 90
    made.link()
    assert outcome(made) == wanted
    assert not made.link().written


def linked_again(root: Path) -> Any:
    return linked(root).company
