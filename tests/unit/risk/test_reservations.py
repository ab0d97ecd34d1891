"""What was allowed is taken before it is sent, and given back when it was not (D4, D12)."""

from decimal import Decimal

import pytest

from qe_dashboard.model.enums import OrderClass, OrderSide, Outcome
from qe_dashboard.model.identifiers import IntentId, OrderNumber
from qe_dashboard.model.known import Known
from qe_dashboard.model.order import Order
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.risk.context import Proposal, RateUse
from qe_dashboard.risk.pipeline import assess
from qe_dashboard.risk.reservations import Reservations
from support.risk_world import MNQ, NOW, UNKNOWN, context, held, limits, order, proposal, spec, working

SELL = OrderSide.SELL
ADD, REDUCE = OrderClass.ADD, OrderClass.REDUCE
NEW = proposal()
OLD = order(spec(quantity=10, limit="99"), number=7)
CHANGE = proposal(spec(quantity=15, limit="99"), replaces=OLD)


def reservations(**changes: int | Decimal | None) -> Reservations:
    return Reservations(limits(**changes))


def reserve(
    book: Reservations,
    asked: Proposal = NEW,
    *,
    name: str = "A",
    number: int = 1,
    order_class: OrderClass = ADD,
    now: float = 0.0,
) -> IntentId:
    intent_id = IntentId(name)
    book.reserve(intent_id, asked, order_class=order_class, number=OrderNumber(number), at=NOW, now=now)
    return intent_id


def projected(book: Reservations, *shown: Order) -> dict[int, Order]:
    found = book.project(working(*shown))
    assert isinstance(found, Known)
    return {each.number: each for each in found.value}


def test_a_reserved_order_is_in_the_book_until_the_book_shows_it() -> None:
    book = reservations()
    intent = reserve(book)
    assert projected(book)[1].status is OrderStatus.PENDING
    assert projected(book)[1].spec == NEW.spec
    shown = order(NEW.spec, number=1, status=OrderStatus.WORKING)
    shown_as_ours = {**projected(book, shown)}
    assert len(shown_as_ours) == 1
    book.settle(intent)
    assert projected(book) == {}


def test_the_order_shown_wins_over_the_reserved_one() -> None:
    book = reservations()
    intent = reserve(book, name="I000001")
    shown = order(NEW.spec, number=1, status=OrderStatus.WORKING)
    assert shown.intent_id == intent
    assert projected(book, shown) == {1: shown}


def test_an_unknown_book_stays_unknown() -> None:
    book = reservations()
    reserve(book)
    assert book.project(UNKNOWN) is UNKNOWN


@pytest.mark.parametrize(("quantity", "counted"), [(15, 15), (5, 10)])
def test_a_change_counts_at_the_larger_of_its_quantities(quantity: int, counted: int) -> None:
    book = reservations()
    reserve(book, proposal(spec(quantity=quantity, limit="98"), replaces=OLD))
    after = projected(book, OLD)[7]
    assert after.spec.quantity == counted
    assert after.status is OLD.status


def test_a_change_of_an_order_that_ended_adds_nothing() -> None:
    book = reservations()
    reserve(book, CHANGE)
    assert projected(book) == {}


def test_releasing_gives_everything_back() -> None:
    book = reservations()
    intent = reserve(book)
    assert book.minute_use(NEW, 0.0).used == 1
    assert book.symbol_use(NEW.instrument.id, 0.0).used == 1
    assert len(book.recent(0.0)) == 1
    book.release(intent)
    assert book.minute_use(NEW, 0.0).used == 0
    assert book.symbol_use(NEW.instrument.id, 0.0).used == 0
    assert book.recent(0.0) == ()
    assert projected(book) == {}
    book.release(intent)
    assert book.minute_use(NEW, 0.0).used == 0


def test_releasing_one_of_two_equal_orders_keeps_the_other() -> None:
    book = reservations()
    first = reserve(book, now=0.0)
    reserve(book, name="B", number=2, now=1.0)
    book.release(first)
    assert [past.at for past in book.recent(1.0)] == [1.0]
    assert set(projected(book)) == {2}


