"""Our own view of orders from raw messages; codes change nothing but for rule C1 (R08, R09)."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pytest

from qe_dashboard.broker.ibkr.instruments import Catalogue
from qe_dashboard.broker.ibkr.order_events import OrderView, RawStatus
from qe_dashboard.broker.port import PlaceOrder
from qe_dashboard.model.enums import MessageClass, OrderSide, OrderType
from qe_dashboard.model.identifiers import AccountId, IntentId, OrderKey
from qe_dashboard.model.order import OrderSpec
from qe_dashboard.model.reports import OrderReport, VenueMessage, VenueStatus
from support.ibkr_rows import NOW, raw_contract, raw_order
from support.shipped_codes import shipped_codes

KEY = OrderKey(2, 5)


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue()


@pytest.fixture
def view(catalogue: Catalogue) -> OrderView:
    """Return a view of client 2 that has sent order 5: BUY 100 AAPL LMT 233.33."""
    view = OrderView(order_client_id=2, catalogue=catalogue, codes=shipped_codes())
    instrument = catalogue.of_row(raw_contract())
    spec = OrderSpec(
        instrument.id, OrderSide.BUY, Decimal(100), OrderType.LIMIT, limit_price=Decimal("233.33")
    )
    view.sent(PlaceOrder(KEY, IntentId("abc"), "QE:abc", AccountId("DU1234567"), instrument, spec))
    return view


def status(
    word: str, *, filled: float = 0.0, order_id: int = 5, client_id: int = 2, why_held: str = ""
) -> RawStatus:
    return RawStatus.of((order_id, word, filled, 100.0 - filled, 0.0, 900, 0, 0.0, client_id, why_held, 0.0))


def echo(view: OrderView, word: str, **changes: object) -> OrderReport | VenueMessage | None:
    return view.open_order(raw_contract(), raw_order(**changes), SimpleNamespace(status=word), NOW)


def report(said: object) -> OrderReport:
    assert isinstance(said, OrderReport)
    return said


@pytest.mark.parametrize("code", [110, 321, 434, 201, 200, 103])
def test_a_rejecting_code_ends_an_order_nobody_acknowledged(view: OrderView, code: int) -> None:
    said, message = view.error(KEY, code, "no", NOW)
    assert report(said).status is VenueStatus.REJECTED
    assert report(said).order_ref == "QE:abc"
    assert message.message_class is MessageClass.ORDER_REJECTED
    assert (message.code, message.text, message.order_key) == (code, "no", KEY)


@pytest.mark.parametrize("code", [110, 321, 434, 201, 200, 103])
@pytest.mark.parametrize("acknowledgement", ["PreSubmitted", "Submitted", "PendingCancel"])
def test_the_same_code_on_an_acknowledged_order_is_only_words(
    view: OrderView, code: int, acknowledgement: str
) -> None:
    view.order_status(status(acknowledgement), NOW)
    said, message = view.error(KEY, code, "no", NOW)
    assert said is None
    assert message.message_class is MessageClass.ORDER_LIVE
    assert report(view.order_status(status("Submitted", filled=1.0), NOW)).status is VenueStatus.WORKING


def test_a_refusal_says_that_nothing_works_and_a_refused_change_that_the_order_does(view: OrderView) -> None:
    """Advice to enter it again, beside an order that lives on, would double it."""
    new = view.error(KEY, 110, "no", NOW)[1]
    assert (new.plain, new.for_orders) == (
        "The price is not on the contract's tick.",
        "The order was not accepted: nothing of it works.",
    )
    assert new.press.startswith("Enter it again")
    view.order_status(status("Submitted"), NOW)
    change = view.error(KEY, 110, "no", NOW)[1]
    assert "do not end it" in change.for_orders
    assert "again" not in change.press


@pytest.mark.parametrize("code", [201, 321, 10148])
def test_words_about_an_order_not_met_here_claim_nothing_about_it(view: OrderView, code: int) -> None:
    said, message = view.error(OrderKey(2, 99), code, "words", NOW)
    assert said is None
    assert message.message_class in (MessageClass.UNKNOWN, MessageClass.ORDER_TERMINAL)
    assert message.for_orders == "The order was not met in this session; these words do not change its state."


def test_pending_submit_acknowledges_nothing(view: OrderView) -> None:
    view.order_status(status("PendingSubmit"), NOW)
    said, _ = view.error(KEY, 201, "no", NOW)
    assert report(said).status is VenueStatus.REJECTED


@pytest.mark.parametrize("code", [399, 404, 2109, 2137, 2161, 10349, 10167, 202, 10148, 98765])
def test_a_notice_never_ends_an_order(view: OrderView, code: int) -> None:
    """R09: 2161 came beside a fill and was once logged as a reject."""
    said, message = view.error(KEY, code, "notice", NOW)
    assert said is None
    assert message.order_key == KEY
    assert report(view.order_status(status("Filled", filled=100.0), NOW)).status is VenueStatus.FILLED


def test_after_an_invented_end_the_venues_own_end_is_still_told(view: OrderView) -> None:
    """10349 makes ib_insync call a live order Cancelled; the real cancel then equals it and is swallowed there."""
    view.order_status(status("Submitted"), NOW)
    view.error(KEY, 10349, "TIF was set to DAY", NOW)
    assert report(view.order_status(status("Cancelled"), NOW)).status is VenueStatus.CANCELLED


def test_echo_and_status_that_say_the_same_are_told_once(view: OrderView) -> None:
    assert report(echo(view, "Submitted")).perm_id == 900
    assert report(view.order_status(status("Submitted"), NOW)).filled == 0
    assert view.order_status(status("Submitted"), NOW) is None
    assert echo(view, "Submitted") is None


def test_a_change_that_was_sent_is_told_even_when_repeated_word_for_word(
    view: OrderView, catalogue: Catalogue
) -> None:
    echo(view, "Submitted")
    view.order_status(status("Submitted"), NOW)
    instrument = catalogue.of_row(raw_contract())
    same = OrderSpec(
        instrument.id, OrderSide.BUY, Decimal(100), OrderType.LIMIT, limit_price=Decimal("233.33")
    )
    view.sent(PlaceOrder(KEY, IntentId("abc"), "QE:abc", AccountId("DU1234567"), instrument, same))
    assert report(view.order_status(status("Submitted"), NOW)).spec == same


def test_the_venues_terms_replace_ours(view: OrderView) -> None:
    said = report(echo(view, "Submitted", lmtPrice=233.4, totalQuantity=50.0))
    assert (said.spec.limit_price, said.spec.quantity) == (Decimal("233.4"), Decimal(50))


def test_an_unknown_status_word_is_words_and_keeps_the_state(view: OrderView) -> None:
    view.order_status(status("Submitted"), NOW)
    said = view.order_status(status("Paused"), NOW)
    assert isinstance(said, VenueMessage)
    assert said.message_class is MessageClass.UNKNOWN
    assert report(view.order_status(status("Submitted", filled=1.0), NOW)).status is VenueStatus.WORKING


def test_an_echo_that_cannot_be_read_is_an_alarm_and_no_report(view: OrderView) -> None:
    said = echo(view, "Submitted", totalQuantity=0.0)
    assert isinstance(said, VenueMessage)
    assert said.order_key == KEY


def test_a_what_if_answer_is_no_order(view: OrderView) -> None:
    assert echo(view, "PreSubmitted", whatIf=True) is None


def test_another_clients_status_is_not_ours(view: OrderView) -> None:
    assert view.order_status(status("Submitted", client_id=7), NOW) is None
    assert not view.knows(OrderKey(7, 5))


def test_why_held_is_passed_on(view: OrderView) -> None:
    assert report(view.order_status(status("PreSubmitted", why_held="trigger"), NOW)).why_held == "trigger"


def test_a_new_session_tells_everything_again(view: OrderView) -> None:
    view.order_status(status("Submitted"), NOW)
    view.renew()
    assert report(view.order_status(status("Submitted"), NOW)).status is VenueStatus.WORKING


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Order Canceled - reason:", "Order Canceled"),
        ("Order Canceled - reason: ", "Order Canceled"),
        ("Order annulé:", "Order annulé"),
        ("Order Canceled - reason: no funds", "Order Canceled - reason: no funds"),
    ],
)
def test_a_cancel_without_a_reason_promises_none(view: OrderView, said: str, kept: str) -> None:
    _, message = view.error(KEY, 202, said, NOW)
    assert message.text == kept


def test_only_a_cancel_is_shortened(view: OrderView) -> None:
    _, message = view.error(KEY, 399, "Order Message:", NOW)
    assert message.text == "Order Message:"
