"""Whatever fills in whatever order: what was classed as reducing never grows or turns a position (D1)."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from qe_dashboard.model.enums import OrderClass, OrderSide
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.order import Order, OrderSpec
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.risk.classify import classify, leaves, proposed_quantity
from qe_dashboard.risk.context import Proposal
from support.risk_world import MNQ, NOW, UNKNOWN, context, held, order, proposal, spec, working

SIDES = st.sampled_from(OrderSide)
SIZES = st.integers(1, 12).map(Decimal)
POSITIONS = st.integers(-15, 15).map(Decimal)
OPEN = [each for each in OrderStatus if each.is_open]
PRICES = st.sampled_from([None, "99", "100", "101"])


@st.composite
def terms(draw: st.DrawFn, side: st.SearchStrategy[OrderSide] = SIDES) -> OrderSpec:
    return spec(draw(side), draw(SIZES), limit=draw(PRICES), stop=draw(PRICES))


@st.composite
def orders(draw: st.DrawFn, number: int) -> Order:
    what = draw(terms())
    return order(
        what,
        number=number,
        status=draw(st.sampled_from(OrderStatus)),
        filled=draw(st.integers(0, int(what.quantity))),
        account=AccountId(draw(st.sampled_from(["DU1234567", "DU1234567", "DU9"]))),
    )


@st.composite
def books(draw: st.DrawFn) -> tuple[Order, ...]:
    return tuple(draw(orders(number)) for number in range(draw(st.integers(0, 4))))


def leaving(others: tuple[Order, ...]) -> list[Decimal]:
    """Return what each order of the account may still trade, signed."""
    return [
        leaves(each) * each.spec.side.sign
        for each in others
        if each.is_open and each.account == AccountId("DU1234567")
    ]


def walk(data: st.DataObject, position: Decimal, ours: Decimal, others: list[Decimal]) -> None:
    """Fill everything in pieces, in any order, and hold every fill of ours to the promise."""
    left = [ours, *others]
    for _ in range(60):
        alive = [index for index, quantity in enumerate(left) if quantity != 0]
        if len(alive) == 0:
            return
        index = data.draw(st.sampled_from(alive))
        piece = Decimal(data.draw(st.integers(1, int(abs(left[index])))))
        fill = piece if left[index] > 0 else -piece
        left[index] -= fill
        after = position + fill
        if index == 0:
            assert abs(after) < abs(position)
            assert after * position >= 0
        position = after


@given(st.data(), POSITIONS, terms(), books())
def test_a_reducing_order_only_shrinks_on_any_path(
    data: st.DataObject, position: Decimal, what: OrderSpec, others: tuple[Order, ...]
) -> None:
    asked = proposal(what)
    found = classify(asked, context(position=held(position), open_orders=working(*others)))
    assume(found is OrderClass.REDUCE)
    walk(data, position, what.signed_quantity, leaving(others))


@given(POSITIONS, terms(), books())
def test_an_order_classed_as_adding_has_a_path_that_adds(
    position: Decimal, what: OrderSpec, others: tuple[Order, ...]
) -> None:
    found = classify(proposal(what), context(position=held(position), open_orders=working(*others)))
    assume(found is OrderClass.ADD)
    exits = [each for each in leaving(others) if each * what.side.sign > 0]
    before = position + sum(exits, Decimal(0))
    after = before + what.signed_quantity
    assert abs(after) > abs(before) or after * before < 0


@st.composite
def changes(draw: st.DrawFn) -> Proposal:
    old_terms = draw(terms())
    old = order(
        old_terms,
        number=99,
        status=draw(st.sampled_from(OPEN)),
        filled=draw(st.integers(0, int(old_terms.quantity))),
    )
    return proposal(draw(terms(st.just(old_terms.side))), replaces=old)


@given(st.data(), POSITIONS, changes(), books())
def test_a_changed_order_only_shrinks_or_trades_no_more_than_before(
    data: st.DataObject, position: Decimal, asked: Proposal, others: tuple[Order, ...]
) -> None:
    assert asked.replaces is not None
    book = working(*others, asked.replaces)
    found = classify(asked, context(position=held(position), open_orders=book))
    assume(found is not OrderClass.ADD)
    if proposed_quantity(asked) < leaves(asked.replaces):
        return
    if found is OrderClass.LOWER_RISK_MODIFY and asked.spec.quantity < asked.replaces.spec.quantity:
        return
    walk(data, position, proposed_quantity(asked) * asked.spec.side.sign, leaving(others))


@given(SIDES, SIZES, SIZES, POSITIONS, st.integers(1, 500))
def test_a_stop_never_moves_away_without_adding(
    side: OrderSide, old_size: Decimal, new_size: Decimal, position: Decimal, ticks: int
) -> None:
    old = order(spec(side, old_size, stop="100"))
    farther = Decimal(100) + side.sign * ticks * Decimal("0.01")
    ctx = context(position=held(position), open_orders=working(old))
    asked = proposal(spec(side, new_size, stop=farther), replaces=old)
    assert classify(asked, ctx) is OrderClass.ADD


@given(terms(), books(), st.floats(5.001, 1e6))
def test_without_fresh_books_every_new_order_adds(
    what: OrderSpec, others: tuple[Order, ...], age_s: float
) -> None:
    for position in range(-15, 16):
        old = held(position, at=NOW - timedelta(seconds=age_s))
        assert classify(proposal(what), context(position=old, open_orders=working(*others))) is OrderClass.ADD
        blind = context(position=held(position), open_orders=UNKNOWN)
        assert classify(proposal(what), blind) is OrderClass.ADD


@given(POSITIONS, terms(), books())
def test_orders_of_other_symbols_change_nothing(
    position: Decimal, what: OrderSpec, others: tuple[Order, ...]
) -> None:
    foreign = order(spec(what.side, 10**6, instrument=MNQ), number=50)
    plain = context(position=held(position), open_orders=working(*others))
    more = context(position=held(position), open_orders=working(*others, foreign))
    assert classify(proposal(what), plain) is classify(proposal(what), more)
