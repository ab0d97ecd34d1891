"""A verdict keeps raw values and becomes words when read; words that fail never take the verdict with them."""

import ast
import string
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qe_dashboard.model.enums import Outcome, TradingState
from qe_dashboard.risk import gates
from qe_dashboard.risk.numbers import words
from qe_dashboard.risk.pipeline import assess
from qe_dashboard.risk.verdict import NAMES, UNREADABLE, Rule, Verdict
from support.risk_world import context, limits, proposal

RULE = Rule("probe", "Q-PROBE", unit="{sizes}", scope="account {account}", key="allow_list")
NOBODY: Any = None


class Unwritable:
    """A value that nothing can write."""

    def __str__(self) -> str:
        raise OSError("no words")

    __format__ = None  # type: ignore[assignment]  # formatting it fails as well


def deny(text: str = "said", **values: Any) -> Verdict:
    return RULE.deny(proposal(), context(), text, **({"measured": None, "limit": None} | values))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "unknown"),
        (Decimal("1E+3"), "1000"),
        (Decimal("2.50"), "2.5"),
        (7, "7"),
        (TradingState.HALTED, "HALTED"),
        (("BUY", Decimal(10)), "BUY 10"),
        ([("limit", Decimal("1.0")), ("stop", 2)], "limit 1, stop 2"),
        ([], ""),
    ],
)
def test_values_read_as_words(value: Any, text: str) -> None:
    assert words(value) == text


def test_a_text_names_its_values_the_order_and_the_world() -> None:
    verdict = deny(
        "{account} {side} {label} {measured}/{limit} {unit} {what}",
        measured=Decimal("1.50"),
        limit=2,
        args={"what": 3},
    )
    assert verdict.text == "DU1234567 BUY AAPL 1.5/2 shares 3"
    assert (verdict.unit, verdict.scope) == ("shares", "account DU1234567")


def test_the_source_is_where_the_key_was_set() -> None:
    placed = context(limits=limits(source={"allow_list": "settings.toml:31"}))
    assert RULE.allow(proposal(), placed, "said", measured=1, limit=1).source == "settings.toml:31"
    assert replace(RULE, key="").allow(proposal(), placed, "said", measured=1, limit=1).source == "built in"


@pytest.mark.parametrize("words_of_broker", ["{account}", "{0.__class__}", "{", "}", "%s {label!r}"])
def test_what_a_broker_said_is_never_a_template(words_of_broker: str) -> None:
    found = assess(
        proposal(), context(journal_error=words_of_broker, link_words=words_of_broker, order_link_up=False)
    )
    texts = {each.gate: each.text for each in found.denials}
    assert texts["journal"] == f"The journal cannot be written: {words_of_broker}"
    assert f"down ({words_of_broker})" in texts["order_link"]


@pytest.mark.parametrize(
    "broken",
    [
        deny("{nobody_knows_this}"),
        deny("{measured", measured=1),
        deny("{what}", args={"what": Unwritable()}),
        deny("{label}")._replace(proposal=NOBODY),
    ],
)
def test_a_denial_whose_words_fail_is_still_a_denial_that_can_be_read(broken: Verdict) -> None:
    assert broken.outcome is Outcome.DENY
    assert broken.code == "Q-PROBE"
    assert broken.text.startswith(f"Q-PROBE: {broken.template} [numbers unreadable: ")


def test_figures_that_fail_say_so() -> None:
    broken = deny(measured=Unwritable(), limit=(1, Unwritable()))._replace(proposal=NOBODY, ctx=NOBODY)
    shown = (broken.measured, broken.limit, broken.unit, broken.scope, broken.source)
    assert shown == (UNREADABLE,) * 5
    assert broken.text == "said"


# Texts are literals whose names exist: a text built from data could be steered by it, a wrong name is found only here.


def _texts(tree: ast.Module) -> Iterator[tuple[ast.expr, ast.Call]]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            if call.func.attr in ("allow", "warn", "ask", "deny"):
                yield call.args[2], call
            elif call.func.attr == "but":
                yield call.args[1], call


def _modules() -> list[Path]:
    folder = Path(next(iter(gates.__path__)))
    return [*sorted(folder.glob("[a-z]*.py")), folder.parent / "pipeline.py"]


@pytest.mark.parametrize("path", _modules(), ids=lambda path: path.stem)
def test_texts_of_gates_are_literals_whose_names_exist(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    keys = {
        key.value
        for each in ast.walk(tree)
        if isinstance(each, ast.Dict)
        for key in each.keys
        if isinstance(key, ast.Constant)
    }
    texts = list(_texts(tree))
    assert texts
    for text, call in texts:
        assert isinstance(text, ast.Constant), f"{path.name}:{call.lineno} is no literal"
        assert isinstance(text.value, str)
        named = {name for _, name, _, _ in string.Formatter().parse(text.value) if name is not None}
        assert named <= keys | set(NAMES), f"{path.name}:{call.lineno}"
