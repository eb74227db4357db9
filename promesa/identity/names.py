"""Names of persons made comparable: words in full, and which of them are given names and which surnames."""

from __future__ import annotations

from functools import cache

from promesa.identity.folding import blanked, folded, one_letter_over, word_set, word_table, words_of
from promesa.identity.given_names import ALSO_SURNAMES, ENGLISH, GIVEN
from promesa.identity.nicknames import ABBREVIATIONS, FREQUENT_SURNAMES, NICKNAMES

MOST_WORDS = 6  # words of a name beyond these are left out
PARTICLES = word_set("de del la las los el da do dos das e y i van von der den d")
TITLES = word_set(
    "sr sra srta sres don dona dna dr dra ing lic licda arq abg prof profa mr mrs ms miss mtro mtra eng exmo exma"
    " vda viuda"
)
# A name made of nothing but these is nobody's.
NOBODY = word_set(
    "test tests testing teste prueba pruebas cliente clientes customer client consumidor final sin sem nombre nome name"
    " apellido apellidos no not none null nan na nn aplica registra disponible available tiene informa informado nao"
    " desconocido desconocida unknown anonimo anonima anonymous ninguno ninguna usuario usuaria user invitado invitada"
    " guest demo sistema system publico general en mostrador venta contado generico generica varios dato datos first"
    " last surname given pendiente asdf asdfg qwerty xx xxx xxxx borrar eliminar duplicado fulano mengano"
    " zutano"
)
_SURNAME, _OTHER, _ALSO_SURNAME, _GIVEN, _ENGLISH = -1, 0, 1, 2, 3


@cache
def lexicon() -> dict[str, tuple[str, int, bool]]:
    """Return, of each known word, its full form, what kind of name it is, and whether it is nobody's."""
    kinds = dict.fromkeys(FREQUENT_SURNAMES, _SURNAME)
    kinds |= dict.fromkeys(GIVEN, _GIVEN)
    kinds |= dict.fromkeys(ALSO_SURNAMES, _ALSO_SURNAME)
    kinds |= dict.fromkeys(ENGLISH, _ENGLISH)
    words = {word: (word, kind, False) for word, kind in kinds.items()}
    words |= {word: (full, kinds[full.split()[0]], False) for word, full in NICKNAMES.items()}
    words |= {word: (full, _SURNAME, False) for word, full in ABBREVIATIONS.items()}
    words |= {"jr": ("junior", _OTHER, False)}
    return words | {word: (word, _OTHER, True) for word in NOBODY}


@cache
def lexicon_table() -> str:
    """Return SQL of the lexicon as a table: word, form, kind, nobody."""
    return word_table("word, form, kind, nobody", lexicon())


def add_name(relation: str, *, raw: str, lexicon_at: str) -> str:
    """Return a relation with the name's parts added.

    Parameters
    ----------
    relation : str
        SQL that can stand after FROM.
    raw : str
        Its column with the name as it was written.
    lexicon_at : str
        Table that holds `lexicon_table`.

    Returns
    -------
    str
        SQL that can stand after FROM: the relation with name, given, given_2, surname, surname_2, name_known and
        why_name (why the name was left out; null where it was not, or where there was none).
    """
    return _parts(_cut(_looked_up(_words(relation, raw), raw, lexicon_at)))


def _words(relation: str, raw: str) -> str:
    """Part the name into words: of a name with a comma, the given names first and a comma after them."""
    named = blanked(folded(relation, raw=raw, into="_name"), text="_name", keep=",", drop="'0123456789")
    right, left = "split_part(_name, ',', 2)", "concat_ws(' ', split_part(_name, ',', 1), split_part(_name, ',', 3))"
    listed = words_of(
        f"CASE WHEN contains(_name, ',') THEN concat({right}, ' , ', {left}) ELSE _name END", without=PARTICLES | TITLES
    )
    parted = f"(SELECT *, {listed} AS _marked FROM {named})"
    # A title after the comma ("Pérez Gómez, Ing.") leaves no given name, yet the surname does not stand alone.
    apart = (
        f"CASE WHEN contains(_name, ',') AND (_marked[1] <> ',' OR trim({right}) = '')"
        " THEN list_position(_marked, ',') - 1 END"
    )
    clean = "CASE WHEN contains(_name, ',') THEN list_filter(_marked, lambda word: word <> ',') ELSE _marked END"
    cut = f"(SELECT *, {apart} AS _apart, {clean} AS _words FROM {parted})"
    each = ", ".join(f"_words[{n}] AS _w{n}" for n in range(1, MOST_WORDS + 1))
    size = f"least(coalesce(len(_words), 0), {MOST_WORDS}) AS _n"
    return f"(SELECT * EXCLUDE (_name, _marked, _words), {size}, {each} FROM {cut})"


