"""What holds an order is true only while the venue says so."""

from dataclasses import replace
from decimal import Decimal

import pytest

from qe_dashboard.execution.reducer import apply_report
from qe_dashboard.model.identifiers import OrderKey
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
    assert apply_report(replace(HELD, why=word), report(status)).why == ""


def test_an_ended_order_is_held_by_nothing() -> None:
    assert apply_report(HELD, report(VenueStatus.CANCELLED, "trigger")).why == ""


def test_the_venues_words_about_an_end_stay() -> None:
    told = replace(HELD, why="Order Canceled")
    assert apply_report(told, report(VenueStatus.CANCELLED)).why == "Order Canceled"


def test_a_hold_that_lasts_stays() -> None:
    assert apply_report(HELD, report(VenueStatus.WORKING, "trigger")).why == "trigger"
