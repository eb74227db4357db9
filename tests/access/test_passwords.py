"""Passwords: length and a list, no patterns; and the key that seals what must be read again."""

from __future__ import annotations

import pytest

from promesa.access import AccessKey, access_key
from promesa.access.passwords import hash_password, password_fits, refuse_weak
from promesa.errors import AccessError, PasswordRefused


@pytest.mark.parametrize(
    "password",
    [
        "corta",
        "once letras",
        "x" * 257,
        "password1234",
        "Contraseña2024",
        "contrasena1234",
        "qwertyuiop12",
        "123456789012",
        "aaaaaaaaaaaa",
        "abababababab",
        "abcdefghijkl",
        "correcthorsebatterystaple",
        "Correct Horse Battery Staple",
        "anamaria1234",
        "ana.maria.99",
        "pérezpérez12",
    ],
)
def test_what_would_be_guessed_is_refused_without_being_repeated(password: str) -> None:
    with pytest.raises(PasswordRefused) as caught:
        refuse_weak(password, email="ana.maria@tienda.example", name="Ana Pérez")
    assert password not in str(caught.value)


@pytest.mark.parametrize(
    "password",
    [
        "cuatro palabras en fila",
        "solo minúsculas y nada más",
        "ñandú ñandú corre lejos",
        "T7#kq9!vZp2m",
        "私の秘密の合言葉は長いです",
    ],
)
def test_no_kinds_of_characters_are_asked_for(password: str) -> None:
    refuse_weak(password, email="ana@tienda.example", name="Ana Pérez")


def test_a_password_fits_however_its_accents_are_written() -> None:
    kept = hash_password("mañana será otro día")
    assert kept.startswith("$argon2id$")
    assert password_fits(kept, "man\u0303ana sera\u0301 otro di\u0301a")
    assert not password_fits(kept, "manana sera otro dia")
    assert not password_fits(None, "nobody has this password")
    assert not password_fits("not a hash", "x")
    assert not password_fits(kept, "x" * 100_000)


def test_what_is_sealed_is_read_by_its_key_alone() -> None:
    key, other = AccessKey(bytes(32)), AccessKey(bytes([1] * 32))
    sealed = key.seal("secreto ñ")
    assert key.open(sealed) == "secreto ñ"
    assert b"secreto" not in sealed
    with pytest.raises(AccessError, match="cannot be read"):
        other.open(sealed)
    assert key.mark("a", "x") == key.mark("a", "x")
    assert len({key.mark("a", "x"), key.mark("b", "x"), key.mark("a", "y"), other.mark("a", "x")}) == 4
    assert repr(key) == "AccessKey()"


def test_the_key_of_a_workspace_is_made_once_for_its_owner_alone(service_workspace) -> None:
    assert access_key(service_workspace) == access_key(service_workspace)
    file = service_workspace.root / ".promesa" / "access.key"
    assert file.stat().st_mode & 0o777 == 0o600
    kept = file.read_text()
    file.write_text("damaged")
    with pytest.raises(AccessError, match="damaged"):
        access_key(service_workspace)
    file.write_text(kept)
