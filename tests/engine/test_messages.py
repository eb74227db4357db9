"""What the engine says of a query holds the names in it and none of the values."""

from __future__ import annotations

import pytest

from promesa.engine import Embedded
from promesa.errors import EngineError

SECRET = "ana@correo.example"


@pytest.mark.parametrize(
    ("query", "named"),
    [
        (f"SELECT nothing FROM (SELECT 1 AS one) WHERE one = '{SECRET}'", "nothing"),
        (f"SELECT * FROM absent WHERE email = '{SECRET}'", "absent"),
        (f"SELECT * FROM range(3) WHERE range = '{SECRET}' ORDER LIMIT", "syntax error"),
        (f"SELECT CAST('{SECRET}' AS INTEGER)", "INT32"),
        (f"SELECT unknown_function('it''s {SECRET}')", "unknown_function"),
    ],
)
def test_values_of_a_query_stand_in_no_message(query: str, named: str) -> None:
    with Embedded() as engine, pytest.raises(EngineError) as told:
        engine.run(query)
    assert SECRET not in str(told.value)
    assert "correo" not in str(told.value)
    assert named in str(told.value)
