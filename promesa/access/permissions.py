"""What each role may do: the one table in which rights are decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, get_args

from promesa.errors import AccessDenied

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.access.people import Person, Role

Permission = Literal[
    "see_figures",
    "see_money",
    "do_work",
    "manage_data",
    "see_personal_data",
    "change_personal_data",
    "manage_people",
    "manage_keys",
    "manage_service",
    "manage_webhooks",
    "read_audit",
]
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
Scope = Literal["read", "write", "personal", "intake"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
Reach = Literal["all", "own", "none"]

# "own": what belongs to the functions that an owner answers for.
RIGHTS: Final[Mapping[Permission, Mapping[Role, Reach]]] = {
    "see_figures": {"administrator": "all", "analyst": "all", "owner": "own", "viewer": "all"},
    "see_money": {"administrator": "all", "analyst": "all", "owner": "own", "viewer": "all"},
    "do_work": {"administrator": "all", "analyst": "all", "owner": "own", "viewer": "none"},
    "manage_data": {"administrator": "all", "analyst": "all", "owner": "none", "viewer": "none"},
    "see_personal_data": {"administrator": "all", "analyst": "all", "owner": "own", "viewer": "all"},
    "change_personal_data": {"administrator": "all", "analyst": "all", "owner": "none", "viewer": "none"},
    "manage_people": {"administrator": "all", "analyst": "none", "owner": "none", "viewer": "none"},
    "manage_keys": {"administrator": "all", "analyst": "none", "owner": "none", "viewer": "none"},
    "manage_service": {"administrator": "all", "analyst": "none", "owner": "none", "viewer": "none"},
    "manage_webhooks": {"administrator": "all", "analyst": "none", "owner": "none", "viewer": "none"},
    "read_audit": {"administrator": "all", "analyst": "none", "owner": "none", "viewer": "none"},
}
# Beside the role: only people with the right of their own to personal data.
PERSONAL: Final[frozenset[Permission]] = frozenset({"see_personal_data", "change_personal_data"})
# What a token must carry. None: no token does it, whoever it belongs to.
_SCOPES: Final[Mapping[Permission, frozenset[Scope] | None]] = {
    "see_figures": frozenset({"read"}),
    "see_money": frozenset({"read"}),
    "do_work": frozenset({"write"}),
    "manage_data": frozenset({"write"}),
    "see_personal_data": frozenset({"read", "personal"}),
    "change_personal_data": frozenset({"write", "personal"}),
    "manage_people": None,
    "manage_keys": None,
    "manage_service": None,
    "manage_webhooks": frozenset({"read", "write"}),
    "read_audit": frozenset({"read"}),
}


def reach_of(person: Person | None, permission: Permission) -> Reach:
    """Return how far a permission goes for a person: everything, what is their own, or nothing."""
    if person is None or not person.active:
        return "none"
    if permission in PERSONAL and not person.personal_data:
        return "none"
    if person.scopes is not None:
        needed = _SCOPES[permission]
        if needed is None or not needed <= person.scopes:
            return "none"
    reach = RIGHTS[permission][person.role]
    return "none" if reach == "own" and not person.functions else reach


def may(person: Person | None, permission: Permission, *, function: str | None = None) -> bool:
    """Tell whether a person may do something.

    Parameters
    ----------
    function : str, optional
        The function that the thing belongs to. Without one the question is about the whole company, which the
        owner of a function may not: name the function, or ask `functions_of` what to show.
    """
    reach = reach_of(person, permission)
    return reach == "all" or (reach == "own" and person is not None and function in person.functions)


def functions_of(person: Person | None, permission: Permission) -> tuple[str, ...] | None:
    """Return the functions that a person's permission is limited to; None when it is limited to none."""
    reach = reach_of(person, permission)
    if reach == "all":
        return None
    return person.functions if reach == "own" and person is not None else ()


def require(person: Person | None, permission: Permission, *, function: str | None = None) -> None:
    """Raise `AccessDenied` unless a person may do something."""
    if not may(person, permission, function=function):
        raise AccessDenied(
            what="This is not allowed.",
            got=f"role {person.role}" if person else "nobody signed in",
            expected=f"the permission {permission!r}" + (f" for the function {function!r}" if function else ""),
            fix="ask an administrator for the role or the right",
        )
