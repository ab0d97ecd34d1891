"""Whatever order evidence comes in, the reducer counts executions once and claims nothing twice (R08, R09)."""

from dataclasses import replace
from decimal import Decimal
from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.core.clock import ManualClock
from qe_dashboard.execution.order_cache import OrderCache
from qe_dashboard.execution.reducer import apply_fill, apply_report, apply_trigger
from qe_dashboard.model.identifiers import ExecId, OrderNumber
from qe_dashboard.model.order import Fill, Order
from qe_dashboard.model.order_status import OrderStatus, Trigger
from qe_dashboard.model.reports import OrderReport, VenueStatus
from support.risk_world import ACCOUNT, NOW, order, spec

QUANTITY = 10
START = replace(order(spec(quantity=QUANTITY, limit="100"), status=OrderStatus.PENDING), perm_id=None)
assert START.key is not None
KEY = START.key

Evidence: TypeAlias = OrderReport | Fill | Trigger


def report(status: VenueStatus, filled: int | None) -> OrderReport:
    return OrderReport(
        key=KEY,
        perm_id=7,
        order_ref=f"QE:{START.intent_id}",
        account=ACCOUNT,
        spec=START.spec,
        status=status,
        filled=None if filled is None else Decimal(filled),
        owner="THIS",
        at=NOW,
    )


def fill(number: int) -> Fill:
    """Build execution `number`: its size is fixed by its number, so that a repeat is an exact repeat."""
    return Fill(
        exec_id=ExecId(f"E{number}"),
        key=KEY,
        perm_id=7,
        order_ref=f"QE:{START.intent_id}",
        account=ACCOUNT,
        instrument_id=START.spec.instrument_id,
        side=START.spec.side,
        quantity=Decimal(number % 4 + 1),
        price=Decimal(100 + number),
        currency="USD",
        at=NOW,
    )


reports = st.builds(report, st.sampled_from(VenueStatus), st.none() | st.integers(0, QUANTITY))
fills = st.builds(fill, st.integers(0, 6))
triggers = st.sampled_from(Trigger)
histories = st.lists(reports | fills | triggers, max_size=30)


def a_cache() -> OrderCache:
    return OrderCache(clock=ManualClock(), on_change=lambda before, after: None)


def step(current: Order, evidence: Evidence) -> Order:
    if isinstance(evidence, OrderReport):
        return apply_report(current, evidence, at=NOW)
    if isinstance(evidence, Fill):
        return apply_fill(current, evidence, at=NOW)
    return apply_trigger(current, evidence, at=NOW)


@given(histories)
def test_filled_is_the_sum_of_distinct_executions_and_never_from_status(history: list[Evidence]) -> None:
    current = START
    for evidence in history:
        current = step(current, evidence)
    distinct = {each.exec_id: each for each in history if isinstance(each, Fill)}
    assert current.filled == sum((each.quantity for each in distinct.values()), Decimal(0))
    assert current.exec_ids == frozenset(distinct)


@given(histories)
def test_more_than_was_ordered_is_a_conflict_until_a_person_asks_to_cancel(history: list[Evidence]) -> None:
    current = START
    for evidence in (each for each in history if each is not Trigger.CANCEL_REQUESTED):
        current = step(current, evidence)
        if current.filled > QUANTITY:
            assert current.status is OrderStatus.CONFLICT


@given(histories)
def test_what_ended_opens_again_only_as_a_conflict(history: list[Evidence]) -> None:
    current = START
    for evidence in history:
        before, current = current, step(current, evidence)
        if before.status.is_closed and before.status not in (OrderStatus.GONE, OrderStatus.REJECTED):
            assert current.status.is_closed or current.status is OrderStatus.CONFLICT


@given(histories)
def test_filled_means_that_executions_prove_it(history: list[Evidence]) -> None:
    told = [each for each in history if each is not Trigger.ALL_FILLED]
    current = START
    for evidence in told:
        current = step(current, evidence)
        if current.status is OrderStatus.FILLED:
            assert current.filled == QUANTITY


@given(st.permutations(range(4)), st.lists(st.integers(0, 3), max_size=8))
def test_the_average_price_does_not_depend_on_order_or_repeats(order_: list[int], repeats: list[int]) -> None:
    current = START
    for number in [*order_, *repeats]:
        current = apply_fill(current, fill(number), at=NOW)
    # 1 @ 100 + 2 @ 101 + 3 @ 102 + 4 @ 103
    assert current.avg_fill_price == Decimal(1020) / 10
    assert current.status is OrderStatus.FILLED


@given(histories)
def test_evidence_before_the_order_counts_as_much_as_after(history: list[Evidence]) -> None:
    executions = [each for each in history if isinstance(each, Fill)]
    early, late = a_cache(), a_cache()
    late.add(START)
    for each in executions:
        early.fill(each)
        late.fill(each)
    early.add(START)
    number = OrderNumber(START.number)
    one, two = early.by_number(number), late.by_number(number)
    assert one is not None
    assert two is not None
    assert (one.filled, one.status, one.exec_ids) == (two.filled, two.status, two.exec_ids)


@given(histories)
def test_words_never_move_an_order(history: list[Evidence]) -> None:
    cache = a_cache()
    cache.add(START)
    for evidence in history:
        if isinstance(evidence, OrderReport):
            cache.report(evidence)
        elif isinstance(evidence, Fill):
            cache.fill(evidence)
        else:
            cache.trigger(START.number, evidence, at=NOW)
        before = cache.orders[START.number]
        cache.note(START.number, "2161: a price cap applies", at=NOW)
        after = cache.orders[START.number]
        assert (after.status, after.filled) == (before.status, before.filled)
