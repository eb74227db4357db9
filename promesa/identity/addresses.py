"""Addresses made comparable: words in full, numbers apart, and the postcode where it is clear."""

from __future__ import annotations

from promesa.engine import literal
from promesa.identity.folding import NOTHING, among, folded, is_ascii, word_set

# Words of streets and of places within a building, each with the ways in which it is written. Words of two languages
# for the same thing become one: all that matters is that one address reads the same however it was typed.
_WORDS = """
calle: c cl cll clle
carrera: k kr kra cr cra crr carr
avenida: av avda ave avd avenue
diagonal: dg diag
transversal: tv trv transv trans travesia travessa
circular: circ
plaza: pza plz pl place praca pca
paseo: pso po pseo
camino: cno cmno
carretera: ctra crta
autopista: aut autop
bulevar: blvd boulevard bvar bvd
calzada: calz czda
ronda: rda
glorieta: gta
rua: r
largo: lg lgo
estrada: estr
rodovia: rod
street: st str
road: rd
drive: drv
lane: ln
court: ct crt
crescent: cres crescente
highway: hwy
square: sq
terrace: tce
apartamento: apto apt ap apart apartment dpto depto dto departamento flat
piso: ps pis floor andar
interior: int
torre: tr to
bloque: blq bl bloco block
edificio: ed edf edif
urbanizacion: urb
conjunto: conj cj
barrio: brr bairro
manzana: mz mza mzn
lote: lt
kilometro: km kms
colonia: col
escalera: esc escda
puerta: pta
izquierda: izq izda izqda
derecha: dcha dcho der derecho
bajo: bj bajos
oficina: of ofic ofi office
local: loc lc
casa: cs
esquina: esq
sala: sl
"""
_DROPPED = word_set(
    "de del la las los el da do das dos y e en no n num numero nro nr numeral number cp codigo postal cep zip"
)
_NOBODY = NOTHING | frozenset({
    "sin direccion", "s n", "direccion", "domicilio", "sem endereco", "address", "no address", "conocido",
    "domicilio conocido", "calle", "test", "prueba", "xxxxx",
})  # fmt: skip


def full_words() -> dict[str, str]:
    """Return each short form of a word of addresses and the word it stands for."""
    lines = (line.split(":") for line in _WORDS.split("\n") if line)
    return {short: full.strip() for full, shorts in lines for short in shorts.split()}


def add_address(relation: str, *, raw: str) -> str:
    """Return a relation with the address made comparable.

    Parameters
    ----------
    relation : str
        SQL that can stand after FROM.
    raw : str
        Its column with the address as it was written.

    Returns
    -------
    str
        SQL that can stand after FROM: the relation with address, address_numbers (without the postcode), postcode and
        why_address.
    """
    # 3º B is 3 B: the marks of ordinals go.
    bare = f"CASE WHEN {is_ascii(raw)} THEN {raw} ELSE translate({raw}, 'ºª°', '   ') END"
    unmarked = f"(SELECT *, {bare} AS _bare FROM {relation})"
    plain, any_script = "[a-z]+|[0-9]+", "\\pL+|\\pN+"
    pieces = (
        f"CASE WHEN {is_ascii('_plain')} THEN regexp_extract_all(_plain, '{plain}')"
        f" ELSE regexp_extract_all(_plain, '{any_script}') END"
    )
    parted = (
        f"(SELECT * EXCLUDE (_bare, _plain), {pieces} AS _pieces FROM {folded(unmarked, raw='_bare', into='_plain')})"
    )
    kept = f"list_filter(_pieces, lambda word: NOT {among('word', _DROPPED)})"
    worded = (
        f"(SELECT * EXCLUDE (_pieces), list_transform({kept}, lambda word: {_full('word')}) AS _words FROM {parted})"
    )
    numbers = "list_filter(_words, lambda word: word BETWEEN '0' AND '9~')"
    read = f"(SELECT *, {numbers} AS _numbers, array_to_string(_words, ' ') AS _text FROM {worded})"
    read = f"(SELECT *, list_filter(_numbers, lambda word: length(word) IN (5, 6)) AS _long FROM {read})"
    reason = (
        f"CASE WHEN {raw} IS NULL THEN NULL WHEN length(_text) < 4 OR {among('_text', _NOBODY)} THEN 'placeholder' END"
    )
    coded = f"(SELECT *, {_postcode()} AS _code, {reason} AS why_address FROM {read})"
    used = "why_address IS NULL"
    return (
        "(SELECT * EXCLUDE (_words, _numbers, _long, _text, _code),"
        f" CASE WHEN {used} THEN nullif(_text, '') END AS address,"
        f" CASE WHEN {used} THEN nullif(array_to_string(CASE WHEN _code IS NULL THEN _numbers"
        " ELSE list_filter(_numbers, lambda word: word <> _code) END, ' '), '') END AS address_numbers,"
        f" CASE WHEN {used} THEN _code END AS postcode FROM {coded})"
    )


def _full(word: str) -> str:
    """Return SQL of a word in full; by its length first, so that few words are compared with many."""
    full = full_words()
    cases = " ".join(
        f"WHEN {size} THEN CASE {word} "
        + " ".join(f"WHEN {literal(short)} THEN {literal(full[short])}" for short in full if len(short) == size)
        + f" ELSE {word} END"
        for size in sorted({len(short) for short in full})
    )
    return f"CASE WHEN {word} < 'a' THEN {word} ELSE CASE length({word}) {cases} ELSE {word} END END"


def _postcode() -> str:
    """Tell the postcode: the only number of five or six digits, or four digits at the end beside another number.

    A number that the address begins with is a house's.
    """
    last = "_numbers[-1]"
    closing = (
        f"CASE WHEN len(_numbers) > 1 AND length({last}) = 4 AND list_position(_words, {last}) > 1"
        f" AND _words[list_position(_words, {last}) - 1] NOT BETWEEN '0' AND '9~' THEN {last} END"
    )
    return (
        f"CASE WHEN len(_numbers) = 0 THEN NULL WHEN len(_long) = 1 AND _words[1] <> _long[1] THEN _long[1]"
        f" WHEN len(_long) = 0 THEN {closing} END"
    )
