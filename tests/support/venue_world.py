"""A simulated venue on a hand-turned clock, and the few words tests need to trade on it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from qe_dashboard.model.enums import OrderSide, OrderType, TimeInForce
from qe_dashboard.model.identifiers import AccountId, InstrumentId, OrderKey
from qe_dashboard.model.order import Fill, OrderSpec
from qe_dashboard.sim_venue.events import (
    Executed,
    NewOrder,
    OrderChanged,
    OrderSnapshot,
    VenueEvent,
)
from qe_dashboard.sim_venue.terms import VenueOrderType, VenueTerms
from qe_dashboard.sim_venue.venue import Venue, VenueConfig

T = TypeVar("T")

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ACCOUNT = AccountId("SIM1000001")
AAPL = InstrumentId("AAPL.STK.USD")
MNQ = InstrumentId("MNQ.FUT.20261218.USD")
AT_ONCE = VenueConfig(latency=timedelta(0))
CLIENT = 2

_TYPES = {
    (False, False): OrderType.MARKET,
    (True, False): OrderType.LIMIT,
    (False, True): OrderType.STOP,
    (True, True): OrderType.STOP_LIMIT,
}


def spec(
    side: OrderSide,
    quantity: int | str,
    *,
    limit: Decimal | str | None = None,
    stop: Decimal | str | None = None,
    tif: TimeInForce = TimeInForce.DAY,
    instrument_id: InstrumentId = AAPL,
) -> OrderSpec:
    """Return terms; the prices say which type of order it is."""
    return OrderSpec(
        instrument_id=instrument_id,
        side=side,
        quantity=Decimal(quantity),
        order_type=_TYPES[limit is not None, stop is not None],
        limit_price=None if limit is None else Decimal(limit),
        stop_price=None if stop is None else Decimal(stop),
        time_in_force=tif,
    )


def _venue_terms(terms: OrderSpec | VenueTerms) -> VenueTerms:
    return terms if isinstance(terms, VenueTerms) else VenueTerms.of(terms)


def terms(
    side: OrderSide,
    quantity: int,
    order_type: VenueOrderType,
    *,
    limit: Decimal | str | None = None,
    stop: Decimal | str | None = None,
    trail: Decimal | str | None = None,
    percent: Decimal | str | None = None,
    **more: Any,
) -> VenueTerms:
    """Return the venue's own terms, of AAPL unless said otherwise."""
    numbers = (None if one is None else Decimal(one) for one in (limit, stop, trail, percent))
    limit_price, stop_price, trail_amount, trail_percent = numbers
    return VenueTerms(
        more.pop("instrument_id", AAPL),
        side,
        Decimal(quantity),
        order_type,
        limit_price=limit_price,
        stop_price=stop_price,
        trail_amount=trail_amount,
        trail_percent=trail_percent,
        **more,
    )


class VenueWorld:
    """A venue, everything it said, and a client that counts its order ids."""

    def __init__(self, *, config: VenueConfig = AT_ONCE, now: datetime = NOW, cash: int = 1_000_000) -> None:
        self.venue = Venue.create(
            seed=7, account=ACCOUNT, now=now, starting_cash=Decimal(cash), config=config
        )
        self.events: list[VenueEvent] = []

    def send(self, terms: OrderSpec | VenueTerms, *, client: int = CLIENT) -> OrderKey:
        """Place an order under the client's next id and hear what came of it at once."""
        key = OrderKey(client, self.venue.next_valid_id(client))
        self.venue.place(NewOrder(key, ACCOUNT, f"QE:{key.order_id}", _venue_terms(terms)))
        self.listen()
        return key

    def prices(self, instrument_id: InstrumentId = AAPL) -> tuple[Decimal, Decimal]:
        """Return bid and ask of now."""
        quote = self.venue.quote(instrument_id)
        assert quote.bid is not None
        assert quote.ask is not None
        return quote.bid, quote.ask

    def last_price(self, instrument_id: InstrumentId = AAPL) -> Decimal:
        last = self.venue.quote(instrument_id).last
        assert last is not None
        return last

    def change(self, key: OrderKey, terms: OrderSpec | VenueTerms) -> None:
        self.venue.modify(NewOrder(key, ACCOUNT, f"QE:{key.order_id}", _venue_terms(terms)))
        self.listen()

    def cancel(self, key: OrderKey, *, by: int | None = None) -> None:
        self.venue.cancel(key, by=by)
        self.listen()

    def run(self, seconds: float, *, every: float = 0.1) -> None:
        """Let time pass in small advances."""
        end = self.venue.now + timedelta(seconds=seconds)
        while self.venue.now < end:
            self.venue.advance(min(self.venue.now + timedelta(seconds=every), end))
        self.listen()

    def jump(self, to: datetime) -> None:
        """Advance in one go."""
        self.venue.advance(to)
        self.listen()

    def listen(self) -> None:
        self.events.extend(self.venue.take_events())

    def all(self, kind: type[T]) -> list[T]:
        """Return every event of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def last(self, kind: type[T]) -> T:
        return self.all(kind)[-1]

    def order(self, key: OrderKey) -> OrderSnapshot:
        found = self.venue.order(key)
        assert found is not None
        return found

    def history(self, key: OrderKey) -> list[OrderSnapshot]:
        """Return what was reported of an order, in order."""
        return [event.order for event in self.all(OrderChanged) if event.order.key == key]

    def fills(self, key: OrderKey) -> list[Fill]:
        return [event.fill for event in self.all(Executed) if event.fill.key == key]
