"""What changed in the map: against plain loops, against a planted truth, in quiet worlds, at the edges."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from promesa import journeys
from promesa.journeys.changes import proposal
from tests.journeys.logs import Row, log_facts

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.journeys import Changes
    from promesa.store import Facts

PLACES = {
    "browse": ("before", "shop"),
    "buy": ("during", "shop"),
    "deliver": ("after", "logistics"),
    "call": ("after", "care"),
    "fax": ("after", "care"),
    "chat": ("after", "care"),
}
BEGIN = datetime(2020, 1, 1)
DAYS = 364
AS_OF = BEGIN + timedelta(days=DAYS)
MIDDLE = AS_OF - timedelta(days=91)
CHAT_FROM, FAX_UNTIL = DAYS - 60, DAYS - 100


def lived(seed: int, *, customers: int = 250, planted: bool = True) -> list[Row]:
    """Return journeys of customers who come back; the last of each is a care touchpoint for some."""
    random = np.random.default_rng(seed)
    rows: list[Row] = []

    def add(customer: int, journey: str, day: float, touchpoint: str, channel: str | None = None) -> None:
        rows.append({
            "at": BEGIN + timedelta(days=day), "customer": customer, "touchpoint": touchpoint, "journey": journey,
            "channel": channel,
        })  # fmt: skip

    for customer in range(customers):
        eager, fond_of_phone = random.beta(2, 3), random.random()
        for number in range(random.poisson(10 * eager)):
            day, journey = random.uniform(0, DAYS - 12), f"{customer}-{number}"
            add(customer, journey, day, "browse", "web" if random.random() > fond_of_phone else "app")
            if random.random() < 0.8:
                add(customer, journey, day + 1, "buy", "web")
                add(customer, journey, day + random.uniform(2, 6), "deliver", "home")
            end = day + random.uniform(7, 9)
            if planted and end < FAX_UNTIL and random.random() < 0.3:
                add(customer, journey, end, "fax", "fax")
            elif planted and end >= CHAT_FROM and random.random() < 0.3:
                add(customer, journey, end, "chat", "web")
            if random.random() < 0.2:
                add(customer, journey, end + 1, "call", "phone")
    return rows


def facts_of(folder: Path, engine: Engine, rows: list[Row], version: str, settings: str = "") -> Facts:
    return log_facts(folder, engine, rows, touchpoints=PLACES, as_of=AS_OF, version=version, settings=settings)


def found_in(result: Changes) -> set[tuple[str | None, ...]]:
    """Return what is called a change: kind, name, other and which."""
    return {
        (*e.dimensions.values(), str(e.extra["change"]))
        for e in result.estimates
        if e.measure in {"share_change", "level_change"} and e.extra["change"] != "none"
    }


def is_planted(found: tuple[str | None, ...]) -> bool:
    """Tell whether a change follows from what was planted: of fax and chat, or of going on to them."""
    kind, name, other, _ = found
    ends = {"browse", "deliver"}  # from where customers go on to the last touchpoint
    return bool({name, other} & {"fax", "chat"}) or (kind == "passage" and name in ends)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, duckdb: Engine) -> tuple[list[Row], Facts, Changes]:
    """Return a company in which the chat is new and the fax is gone, and what is said of it."""
    rows = lived(1)
    facts = facts_of(tmp_path_factory.mktemp("changes"), duckdb, rows, "planted")
    return rows, facts, journeys.changes(facts.workspace, facts=facts)


def local_day(at: datetime) -> str:
    from zoneinfo import ZoneInfo

    return at.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo("Europe/Madrid")).date().isoformat()


def test_the_new_and_the_gone_are_found_with_their_day(world: tuple[list[Row], Facts, Changes]) -> None:
    rows, _, result = world
    chat = result.find("share_change", kind="touchpoint", name="chat")
    fax = result.find("share_change", kind="touchpoint", name="fax")
    assert chat is not None
    assert fax is not None
    assert chat.extra["change"] == "appeared"
    assert chat.extra["first_day"] == local_day(min(row["at"] for row in rows if row["touchpoint"] == "chat"))
    assert fax.extra["change"] == "vanished"
    assert fax.extra["last_day"] == local_day(max(row["at"] for row in rows if row["touchpoint"] == "fax"))
    level = result.find("level_change", kind="volume", name="chat")
    assert level is not None
    began = (BEGIN + timedelta(days=CHAT_FROM)).date()
    assert date.fromisoformat(str(level.extra["day_earliest"])) - timedelta(days=7) <= began
    assert began <= date.fromisoformat(str(level.extra["day_latest"])) + timedelta(days=7)
    assert [one for one in found_in(result) if not is_planted(one)] == []


def by_loops(rows: list[Row]) -> dict[tuple[str, str, str | None], list[tuple[set[int], set[int]]]]:
    """Return, for each thing, the customers who met it and who could have: recent first, then before."""
    start = MIDDLE - timedelta(days=91)
    met: dict[tuple[str, str, str | None], list[set[int]]] = {}
    base: dict[tuple[str, str | None], list[set[int]]] = {}

    def note(at: datetime, customer: int, thing: tuple[str, str, str | None], of: tuple[str, str | None]) -> None:
        if start < at <= AS_OF:
            period = int(at <= MIDDLE)
            met.setdefault(thing, [set(), set()])[period].add(customer)
            base.setdefault(of, [set(), set()])[period].add(customer)

    order = sorted(rows, key=lambda row: (row["journey"], row["at"], list(PLACES).index(row["touchpoint"])))
    for row in rows:
        name = row["touchpoint"]
        note(row["at"], row["customer"], ("touchpoint", name, None), ("touchpoint", None))
        note(row["at"], row["customer"], ("channel", name, row["channel"]), ("channel", name))
    for one, two in itertools.pairwise(order):
        if one["journey"] == two["journey"]:
            thing = ("passage", one["touchpoint"], two["touchpoint"])
            note(two["at"], two["customer"], thing, ("passage", one["touchpoint"]))
    found = {}
    for thing, sets in met.items():
        of = base[thing[0], None if thing[0] == "touchpoint" else thing[1]]
        if of[0] and of[1]:
            found[thing] = list(zip(sets, of, strict=True))
    return found


def plain_p(periods: list[tuple[set[int], set[int]]]) -> float:
    """Return the p-value customer by customer."""
    from scipy.stats import t

    (met1, all1), (met2, all2) = periods
    everybody = sorted(all1 | all2)
    share = (len(met1) + len(met2)) / (len(all1) + len(all2))
    residuals = np.array([
        [(c in met1) - share * (c in all1), (c in met2) - share * (c in all2)] for c in everybody
    ], dtype=float) / [len(all1), len(all2)]  # fmt: skip
    own = max((residuals**2).sum(), share * (1 - share) * (1 / len(all1) + 1 / len(all2)))
    variance = own - 2 * residuals[:, 0] @ residuals[:, 1]
    gap = abs(len(met1) / len(all1) - len(met2) / len(all2)) - (1 / len(all1) + 1 / len(all2)) / 2
    return 1.0 if gap <= 0 else 2 * float(t.sf(gap / variance**0.5, len(all1) + len(all2) - 2))


def test_shares_and_p_values_are_those_of_plain_loops(world: tuple[list[Row], Facts, Changes]) -> None:
    rows, _, result = world
    plain = by_loops(rows)
    told = {tuple(e.dimensions.values()): e for e in result.estimates if e.measure == "share_change"}
    assert told.keys() == plain.keys()
    for thing, periods in plain.items():
        shares = [len(met) / len(every) for met, every in periods]
        where = dict(zip(("kind", "name", "other"), thing, strict=True))
        for measure, share in zip(("share_recent", "share_before"), shares, strict=True):
            figure = result.find(measure, **where)
            assert figure is not None
            assert figure.estimate == pytest.approx(share)
        assert told[thing].estimate == pytest.approx(shares[0] - shares[1])
        assert told[thing].extra["p_value"] == pytest.approx(plain_p(periods)), thing


def test_weekly_volumes_are_those_of_a_plain_loop(world: tuple[list[Row], Facts, Changes]) -> None:
    from promesa.journeys.weeks import turns
    from promesa.measures import ask

    rows, facts, _ = world
    found = turns(journeys.steps_of(ask(facts.workspace, facts=facts)))
    calls = next(one.series for one in found if (one.series.kind, one.series.name) == ("volume", "call"))
    counts: Counter[date] = Counter()
    seen: dict[date, set[int]] = {}
    for row in rows:
        day = date.fromisoformat(local_day(row["at"]))
        monday = day - timedelta(days=day.weekday())
        counts[monday] += row["touchpoint"] == "call"
        seen.setdefault(monday, set()).add(row["customer"])
    assert list(calls.values) == pytest.approx([100 * counts[week] / len(seen[week]) for week in calls.weeks])
    assert calls.weeks[0] == date(2020, 1, 6)


@pytest.mark.slow
def test_nothing_else_is_found_in_95_of_100_worlds(tmp_path: Path, duckdb: Engine) -> None:
    worlds, dated, false = 80, 0, 0
    for seed in range(worlds):
        rows = lived(100 + seed)
        facts = facts_of(tmp_path / f"{seed}", duckdb, rows, f"planted {seed}")
        found = found_in(journeys.changes(facts.workspace, facts=facts))
        dated += {("touchpoint", "chat", None, "appeared"), ("touchpoint", "fax", None, "vanished")} <= found
        false += any(not is_planted(one) for one in found)
    assert dated == worlds
    assert false <= 0.05 * worlds + 2 * (0.05 * 0.95 * worlds) ** 0.5


@pytest.mark.parametrize("worlds", [1, pytest.param(80, marks=pytest.mark.slow)])
def test_quiet_worlds_stay_quiet(tmp_path: Path, duckdb: Engine, worlds: int) -> None:
    loud = 0
    for seed in range(worlds):
        rows = lived(500 + seed, planted=False)
        facts = facts_of(tmp_path / f"{seed}", duckdb, rows, f"quiet {seed}")
        loud += bool(found_in(journeys.changes(facts.workspace, facts=facts)))
    assert loud <= 0.05 * worlds + 2 * (0.05 * 0.95 * worlds) ** 0.5


def test_the_window_is_the_recent_period(world: tuple[list[Row], Facts, Changes]) -> None:
    _, facts, _ = world
    result = journeys.changes(facts.workspace, facts=facts, since="2020-07-01", until="2020-08-29")
    recent, before = result.find("customers_recent"), result.find("customers_before")
    assert recent is not None
    assert before is not None
    assert (recent.extra["first_day"], recent.extra["last_day"]) == ("2020-07-01", "2020-08-29")
    assert (before.extra["first_day"], before.extra["last_day"]) == ("2020-05-02", "2020-06-30")
    assert result.find("share_change", kind="touchpoint", name="chat") is None


def seasonal(seed: int, *, season: bool) -> list[Row]:
    """Return two years of visits: in the last quarter of each (or of the second alone) half as many call again."""
    random = np.random.default_rng(seed)
    rows: list[Row] = []
    for customer in range(200):
        for week in range(104):
            if random.random() < 0.15:
                day = 7 * week + random.uniform(0, 7)
                busy = week % 52 >= 39 and (season or week >= 52)
                places = ("buy", "call") if random.random() < (0.5 if busy else 0.15) else ("buy",)
                row = {"at": BEGIN + timedelta(days=day), "customer": customer, "journey": f"{customer}-{week}"}
                rows += [{**row, "touchpoint": place, "channel": "web"} for place in places]
    return rows


@pytest.mark.parametrize("season", [True, False])
def test_a_season_is_told_from_a_change(tmp_path: Path, duckdb: Engine, season: bool) -> None:
    rows, end = seasonal(5, season=season), BEGIN + timedelta(weeks=104)
    facts = log_facts(tmp_path, duckdb, rows, touchpoints=PLACES, as_of=end, version=f"season {season}")
    result = journeys.changes(facts.workspace, facts=facts)
    change = result.find("share_change", kind="touchpoint", name="call")
    year = result.find("share_change_year", kind="touchpoint", name="call")
    then = result.find("share_year_before", kind="touchpoint", name="call")
    assert change is not None
    assert year is not None
    assert then is not None
    assert change.extra["change"] == "up"
    assert year.extra["differs"] is not season
    middle, quarter = end - timedelta(days=91), timedelta(days=91)

    def share(start: datetime) -> float:
        seen = {row["customer"] for row in rows if start < row["at"] <= start + quarter}
        called = {
            row["customer"] for row in rows if row["touchpoint"] == "call" and start < row["at"] <= start + quarter
        }
        return len(called) / len(seen)

    assert then.estimate == pytest.approx(share(middle - timedelta(weeks=52)))
    assert year.estimate == pytest.approx(share(middle) - share(middle - timedelta(weeks=52)))
    for locale, told in (("es", "temporada"), ("en", "season")):
        assert (told in result.summary(locale)) is season


def test_little_history_and_none(tmp_path: Path, duckdb: Engine) -> None:
    nothing = facts_of(tmp_path / "0", duckdb, [], "nothing")
    assert journeys.changes(nothing.workspace, facts=nothing).estimates == ()
    assert journeys.changes(nothing.workspace, facts=nothing).summary("es")
    short = [row for row in lived(3, customers=20) if row["at"] > AS_OF - timedelta(days=20)]
    brief = facts_of(tmp_path / "1", duckdb, short, "brief")
    assert journeys.changes(brief.workspace, facts=brief).find("customers_recent") is None
    some = [row for row in lived(3, customers=60) if row["at"] > AS_OF - timedelta(days=100)]
    half = facts_of(tmp_path / "2", duckdb, some, "half")
    recent = journeys.changes(half.workspace, facts=half).find("customers_recent")
    assert recent is not None
    first, last = (date.fromisoformat(str(recent.extra[end])) for end in ("first_day", "last_day"))
    assert (last - first).days == 42  # six whole weeks; the first and the last day are parts of days


def test_few_customers_are_not_shown(world: tuple[list[Row], Facts, Changes]) -> None:
    rows, facts, _ = world
    workspace = replace(facts.workspace, min_cell=10_000, min_group=30)
    hidden = journeys.changes(workspace, facts=replace(facts, workspace=workspace))
    assert [e for e in hidden.estimates if e.measure == "share_change"] == []
    assert json.dumps(hidden.to_document())
    assert len(rows) > 100


def test_a_proposal_can_be_read_as_toml() -> None:
    import tomllib

    said = tomllib.loads(proposal('Chat "24 h" \\ tienda'))
    assert said["touchpoints"]["chat_24_h_tienda"]["label"] == 'Chat "24 h" \\ tienda'
