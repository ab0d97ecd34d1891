"""Every gate runs, the worst answer wins, a broken gate refuses (D2, D3). One test per cell of gate x class."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from qe_dashboard.model.enums import OrderClass, OrderSide, Origin, Outcome, TradingState
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.risk.context import Proposal, RateUse, RiskContext
from qe_dashboard.risk.gate import Gate
from qe_dashboard.risk.matrix import REFUSES, cell, to_markdown
from qe_dashboard.risk.pipeline import GATE_ERROR, assess, verdict_of
from qe_dashboard.risk.table import GATES
from qe_dashboard.risk.verdict import Rule, Verdict
from support.risk_world import (
    MNQ,
    UNKNOWN,
    context,
    gate,
    held,
    limits,
    live,
    order,
    past,
    proposal,
    spec,
    working,
)

BUY, SELL = OrderSide.BUY, OrderSide.SELL
ADD, REDUCE, LOWER = OrderClass.ADD, OrderClass.REDUCE, OrderClass.LOWER_RISK_MODIFY

# One violation per gate.
VIOLATIONS: dict[str, tuple[Proposal, RiskContext]] = {
    "account_profile": (proposal(), context(identity=None)),
    "trading_state": (proposal(), context(trading_state=TradingState.HALTED)),
    "order_link": (proposal(), context(order_link_up=False)),
    "upstream": (proposal(), context(upstream_up=None)),
    "data_link": (proposal(), context(data_link_up=False)),
    "journal": (proposal(), context(journal_error="disk full")),
    "feed": (proposal(), context(feed_is_simulated=True)),
    "allow_list": (proposal(), context(limits=limits(allow_list=("MSFT",)))),
    "tick_lot": (proposal(spec(limit="100.001")), context()),
    "quantity": (proposal(spec(quantity=1001, limit="1")), context()),
    "notional": (proposal(spec(quantity=1000, limit="1000")), context()),
    "order_book": (proposal(), context(open_orders=UNKNOWN)),
    "position_book": (proposal(spec(SELL, 11)), context(position=held(10))),
    "uncertain": (
        proposal(spec(SELL, 5)),
        context(
            position=held(10),
            open_orders=working(order(spec(SELL, 5), status=OrderStatus.UNCERTAIN, order_class=REDUCE)),
        ),
    ),
    "short_sale": (proposal(spec(SELL, 5)), context(limits=limits(allow_short=False))),
    "self_trade": (
        proposal(spec(SELL, 5, limit="99")),
        live(position=held(10), open_orders=working(order(spec(BUY, 5, limit="99")))),
    ),
    "duplicate": (proposal(), context(recent=(past(proposal().spec, age=1),))),
    "order_rate": (proposal(), context(minute_rate=RateUse(60, 1.0))),
    "symbol_rate": (proposal(), context(symbol_rate=RateUse(10, 1.0))),
}

# The classes of decision D2, written down a second time on purpose: the table must not drift from it.
BINDS_WHAT_LOWERS_RISK = {
    "account_profile",
    "order_link",
    "upstream",
    "journal",
    "feed",
    "tick_lot",
    "position_book",
    "uncertain",
    "self_trade",
}


def test_every_gate_has_a_violation() -> None:
    assert list(VIOLATIONS) == [each.name for each in GATES]


@pytest.mark.parametrize("name", VIOLATIONS)
def test_add_is_refused(name: str) -> None:
    wanted = Outcome.ASK if name == "duplicate" else Outcome.DENY
    assert verdict_of(gate(name), *VIOLATIONS[name], order_class=ADD).outcome is wanted


@pytest.mark.parametrize("name", VIOLATIONS)
def test_reduce_is_refused_only_by_what_d2_names(name: str) -> None:
    wanted = Outcome.DENY if name in BINDS_WHAT_LOWERS_RISK else Outcome.WARN
    assert verdict_of(gate(name), *VIOLATIONS[name], order_class=REDUCE).outcome is wanted


@pytest.mark.parametrize("name", VIOLATIONS)
def test_a_lower_risk_change_is_refused_only_by_what_d2_names(name: str) -> None:
    # A working order may be made smaller also when it is still more than held.
    binds = name in BINDS_WHAT_LOWERS_RISK - {"position_book"}
    wanted = Outcome.DENY if binds else Outcome.WARN
    assert verdict_of(gate(name), *VIOLATIONS[name], order_class=LOWER).outcome is wanted


@pytest.mark.parametrize("order_class", OrderClass)
@pytest.mark.parametrize("name", VIOLATIONS)
def test_the_printed_matrix_says_what_happens(name: str, order_class: OrderClass) -> None:
    outcome = verdict_of(gate(name), *VIOLATIONS[name], order_class=order_class).outcome
    assert (cell(gate(name), order_class) == REFUSES) is (outcome.rank > Outcome.WARN.rank)


def test_the_matrix_lists_every_gate_in_order() -> None:
    lines = to_markdown().splitlines()
    assert lines[0] == "| gate | looks at | ADD | REDUCE | LOWER-RISK MODIFY |"
    assert [line.split("`")[1] for line in lines[2:]] == [each.name for each in GATES]


@pytest.mark.parametrize("name", VIOLATIONS)
@pytest.mark.parametrize("order_class", OrderClass)
def test_every_verdict_carries_its_numbers(name: str, order_class: OrderClass) -> None:
    asked, ctx = VIOLATIONS[name]
    for world in (ctx, context()):
        verdict = verdict_of(gate(name), asked, world, order_class=order_class)
        assert verdict.gate == name
        assert verdict.code.startswith("Q-")
        shown = (verdict.text, verdict.measured, verdict.limit, verdict.unit, verdict.scope, verdict.source)
        assert "" not in shown


def test_all_is_well() -> None:
    found = assess(proposal(), context())
    assert found.outcome is Outcome.ALLOW
    assert found.order_class is ADD
    assert [each.gate for each in found.verdicts] == [each.name for each in GATES]
    assert {each.outcome for each in found.verdicts} == {Outcome.ALLOW}
    assert found.class_words == "there is no position to reduce"


def test_all_gates_run_after_a_denial() -> None:
    found = assess(proposal(), context(order_link_up=False, symbol_rate=RateUse(10, 1.0)))
    assert [each.gate for each in found.denials] == ["order_link", "symbol_rate"]
    assert len(found.verdicts) == len(GATES)
    assert found.outcome is Outcome.DENY


# Real orders of the two classes that lower risk, in the worlds that refuse ADD for reasons of their own.
HELD: dict[str, Any] = {"position": held(10)}


@pytest.mark.parametrize(
    "trouble",
    [
        {"trading_state": TradingState.HALTED},
        {"trading_state": TradingState.REDUCING},
        {"data_link_up": False},
        {"limits": limits(allow_list=("MSFT",))},
        {"limits": limits(max_order_qty_stock=1)},
        {"account_currency": None},
        {"limits": limits(allow_short=False)},
        {"recent": (past(spec(SELL, 10), age=0),)},
        {"minute_rate": RateUse(60, 1.0), "symbol_rate": RateUse(10, 1.0)},
    ],
    ids=lambda trouble: "+".join(trouble),
)
def test_closing_a_position_passes_with_warnings(trouble: dict[str, Any]) -> None:
    found = assess(proposal(spec(SELL, 10)), context(**(HELD | trouble)))
    assert found.order_class is REDUCE
    assert found.outcome in (Outcome.WARN, Outcome.ALLOW)


@pytest.mark.parametrize("state", [TradingState.HALTED, TradingState.REDUCING])
@pytest.mark.parametrize("origin", Origin)
def test_nobody_adds_while_halted_or_reducing(state: TradingState, origin: Origin) -> None:
    found = assess(proposal(origin=origin), context(trading_state=state, trading_reason="loss"))
    assert [each.gate for each in found.denials] == ["trading_state"]
    assert "loss" in found.denials[0].text


def test_a_smaller_entry_passes_while_halted_and_blind() -> None:
    old = order(spec(BUY, 10, limit="100"))
    world = context(
        trading_state=TradingState.HALTED,
        position=UNKNOWN,
        open_orders=UNKNOWN,
        limits=limits(allow_short=False),
    )
    found = assess(proposal(spec(BUY, 5, limit="100"), replaces=old), world)
    assert found.order_class is LOWER
    assert found.outcome is Outcome.WARN


@pytest.mark.parametrize(
    ("origin", "outcome"),
    [(Origin.MANUAL, Outcome.ASK), (Origin.STRATEGY, Outcome.DENY), (Origin.FLATTEN, Outcome.DENY)],
)
def test_asking_is_refusing_when_nobody_answers(origin: Origin, outcome: Outcome) -> None:
    crowded = context(position=held(10), open_orders=working(order(spec(SELL, 10, stop="95"))))
    found = assess(proposal(spec(SELL, 10), origin=origin), crowded)
    assert found.outcome is outcome
    assert found.asks == (("Q-POSITION-EXITS",) if outcome is Outcome.ASK else ())


def _raises(_: Proposal, __: RiskContext, ___: OrderClass) -> Verdict:
    raise ZeroDivisionError("by nothing")


def _says(outcome: str) -> Callable[[Proposal, RiskContext, OrderClass], Verdict]:
    rule = Rule("probe", "Q-PROBE", unit="x", scope="y")
    return lambda asked, ctx, _: getattr(rule, outcome)(asked, ctx, "said", measured=1, limit=0)


def test_a_gate_that_raises_refuses_and_says_which() -> None:
    gates = (replace(gate("quantity"), check=_raises), gate("notional"))
    found = assess(proposal(), context(), gates=gates)
    assert found.outcome is Outcome.DENY
    assert found.verdicts[0].code == GATE_ERROR
    assert "`quantity`" in found.verdicts[0].text
    assert "ZeroDivisionError: by nothing" in found.verdicts[0].text
    assert found.verdicts[1].outcome is Outcome.ALLOW


@pytest.mark.parametrize(("name", "outcome"), [("quantity", Outcome.WARN), ("tick_lot", Outcome.DENY)])
def test_a_broken_gate_stops_an_exit_only_where_d2_lets_it(name: str, outcome: Outcome) -> None:
    gates = (replace(gate(name), check=_raises),)
    found = assess(proposal(spec(SELL, 10)), context(position=held(10)), gates=gates)
    assert (found.order_class, found.outcome) == (REDUCE, outcome)


def test_an_order_that_cannot_be_classed_is_refused() -> None:
    broken: Any = None
    found = assess(proposal(spec(SELL, 10)), replace(context(), position=broken))
    assert found.outcome is Outcome.DENY
    assert found.verdicts[0].gate == "classify"
    assert found.verdicts[0].code == GATE_ERROR
    assert found.order_class is ADD


@pytest.mark.parametrize(
    ("said", "outcome"),
    [("allow", Outcome.ALLOW), ("warn", Outcome.WARN), ("ask", Outcome.ASK), ("deny", Outcome.DENY)],
)
def test_the_worst_answer_wins(said: str, outcome: Outcome) -> None:
    probe = Gate("probe", _says(said), frozenset(OrderClass), "x")
    quiet = Gate("quiet", _says("allow"), frozenset(OrderClass), "x")
    assert assess(proposal(), context(), gates=(quiet, probe, quiet)).outcome is outcome


def test_without_gates_nothing_passes() -> None:
    assert assess(proposal(), context(), gates=()).outcome is Outcome.DENY


def test_a_proposal_must_agree_with_itself() -> None:
    with pytest.raises(ValueError, match="comes with"):
        replace(proposal(), instrument=MNQ)
    with pytest.raises(ValueError, match="cannot change"):
        proposal(spec(SELL, 5), replaces=order(spec(BUY, 5)))
