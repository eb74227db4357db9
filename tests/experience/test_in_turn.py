"""Tables of experience are read one after another under names that stay: none finds anything of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from promesa.engine import connect
from promesa.engine.remembered import TEXTS
from promesa.experience import lived
from promesa.measures import ask
from tests.experience.test_brute_force import OUTCOMES, look, with_settings
from tests.measures.companies import company

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.experience import Lived

TAKEN = [OUTCOMES[number] for number in (0, 11)]
SPANS: list[dict[str, Any]] = [{"since": "2018-02-18"}, {"until": "2018-10-28"}]


def assert_equal(found: Lived, expected: Lived) -> None:
    for name in ("units", "customers"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist()
    for name in ("came", "values", "behind"):
        assert np.array_equal(getattr(found, name), getattr(expected, name), equal_nan=True)
    for name in ("features", "refused", "confounders", "n_units", "n_unknown", "share"):
        assert getattr(found, name) == getattr(expected, name)


def test_whatever_was_read_before_a_table_is_the_same(tmp_path: Path, duckdb: Engine) -> None:
    firms = [with_settings(company(tmp_path, seed=seed)) for seed in (61, 62)]
    facts = [firm.facts(tmp_path, engine=duckdb) for firm in firms]
    cases = [(place, one, span) for span in SPANS for one in TAKEN for place in range(len(firms))]
    found = [lived(ask(firms[place].workspace, facts=facts[place], **span), one) for place, one, span in cases]
    assert sum(table.n > 0 for table in found) > len(found) / 2
    for (place, one, span), table in list(zip(cases, found, strict=True))[::5]:
        alone = connect("duckdb", threads=1)
        assert_equal(table, look(firms[place], one, tmp_path, alone, **span))
        alone.close()


def test_the_next_window_finds_most_of_the_sql_written(tmp_path: Path, duckdb: Engine) -> None:
    small = with_settings(company(tmp_path, seed=63))
    facts = small.facts(tmp_path, engine=duckdb)
    counts: list[int] = []
    for span in SPANS:
        before = set(TEXTS)
        for one in TAKEN:
            lived(ask(small.workspace, facts=facts, **span), one)
        counts.append(len(set(TEXTS) - before))
    assert counts[1] < counts[0] / 2
