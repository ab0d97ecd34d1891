"""The book behind the touch, and the tape."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.sim_venue.depth import TradeTick
from support.venue_world import AAPL, MNQ, VenueWorld

EUR = InstrumentId("EUR.CASH.USD")


@pytest.mark.parametrize("wanted", [AAPL, MNQ, EUR])
def test_a_book_has_ten_levels_that_begin_at_the_quote(wanted: InstrumentId) -> None:
    world = VenueWorld()
    instrument = world.venue.instrument(wanted)
    assert instrument is not None
    tick = instrument.tick_rules[0].increment
    for _ in range(20):
        world.run(0.25)
        quote, depth = world.venue.quote(wanted), world.venue.depth(wanted)
        assert (depth.bids[0].price, depth.bids[0].size) == (quote.bid, quote.bid_size)
        assert (depth.asks[0].price, depth.asks[0].size) == (quote.ask, quote.ask_size)
        assert [one.price for one in depth.bids] == [depth.bids[0].price - away * tick for away in range(10)]
        assert [one.price for one in depth.asks] == [depth.asks[0].price + away * tick for away in range(10)]
        assert all(one.size > 0 for one in (*depth.bids, *depth.asks))
    assert world.venue.depth(wanted) == VenueWorld(now=world.venue.now).venue.depth(wanted)


def test_a_level_keeps_its_size_while_the_touch_moves() -> None:
    world = VenueWorld()
    before = {one.price: one.size for one in world.venue.depth(AAPL, levels=40).bids[1:]}
    for _ in range(4):
        world.run(0.25)
        book = world.venue.depth(AAPL, levels=40).bids[1:]
        kept = [one.size == before[one.price] for one in book if one.price in before]
        # How thick the book is also depends on how far away a level lies.
        assert sum(kept) > len(kept) // 2
    world.run(60)
    book = world.venue.depth(AAPL, levels=40).bids[1:]
    assert [one.size for one in book] != list(before.values())


def test_the_tape_holds_the_volume_of_the_bars() -> None:
    world = VenueWorld()
    world.run(10)
    begins = world.venue.now - timedelta(seconds=5)
    instant = timedelta(microseconds=1)
    (bar,) = world.venue.bars(AAPL, seconds=5, count=1, end=begins + timedelta(seconds=5))
    world.run(0.01)
    whole = world.venue.trades(AAPL, since=begins - instant)
    inside = [tick for tick in whole if tick.at < begins + timedelta(seconds=5)]
    assert sum(tick.size for tick in inside) == bar.volume
    assert (inside[0].price, inside[-1].price) == (bar.open, bar.close)
    assert max(tick.price for tick in inside) == bar.high
    assert [tick.at for tick in whole] == sorted(tick.at for tick in whole)


def test_the_tape_comes_piece_by_piece_without_gap_or_repeat() -> None:
    world = VenueWorld()
    start = seen = world.venue.now
    pieces: list[TradeTick] = []
    for _ in range(40):
        world.run(0.13)
        piece = world.venue.trades(AAPL, since=seen)
        assert all(seen < tick.at <= world.venue.now for tick in piece)
        pieces.extend(piece)
        seen = world.venue.now
    assert tuple(pieces) == world.venue.trades(AAPL, since=start)
    assert len({tick.at for tick in pieces}) == len(pieces)


def test_a_long_silence_shows_the_last_minute_only() -> None:
    world = VenueWorld()
    tape = world.venue.trades(AAPL, since=world.venue.now - timedelta(days=1))
    assert world.venue.now - timedelta(minutes=1) < tape[0].at < world.venue.now - timedelta(seconds=59)
