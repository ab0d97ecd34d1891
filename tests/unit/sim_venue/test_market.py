"""Quotes and bars as clients see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from qe_dashboard.model.enums import DataTier
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.sim_venue.bar_kinds import BarKind
from qe_dashboard.sim_venue.days import day_start
from qe_dashboard.sim_venue.market import STEP, Market, step_of
from qe_dashboard.sim_venue.tape import Tape
from qe_dashboard.sim_venue.universe import Listing, Universe

NOW = datetime(2026, 11, 20, 15, 0, 30, tzinfo=UTC)
UNIVERSE = Universe(NOW)


def listing(wanted: str = "AAPL.STK.USD") -> Listing:
    found = UNIVERSE.get(InstrumentId(wanted))
    assert found is not None
    return found


@pytest.mark.parametrize("wanted", [one.id for one in UNIVERSE.instruments])
def test_quotes_are_two_sided_on_tick_and_within_the_day(wanted: str) -> None:
    market, one = Market(Tape(7)), listing(wanted)
    tick = one.instrument.tick_rules[0].increment
    for index in range(40):
        quote = market.quote(one, NOW + 7 * index * STEP)
        assert quote.bid is not None
        assert quote.ask is not None
        assert quote.last in (quote.bid, quote.ask)
        assert tick <= quote.ask - quote.bid <= one.widest_spread * tick
        assert one.instrument.is_on_tick(quote.bid)
        assert quote.low is not None
        assert quote.high is not None
        assert quote.last is not None
        assert quote.low <= quote.last <= quote.high
        assert quote.bid_size is not None
        assert quote.ask_size is not None
        assert quote.last_size is not None
        assert min(quote.bid_size, quote.ask_size, quote.last_size) >= 1
        assert quote.tier is DataTier.SIMULATED


def test_a_quote_changes_four_times_a_second_and_is_one_object_in_between() -> None:
    market, one = Market(Tape(7)), listing()
    quote = market.quote(one, NOW)
    assert market.quote(one, NOW + timedelta(milliseconds=249)) is quote
    later = market.quote(one, NOW + timedelta(milliseconds=250))
    assert later.as_of == NOW + timedelta(milliseconds=250)
    assert later != quote


def test_the_day_grows_by_its_steps_and_begins_again() -> None:
    """Totals kept from call to call equal those computed afresh, over the change of the day too."""
    market, one = Market(Tape(7)), listing()
    end = day_start(NOW) + timedelta(days=1)
    for at in (NOW, NOW + STEP, NOW + 9 * STEP, NOW + timedelta(hours=2), end - STEP, end, end + STEP, NOW):
        kept, fresh = market.quote(one, at), Market(Tape(7)).quote(one, at)
        assert kept == fresh
    before, after = market.quote(one, end - STEP), market.quote(one, end)
    assert after.prev_close == before.last
    assert before.volume is not None
    assert after.volume is not None
    assert after.volume < before.volume / 1000


def test_a_running_bar_holds_exactly_the_trades_so_far() -> None:
    market, one = Market(Tape(7)), listing()
    (bar,) = market.bars(one, seconds=60, count=1, now=NOW)
    assert bar.start == NOW.replace(second=0)
    steps = range(step_of(bar.start), step_of(NOW) + 1)
    lasts = [market.touch(one, step).last for step in steps]
    assert (bar.open, bar.close) == (lasts[0], lasts[-1])
    assert (bar.high, bar.low) == (max(lasts), min(lasts))


@pytest.mark.parametrize("seconds", [1, 5, 7, 60, 300, 3600])
def test_bars_are_contiguous_and_closed_ones_never_change(seconds: int) -> None:
    market, one = Market(Tape(7)), listing("MNQ.FUT.20261218.USD")
    bars = market.bars(one, seconds=seconds, count=50, now=NOW)
    assert len(bars) == 50
    assert all(later.start - earlier.start == timedelta(seconds=seconds) for earlier, later in pairwise(bars))
    assert bars[-1].start <= NOW < bars[-1].start + timedelta(seconds=seconds)
    later = Market(Tape(7)).bars(one, seconds=seconds, count=53, now=NOW + timedelta(seconds=3 * seconds))
    assert later[:49] == bars[:-1]


def test_bars_of_an_hour_are_made_of_bars_of_a_minute() -> None:
    market, one = Market(Tape(7)), listing()
    end = NOW.replace(minute=0, second=0)
    (hour,) = market.bars(one, seconds=3600, count=1, now=NOW, end=end)
    minutes = market.bars(one, seconds=60, count=60, now=NOW, end=end)
    assert minutes[0].start == hour.start
    assert hour.high == max(bar.high for bar in minutes)
    assert hour.low == min(bar.low for bar in minutes)
    assert (hour.open, hour.close) == (minutes[0].open, minutes[-1].close)
    assert hour.volume == sum(bar.volume for bar in minutes)


def test_daily_bars_are_venue_days_and_agree_with_the_quote() -> None:
    market, one = Market(Tape(7)), listing()
    *_, yesterday, today = market.bars(one, seconds=86_400, count=5, now=NOW)
    quote = market.quote(one, NOW)
    assert today.start == day_start(NOW)
    assert (today.open, today.high, today.low, today.close) == (quote.open, quote.high, quote.low, quote.last)
    assert today.volume == quote.volume
    assert yesterday.close == quote.prev_close


def test_a_day_in_which_the_lead_month_changes_adds_up() -> None:
    """The volume's scale changes at midnight UTC, in the middle of a venue day."""
    market, one = Market(Tape(7)), listing("MNQ.FUT.20261218.USD")
    rolls = datetime(2026, 12, 10, 21, 59, 59, tzinfo=UTC)
    (day,) = market.bars(one, seconds=86_400, count=1, now=rolls)
    hours = market.bars(one, seconds=3600, count=24, now=rolls)
    assert hours[0].start == day.start
    assert day.volume == sum(bar.volume for bar in hours)
    assert hours[1].volume > 5 * hours[2].volume


