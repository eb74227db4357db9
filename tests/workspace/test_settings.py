"""Mistakes in promesa.toml: each is told with its key, what was expected and the nearest known name."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("old", "new", "key", "told"),
    [
        ('name = "Café Ñandú"\n', "", "company.name", "missing"),
        ('currency = "COP"', "", "company.currency", "missing"),
        ('currency = "COP"', 'currency = "cop"', "company.currency", "'COP'"),
        ('currency = "COP"', 'currency = "COPE"', "company.currency", "did you mean"),
        ('currency = "COP"', 'curency = "COP"\ncurrency = "COP"', "company.curency", "did you mean 'currency'?"),
        ("America/Bogota", "America/Bogata", "company.time_zone", "did you mean 'America/Bogota'?"),
        ("America/Bogota", "../etc/passwd", "company.time_zone", "IANA"),
        ('name = "Café Ñandú"', "name = 3", "company.name", "a text in quotes"),
        ('name = "Café Ñandú"', 'name = " "', "company.name", "not empty"),
        ("[company]\n", '[company]\nlocale = "fr"\n', "company.locale", "es or en"),
        ("[company]\n", '[company]\nlocale = "español"\n', "company.locale", "es or en"),
        ("[company]", '[engine]\nurl = "duckdbb"\n[company]', "engine.url", "did you mean 'duckdb'?"),
        ("[company]", '[engine]\nurl = "snowflake://x"\n[company]', "engine.url", "spark://"),
        ("[company]", '[engine]\nmemory_limit = "much"\n[company]', "engine.memory_limit", "8GiB"),
        ("[company]", "[engine]\nthreads = 0\n[company]", "engine.threads", "1 or more"),
        ("[company]", "[engine]\nthreads = true\n[company]", "engine.threads", "a whole number"),
        ("[company]", '[store]\npath = "s3://bucket/x"\n[company]', "store.path", "a folder"),
        ("[company]", "[analysis]\nconfidence_level = 95\n[company]", "analysis.confidence_level", "0.95"),
        ("[company]", "[analysis]\nconfidence_level = 1\n[company]", "analysis.confidence_level", "less than 1"),
        ("[company]", "[analysis]\nmin_group = 2.5\n[company]", "analysis.min_group", "a whole number"),
        ("[company]", '[analysis]\nas_of = "30/06/2026"\n[company]', "analysis.as_of", "2026-06-30"),
        ("[company]", "[analisis]\nmin_group = 3\n[company]", "analisis", "did you mean 'analysis'?"),
        ("[company]", "engine = 'duckdb'\n[company]", "engine", "a table"),
        ('path = "data/pedidos.csv"', "", "sources.pedidos", "neither path nor url"),
        ('path = "data/', 'url = "sqlite:///x"\nquery = "t"\npath = "data/', "sources.pedidos", "both path and url"),
        ('path = "data/pedidos.csv"', 'url = "mysql://h/x"\nquery = "t"', "sources.pedidos.url", "postgresql://"),
        ('path = "data/pedidos.csv"', 'url = "postgresql://h/x"', "sources.pedidos.query", "missing"),
        ('path = "data/', 'query = "t"\npath = "data/', "sources.pedidos.query", "a source that is files"),
        ('path = "data/', 'format = "cvs"\npath = "data/', "sources.pedidos.format", "did you mean 'csv'?"),
        ('path = "data/', 'delimiter = ";;"\npath = "data/', "sources.pedidos.delimiter", "one character"),
        ('path = "data/', 'encoding = "utf-9"\npath = "data/', "sources.pedidos.encoding", "did you mean 'utf-8'?"),
        ('path = "data/', 'decimal = ";"\npath = "data/', "sources.pedidos.decimal", "., ,"),
        ('path = "data/', 'dates = "dd/mm/yyyy"\npath = "data/', "sources.pedidos.dates", "%d/%m/%Y"),
        ('path = "data/', 'time_zone = "Bogota"\npath = "data/', "sources.pedidos.time_zone", "America/Bogota"),
        ('path = "data/', 'types = { a = "texto" }\npath = "data/', "sources.pedidos.types", "did you mean 'text'?"),
        ('path = "data/', 'columns = ["a", "a"]\npath = "data/', "sources.pedidos.columns", "each text once"),
        ('path = "data/', 'sheet = 2\npath = "data/', "sources.pedidos.sheet", "put it in quotes"),
        ('path = "data/', 'null_words = [1]\npath = "data/', "sources.pedidos.null_words", "list of texts"),
        ('path = "data/', 'new_files_only = "yes"\npath = "data/', "sources.pedidos.new_files_only", "true or false"),
        ('path = "data/', 'format = "sav"\nheader = true\npath = "data/', "sources.pedidos.header", "format sav"),
        ("[company]", '[sources.Pedidos]\npath = "x.csv"\n[company]', "sources.Pedidos", "'pedidos'"),
        ("[company]", '[sources.order]\npath = "x.csv"\n[company]', "sources.order", "word of SQL"),
        ("[company]", '[sources]\nclientes = "x.csv"\n[company]', "sources.clientes", "a table"),
    ],
)
def test_each_mistake_names_its_key_and_its_cure(draft, old, new, key, told):
    draft.replace("promesa.toml", old, new)
    mistake = draft.only_mistake()
    assert (mistake.file, mistake.key) == ("promesa.toml", key)
    assert told in f"{mistake.what} | {mistake.got} | {mistake.expected} | {mistake.fix}"


def test_a_database_takes_no_keys_of_files(draft):
    draft.replace("promesa.toml", 'path = "data/pedidos.csv"', 'url = "sqlite:///x.db"\nquery = "t"\ndelimiter = ";"')
    assert draft.only_mistake().key == "sources.pedidos.delimiter"


def test_messages_show_no_password(draft):
    draft.replace("promesa.toml", 'path = "data/pedidos.csv"', 'url = "mysql://ana:secreta@h/x"\nquery = "t"')
    mistake = draft.only_mistake()
    assert "mysql://ana:***@h/x" in mistake.got
    assert "secreta" not in repr(mistake)
