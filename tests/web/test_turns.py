"""Whose turn it is: the shortest question first, none put off for ever, none worked out twice or for nobody."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from promesa.snapshot import latest
from promesa.web import lines, turns, views
from promesa.web.narrowing import ANALYSES
from promesa.web.turns import Asker, Turn, Turns
from promesa.web.views import Question, Views
from promesa.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from litestar.testing import TestClient

YEARS = [date(year, 1, 1) for year in range(2001, 2100)]
ANA, LUIS = Asker("ana /drivers", "from=1"), Asker("luis /drivers", "from=1")


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def turn(analysis: str, number: int = 0) -> Turn:
    return Turn(Path("snapshot"), "2026-01-01", Question(analysis=analysis, since=YEARS[number]))


def timed(**seconds: float) -> tuple[Turns, Clock]:
    """Return turns in which one answer of each of some analyses took so long."""
    clock = Clock()
    line = Turns(clock=clock)
    for analysis, took in seconds.items():
        line.ask(turn(analysis))
        done_after(line, clock, took)
    return line, clock


def done_after(line: Turns, clock: Clock, seconds: float) -> Turn:
    taken = line.take(0)
    assert taken is not None
    clock.now += seconds
    line.done(taken)
    return taken


def test_the_shortest_goes_first_by_how_long_such_took_before() -> None:
    line, _ = timed(promises=30, value=2, journeys=7)
    for analysis in ("promises", "journeys", "value"):
        line.ask(turn(analysis))
    assert [line.take(0) for _ in range(3)] == [turn("value"), turn("journeys"), turn("promises")]
    assert line.take(0) is None


def test_before_the_first_of_its_kind_drivers_are_taken_for_long() -> None:
    line = Turns(clock=Clock())
    line.ask(turn("drivers"))
    line.ask(turn("promises"))
    assert line.take(0) == turn("promises")


def test_a_long_question_is_put_off_for_no_longer_than_it_takes() -> None:
    line, clock = timed(drivers=30, value=2)
    line.ask(turn("drivers"))
    for number in range(40):  # one more short question whenever one is done
        line.ask(turn("value", number))
        if done_after(line, clock, 2) == turn("drivers"):
            break
    assert 14 <= number <= 16


def test_questions_of_one_kind_keep_their_order() -> None:
    line, clock = timed(value=2)
    for number in range(3):
        line.ask(turn("value", number))
        clock.now += 0.1
    assert [line.take(0) for _ in range(3)] == [turn("value", number) for number in range(3)]


def test_what_two_ask_stands_once_and_stays_until_both_have_turned() -> None:
    line = Turns(clock=Clock())
    line.ask(turn("drivers"), ANA)
    line.ask(turn("drivers"), LUIS)
    line.ask(turn("drivers", 1), Asker(ANA.who, "from=2"))
    line.ask(turn("value"), Asker(LUIS.who, "from=3"))
    assert [line.take(0) for _ in range(3)] == [turn("value"), turn("drivers", 1), None]


def test_who_narrows_again_drops_the_earlier_question_of_that_page_alone() -> None:
    line = Turns(clock=Clock())
    line.ask(turn("drivers"), ANA)
    line.ask(turn("promises"), Asker("ana /promises", "from=1"))
    line.ask(turn("drivers", 1), Asker(ANA.who, "from=2"))
    assert [line.take(0) for _ in range(3)] == [turn("promises"), turn("drivers", 1), None]


def test_looking_again_drops_nothing() -> None:
    line = Turns(clock=Clock())
    for _ in range(3):
        line.ask(turn("drivers"), ANA)
        line.ask(turn("roles"), ANA)
    assert {line.take(0), line.take(0)} == {turn("drivers"), turn("roles")}


def test_what_a_program_asked_stays() -> None:
    line = Turns(clock=Clock())
    line.ask(turn("drivers"))
    line.ask(turn("drivers"), ANA)
    line.ask(turn("value"), Asker(ANA.who, "from=2"))
    assert {line.take(0), line.take(0)} == {turn("drivers"), turn("value")}


def test_what_has_begun_is_neither_dropped_nor_asked_twice() -> None:
    line, clock = timed(drivers=30)
    line.ask(turn("drivers"), ANA)
    begun = line.take(0)
    line.ask(turn("drivers"), LUIS)
    line.ask(turn("value"), Asker(ANA.who, "from=2"))
    clock.now += 10
    assert line.seconds_until([turn("drivers")]) == pytest.approx(20)
    assert begun == turn("drivers")
    line.done(turn("drivers"))
    assert line.take(0) == turn("value")
    assert line.take(0) is None


def test_the_wait_is_that_of_all_that_goes_before() -> None:
    line, clock = timed(drivers=30, value=2, promises=5)
    line.ask(turn("value"))
    line.take(0)
    clock.now += 0.5
    line.ask(turn("drivers"), ANA)
    line.ask(turn("promises"))
    assert line.seconds_until([turn("drivers")]) == pytest.approx(1.5 + 5 + 30)
    assert line.seconds_until([turn("promises")]) == pytest.approx(1.5 + 5)
    assert line.seconds_until([turn("journeys")]) == 0
    clock.now += 100  # longer than any before: it cannot be long now
    assert line.seconds_until([turn("value")]) == 1


def test_no_more_wait_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WAITING", 3)
    line = Turns(clock=Clock())
    for number in range(5):
        line.ask(turn("value", number), ANA)
    line.ask(turn("value", 0), LUIS)
    assert [line.take(0) for _ in range(4)] == [*(turn("value", number) for number in range(3)), None]
    line.ask(turn("value", 4), ANA)
    assert line.take(0) == turn("value", 4)


def test_nothing_is_kept_of_readers_who_wait_no_more() -> None:
    line = Turns(clock=Clock())
    for number in range(50):
        line.ask(turn("value", number), Asker(f"reader {number}", "from=1"))
        done_after(line, line.clock, 1)  # type: ignore[arg-type]
    assert not line._views
    assert not line._waiting


def until(found: Callable[[], Any]) -> Any:
    for _ in range(600):
        answer = found()
        if answer is not None:
            return answer
        time.sleep(0.02)
    raise AssertionError("nothing came")


def test_two_readers_have_one_answer_worked_out_and_the_next_shares_its_facts(
    analysed_shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, Any]] = []
    begin = threading.Event()

    def counted(analysis: str, workspace: Any, *, facts: Any, **question: Any) -> Any:
        begin.wait(10)
        asked.append((analysis, facts))
        return computed(analysis, workspace, facts=facts, **question)

    computed = views.compute
    monkeypatch.setattr(views, "compute", counted)
    monkeypatch.setattr(lines, "IDLE_SECONDS", 0.2)
    workspace = open_workspace(analysed_shop)
    snapshot, answers = latest(workspace), Views(lambda: workspace)
    first, second = (Question(analysis=name, since=date(2025, 2, 3)) for name in ("returning", "value"))
    for asker in (ANA, LUIS, None):
        assert answers.answer(snapshot, first, asker=asker) is None
        assert answers.answer(snapshot, second, asker=asker) is None
    assert answers.seconds_until(snapshot, [first, second]) > 0
    begin.set()
    assert until(lambda: answers.answer(snapshot, first))["analysis"] == "returning"
    assert until(lambda: answers.answer(snapshot, second))["analysis"] == "value"
    assert sorted(name for name, _ in asked) == ["returning", "value"]
    assert asked[0][1] is asked[1][1]
    until(lambda: answers._short._opened._last is None or None)


def test_a_long_answer_holds_up_no_short_one_and_closes_its_engine(
    analysed_shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines: dict[str, Any] = {}
    short_done = threading.Event()

    def slow(analysis: str, workspace: Any, *, facts: Any, **question: Any) -> Any:
        engines[analysis] = facts.engine
        if analysis == "drivers":
            assert short_done.wait(30)
            analysis = "lags"  # says little of the shop, and soon
        return computed(analysis, workspace, facts=facts, **{**question, "outcome": ""})

    computed = views.compute
    monkeypatch.setattr(views, "compute", slow)
    monkeypatch.setattr(lines, "IDLE_SECONDS", 0.2)
    workspace = open_workspace(analysed_shop)
    snapshot, answers = latest(workspace), Views(lambda: workspace)
    long, short = (Question(analysis=name, since=date(2025, 2, 4)) for name in ("drivers", "returning"))
    assert answers.answer(snapshot, long) is None
    until(lambda: engines.get("drivers"))
    assert answers.answer(snapshot, short) is None
    assert until(lambda: answers.answer(snapshot, short))["analysis"] == "returning"
    assert answers.answer(snapshot, long) is None
    assert answers.seconds_until(snapshot, [long]) > 0
    short_done.set()
    assert until(lambda: answers.answer(snapshot, long))["rows"] is not None
    assert engines["drivers"] is not engines["returning"]
    until(lambda: answers._long._opened._last is None or None)


@pytest.mark.parametrize(
    ("lang", "seconds", "words"),
    [
        ("en", 21.0, "1 of 4 answers are there; about 25 seconds to go"),
        ("es", 21.0, "1 de 4 respuestas están listas; quedan unos 25 segundos"),
        ("es", 58.0, "queda cerca de un minuto"),
        ("en", 130.0, "about 3 minutes to go"),
        ("en", 0.0, "other questions go first"),
    ],
)
def test_a_page_says_how_far_it_is(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, lang: str, seconds: float, words: str
) -> None:
    first = ANALYSES["drivers"][0]

    def answer(_self: Views, snapshot: Any, question: Question, *, asker: Asker | None = None) -> Any:
        assert asker is not None
        assert asker.who.endswith("/drivers")
        assert "from=2025-03-01" in asker.view
        return snapshot.document(first) if question.analysis == first else None

    monkeypatch.setattr(Views, "answer", answer)
    monkeypatch.setattr(Views, "seconds_until", lambda *_: seconds)
    page = client.get(f"/drivers?from=2025-03-01&lang={lang}").text
    assert words in page
    assert 'http-equiv="refresh"' in page
