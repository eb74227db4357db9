"""What granian serves in the tests: the intake of the workspace that the environment names."""

from __future__ import annotations

import os

from promesa.intake import application
from promesa.workspace import open_workspace
from tests.intake.shops import KEYS

app = application(open_workspace(os.environ["PROMESA_TEST_WORKSPACE"]), key_of=KEYS.get)
