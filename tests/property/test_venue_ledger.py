"""Whatever is traded, the books add up."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.sim_venue.ledger import Ledger
from qe_dashboard.sim_venue.margin import account_values
from qe_dashboard.sim_venue.universe import Universe
from support.venue_world import AAPL, ACCOUNT, MNQ, NOW

UNIVERSE = Universe(NOW)
START = Decimal(1_000_000)
# Averages are quotients of 28 digits; what they are off by is far below a cent.
ROUNDING = Decimal("1e-9")

quantities = st.integers(-500, 500).filter(bool).map(Decimal)
ticks = st.integers(1, 200_000)
trades = st.lists(st.tuples(st.sampled_from([AAPL, MNQ]), quantities, ticks), max_size=40)


def price_of(instrument_id: InstrumentId, count: int) -> Decimal:
    listing = UNIVERSE.get(instrument_id)
    assert listing is not None
    return count * listing.instrument.tick_rules[0].increment


@given(trades=trades, marks=st.tuples(ticks, ticks))
def test_net_liquidation_is_start_plus_profit(
    trades: list[tuple[InstrumentId, Decimal, int]], marks: tuple[int, int]
) -> None:
    ledger, closed = Ledger(START), Decimal(0)
    for instrument_id, quantity, count in trades:
        listing = UNIVERSE.get(instrument_id)
        assert listing is not None
        profit = ledger.trade(listing, quantity=quantity, price=price_of(instrument_id, count))
        closed += profit or 0
        ledger.charge(Decimal("0.62"))
    for instrument_id in (AAPL, MNQ):
        traded = sum((quantity for name, quantity, _ in trades if name == instrument_id), start=Decimal(0))
        assert ledger.quantity(instrument_id) == traded

    last = dict(zip((AAPL, MNQ), marks, strict=True))
    values = account_values(
        ledger,
        lambda listing: price_of(listing.instrument.id, last[listing.instrument.id]),
        account=ACCOUNT,
        at=NOW,
    )
    charges = Decimal("0.62") * len(trades)
    assert abs(values.realized_pnl - (closed - charges)) < ROUNDING
    assert abs(values.net_liquidation - (START + values.realized_pnl + values.unrealized_pnl)) < ROUNDING


@given(trades=trades)
def test_profit_does_not_depend_on_the_average(trades: list[tuple[InstrumentId, Decimal, int]]) -> None:
    """Realised and open profit together equal the cash a plain count of money in and out gives."""
    ledger = Ledger(START)
    money = Decimal(0)
    for instrument_id, quantity, count in trades:
        listing = UNIVERSE.get(instrument_id)
        assert listing is not None
        price = price_of(instrument_id, count)
        ledger.trade(listing, quantity=quantity, price=price)
        money -= quantity * price * listing.instrument.multiplier
    marked = sum(
        (
            held.quantity * price_of(instrument_id, 1000) * held.listing.instrument.multiplier
            for instrument_id, held in ledger.holdings.items()
        ),
        start=Decimal(0),
    )
    profit = sum(
        (
            held.realized + held.unrealized(price_of(instrument_id, 1000))
            for instrument_id, held in ledger.holdings.items()
        ),
        start=Decimal(0),
    )
    assert abs(profit - (money + marked)) < ROUNDING