def _looked_up(relation: str, raw: str, lexicon_at: str) -> str:
    """Look each word up: its form, and whether it is a given name. An initial counts as one."""
    places = range(1, MOST_WORDS + 1)
    joins = " ".join(f"LEFT JOIN {lexicon_at} AS l{n} ON l{n}.word = r._w{n}" for n in places)
    forms = ", ".join(f"coalesce(l{n}.form, r._w{n})" for n in places)
    kinds = ", ".join(
        f"coalesce(l{n}.kind, CASE WHEN length(r._w{n}) = 1 THEN {_GIVEN} ELSE {_OTHER} END)" for n in places
    )
    nobody = " AND ".join(f"(r._w{n} IS NULL OR coalesce(l{n}.nobody, false))" for n in places)
    letters = " AND ".join(f"(r._w{n} IS NULL OR length(r._w{n}) = 1)" for n in places)
    gone = ", ".join(f"_w{n}" for n in places)
    reason = (
        f"CASE WHEN nullif(trim(r.{raw}), '') IS NULL THEN NULL WHEN r._n = 0 THEN 'placeholder'"
        f" WHEN r._w1 = 'n' AND r._w2 = 'a' AND r._n = 2 THEN 'placeholder'"
        f" WHEN {letters} THEN 'one letter' WHEN {nobody} THEN 'placeholder'"
        f" WHEN r._n = 1 AND {one_letter_over('r._w1')} THEN 'placeholder' END"
    )
    listed = f"[{forms}][1:r._n] AS _forms, [{kinds}][1:r._n] AS _kinds"
    return f"(SELECT r.* EXCLUDE ({gone}), {listed}, {reason} AS why_name FROM {relation} AS r {joins})"


def _cut(relation: str) -> str:
    """Tell how many words are given names, and whether they stand at the end."""
    run = _run([f"_kinds[{n}]" for n in range(1, MOST_WORDS + 1)], first=f"_kinds[1] > {_OTHER}")
    tail = _run([f"_kinds[_n - {n}]" for n in range(3)], first=f"_kinds[_n] = {_GIVEN}")
    backwards = f"CASE WHEN _kinds[1] <= {_OTHER} AND _n > 1 THEN {tail} ELSE 0 END"
    counted = f"(SELECT *, {run} AS _run, {backwards} AS _tail FROM {relation})"
    # Four words are two given names and two surnames, unless the second is a surname: García de la Torre López.
    one_given = f"_kinds[2] = {_SURNAME}"
    given_first = (
        "CASE WHEN _n = 2 AND _run = 2 AND length(_forms[2]) > 1 THEN 2 WHEN _n = 2 THEN 1"
        f" WHEN _kinds[1] = {_ENGLISH} THEN _n - 1"
        " WHEN _run = _n THEN CASE WHEN _n = 3 THEN 2 ELSE _n - 2 END"
        f" WHEN _n = 3 OR _run > 1 OR {one_given} THEN _run ELSE 2 END"
    )
    k = (
        "CASE WHEN _apart IS NOT NULL THEN least(_apart, _n)"
        f" WHEN _n = 1 THEN CASE WHEN _kinds[1] > {_OTHER} THEN 1 ELSE 0 END"
        f" WHEN _run > 0 THEN {given_first}"
        " WHEN _tail > 0 THEN least(_tail, _n - 1)"
        f" WHEN _n <= 3 OR (_kinds[1] = {_OTHER} AND {one_given}) THEN 1 ELSE 2 END"
    )
    known = "CASE WHEN _apart IS NOT NULL THEN 'comma' WHEN _run + _tail > 0 THEN 'lexicon' ELSE 'guess' END"
    last = "_apart IS NULL AND _run = 0 AND _tail > 0"
    return f"(SELECT * EXCLUDE (_run, _tail), {k} AS _k, {known} AS _known, {last} AS _last FROM {counted})"


def _run(kinds: list[str], *, first: str) -> str:
    """Return SQL of how many words in a row are given names; from the second on, only those seldom surnames."""
    steps = " ".join(f"WHEN {kind} IS DISTINCT FROM {_GIVEN} THEN {n}" for n, kind in enumerate(kinds[1:], start=1))
    return f"CASE WHEN ({first}) IS NOT TRUE THEN 0 {steps} ELSE {len(kinds)} END"


def _parts(relation: str) -> str:
    """Write the parts, each null where there is none."""
    given = "CASE WHEN _last THEN _forms[_n - _k + 1:] ELSE _forms[1:_k] END"
    family = "CASE WHEN _last THEN _forms[1:_n - _k] ELSE _forms[_k + 1:] END"
    ordered = "array_to_string(list_sort(string_split(array_to_string(_forms, ' '), ' ')), ' ')"
    listed = (
        f"(SELECT * EXCLUDE (_forms, _kinds, _k, _apart, _last), array_to_string({given}, ' ') AS _given,"
        f" {family} AS _family, {ordered} AS _all"
        f" FROM {relation})"
    )
    parts = {
        "name": "_all",
        "given": "split_part(_given, ' ', 1)",
        "given_2": "CASE WHEN contains(_given, ' ') THEN substr(_given, instr(_given, ' ') + 1) END",
        "surname": "_family[1]",
        "surname_2": "array_to_string(_family[2:], ' ')",
        "name_known": "_known",
    }
    shown = ", ".join(
        f"CASE WHEN why_name IS NULL AND _n > 0 THEN nullif({value}, '') END AS {name}" for name, value in parts.items()
    )
    return f"(SELECT * EXCLUDE (_given, _family, _all, _known, _n), {shown} FROM {listed})"
