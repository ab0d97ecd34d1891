"""Plain values and how they are written."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qe_dashboard.settings.values import NotionalLimit, flattened, key_text, toml_text

words = st.text(st.characters(blacklist_categories=["Cs"]), max_size=8)
plain = st.recursive(
    st.booleans() | st.integers(-(2**60), 2**60) | words | st.decimals(-(10**9), 10**9, places=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


@given(plain)
@example({"\x7f": "\x7f"})
def test_a_value_written_as_toml_reads_back_the_same(value: Any) -> None:
    assert tomllib.loads(f"value = {toml_text(value)}", parse_float=Decimal)["value"] == value


@given(st.lists(words.filter(lambda word: word != ""), min_size=1, max_size=3))
def test_a_key_written_as_toml_reads_back_the_same(path: list[str]) -> None:
    assert flattened(tomllib.loads(f"{key_text(path)} = 1")) == {tuple(path): 1}


def test_positions_in_lists_are_in_brackets() -> None:
    assert key_text(("watchlist", "symbols", 2)) == "watchlist.symbols[2]"


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("min(25000, 10%)", NotionalLimit(Decimal(25000), Decimal(10))),
        (" MIN( 0.5 ,2.25 % NLV ) ", NotionalLimit(Decimal("0.5"), Decimal("2.25"))),
        ("min(25000)", None),
        ("max(25000, 10%)", None),
        ("min(-1, 10%)", None),
        ("min(1e3, 10%)", None),
    ],
)
def test_the_form_of_a_cash_limit(text: str, limit: NotionalLimit | None) -> None:
    assert NotionalLimit.parse(text) == limit


def test_a_cash_limit_is_written_as_it_is_read() -> None:
    limit = NotionalLimit(Decimal(25000), Decimal("2.5"))
    assert toml_text(limit) == '"min(25000, 2.5%)"'
    assert NotionalLimit.parse(str(limit)) == limit
    assert toml_text(NotionalLimit(Decimal("1E+3"))) == "1000"


numbers = st.integers(1, 50).map(Decimal)
limits = st.builds(NotionalLimit, numbers, st.none() | numbers)


@given(limits, limits)
def test_allows_more_agrees_with_trying_every_account(one: NotionalLimit, other: NotionalLimit) -> None:
    def bound(limit: NotionalLimit, nlv: Decimal) -> Decimal:
        return limit.amount if limit.pct_nlv is None else min(limit.amount, nlv * limit.pct_nlv / 100)

    # From an account in which any share binds to one in which none does.
    accounts = [Decimal(1), Decimal(100), Decimal(10**6)]
    assert one.allows_more_than(other) == any(bound(one, nlv) > bound(other, nlv) for nlv in accounts)
