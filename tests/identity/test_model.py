"""The model: the same from the same records, what Splink reads, what a pair is worth, and nobody's data in the file."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from promesa.engine import Embedded
from promesa.errors import StoreDamaged
from promesa.identity.blocking import pairs
from promesa.identity.kept_model import fits, read_model, write_model
from promesa.identity.keys import select_parts
from promesa.identity.scoring import score
from promesa.identity.training import train
from promesa.workspace import IdentitySettings

from .linkage import MODEL, write_company, write_records


@pytest.fixture(scope="module")
def company():
    with Embedded(threads=2) as engine:
        write_company(engine, 4_000, seed=7)
        yield engine


@pytest.fixture(scope="module")
def link_model(company):
    return train(company, "records", model=MODEL, seed=3)


def test_the_same_records_give_the_same_model_in_any_order_and_with_any_threads(company, link_model):
    company.run("CREATE OR REPLACE TEMP TABLE turned AS SELECT * FROM records ORDER BY hash(customer + 5)")
    company.run("SET threads = 1")
    again = train(company, "turned", model=MODEL, seed=3)
    company.run("SET threads = 2")
    assert again == link_model
    assert again.fingerprint == link_model.fingerprint


def test_another_seed_takes_another_sample(company, link_model):
    assert train(company, "records", model=MODEL, seed=4).settings != link_model.settings


def test_a_kept_model_comes_back_whole(tmp_path, link_model):
    file = tmp_path / "identity" / "model.json"
    assert read_model(file) is None
    write_model(file, link_model)
    assert read_model(file) == link_model
    assert [path.name for path in file.parent.iterdir()] == ["model.json"]


def test_a_changed_or_broken_file_is_not_a_model(tmp_path, link_model):
    file = tmp_path / "model.json"
    write_model(file, link_model)
    content = json.loads(file.read_text())
    file.write_text(json.dumps(content | {"relatives_per_match": 0.5}))
    with pytest.raises(StoreDamaged):
        read_model(file)
    file.write_text(file.read_text()[:100])
    with pytest.raises(StoreDamaged):
        read_model(file)


def test_the_kept_file_names_nobody(tmp_path, company, link_model):
    file = tmp_path / "model.json"
    write_model(file, link_model)
    kept = set(json.loads(json.dumps([list(values) for values in link_model.common.values()], ensure_ascii=False))[0])
    assert kept
    for column, values in link_model.common.items():
        for value in values:
            held = company.value(f"SELECT count(*) FROM records WHERE CAST({column} AS VARCHAR) = ?", [value])
            assert int(str(held)) >= 50
    text = file.read_text(encoding="utf-8")
    for column in ("email", "document", "phone", "address"):
        rare = company.run(f"SELECT {column} FROM records WHERE {column} IS NOT NULL GROUP BY 1 HAVING count(*) < 50")
        assert not [value for (value,) in rare if f'"{value}"' in text]


def test_a_model_fits_what_the_workspace_compares(link_model):
    assert fits(link_model, MODEL)
    assert not fits(link_model, replace(MODEL, identity=IdentitySettings(compare=())))
    assert not fits(link_model, replace(MODEL, identity=IdentitySettings(compare=("city", "region"))))
    assert not fits(replace(link_model, version=0), MODEL)


def test_splink_reads_the_kept_settings_and_gives_the_same_weights(company, link_model):
    from splink import Linker
    from splink.backends.duckdb import DuckDBAPI

    pairs(company, select_parts(MODEL, "records"), new=None, into="candidates", model=MODEL)
    company.run("CREATE OR REPLACE TEMP TABLE few AS SELECT * FROM candidates ORDER BY low, high LIMIT 20000")
    score(company, "records", "few", link_model=link_model, into="ours", at_least=0.0)
    company.run("CREATE OR REPLACE TABLE for_splink AS SELECT * FROM records")
    api = DuckDBAPI(connection=company.connection)
    settings = json.loads(json.dumps(link_model.settings)) | {"blocking_rules_to_generate_predictions": ["1=1"]}
    linker = Linker(api.register("for_splink"), settings, log_level=None)
    for column, shares in link_model.common.items():
        rows = [{column: value, f"tf_{column}": share} for value, share in shares.items()]
        linker.table_management.register_term_frequency_lookup(api.register(rows), column)
    company.run(
        "CREATE OR REPLACE TABLE blocked AS SELECT low AS join_key_l, high AS join_key_r, '0' AS match_key FROM few"
    )
    linker.table_management.register_blocked_pairs_for_predict(api.register("blocked"))
    predicted = linker.inference.predict().physical_name
    [(both, apart)] = company.run(
        f"SELECT count(*), max(abs(s.match_weight - o.match_weight)) FROM {predicted} AS s "
        "JOIN ours AS o ON o.low = s.customer_l AND o.high = s.customer_r"
    )
    assert both == company.value("SELECT count(*) FROM few")
    assert float(str(apart)) < 1e-6


def test_a_pair_is_worth_the_same_alone(company, link_model):
    pairs(company, select_parts(MODEL, "records"), new=None, into="candidates", model=MODEL)
    score(company, "records", "candidates", link_model=link_model, into="all_scored", at_least=0.0)
    for low, high, probability, agreed in company.run(
        "FROM (SELECT low, high, probability, agreed FROM all_scored) USING SAMPLE 5"
    ):
        company.run(f"CREATE OR REPLACE TEMP TABLE two AS SELECT * FROM records WHERE customer IN ({low}, {high})")
        company.run(f"CREATE OR REPLACE TEMP TABLE one_pair AS SELECT {low}::BIGINT AS low, {high}::BIGINT AS high")
        score(company, "two", "one_pair", link_model=link_model, into="alone", at_least=0.0)
        assert company.run("SELECT probability, agreed FROM alone") == [(probability, agreed)]


def test_only_pairs_likely_enough_are_kept(company, link_model):
    pairs(company, select_parts(MODEL, "records"), new=None, into="candidates", model=MODEL)
    score(company, "records", "candidates", link_model=link_model, into="likely", at_least=0.6)
    assert float(str(company.value("SELECT min(probability) FROM likely"))) >= 0.6


@pytest.mark.parametrize("at_least", [0.05, 0.5, 0.97])
def test_what_short_values_rule_out_would_not_have_been_kept(company, link_model, at_least):
    pairs(company, select_parts(MODEL, "records"), new=None, into="candidates", model=MODEL)
    score(company, "records", "candidates", link_model=link_model, into="in_full", at_least=0.0)
    score(company, "records", "candidates", link_model=link_model, into="likely", at_least=at_least)
    kept = company.run(f"FROM in_full WHERE probability >= {at_least} ORDER BY low, high")
    assert kept == company.run("FROM likely ORDER BY low, high")
    assert 0 < len(kept) < int(str(company.value("SELECT count(*) FROM in_full")))


PERSON = {
    "given": "maria", "given_2": "jose", "surname": "garcia", "surname_2": "ospina", "email": "mj.go77@correo.example",
    "email_user": "mj.go77", "phone": "+573001234567", "document": "52123456", "birth_date": date(1980, 4, 9),
    "address": "carrera 7 120 41", "address_numbers": "7 120 41", "trait_city": "bogota",
}  # fmt: skip
HOME = {key: PERSON[key] for key in ("surname", "phone", "address", "address_numbers", "trait_city")}


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        pytest.param(PERSON, PERSON, "link", id="all the same"),
        pytest.param(
            PERSON, PERSON | {"surname": "ospina", "surname_2": "garcia", "email": None}, "link", id="surnames swapped"
        ),
        pytest.param(
            PERSON,
            PERSON | {"birth_date": date(1980, 9, 4), "phone": "+573009999999"},
            "link",
            id="day and month swapped",
        ),
        pytest.param(
            PERSON,
            PERSON | {"given": "garcia", "surname": "maria", "given_2": None, "surname_2": None},
            "link",
            id="name turned round",
        ),
        pytest.param(
            HOME | {"given": "ana", "birth_date": date(1982, 1, 30)},
            HOME | {"given": "luis", "birth_date": date(1979, 12, 2)},
            "apart",
            id="a household",
        ),
        pytest.param(
            HOME | {"given": "ana", "surname_2": "mora", "birth_date": date(2001, 5, 14)},
            HOME | {"given": "laura", "surname_2": "mora", "birth_date": date(2001, 5, 14)},
            "not linked",
            id="twins",
        ),
        pytest.param(
            HOME | {"given": "luis", "birth_date": date(1950, 3, 3)},
            HOME | {"given": "luis", "birth_date": date(1983, 10, 21)},
            "not linked",
            id="father and son of one name",
        ),
        pytest.param({"phone": "+573001234567"}, {"phone": "+573001234567"}, "not linked", id="nothing but a phone"),
        pytest.param(
            {"given": "luis", "surname": "garcia", "birth_date": date(1970, 1, 2), "document": "1234567"},
            {"given": "luis", "surname": "garcia", "birth_date": date(1991, 7, 28), "document": "7733991"},
            "apart",
            id="namesakes",
        ),
    ],
)
def test_what_pairs_are_worth(company, link_model, one, two, expected):
    write_records(company, [{"customer": 1, **one}, {"customer": 2, **two}], into="two")
    company.run("CREATE OR REPLACE TEMP TABLE one_pair AS SELECT 1::BIGINT AS low, 2::BIGINT AS high")
    score(company, "two", "one_pair", link_model=link_model, into="worth", at_least=0.0)
    probability = float(str(company.value("SELECT probability FROM worth")))
    settings = IdentitySettings()
    if expected == "link":
        assert probability >= settings.link_from
    else:
        assert probability < (settings.review_from if expected == "apart" else settings.link_from)


def test_agreement_is_said_in_words(company, link_model):
    other = PERSON | {
        "surname": "ospina",
        "surname_2": "garcia",
        "phone": "+573001234576",
        "birth_date": date(1980, 9, 4),
        "email": None,
    }
    write_records(company, [{"customer": 1, **PERSON}, {"customer": 2, **other}], into="two")
    company.run("CREATE OR REPLACE TEMP TABLE one_pair AS SELECT 1::BIGINT AS low, 2::BIGINT AS high")
    score(company, "two", "one_pair", link_model=link_model, into="worth", at_least=0.0)
    agreed = json.loads(str(company.value("SELECT agreed FROM worth")))
    assert agreed["surname"] == "swapped"
    assert agreed["birth_date"] == "swapped"
    assert agreed["phone"] == "close"
    assert agreed["document"] == "same"
    assert agreed["email"] == "unknown"
    assert set(agreed.values()) <= {"same", "close", "swapped", "partly", "differs", "unknown"}
