"""What holds an order is true only while the venue says so."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from qe_dashboard.execution.reducer import apply_fill, apply_report
from qe_dashboard.model.identifiers import ExecId, OrderKey
from qe_dashboard.model.order import Fill
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.model.reports import OrderReport, VenueStatus
from support.risk_world import ACCOUNT, NOW, order, spec


def report(status: VenueStatus, why_held: str = "") -> OrderReport:
    return OrderReport(
        key=OrderKey(2, 1),
        perm_id=1,
        order_ref="",
        account=ACCOUNT,
        spec=spec(stop="95"),
        status=status,
        filled=Decimal(0),
        owner="THIS",
        at=NOW,
        why_held=why_held,
    )


HELD = replace(order(spec(stop="95")), status=OrderStatus.WORKING, why="trigger")


@pytest.mark.parametrize("word", ["trigger", "child,locate"])
@pytest.mark.parametrize("status", [VenueStatus.WORKING, VenueStatus.CANCELLED, VenueStatus.PENDING_SUBMIT])
def test_a_hold_that_is_over_is_not_shown_any_more(word: str, status: VenueStatus) -> None:
    assert apply_report(replace(HELD, why=word), report(status), at=NOW).why == ""


def test_an_ended_order_is_held_by_nothing() -> None:
    assert apply_report(HELD, report(VenueStatus.CANCELLED, "trigger"), at=NOW).why == ""


def test_the_venues_words_about_an_end_stay() -> None:
    told = replace(HELD, why="Order Canceled")
    assert apply_report(told, report(VenueStatus.CANCELLED), at=NOW).why == "Order Canceled"


def test_a_hold_that_lasts_stays() -> None:
    assert apply_report(HELD, report(VenueStatus.WORKING, "trigger"), at=NOW).why == "trigger"


def test_an_order_changes_when_it_is_heard_of_and_not_when_the_venue_says() -> None:
    """A venue's clock an hour ahead must not make an order look younger than what was read after it (R08)."""
    ahead, heard = NOW + timedelta(hours=1), NOW + timedelta(seconds=1)
    told = apply_report(HELD, replace(report(VenueStatus.WORKING), at=ahead), at=heard)
    fill = Fill(
        exec_id=ExecId("E1"),
        key=OrderKey(2, 1),
        perm_id=1,
        order_ref="",
        account=ACCOUNT,
        instrument_id=HELD.spec.instrument_id,
        side=HELD.spec.side,
        quantity=Decimal(1),
        price=Decimal(95),
        currency="USD",
        at=ahead,
    )
    assert (told.updated_at, apply_fill(told, fill, at=heard).updated_at) == (heard, heard)
