"""Where options come from: defaults, a file, the environment, keyword arguments."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

import neuralgraph
from neuralgraph.api.settings import settings_of, size_of
from neuralgraph.config import OPTION_FACTS

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "neuralgraph.toml"
    path.write_text('[storage]\ndurability = "normal"\nhistory = "30d"\n[query]\ntimeout_s = 30\n')
    return path


def test_each_place_overrides_the_ones_before(file):
    environment = {"NEURALGRAPH__STORAGE__HISTORY": "12h", "NEURALGRAPH__QUERY__TIMEOUT_S": "5.5"}
    found = settings_of({"query_timeout_s": 1}, file, environment)
    options = found.options
    assert (options.durability, options.history, options.query_timeout_s) == ("normal", "12h", 1)
    assert options.checkpoint_changes == OPTION_FACTS["checkpoint_changes"].default
    assert found.sources == {
        "durability": str(file),
        "history": "NEURALGRAPH__STORAGE__HISTORY",
        "query_timeout_s": "argument",
    }


def test_the_environment_says_every_kind_of_value():
    environment = {
        "NEURALGRAPH__STORAGE__READ_ONLY": "yes",
        "neuralgraph__query__memory_bytes_max": "512MB",
        "NEURALGRAPH__QUERY__IMPORT_FOLDERS": "/a:/b",
        "NEURALGRAPH__STORAGE__CHECKPOINT_CHANGES": "1_000",
        "NEURALGRAPH__QUERY__TIMEOUT_S": "none",
    }
    options = settings_of({}, None, environment).options
    assert options.read_only is True
    assert options.query_memory_bytes_max == 512 << 20
    assert options.import_folders == ("/a", "/b")
    assert options.checkpoint_changes == 1_000
    assert options.query_timeout_s is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[storag]\n", r"there is no section \[storag\]; did you mean \[storage\]\?"),
        (
            "[storage]\ndurabilty = 'full'\n",
            "no setting storage.durabilty; did you mean storage.dur",
        ),
        ("[query]\nquery_timeout_s = 1\n", "did you mean query.timeout_s"),
        ("durability = 'full'\n", r"write durability below \[storage\]"),
        ("[storage]\ndurability = 'never'\n", "storage.durability is 'full' or 'normal' or 'off'"),
        ("[storage]\nhistory = '3 weeks'\n", "storage.history is 'forever'"),
        ("[storage]\ncheckpoint_changes = '7'\n", "an integer, at least 1, not '7'"),
        ("[storage\n", "is no TOML"),
    ],
)
def test_a_file_that_cannot_be_meant(tmp_path, text, message):
    path = tmp_path / "neuralgraph.toml"
    path.write_text(text)
    with pytest.raises(neuralgraph.OptionError, match=message):
        neuralgraph.open(settings=path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(neuralgraph.OptionError, match="cannot read the settings file"):
        neuralgraph.open(settings=tmp_path / "nothing.toml")


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("NEURALGRAPH__STORAGE__DURABILTY", "off", "did you mean NEURALGRAPH__STORAGE__DURABILITY"),
        ("NEURALGRAPH__QUERY__TIMEOUT_S", "soon", "TIMEOUT_S is seconds, at least 0"),
        ("NEURALGRAPH__STORAGE__READ_ONLY", "perhaps", "READ_ONLY is True or False"),
    ],
)
def test_a_variable_that_cannot_be_meant(monkeypatch, variable, text, message):
    monkeypatch.setenv(variable, text)
    with pytest.raises(neuralgraph.OptionError, match=message):
        neuralgraph.open()


def test_show_settings_says_what_is_in_force_and_where_it_comes_from(file):
    with neuralgraph.open(settings=file, busy_timeout_s=1.5) as graph:
        rows = {row["name"]: row for row in graph.execute("SHOW SETTINGS")}
        assert len(rows) == len(OPTION_FACTS)
        assert rows["storage.busy_timeout_s"]["value"] == "1.5"
        assert rows["storage.busy_timeout_s"]["source"] == "argument"
        assert rows["query.timeout_s"]["source"] == str(file)
        shown = graph.execute(
            "SHOW SETTINGS 'query.timeout_s' YIELD value, defaultValue, isExplicitlySet, option"
        ).single()
        assert tuple(shown) == ("30", "none", True, "query_timeout_s")
        listed = graph.execute("CALL dbms.listConfig('durab') YIELD name, value RETURN name, value")
        assert [tuple(row) for row in listed] == [("storage.durability", "normal")]


@pytest.mark.parametrize(
    ("text", "size"),
    [("1", 1), ("64MB", 64 << 20), ("2 GiB", 2 << 30), ("1.5k", 1_536), ("-1", None), ("MB", None)],
)
def test_sizes_in_words(text, size):
    assert size_of(text) == size


def test_every_option_is_described_and_no_two_have_one_key():
    assert len({facts.path for facts in OPTION_FACTS.values()}) == len(OPTION_FACTS)
    assert all(len(facts.text) > 10 for facts in OPTION_FACTS.values())


def test_the_page_is_in_step():
    script = runpy.run_path(str(ROOT / "scripts" / "settings"))
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert script["rewritten"](text) == text
