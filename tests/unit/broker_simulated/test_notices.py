"""What the venue says in its own words reaches the port under IBKR's numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qe_dashboard.broker.simulated.reports import notice_message, refusal_message
from qe_dashboard.model.enums import MessageClass, OrderSide
from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.sim_venue.events import NewOrder, Notice, OrderNoticed, OrderRefused, RefusalReason
from qe_dashboard.sim_venue.terms import VenueOrderType
from support.venue_world import AAPL, ACCOUNT, NOW, VenueWorld, terms


@pytest.mark.parametrize(
    ("notice", "code"), [(Notice.QUEUED, 399), (Notice.SHORT_LOCATE, 404), (Notice.HALTED, 399)]
)
def test_a_notice_leaves_its_order_alive(notice: Notice, code: int) -> None:
    world = VenueWorld()
    key = world.send(terms(OrderSide.BUY, 10, VenueOrderType.LIMIT, limit=Decimal(100)))
    message = notice_message(OrderNoticed(world.order(key), notice, "it waits", None, NOW))
    assert (message.code, message.text, message.order_key) == (code, "it waits", key)
    assert message.message_class is MessageClass.ORDER_LIVE
    assert (message.at, message.instrument_id) == (NOW, AAPL)


@pytest.mark.parametrize("reason", RefusalReason)
def test_every_refusal_has_a_number(reason: RefusalReason) -> None:
    order = NewOrder(OrderKey(2, 1), ACCOUNT, "", terms(OrderSide.BUY, 10, VenueOrderType.MARKET))
    message = refusal_message(OrderRefused(order=order, reason=reason, text="no", at=NOW, is_modify=False))
    assert message.code > 0
    assert message.message_class is MessageClass.ORDER_REJECTED
