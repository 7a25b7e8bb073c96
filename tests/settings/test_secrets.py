"""A password that is given in any way, a wrong one among them, is shown nowhere: in no representation, error,
traceback, log, listing of settings or status."""

from __future__ import annotations

import json
import traceback

import pytest

import hybrid
from hybrid import Corpus, Settings
from hybrid.errors import HybridError
from hybrid.settings import sources

CANARY = "c4nary-w0rd"
TABLES = {
    "before the @": {"catalog": f"postgresql://ann:{CANARY}@127.0.0.1:1/db"},
    "with an @ in it": {"catalog": f"postgresql://ann:{CANARY}@@127.0.0.1:1/db"},
    "after a user with an @": {"catalog": f"postgresql://ann@mill:{CANARY}@127.0.0.1:1/db"},
    "in the query": {"catalog": f"postgresql://ann@127.0.0.1:1/db?password={CANARY}&sslmode=disable"},
    "last in the query": {"catalog": f"postgresql://ann@127.0.0.1:1/db?sslmode=disable&password={CANARY}"},
    "of the key": {"catalog": f"postgresql://ann@127.0.0.1:1/db?sslpassword={CANARY}"},
    "in libpq's other form": {"catalog": f"host=127.0.0.1 user=ann password='{CANARY} x' dbname=db"},
    "of another database": {"catalog": f"mysql://ann:{CANARY}@127.0.0.1:1/db"},
    "apart": {"catalog": "postgresql://ann@127.0.0.1:1/db", "catalog_password": CANARY},
    "misspelled": {"catalog_passwrod": CANARY},
    "misspelled otherwise": {"catalog_pasword": CANARY},
    "by another name": {"pw": CANARY},
    "a table too deep": {"catalog": {"password": CANARY}},
}


def told(act) -> str:
    """All that calling says, or its error with its traceback."""
    try:
        found = act()
        return f"{found!r}\n{found}"
    except HybridError as error:
        return f"{error!r}\n{error}\n" + "".join(traceback.format_exception(error))


@pytest.mark.parametrize("stores", TABLES.values(), ids=TABLES)
def test_a_password_is_shown_nowhere_however_it_is_given(tmp_path, monkeypatch, caplog, stores):
    caplog.set_level("DEBUG")
    given = {"memory": {"enabled": False}, "stores": stores}
    file = tmp_path / "settings.toml"
    lines = (f"{key} = {json.dumps(value)}" for key, value in stores.items() if isinstance(value, str))
    file.write_text("\n".join(["[stores]", *lines]))
    said = [
        told(lambda: Settings.model_validate(given)),
        told(lambda: Settings(**given)),
        told(lambda: Settings.model_validate(given).model_dump_json()),
        told(lambda: Settings.model_validate({**stores})),
        told(lambda: sources.from_file(file)),
        told(lambda: sources.resolve(Settings, [sources.from_file(file)])),
        told(lambda: Corpus.open(tmp_path / "of-a-dict", given)),
        told(lambda: Corpus.open(tmp_path / "of-a-file", file)),
        told(lambda: sources.as_toml(hybrid._open.explained(None, file))),
    ]
    for key, value in stores.items():
        deeper = value if isinstance(value, dict) else {"": value}
        for name, one in deeper.items():
            monkeypatch.setenv(f"HYBRID_STORES__{key}{f'__{name}' * bool(name)}".upper(), one)
    said += [
        told(lambda: sources.from_environment(Settings)),
        told(lambda: sources.resolve(Settings, [sources.from_environment(Settings)])),
        told(lambda: Corpus.open(tmp_path / "of-the-environment")),
        told(lambda: sources.as_toml(hybrid._open.explained(None, None))),
    ]
    assert CANARY not in "\n".join(said) + caplog.text


def test_a_password_in_the_query_is_the_password():
    settings = Settings(stores={"catalog": "postgresql://u@h/d?schema=a&password=s%26t&sslmode=require"})
    assert settings.stores.catalog == "postgresql://u@h/d?schema=a&sslmode=require"
    assert settings.stores.catalog_password.get_secret_value() == "s&t"