def test_settling_keeps_the_rates() -> None:
    book = reservations()
    book.settle(reserve(book))
    assert book.minute_use(NEW, 59.9).used == 1
    assert book.minute_use(NEW, 60.0).used == 0


def test_an_intent_is_reserved_once() -> None:
    book = reservations()
    reserve(book)
    with pytest.raises(ValueError, match="already"):
        reserve(book)


def test_what_reduces_takes_no_rate() -> None:
    book = reservations()
    reserve(book, proposal(spec(SELL, 5)), order_class=REDUCE)
    assert book.minute_use(NEW, 0.0).used == 0
    assert book.symbol_use(NEW.instrument.id, 0.0).used == 0
    assert len(projected(book)) == 1


def test_rejects_count_against_the_minute() -> None:
    book = reservations(max_orders_per_minute=2)
    reserve(book)
    book.count_reject(1.0)
    assert book.minute_use(NEW, 1.0) == RateUse(2, 59.0)
    assert book.order_rate(1.0) == RateUse(2, 59.0)
    assert book.symbol_use(NEW.instrument.id, 1.0).used == 1


def test_changes_have_a_window_of_their_own() -> None:
    book = reservations()
    reserve(book, CHANGE)
    assert book.minute_use(CHANGE, 0.0).used == 1
    assert book.minute_use(NEW, 0.0).used == 0
    assert book.recent(0.0) == ()
    assert book.symbol_use(NEW.instrument.id, 0.0).used == 0


def test_symbols_are_counted_apart() -> None:
    book = reservations(max_orders_per_symbol_10s=1)
    reserve(book)
    reserve(book, proposal(instrument=MNQ), name="B", number=2, now=4.0)
    assert book.symbol_use(NEW.instrument.id, 4.0) == RateUse(1, 6.0)
    assert book.symbol_use(MNQ.id, 4.0) == RateUse(1, 10.0)
    assert book.symbol_use(NEW.instrument.id, 10.0) == RateUse(0, 0.0)


def test_changed_limits_judge_what_is_counted_already() -> None:
    book = reservations(max_orders_per_minute=None, max_orders_per_symbol_10s=None)
    for number in range(3):
        reserve(book, name=f"N{number}", number=number)
    assert book.minute_use(NEW, 0.0) == RateUse(3, 0.0)
    book.set_limits(limits(max_orders_per_minute=2, max_orders_per_symbol_10s=3))
    assert book.minute_use(NEW, 0.0) == RateUse(3, 60.0)
    assert book.symbol_use(NEW.instrument.id, 0.0) == RateUse(3, 10.0)


def test_recent_orders_are_kept_for_the_window() -> None:
    book = reservations(duplicate_window_s=Decimal(3))
    reserve(book)
    assert len(book.recent(3.0)) == 1
    assert book.recent(3.1) == ()


def test_ten_orders_that_fit_alone_do_not_fit_together() -> None:
    book = reservations()
    for number in range(10):
        world = context(position=held(10), open_orders=book.project(working()), recent=book.recent(0.0))
        asked = proposal(spec(SELL, 2, limit=str(110 + number)))
        allowed = assess(asked, world).order_class is REDUCE
        assert allowed is (number < 5)
        reserve(book, asked, name=f"N{number}", number=number, order_class=REDUCE)


def test_the_eleventh_order_of_a_minute_is_denied_until_the_first_is_a_minute_old() -> None:
    book = reservations(max_orders_per_minute=10)
    for number in range(10):
        reserve(book, name=f"N{number}", number=number, now=float(number))
    bounded = limits(max_orders_per_minute=10)
    for now, outcome in ((10.0, Outcome.DENY), (59.9, Outcome.DENY), (60.0, Outcome.ALLOW)):
        world = context(limits=bounded, minute_rate=book.minute_use(NEW, now), monotonic=now)
        assert assess(NEW, world).outcome is outcome
