"""The layout's version: newer is refused naming both, older is rewritten step by step (D29)."""

from __future__ import annotations

from typing import Any

import pytest

from qe_dashboard.settings.migrate import MIGRATIONS, Migration, migrated, version_problem
from qe_dashboard.settings.schema import SCHEMA_VERSION


def problem_text(values: dict[str, Any], current: int = 1) -> str:
    return str(version_problem(values, source="settings.toml", line=3, current=current))


def add(key: str) -> Any:
    def change(document: Any) -> None:
        document["done"] = [*document.get("done", []), key]

    return change


STEPS = (Migration(2, "second", add("second")), Migration(1, "first", add("first")))


@pytest.mark.parametrize("values", [{}, {"schema": 1}])
def test_a_file_of_this_layout_or_without_a_version_is_fine(values: dict[str, Any]) -> None:
    assert version_problem(values, source="settings.toml", line=None) is None


def test_newer_layout_names_both() -> None:
    text = problem_text({"schema": 9}, current=4)
    assert text.startswith(
        "settings.toml:3: schema = 9: this file was written for layout 9, this program reads layout 4"
    )


def test_older_layout_names_both_and_the_command() -> None:
    text = problem_text({"schema": 1}, current=2)
    assert "this file has layout 1, this program reads layout 2" in text
    assert "`qe-dashboard settings check --migrate`" in text


@pytest.mark.parametrize(("found", "shown"), [("1", '"1"'), (True, "true"), (0, "0"), (1.0, "1")])
def test_a_version_that_is_none_is_refused(found: object, shown: str) -> None:
    assert problem_text({"schema": found}) == f"settings.toml:3: schema = {shown}: expected 1"


def test_steps_run_in_order_from_the_files_version_and_comments_stay() -> None:
    assert migrated("# mine\nschema = 1 # old\n", STEPS) == (
        '# mine\nschema = 3 # old\ndone = ["first", "second"]\n'
    )
    assert migrated("schema = 2\n", STEPS) == 'schema = 3\ndone = ["second"]\n'


def test_a_file_without_a_version_starts_at_the_first() -> None:
    assert "schema = 3" in migrated("# mine\n", STEPS)


def test_a_current_file_is_not_rewritten() -> None:
    text = "schema   = 3 # as it is\n"
    assert migrated(text, STEPS) == text


def test_the_shipped_steps_lead_to_the_shipped_version_without_a_gap() -> None:
    assert sorted(step.from_version for step in MIGRATIONS) == list(range(1, SCHEMA_VERSION))
