"""Whatever is loaded in whatever order: live is the last version of each id, history every one that was replaced."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.drawn import cases
from tests.store.companies import MOMENTS, company, moment

ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=6)
WHOLE = st.lists(ROWS, min_size=1, max_size=4)


class Expected:
    """The rules of the store, written for one row after another."""

    def __init__(self) -> None:
        self.live: dict[int, tuple[int, int]] = {}  # id -> (content, load)
        self.history: set[tuple[int, int, int]] = set()  # id, content, load

    def load(self, number: int, rows: list[tuple[int, int]]) -> dict[str, int]:
        counts = dict.fromkeys(("accepted", "unchanged", "repeated", "corrected"), 0)
        last = dict(rows)  # the last row of each id is the one that counts
        known = {(key, content) for key, content, _ in self.history}
        known |= {(key, content) for key, (content, _) in self.live.items()}
        for place, (key, content) in enumerate(rows):
            if (key, content) in rows[place + 1 :]:
                counts["repeated"] += 1
            elif last[key] != content:
                new = (key, content) not in known
                counts["corrected" if new else "unchanged"] += 1
                if new:
                    self.history.add((key, content, number))
        for key, content in last.items():
            before = self.live.get(key)
            if before is None:
                counts["accepted"] += 1
            elif before[0] == content:
                counts["unchanged"] += 1
                continue
            else:
                counts["corrected"] += 1
                self.history.add((key, *before))
            self.live[key] = (content, number)
        return counts


@settings(max_examples=cases(5), suppress_health_check=[HealthCheck.too_slow])
@given(loads=WHOLE, new_files=st.booleans())
def test_any_sequence_of_loads(loads: list[list[tuple[int, int]]], new_files: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings_ = {"path": "data/*.csv", "new_files_only": new_files, "types": {"days_late": "number"}}
        shop = company(Path(folder), loads={"moments.shop": MOMENTS}, sources={"facts": settings_})
        expected = Expected()
        for number, rows in enumerate(loads):
            file = f"{number}.csv" if new_files else "facts.csv"
            shop.write(file, [moment(key, days_late=content) for key, content in rows], columns=list(moment(0)))
            report = shop.load(full=not new_files)
            wanted = expected.load(number, rows)
            count = report.loads[0]
            assert {name: getattr(count, name) for name in wanted} == wanted
            assert count.read == sum(wanted.values())
        columns = "id, days_late, second(recorded_at)"
        assert shop.live("moments", columns) == sorted(
            (f"m{key}", float(content), number + 1) for key, (content, number) in expected.live.items()
        )
        assert shop.history("moments", columns) == sorted(
            (f"m{key}", float(content), number + 1) for key, content, number in expected.history
        )
