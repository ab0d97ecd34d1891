"""Bars of quotes out of a bar of trades and the quotes at its ends."""

from __future__ import annotations

from qe_dashboard.sim_venue.bar_kinds import BarKind, Prices, Sides, bounds, prices_of, standing

TRADES = Prices(100, 110, 90, 104)
BID, ASK = bounds(TRADES, Sides(98, 100), Sides(104, 105), widest=3)


def test_quotes_reach_as_far_from_the_trades_as_the_widest_spread() -> None:
    assert Prices(98, 110, 87, 104) == BID
    assert Prices(100, 113, 90, 105) == ASK


def test_a_quote_that_stands_has_one_price_a_side() -> None:
    assert standing(Sides(98, 101)) == (Prices(98, 98, 98, 98), Prices(101, 101, 101, 101))


def test_each_kind_is_made_of_both_sides() -> None:
    made = {kind: prices_of(kind, bid=BID, ask=ASK) for kind in BarKind if kind is not BarKind.TRADES}
    assert made == {
        BarKind.BID: BID,
        BarKind.ASK: ASK,
        BarKind.MIDPOINT: Prices(99, 111.5, 88.5, 104.5),
        BarKind.BID_ASK: Prices(99.75, 113, 87, 102),
    }
