"""What granian serves in the tests: the intake of the workspace that the environment names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from promesa.intake import application
from promesa.workspace import open_workspace
from tests.intake.shops import KEYS

if TYPE_CHECKING:
    from promesa.intake.answering import Intake


def served() -> Intake:
    return application(open_workspace(os.environ["PROMESA_TEST_WORKSPACE"]), key_of=KEYS.get)
