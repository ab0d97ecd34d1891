"""Rows of lists: what is known, what is not, and what a trader must not miss."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from qe_dashboard.engine.views import OrderView
from qe_dashboard.model.enums import DataTier, OrderSide, OrderType, Severity
from qe_dashboard.model.money import Money
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.ui.presenters.cells import Line, Tone
from qe_dashboard.ui.presenters.columns import Table
from qe_dashboard.ui.presenters.orders import (
    ORDERS,
    OrderFilter,
    modify_command,
    newest_first,
    order_detail,
    order_filter,
    order_row,
    price_words,
)
from qe_dashboard.ui.presenters.positions import POSITIONS, position_row
from qe_dashboard.ui.presenters.tape import LOG, TAPE, fill_row, log_row, newest_fill_first
from qe_dashboard.ui.presenters.watchlist import WATCHLIST, change_percent, is_stale, quote_row
from support.view_builders import NOW, make_fill, make_log, make_order, make_position, make_quote

ZONE = "America/New_York"


def cells(places: Table, line: Line) -> dict[str, tuple[str, Tone]]:
    return {place.column.name: cell for place, cell in zip(places, line, strict=True)}


def order_cells(view: OrderView) -> dict[str, tuple[str, Tone]]:
    return cells(ORDERS, order_row(view, now=NOW, zone=ZONE))


class TestQuotes:
    def test_a_quote_shows_its_prices_with_the_instruments_decimals(self) -> None:
        row = cells(WATCHLIST, quote_row(make_quote(decimals=4, last=Decimal("1.0834")), now=NOW))
        assert row["LAST"][0] == "1.0834"
        assert row["BID"][0] == "233.3200"

    def test_change_is_against_the_previous_close(self) -> None:
        row = cells(WATCHLIST, quote_row(make_quote(), now=NOW))
        assert row["CHG%"] == ("+1.01%", Tone.UP)

    @pytest.mark.parametrize("missing", [{"last": None}, {"prev_close": None}, {"prev_close": Decimal(0)}])
    def test_change_is_a_dash_when_it_cannot_be_computed(self, missing: dict[str, Any]) -> None:
        view = make_quote(**missing)
        assert change_percent(view) is None
        assert cells(WATCHLIST, quote_row(view, now=NOW))["CHG%"][0] == "—"

    def test_a_value_never_received_is_a_dash_not_zero(self) -> None:
        row = cells(WATCHLIST, quote_row(make_quote(bid=None, bid_size=None), now=NOW))
        assert (row["BID"][0], row["BID SIZE"][0]) == ("—", "—")

    def test_an_unproven_line_is_history(self) -> None:
        row = cells(WATCHLIST, quote_row(make_quote(proven=False), now=NOW))
        assert row["DATA"] == ("STALE", Tone.WARN)
        assert row["LAST"][1] is Tone.STALE

    def test_a_frozen_line_looks_frozen(self) -> None:
        old = make_quote(as_of=NOW - timedelta(seconds=31))
        assert is_stale(old, NOW)
        assert cells(WATCHLIST, quote_row(old, now=NOW))["AGE"] == ("31s", Tone.WARN)
        assert not is_stale(make_quote(as_of=NOW - timedelta(seconds=29)), NOW)

    def test_delayed_data_is_named(self) -> None:
        row = cells(WATCHLIST, quote_row(make_quote(tier=DataTier.DELAYED), now=NOW))
        assert row["DATA"] == ("DELAYED", Tone.WARN)

    def test_a_line_without_a_quote_shows_no_number(self) -> None:
        row = cells(WATCHLIST, quote_row(make_quote(problem="no permission", as_of=None), now=NOW))
        assert row["LAST"] == ("no quote", Tone.UNKNOWN)
        assert not any(char.isdigit() for name, (text, _) in row.items() if name != "SYM" for char in text)

    def test_a_line_that_stopped_shows_its_last_price_with_its_age_in_words(self) -> None:
        old = make_quote(problem="no line left", as_of=NOW - timedelta(seconds=45))
        row = cells(WATCHLIST, quote_row(old, now=NOW))
        assert row["LAST"] == ("233.33", Tone.STALE)
        assert row["CHG%"] == ("45s old", Tone.WARN)
        assert row["DATA"] == ("NONE", Tone.WARN)

    def test_a_line_that_never_ticked_waits(self) -> None:
        row = cells(WATCHLIST, quote_row(make_quote(as_of=None, proven=False), now=NOW))
        assert (row["DATA"][0], row["AGE"][0]) == ("WAITING", "—")


class TestPositions:
    def test_long_and_short_differ_in_sign_and_tone(self) -> None:
        long = cells(POSITIONS, position_row(make_position()))
        short = cells(POSITIONS, position_row(make_position(quantity=Decimal(-5))))
        assert long["QTY"] == ("10", Tone.UP)
        assert short["QTY"] == ("-5", Tone.DOWN)

    def test_profit_that_cannot_be_computed_is_unknown_with_its_reason(self) -> None:
        row = cells(POSITIONS, position_row(make_position(open_pnl=None, mark=None, problem="no mark")))
        assert row["OPEN P&L"] == ("?", Tone.UNKNOWN)
        assert row["MARK"][0] == "—"
        assert row["WHY"][0] == "no mark"

    def test_a_loss_is_red_and_signed(self) -> None:
        row = cells(POSITIONS, position_row(make_position(open_pnl=Money(Decimal("-7.5"), "USD"))))
        assert row["OPEN P&L"] == ("-7.50", Tone.DOWN)


class TestOrders:
    def test_a_working_limit_order(self) -> None:
        row = order_cells(make_order())
        assert row["TIME"][0] == "10:26:00"
        assert row["QTY/FILLED"][0] == "100/0"
        assert row["PX"][0] == "233.10"
        assert row["STOP"][0] == ""
        assert row["STATE"] == ("WORKING", Tone.STRONG)
        assert row["AGE"][0] == "4m"
        assert row["ID"][0] == "17"

    def test_a_stop_order_has_its_trigger_in_its_own_column(self) -> None:
        row = order_cells(
            make_order(order_type=OrderType.STOP, limit_price=None, stop_price=Decimal("228.5"))
        )
        assert row["PX"][0] == ""
        assert row["STOP"][0] == "228.50"

    def test_a_market_order_says_so_where_a_price_would_be(self) -> None:
        assert order_cells(make_order(order_type=OrderType.MARKET, limit_price=None))["PX"][0] == "MKT"

    @pytest.mark.parametrize("status", list(OrderStatus))
    def test_every_state_has_a_word_a_tone_and_a_sentence(self, status: OrderStatus) -> None:
        view = make_order(status=status)
        assert order_cells(view)["STATE"][0] == status.value
        words = order_detail(view, now=NOW, zone=ZONE)[1][-1][0]
        assert len(words) > len("filled") - 1

    @pytest.mark.parametrize("status", [OrderStatus.UNCERTAIN, OrderStatus.CONFLICT, OrderStatus.GONE])
    def test_states_nobody_knows_look_unknown(self, status: OrderStatus) -> None:
        assert order_cells(make_order(status=status))["STATE"][1] is Tone.UNKNOWN

    def test_a_foreign_order_is_marked(self) -> None:
        assert order_cells(make_order(owner="CLIENT 7", is_own=False))["SRC"] == ("CLIENT 7", Tone.WARN)

    def test_the_detail_has_the_brokers_words_and_no_control_characters(self) -> None:
        view = make_order(status=OrderStatus.REJECTED, why="[red]No\x1b[2J funds[/red]\nat all")
        text = "".join(text for line in order_detail(view, now=NOW, zone=ZONE) for text, _ in line)
        assert "[red]No [2J funds[/red] at all" in text
        assert text.isprintable()

    def test_the_detail_has_our_reading_of_the_brokers_words_below_them(self) -> None:
        view = make_order(status=OrderStatus.REJECTED, why="No funds", reading="[201] It was refused.")
        lines = ["".join(text for text, _ in line) for line in order_detail(view, now=NOW, zone=ZONE)]
        assert len(lines) == 3
        assert "No funds" in lines[1]
        assert lines[2] == "[201] It was refused."
        assert len(order_detail(make_order(reading=""), now=NOW, zone=ZONE)) == 2

    def test_the_detail_says_the_average_of_what_filled(self) -> None:
        view = make_order(filled=Decimal(40), avg_fill_price=Decimal("233.055"))
        head = "".join(text for text, _ in order_detail(view, now=NOW, zone=ZONE)[0])
        assert "filled 40 at 233.06" in head

    def test_prices_in_words(self) -> None:
        both = make_order(
            order_type=OrderType.STOP_LIMIT, limit_price=Decimal("20965"), stop_price=Decimal("20970")
        )
        assert price_words(both) == "STP 20,970.00 LMT 20,965.00"
        assert price_words(make_order(order_type=OrderType.MARKET, limit_price=None)) == "MKT"

    def test_filters(self) -> None:
        working = make_order(1)
        old_done = make_order(2, status=OrderStatus.FILLED, created_at=NOW - timedelta(days=1))
        old_open = make_order(3, created_at=NOW - timedelta(days=3))
        foreign = make_order(4, is_own=False, status=OrderStatus.CANCELLED)
        views = [working, old_done, old_open, foreign]

        def passing(choice: OrderFilter) -> list[int]:
            wanted = order_filter(choice, now=NOW, zone=ZONE)
            return [view.number for view in views if wanted(view)]

        assert passing(OrderFilter.ALL) == [1, 2, 3, 4]
        assert passing(OrderFilter.WORKING) == [1, 3]
        assert passing(OrderFilter.OWN) == [1, 2, 3]
        assert passing(OrderFilter.TODAY) == [1, 3, 4]

    def test_newest_orders_come_first(self) -> None:
        older = make_order(1, created_at=NOW - timedelta(minutes=9))
        twins = [make_order(7), make_order(8)]
        assert [view.number for view in sorted([older, *twins], key=newest_first)] == [8, 7, 1]

    def test_modify_begins_with_the_number(self) -> None:
        assert modify_command(make_order(17)) == "modify 17 @ "


class TestTapeAndLog:
    def test_a_fill(self) -> None:
        row = cells(TAPE, fill_row(make_fill(), zone=ZONE))
        assert [row[name][0] for name in ("TIME", "SIDE", "QTY", "PX", "ID")] == [
            "10:28:00",
            "BUY",
            "10",
            "230.10",
            "17",
        ]

    def test_commission_and_result_not_yet_reported_are_dashes(self) -> None:
        row = cells(TAPE, fill_row(make_fill(commission=None, realized=None, number=None), zone=ZONE))
        assert (row["COMM"][0], row["REALIZED"][0], row["ID"][0]) == ("—", "—", "—")

    def test_sides_differ_in_word_and_tone(self) -> None:
        row = cells(TAPE, fill_row(make_fill(side=OrderSide.SELL), zone=ZONE))
        assert row["SIDE"] == ("SELL", Tone.DOWN)

    def test_newest_fill_comes_first(self) -> None:
        early, late = make_fill("E1", at=NOW - timedelta(hours=1)), make_fill("E2")
        assert sorted([early, late], key=newest_fill_first) == [late, early]

    def test_a_log_line_has_the_tone_of_its_severity(self) -> None:
        row = cells(LOG, log_row(make_log("lost\nlink", severity=Severity.ERROR), zone=ZONE))
        assert row["TEXT"] == ("lost link", Tone.BAD)
