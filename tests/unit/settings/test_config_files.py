"""The shipped files say what the schema says: every key, its default, its unit, its range."""

from __future__ import annotations

from pathlib import Path

import pytest

from qe_dashboard.settings.advice import advice
from qe_dashboard.settings.fields import leaves
from qe_dashboard.settings.load import Sources, load
from qe_dashboard.settings.locate import line_numbers
from qe_dashboard.settings.paths import shipped_config_dir
from qe_dashboard.settings.problems import parse_toml
from qe_dashboard.settings.reference import default_toml, manual_rows
from qe_dashboard.settings.schema import Settings
from qe_dashboard.settings.values import flattened

EXAMPLES = {"paper.example.toml": "paper", "live.example.toml": "live"}


def text_of(name: str) -> str:
    return (shipped_config_dir() / name).read_text(encoding="utf-8")


def test_default_toml_is_written_from_the_schema() -> None:
    """When this fails, write `reference.default_toml()` into config/default.toml."""
    assert text_of("default.toml") == default_toml()


def test_default_toml_alone_gives_the_schemas_defaults() -> None:
    assert Settings.model_validate(parse_toml(text_of("default.toml"), "default.toml")) == Settings()


def test_default_toml_has_every_key_and_no_other() -> None:
    written = set(flattened(parse_toml(text_of("default.toml"), "default.toml")))
    assert written == {leaf.path for leaf in leaves() if not leaf.is_optional}


@pytest.mark.parametrize(
    "leaf", [leaf for leaf in leaves() if not leaf.is_optional], ids=lambda leaf: leaf.key
)
def test_each_key_of_default_toml_stands_under_its_description_and_range(leaf: object) -> None:
    text = text_of("default.toml")
    row = next(row for row in manual_rows() if row[0] == getattr(leaf, "key"))  # noqa: B009
    line = line_numbers(text)[getattr(leaf, "path")]  # noqa: B009
    above = text.split("\n")[: line - 1]
    comment = " ".join(words.removeprefix("# ") for words in above[len(above) - 6 :]).lower()
    assert row[4].lower() in comment
    assert row[3].lower() in comment


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_is_valid_as_it_is(name: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text_of(name))
    loaded = load(Sources(file))
    assert loaded.settings.broker == f"ibkr-{EXAMPLES[name]}"
    assert advice(loaded.settings) == ()


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_has_every_key_of_its_profile(name: str) -> None:
    kind = EXAMPLES[name]
    written = set(flattened(parse_toml(text_of(name), name)))
    tables = {("connection", f"ibkr-{kind}"), ("limits", kind)}
    expected = {leaf.path for leaf in leaves() if leaf.path[:2] in tables and not leaf.is_optional}
    assert expected <= written


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_shows_the_shipped_values(name: str, tmp_path: Path) -> None:
    """Copying an example changes the profile and, on live, names symbols; every limit stays as shipped."""
    file = tmp_path / "settings.toml"
    file.write_text(text_of(name))
    settings, shipped = load(Sources(file)).settings, Settings()
    assert settings.connection == shipped.connection
    assert settings.limits.paper == shipped.limits.paper
    assert settings.limits.live.model_copy(update={"allow_list": ()}) == shipped.limits.live


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_key_of_an_example_has_a_comment_above(name: str) -> None:
    text = text_of(name)
    lines = text.split("\n")
    for where, line in line_numbers(text).items():
        is_setting = (
            len(where) == 3 and where[0] in ("connection", "limits") and not lines[line - 1].startswith("[")
        )
        if is_setting:
            block = "\n".join(lines[:line]).rpartition("\n\n")[2]
            assert block.lstrip().startswith(("#", "[")), f"{name}:{line}"
            assert "# " in block, f"{name}:{line}"
