"""Contract: instruments, quotes, history and live bars."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from qe_dashboard.broker.port import InstrumentQuery, RequestFailed
from qe_dashboard.model.enums import SecType
from qe_dashboard.model.instrument import Instrument
from support.broker_harness import BrokerHarness


async def lead_future(harness: BrokerHarness, symbol: str) -> Instrument:
    return (await harness.broker.find_instruments(InstrumentQuery(symbol, SecType.FUTURE)))[0]


async def test_a_stock_is_found_with_its_terms(harness: BrokerHarness) -> None:
    instrument = await harness.stock("AAPL")
    assert instrument.id == "AAPL.STK.USD"
    assert (instrument.sec_type, instrument.currency) == (SecType.STOCK, "USD")
    assert instrument.con_id is not None
    assert instrument.multiplier == 1
    assert instrument.tick_at(Decimal(230)) == Decimal("0.01")
    assert harness.broker.instrument(instrument.id) == instrument


async def test_a_future_is_found_by_root_with_its_months_in_order(harness: BrokerHarness) -> None:
    found = await harness.broker.find_instruments(InstrumentQuery("MNQ", SecType.FUTURE))
    assert len(found) >= 2
    expiries = [instrument.expiry for instrument in found if instrument.expiry is not None]
    assert len(expiries) == len(found)
    assert expiries == sorted(set(expiries))
    assert {instrument.multiplier for instrument in found} == {Decimal(2)}
    assert {instrument.tick_at(Decimal(21_000)) for instrument in found} == {Decimal("0.25")}
    assert {instrument.symbol for instrument in found} == {"MNQ"}
    assert len({instrument.id for instrument in found}) == len(found)


@pytest.mark.parametrize("form", ["%Y%m", "%Y%m%d"])
async def test_a_future_is_found_by_its_month(harness: BrokerHarness, form: str) -> None:
    wanted = (await harness.broker.find_instruments(InstrumentQuery("MES", SecType.FUTURE)))[1]
    assert wanted.expiry is not None
    query = InstrumentQuery("MES", SecType.FUTURE, expiry=wanted.expiry.strftime(form))
    assert [found.id for found in await harness.broker.find_instruments(query)] == [wanted.id]


@pytest.mark.parametrize(
    "query",
    [
        InstrumentQuery("NOSUCHTHING", SecType.STOCK),
        InstrumentQuery("AAPL", SecType.FUTURE),
        InstrumentQuery("MNQ", SecType.FUTURE, expiry="203101"),
    ],
)
async def test_what_does_not_exist_is_not_found(harness: BrokerHarness, query: InstrumentQuery) -> None:
    assert await harness.broker.find_instruments(query) == ()
    assert harness.broker.instrument((await harness.stock()).id) is not None


async def test_a_wanted_quote_is_two_sided_and_keeps_ticking(harness: BrokerHarness) -> None:
    for instrument in (await harness.stock(), await lead_future(harness, "MNQ")):
        quote = await harness.quote(instrument)
        assert quote.bid is not None
        assert quote.ask is not None
        assert quote.bid < quote.ask
        assert all(instrument.is_on_tick(price) for price in (quote.bid, quote.ask))
        assert quote.bid_size is not None
        assert quote.bid_size > 0
        assert quote.tier is harness.broker.capabilities.price_tier
        assert quote.proven
        first = (quote.bid, quote.ask, quote.last)
        await harness.until(
            lambda instrument=instrument, first=first: any(  # type: ignore[misc]
                (later.bid, later.ask, later.last) != first
                for later in harness.events.quotes_of(instrument.id)[-5:]
            ),
            f"the quote of {instrument.label} moves",
        )


async def test_a_released_quote_falls_silent(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    await harness.quote(instrument)
    harness.broker.release_quotes(instrument)
    await harness.let_time_pass(0.5)
    seen = len(harness.events.quotes)
    await harness.let_time_pass(1.0)
    assert len(harness.events.quotes) == seen
    harness.broker.release_quotes(instrument)


async def test_history_is_ordered_contiguous_and_its_closed_bars_do_not_change(
    harness: BrokerHarness,
) -> None:
    instrument = await harness.stock()
    bars = await harness.broker.history(instrument, bar_seconds=60, count=30)
    assert len(bars) == 30
    assert {bar.seconds for bar in bars} == {60}
    minute = timedelta(minutes=1)
    assert all(later.start - earlier.start == minute for earlier, later in pairwise(bars))
    for bar in bars:
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        assert bar.volume >= 0
        assert instrument.is_on_tick(bar.close)
    await harness.let_time_pass(1.0)
    again = {bar.start: bar for bar in await harness.broker.history(instrument, bar_seconds=60, count=30)}
    assert all(again[bar.start] == bar for bar in bars[:-1] if bar.start in again)
    assert len(again.keys() & {bar.start for bar in bars}) >= 29


async def test_a_live_bar_line_shows_the_running_bar_of_the_history(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    harness.broker.want_bars(instrument, bar_seconds=60)
    await harness.until(lambda: len(harness.events.bars) >= 2, "two updates of the live bar")
    bar = harness.events.bars[-1]
    assert (bar.instrument_id, bar.seconds) == (instrument.id, 60)
    assert bar.start.second == 0
    history = await harness.broker.history(instrument, bar_seconds=60, count=5)
    (same,) = (old for old in history if old.start == bar.start)
    assert same.open == bar.open
    assert same.high >= bar.high
    assert same.low <= bar.low

    harness.broker.release_bars(instrument, bar_seconds=60)
    await harness.let_time_pass(0.5)
    seen = len(harness.events.bars)
    await harness.let_time_pass(1.0)
    assert len(harness.events.bars) == seen


async def test_a_history_that_cannot_be_is_refused_in_words(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    with pytest.raises(RequestFailed, match="AAPL"):
        await harness.broker.history(instrument, bar_seconds=0, count=5)
