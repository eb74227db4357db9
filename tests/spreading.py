"""Which tests of a run on several processes stand in one of them: those that would make the same thing anew in another.

Files are spread over the processes in their order. Of some rooms all files go to one: they ask the same questions of
small companies, and the SQL of a question is made once in a process. So do all files that ask Spark, which takes longer
to start than to answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest
    from xdist.scheduler import LoadFileScheduling

ALIKE = frozenset(
    {"chain", "drivers", "experience", "impact", "journeys", "measures", "promises", "report", "simulate", "value"}
)
SPARK = frozenset(
    {
        "tests/actions/test_cases.py",
        "tests/engine/test_both_engines.py",
        "tests/experience/test_other_engine.py",
        "tests/journeys/test_opening.py",
        "tests/journeys/test_other_engine.py",
        "tests/store/test_layers.py",
        "tests/value/test_other_engine.py",
        "tests/value/test_standard_other_engine.py",
    }
)


def together(nodeid: str) -> str:
    """Return the name of what one process runs as a whole, for one test of it."""
    file = nodeid.split("::", 1)[0]
    if file in SPARK:
        return "spark"
    top, _, below = file.partition("/")
    room = below.split("/", 1)[0]
    return f"{top}/{room}" if top == "tests" and room in ALIKE else file


def scheduler(config: pytest.Config, log: object) -> LoadFileScheduling:
    """Return what spreads tests by `together`."""
    from xdist.scheduler import LoadFileScheduling

    class Spread(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return together(nodeid)

    return Spread(config, log)
