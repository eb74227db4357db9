"""Rights: decided in one table, never more by a token, never personal data without the right to it."""

from __future__ import annotations

from itertools import product

import pytest

from promesa.access import PERMISSIONS, RIGHTS, ROLES, SCOPES, Person, functions_of, may, reach_of, require
from promesa.errors import AccessDenied
from tests.access.conftest import NOW

PERSONAL = {"see_personal_data", "change_personal_data"}


def person(role: str, *, personal: bool = False, active: bool = True, functions=("a",), scopes=None) -> Person:
    return Person(
        id=1,
        email="a@b.example",
        name="A",
        locale="es",
        role=role,
        functions=functions if role == "owner" else (),
        personal_data=personal,
        active=active,
        second_factor=False,
        invited=False,
        created_at=NOW,
        signed_in_at=None,
        scopes=scopes,
    )


def test_every_permission_says_something_of_every_role() -> None:
    assert set(RIGHTS) == set(PERMISSIONS)
    assert all(set(reach) == set(ROLES) for reach in RIGHTS.values())


@pytest.mark.parametrize("permission", PERMISSIONS)
@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_may(role: str, permission: str) -> None:
    """The table read again, by hand: every combination of role, right, state, function and scopes."""
    reach = RIGHTS[permission][role]
    subsets = [None, *({s for s, on in zip(SCOPES, bits, strict=True) if on} for bits in product([0, 1], repeat=4))]
    needed = {
        "see_figures": {"read"},
        "see_money": {"read"},
        "do_work": {"write"},
        "manage_data": {"write"},
        "see_personal_data": {"read", "personal"},
        "change_personal_data": {"write", "personal"},
        "read_audit": {"read"},
        "manage_webhooks": {"read", "write"},
    }.get(permission)
    for personal, active, scopes in product([True, False], [True, False], subsets):
        one = person(role, personal=personal, active=active, scopes=None if scopes is None else frozenset(scopes))
        open_ = active and (personal or permission not in PERSONAL)
        open_ = open_ and (scopes is None or (needed is not None and needed <= scopes))
        assert may(one, permission) == (open_ and reach == "all")
        assert may(one, permission, function="a") == (open_ and reach != "none")
        assert may(one, permission, function="b") == (open_ and reach == "all")
        shown = {"all": None, "own": one.functions, "none": ()}[reach if open_ else "none"]
        assert functions_of(one, permission) == shown


def test_nobody_and_an_owner_of_nothing_may_nothing() -> None:
    for permission in PERMISSIONS:
        assert not may(None, permission)
        assert reach_of(person("owner", functions=(), personal=True), permission) == "none"


def test_a_refusal_says_what_is_missing() -> None:
    require(person("analyst"), "manage_data")
    with pytest.raises(AccessDenied, match="not allowed") as caught:
        require(person("owner"), "see_money", function="b")
    assert "see_money" in str(caught.value)
    assert "'b'" in str(caught.value)
    with pytest.raises(AccessDenied, match="not allowed"):
        require(None, "see_figures")
