import pytest
from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.ui.commands.completion import Candidate, Known, Surroundings, complete, usage_of
from qe_dashboard.ui.commands.parse import parse
from qe_dashboard.ui.commands.table import COMMANDS

AROUND = Surroundings(
    symbols=(Known("AAPL", "Apple 233.33"), Known("AMZN", "Amazon"), Known("MNQ", "lead month")),
    positions=(Known("AAPL", "100 held"), Known("MNQ Dec26", "2 held")),
    orders=(Known("17", "BUY 100 AAPL LMT 230.00 WORKING"), Known("18", "SELL 2 MNQ Dec26 STP 20 990")),
    order_symbols=(Known("AAPL", "1 order"),),
)


def words(line: str) -> list[str]:
    return [candidate.word for candidate in complete(line, AROUND)]


def test_an_empty_line_offers_every_verb_and_symbol_with_descriptions() -> None:
    offered = complete("", AROUND)
    assert [candidate.word for candidate in offered][: len(COMMANDS)] == [spec.word for spec in COMMANDS]
    assert {"AAPL", "AMZN", "MNQ", "MNQ Dec26"} <= {candidate.word for candidate in offered}
    assert all(candidate.description for candidate in offered)


def test_a_candidate_is_the_whole_line() -> None:
    assert complete("/buy aa", AROUND) == (Candidate("/buy AAPL", "AAPL", "Apple 233.33"),)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("re", ["resume", "reconnect", "reconcile"]),
        ("AM", ["AMZN"]),
        ("buy ", ["AAPL", "AMZN", "MNQ", "MNQ Dec26"]),
        ("sell ", ["AAPL", "MNQ Dec26", "AMZN", "MNQ"]),
        ("buy AAPL ", []),
        ("buy AAPL 100 ", ["@", "mkt", "stp"]),
        ("buy AAPL 100 @ ", []),
        ("buy AAPL 100 @ 5 ", ["tif", "rth"]),
        ("buy AAPL 100 @ 5 tif ", ["day", "gtc", "ioc", "fok"]),
        ("buy AAPL 100 @ 5 tif g", ["gtc"]),
        ("buy AAPL 100 @ 5 tif gtc ", ["rth"]),
        ("buy AAPL 100 @ 5 rth ", ["on", "off"]),
        ("buy AAPL 100 stp 5 ", ["lmt", "tif", "rth"]),
        ("buy AAPL 100 stp 5 lmt 4 ", ["tif", "rth"]),
        ("why ", ["buy", "sell", "short"]),
        ("why buy AAPL 100 ", ["@", "mkt", "stp"]),
        ("close ", ["AAPL", "MNQ Dec26"]),
        ("close AAPL ", ["half"]),
        ("flatten AAPL ", []),
        ("cancel ", ["17", "18", "entries", "mine", "AAPL"]),
        ("cancel 1", ["17", "18"]),
        ("modify ", ["17", "18"]),
        ("modify 17 ", ["@", "qty", "stp"]),
        ("modify 17 qty 5 ", ["@", "stp"]),
        ("modify 17 qty ", []),
        ("watch ", ["add", "rm"]),
        ("watch rm ", ["AAPL", "AMZN", "MNQ"]),
        ("help re", ["resume", "reconnect", "reconcile"]),
        ("resume ", []),
        (
            "AAPL ",
            [
                "buy",
                "sell",
                "short",
                "close",
                "flatten",
                "cancel",
                "accept",
                "main",
                "trade",
                "settings",
                "health",
                "orders",
            ],
        ),
        ("AAPL fl", ["flatten"]),
    ],
)
def test_what_can_follow(line: str, expected: list[str]) -> None:
    assert words(line) == expected


def test_the_escape_stays() -> None:
    assert complete("=aa", AROUND)[0].line == "=AAPL"


def test_an_order_number_is_described_by_its_sentence() -> None:
    assert complete("cancel 17", AROUND)[0].description == "BUY 100 AAPL LMT 230.00 WORKING"


def test_usage_names_the_grammar_of_the_verb() -> None:
    assert usage_of("/cancel ").startswith("cancel N|SYM|entries|mine · ")
    assert usage_of("nonsense") == ""
    assert usage_of("") == ""


@given(st.text(max_size=60))
def test_completion_keeps_what_was_typed(line: str) -> None:
    for candidate in complete(line, AROUND):
        typed = line.rstrip() if not line.endswith(tuple(" \t")) else line
        finished = typed.rsplit(maxsplit=1)[0] if len(typed.split()) > 1 and typed == line else ""
        assert candidate.line.startswith(finished)


def test_completed_verbs_are_verbs() -> None:
    for candidate in complete("q", AROUND):
        parse(candidate.line)
