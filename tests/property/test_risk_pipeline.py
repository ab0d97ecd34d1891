"""In any world: all gates answer, the worst wins, bad worlds refuse risk, and exits stay possible (D2, D3)."""

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.model.enums import (
    AccountKind,
    OrderClass,
    OrderSide,
    Origin,
    Outcome,
    Profile,
    TradingState,
)
from qe_dashboard.model.known import Known
from qe_dashboard.model.reports import Identity
from qe_dashboard.risk.context import Proposal, RateUse, RiskContext
from qe_dashboard.risk.pipeline import assess
from qe_dashboard.risk.table import GATES
from qe_dashboard.risk.verdict import UNREADABLE
from support.risk_world import (
    ACCOUNT,
    NAN,
    NOW,
    QUOTE,
    UNKNOWN,
    context,
    held,
    limits,
    order,
    past,
    proposal,
    spec,
    working,
)

NUMBERS = st.sampled_from([Decimal(0), Decimal(-1), NAN, Decimal(5), Decimal(1000)])
RATES = st.builds(RateUse, st.integers(-1, 70), st.just(1.0))

WORLDS = st.fixed_dictionaries(
    {},
    optional={
        "profile": st.sampled_from(Profile),
        "identity": st.sampled_from([None, *(Identity(ACCOUNT, kind) for kind in AccountKind)]),
        "trading_state": st.sampled_from(TradingState),
        "order_link_up": st.booleans(),
        "data_link_up": st.booleans(),
        "upstream_up": st.sampled_from([None, True, False]),
        "journal_error": st.sampled_from([None, "disk full"]),
        "quote": st.sampled_from([None, QUOTE, replace(QUOTE, ask=None), replace(QUOTE, bid=NAN)]),
        "position": st.one_of(st.just(UNKNOWN), st.integers(-9, 9).map(held), st.just(held(NAN))),
        "open_orders": st.sampled_from(
            [UNKNOWN, working(), working(order(spec(OrderSide.SELL, 3, limit="100"))), working(order(spec()))]
        ),
        "recent": st.sampled_from([(), (past(spec(quantity=5), age=1),)]),
        "minute_rate": RATES,
        "symbol_rate": RATES,
        "account_currency": st.sampled_from([None, "USD", "EUR"]),
        "net_liquidation": st.sampled_from([UNKNOWN, *(Known(each, NOW) for each in (NAN, Decimal(10**6)))]),
        "feed_is_simulated": st.booleans(),
        "limits": st.builds(
            limits,
            max_order_qty_stock=st.one_of(st.none(), NUMBERS),
            max_order_notional_stock=st.one_of(st.none(), NUMBERS),
            max_order_notional_pct_nlv=st.one_of(st.none(), NUMBERS),
            duplicate_window_s=st.one_of(st.none(), NUMBERS),
            max_orders_per_minute=st.sampled_from([None, 0, 1, 60]),
            allow_short=st.booleans(),
            allow_list=st.sampled_from([(), ("AAPL",), ("MSFT",)]),
        ),
    },
)
PROPOSALS = st.builds(
    lambda side, quantity, limit, stop, origin: proposal(
        spec(side, quantity, limit=limit, stop=stop), origin=origin
    ),
    st.sampled_from(OrderSide),
    st.integers(1, 12),
    st.sampled_from([None, "100", "100.001", "0"]),
    st.sampled_from([None, "95"]),
    st.sampled_from(Origin),
)


@given(PROPOSALS, WORLDS)
def test_every_gate_answers_and_the_worst_wins(asked: Proposal, world: dict[str, Any]) -> None:
    found = assess(asked, context(**world))
    assert [each.gate for each in found.verdicts] == [each.name for each in GATES]
    assert found.outcome.rank == max(each.outcome.rank for each in found.verdicts)
    assert all(each.code != "Q-GATE-ERROR" for each in found.verdicts)
    for each in found.verdicts:
        shown = (each.text, each.measured, each.limit, each.unit, each.scope, each.source)
        assert not any(UNREADABLE in text for text in shown)


@st.composite
def exits(draw: st.DrawFn) -> tuple[Proposal, RiskContext]:
    """Draw an order that only closes, in a world where anything else may be wrong."""
    size = draw(st.integers(1, 12))
    ctx = replace(context(**draw(WORLDS)), position=held(size), open_orders=working())
    terms = spec(OrderSide.SELL, draw(st.integers(1, size)), limit=draw(st.sampled_from([None, "100"])))
    return proposal(terms, origin=draw(st.sampled_from(Origin))), ctx


@given(exits())
def test_what_lowers_risk_is_refused_by_the_gates_of_d2_only(drawn: tuple[Proposal, RiskContext]) -> None:
    found = assess(*drawn)
    assert found.order_class is OrderClass.REDUCE
    assert found.asks == ()
    binding = {each.name for each in GATES if OrderClass.REDUCE in each.binds}
    assert {each.gate for each in found.denials} <= binding


FAULTS: list[dict[str, Any]] = [
    {"identity": None},
    {"order_link_up": False},
    {"data_link_up": False},
    {"upstream_up": False},
    {"upstream_up": None},
    {"journal_error": "disk full"},
    {"trading_state": TradingState.REDUCING},
    {"trading_state": TradingState.HALTED},
    {"position": UNKNOWN},
    {"position": held(NAN)},
    {"open_orders": UNKNOWN},
    {"feed_is_simulated": True},
]


@given(PROPOSALS, WORLDS, st.sampled_from(FAULTS))
def test_one_fault_is_enough_to_refuse_risk(
    asked: Proposal, world: dict[str, Any], fault: dict[str, Any]
) -> None:
    ctx = context(**(world | fault))
    found = assess(asked, replace(ctx, profile=Profile.IBKR_PAPER))
    if found.order_class is OrderClass.ADD:
        assert found.outcome is Outcome.DENY


@given(PROPOSALS, WORLDS)
def test_nobody_but_a_person_is_ever_asked(asked: Proposal, world: dict[str, Any]) -> None:
    found = assess(replace(asked, origin=Origin.STRATEGY), context(**world))
    assert found.asks == ()


@given(PROPOSALS, st.lists(st.sampled_from([field.name for field in fields(RiskContext)]), min_size=1))
def test_garbage_makes_verdicts_not_exceptions(asked: Proposal, names: list[str]) -> None:
    garbage: dict[str, Any] = {name: object() for name in names}
    assert len(assess(asked, context(**garbage)).verdicts) >= len(GATES)