def test_an_end_in_the_past_leaves_out_what_starts_there() -> None:
    market, one = Market(Tape(7)), listing()
    end = NOW.replace(second=0) - timedelta(minutes=10)
    bars = market.bars(one, seconds=60, count=3, now=NOW, end=end)
    assert [bar.start for bar in bars] == [end - timedelta(minutes=back) for back in (3, 2, 1)]
    assert market.bars(one, seconds=60, count=1, now=NOW, end=NOW + timedelta(days=1))[
        0
    ].start == NOW.replace(second=0)


@pytest.mark.parametrize("wanted", ["AAPL.STK.USD", "MNQ.FUT.20261218.USD", "EUR.CASH.USD"])
@pytest.mark.parametrize("seconds", [1, 5, 60])
def test_bars_of_quotes_begin_and_end_with_quotes_and_hold_the_others(wanted: str, seconds: int) -> None:
    market, one = Market(Tape(7)), listing(wanted)
    tick = one.instrument.tick_rules[0].increment
    made = {
        kind: market.bars(one, seconds=seconds, count=4, now=NOW + 7 * STEP, kind=kind) for kind in BarKind
    }
    for index, trades in enumerate(made[BarKind.TRADES]):
        bid, ask, mid, both = (
            made[kind][index] for kind in (BarKind.BID, BarKind.ASK, BarKind.MIDPOINT, BarKind.BID_ASK)
        )
        assert {bar.start for bar in (bid, ask, mid, both)} == {trades.start}
        first, after = step_of(trades.start), step_of(trades.start + timedelta(seconds=seconds))
        touches = [market.touch(one, step) for step in range(first, min(after, step_of(NOW + 7 * STEP) + 1))]
        assert (bid.open, bid.close) == (touches[0].bid, touches[-1].bid)
        assert (ask.open, ask.close) == (touches[0].ask, touches[-1].ask)
        assert (mid.open, mid.close) == ((bid.open + ask.open) / 2, (bid.close + ask.close) / 2)
        reach = one.widest_spread * tick
        lowest_bid, highest_ask = min(item.bid for item in touches), max(item.ask for item in touches)
        assert lowest_bid - reach <= bid.low <= lowest_bid
        assert highest_ask <= ask.high <= highest_ask + reach
        assert max(item.bid for item in touches) <= bid.high <= trades.high
        assert trades.low <= ask.low <= min(item.ask for item in touches)
        mids = [(item.bid + item.ask) / 2 for item in touches]
        assert mid.low <= min(mids) <= max(mids) <= mid.high
        assert (both.low, both.high) == (bid.low, ask.high)
        assert bid.low <= both.open <= bid.high
        assert both.open + tick <= both.close
        assert ask.low <= both.close <= ask.high


@pytest.mark.parametrize("kind", [BarKind.BID, BarKind.ASK, BarKind.MIDPOINT])
def test_an_hour_of_quotes_is_made_of_its_minutes(kind: BarKind) -> None:
    market, one = Market(Tape(7)), listing("EUR.CASH.USD")
    end = NOW.replace(minute=0, second=0)
    (hour,) = market.bars(one, seconds=3600, count=1, now=NOW, end=end, kind=kind)
    minutes = market.bars(one, seconds=60, count=60, now=NOW, end=end, kind=kind)
    assert (hour.open, hour.close) == (minutes[0].open, minutes[-1].close)
    assert (hour.high, hour.low) == (max(bar.high for bar in minutes), min(bar.low for bar in minutes))


@pytest.mark.parametrize("kind", list(BarKind))
def test_closed_bars_of_quotes_never_change(kind: BarKind) -> None:
    market, one = Market(Tape(7)), listing()
    bars = market.bars(one, seconds=60, count=5, now=NOW, kind=kind)
    later = Market(Tape(7)).bars(one, seconds=60, count=6, now=NOW + timedelta(minutes=1), kind=kind)
    assert later[:4] == bars[:-1]


def test_in_a_halt_a_bar_is_the_quote_that_stands() -> None:
    tape, one = Tape(7), listing()
    tape.halt(one.instrument.id, step=step_of(NOW) - 400)
    market = Market(tape)
    quote = market.quote(one, NOW)
    for kind, price in ((BarKind.BID, quote.bid), (BarKind.ASK, quote.ask), (BarKind.MIDPOINT, quote.mid)):
        (bar,) = market.bars(one, seconds=60, count=1, now=NOW, kind=kind)
        assert {bar.open, bar.high, bar.low, bar.close} == {price}
        assert bar.volume == 0


def test_bars_shorter_than_a_second_are_refused() -> None:
    with pytest.raises(ValueError, match="at least a second"):
        Market(Tape(7)).bars(listing(), seconds=0, count=1, now=NOW)


def test_micro_and_mini_trade_at_the_same_price_and_the_fund_follows() -> None:
    market = Market(Tape(7))
    for back in range(50):
        step = step_of(NOW) - 1000 * back
        micro = market.touch(listing("MNQ.FUT.20261218.USD"), step).last
        mini = market.touch(listing("NQ.FUT.20261218.USD"), step).last
        fund = market.touch(listing("QQQ.STK.USD"), step).last
        assert micro == mini
        assert abs(fund / micro - Decimal("0.0244")) < Decimal("0.0001")
