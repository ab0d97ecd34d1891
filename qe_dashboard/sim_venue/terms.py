"""The venue's own order terms: more types than the model's, families (parent and children) and OCA groups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum

from qe_dashboard.model.enums import OrderSide, OrderType, TimeInForce
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.order import OrderSpec


class VenueOrderType(StrEnum):
    """Values are the words of the TWS API."""

    MARKET = "MKT"
    LIMIT = "LMT"
    STOP = "STP"
    STOP_LIMIT = "STP LMT"
    TRAIL = "TRAIL"
    IF_TOUCHED = "MIT"
    LIMIT_ON_CLOSE = "LOC"
    MARKET_ON_CLOSE = "MOC"


class VenueTif(StrEnum):
    """Time in force. Values are the words of the TWS API."""

    DAY = "DAY"
    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTD = "GTD"


class OcaType(IntEnum):
    """What a fill of one order does to the others of its OCA group. Values are the numbers of the TWS API.

    With block the others cannot trade before the fill has reached them; without, they can within the same price
    step (250 ms), so both may fill.
    """

    CANCEL = 1
    REDUCE_WITH_BLOCK = 2
    REDUCE = 3


ON_CLOSE = frozenset({VenueOrderType.LIMIT_ON_CLOSE, VenueOrderType.MARKET_ON_CLOSE})
IMMEDIATE = frozenset({VenueTif.IOC, VenueTif.FOK})
_LIMITED = frozenset({VenueOrderType.LIMIT, VenueOrderType.STOP_LIMIT, VenueOrderType.LIMIT_ON_CLOSE})
_STOPPED = frozenset({VenueOrderType.STOP, VenueOrderType.STOP_LIMIT, VenueOrderType.IF_TOUCHED})
WITH_TRIGGER = _STOPPED | {VenueOrderType.TRAIL}
"""Types that wait for a price before they work."""
# Beyond this Decimal arithmetic in 28 digits would fail on a remainder; no market comes near it.
_MOST = Decimal(10) ** 12
_LAST_YEAR = 2100


@dataclass(frozen=True, slots=True)
class VenueTerms:
    """The terms of an order at the venue. Prices in the instrument's currency, times aware UTC.

    `stop_price` is the trigger of STP, STP LMT and MIT, and optionally the first stop of TRAIL, which needs exactly
    one of `trail_amount` (price points) and `trail_percent` (2 = 2 %). GTD needs `good_till`. `parent_id` is an order
    id of the same client. An order with `transmit` False is silent until one of its family is transmitted.
    Raises ValueError when a term the type needs is missing or one it cannot carry is present.
    """

    instrument_id: InstrumentId
    side: OrderSide
    quantity: Decimal
    order_type: VenueOrderType
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_amount: Decimal | None = None
    trail_percent: Decimal | None = None
    time_in_force: VenueTif = VenueTif.DAY
    good_till: datetime | None = None
    good_after: datetime | None = None
    outside_rth: bool = False
    parent_id: int | None = None
    transmit: bool = True
    oca_group: str = ""
    oca_type: OcaType = OcaType.REDUCE

    def __post_init__(self) -> None:
        if not self.quantity.is_finite() or not 0 < self.quantity <= _MOST:
            raise ValueError(f"quantity must be a positive number up to {_MOST}, got {self.quantity}")
        kind, trails = self.order_type, self.order_type is VenueOrderType.TRAIL
        self._check("limit price", self.limit_price, needed=kind in _LIMITED)
        self._check("stop price", self.stop_price, needed=kind in _STOPPED, allowed=trails)
        if trails == ((self.trail_amount is None) == (self.trail_percent is None)):
            raise ValueError(
                "a trailing amount or a trailing percentage belongs to TRAIL, and exactly one of them"
            )
        for word, value in (("amount", self.trail_amount), ("percentage", self.trail_percent)):
            if value is not None and not (value.is_finite() and 0 < value <= _MOST):
                raise ValueError(f"the trailing {word} must be a positive number, got {value}")
        if self.trail_percent is not None and self.trail_percent >= 100:
            raise ValueError(f"the trailing percentage must be below 100, got {self.trail_percent}")
        if (self.good_till is None) == (self.time_in_force is VenueTif.GTD):
            raise ValueError("GTD needs the time until which it is good, and nothing else has one")
        for moment in (self.good_till, self.good_after):
            if moment is not None and (moment.tzinfo is None or moment.year > _LAST_YEAR):
                raise ValueError(f"a time needs its zone and a year up to {_LAST_YEAR}, got {moment}")

    def _check(self, word: str, price: Decimal | None, *, needed: bool, allowed: bool = False) -> None:
        if needed and price is None:
            raise ValueError(f"a {self.order_type} order needs a {word}")
        if not needed and not allowed and price is not None:
            raise ValueError(f"a {self.order_type} order takes no {word}")
        if price is not None and not (price.is_finite() and abs(price) <= _MOST):
            raise ValueError(f"the {word} must be a number up to {_MOST}, got {price}")

    @classmethod
    def of(cls, spec: OrderSpec) -> VenueTerms:
        """Return the model's terms as the venue's."""
        return cls(
            instrument_id=spec.instrument_id,
            side=spec.side,
            quantity=spec.quantity,
            order_type=VenueOrderType(spec.order_type.value),
            limit_price=spec.limit_price,
            stop_price=spec.stop_price,
            time_in_force=VenueTif(spec.time_in_force.value),
            outside_rth=spec.outside_rth,
        )

    @property
    def spec(self) -> OrderSpec:
        """The same in the model's words. Raises ValueError for a type or time in force that the model lacks."""
        return OrderSpec(
            instrument_id=self.instrument_id,
            side=self.side,
            quantity=self.quantity,
            order_type=OrderType(self.order_type.value),
            limit_price=self.limit_price,
            stop_price=self.stop_price,
            time_in_force=TimeInForce(self.time_in_force.value),
            outside_rth=self.outside_rth,
        )

    @property
    def signed_quantity(self) -> Decimal:
        """Quantity with the sign of the side."""
        return self.quantity * self.side.sign
