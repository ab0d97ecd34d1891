"""What of the wanted lines is new, however seldom somebody looks."""

from __future__ import annotations

from datetime import timedelta

from qe_dashboard.broker.simulated.lines import MarketLines
from support.venue_world import AAPL, MNQ, NOW, VenueWorld

FIVE = (AAPL, 5)


def test_a_quote_is_shown_once_per_change() -> None:
    world, lines = VenueWorld(), MarketLines()
    lines.want_quotes(AAPL)
    lines.want_quotes(MNQ)
    assert [quote.instrument_id for quote in lines.new_quotes(world.venue)] == [AAPL, MNQ]
    assert list(lines.new_quotes(world.venue)) == []
    lines.want_quotes(AAPL)
    assert list(lines.new_quotes(world.venue)) == []
    world.jump(NOW + timedelta(milliseconds=250))
    lines.release_quotes(MNQ)
    assert [quote.instrument_id for quote in lines.new_quotes(world.venue)] == [AAPL]


def test_a_bar_is_finished_before_the_next_begins() -> None:
    """Looked at every 1.75 s, the last trade of a bar falls between two looks; it must not get lost."""
    world, lines = VenueWorld(), MarketLines()
    lines.want_bars(FIVE)
    shown = list(lines.new_bars(world.venue))
    assert [bar.start for bar in shown] == [NOW]
    for look in range(1, 40):
        world.jump(NOW + look * timedelta(seconds=1.75))
        shown.extend(lines.new_bars(world.venue))
    last_of = {bar.start: bar for bar in shown}
    history = world.venue.bars(AAPL, seconds=5, count=len(last_of))
    assert [last_of[bar.start] for bar in history] == list(history)
    assert [bar.start for bar in shown] == sorted(bar.start for bar in shown)
    lines.release_bars(FIVE)
    world.jump(world.venue.now + timedelta(seconds=5))
    assert list(lines.new_bars(world.venue)) == []


def test_after_a_long_gap_only_the_running_bar_is_shown() -> None:
    world, lines = VenueWorld(), MarketLines()
    lines.want_bars(FIVE)
    list(lines.new_bars(world.venue))
    world.jump(NOW + timedelta(minutes=5))
    assert [bar.start for bar in lines.new_bars(world.venue)] == [NOW + timedelta(minutes=5)]


def test_a_line_may_be_released_while_it_is_read() -> None:
    world, lines = VenueWorld(), MarketLines()
    lines.want_quotes(AAPL)
    lines.want_quotes(MNQ)
    for quote in lines.new_quotes(world.venue):
        assert quote.instrument_id == AAPL
        lines.release_quotes(MNQ)
