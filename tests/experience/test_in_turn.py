"""Tables of experience are read one after another under names that stay: none finds anything of another."""

from __future__ import annotations

from itertools import product
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
    from promesa.workspace import Outcome

TAKEN = [OUTCOMES[number] for number in (0, 11)]
SPANS: list[dict[str, Any]] = [{"since": "2018-02-18"}, {"until": "2018-10-28"}]


def assert_equal(found: Lived, expected: Lived) -> None:
    for name in ("units", "customers"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist()
    for name in ("came", "values", "behind"):
        assert np.array_equal(getattr(found, name), getattr(expected, name), equal_nan=True)
    for name in ("features", "refused", "confounders", "n_units", "n_unknown", "share"):
        assert getattr(found, name) == getattr(expected, name)


def test_a_table_is_the_same_whatever_was_read_before_and_finds_the_sql_of_it(tmp_path: Path, duckdb: Engine) -> None:
    firms = [with_settings(company(tmp_path, seed=seed)) for seed in (61, 62)]
    facts = [firm.facts(tmp_path, engine=duckdb) for firm in firms]
    found: list[tuple[Lived, tuple[int, Outcome, dict[str, Any]]]] = []
    counts: list[int] = []
    for span in SPANS:
        before = set(TEXTS)
        for one, place in product(TAKEN, (0, 1)):
            asked = ask(firms[place].workspace, facts=facts[place], **span)
            found.append((lived(asked, one), (place, one, span)))
        counts.append(len(set(TEXTS) - before))
    assert all(table.n for table, _ in found)
    assert counts[1] < counts[0] / 2
    for table, (place, one, span) in found[::5]:
        alone = connect("duckdb", threads=1)
        assert_equal(table, look(firms[place], one, tmp_path, alone, **span))
        alone.close()
