"""Instrument: identity (D25), tick and lot rules, rounding, sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from enum import Enum

from qe_dashboard.model.enums import OrderSide, SecType
from qe_dashboard.model.identifiers import InstrumentId

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

ZONE_LABELS = {
    "America/New_York": "ET",
    "US/Eastern": "ET",
    "America/Chicago": "CT",
    "US/Central": "CT",
    "America/Los_Angeles": "PT",
    "Europe/London": "UK",
    "UTC": "UTC",
    "Etc/UTC": "UTC",
}
"""What people call a zone all year round."""


class Rounding(Enum):
    """Which neighbouring tick an off-tick price becomes."""

    DOWN = ROUND_FLOOR
    UP = ROUND_CEILING
    NEAREST = ROUND_HALF_EVEN


@dataclass(frozen=True, slots=True)
class TickRule:
    """From this price on (inclusive, absolute value), prices move in this increment."""

    low_edge: Decimal
    increment: Decimal


@dataclass(frozen=True, slots=True)
class Session:
    """One stretch of trading, aware UTC, start inclusive, end exclusive."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Instrument:
    """A tradable contract. `multiplier` is currency units per price point; sizes are shares or contracts."""

    id: InstrumentId
    symbol: str
    sec_type: SecType
    exchange: str
    currency: str
    multiplier: Decimal
    tick_rules: tuple[TickRule, ...]
    min_size: Decimal = Decimal(1)
    size_increment: Decimal = Decimal(1)
    primary_exchange: str = ""
    local_symbol: str = ""
    trading_class: str = ""
    name: str = ""
    con_id: int | None = None
    expiry: date | None = None
    time_zone: str = "America/New_York"
    trading_hours: tuple[Session, ...] | None = None
    """All sessions the broker sent; None = hours unknown, which is not "closed"."""
    liquid_hours: tuple[Session, ...] | None = None

    @property
    def label(self) -> str:
        """Name for sentences and tables: `AAPL`, `MNQ Dec26`."""
        if self.expiry is None:
            return self.symbol
        return f"{self.symbol} {_MONTHS[self.expiry.month - 1]}{self.expiry.year % 100:02d}"

    @property
    def is_future(self) -> bool:
        return self.sec_type is SecType.FUTURE

    @property
    def unit(self) -> str:
        """The word for one of it."""
        return "contracts" if self.sec_type in (SecType.FUTURE, SecType.OPTION) else "shares"

    def tick_at(self, price: Decimal) -> Decimal:
        """Return the price increment in force at a price. Raises ValueError when no rule is known."""
        if not self.tick_rules:
            raise ValueError(f"no tick rule known for {self.id}")
        increment = self.tick_rules[0].increment
        for rule in self.tick_rules:
            if abs(price) >= rule.low_edge:
                increment = rule.increment
        return increment

    def is_on_tick(self, price: Decimal) -> bool:
        return price % self.tick_at(price) == 0

    def round_price(self, price: Decimal, rounding: Rounding) -> Decimal:
        """Move a price to a tick; one on a tick is returned as it is."""
        tick = self.tick_at(price)
        return (price / tick).to_integral_value(rounding.value) * tick

    def is_valid_size(self, quantity: Decimal) -> bool:
        return quantity >= self.min_size and quantity % self.size_increment == 0

    @property
    def price_decimals(self) -> int:
        """Digits after the point that the smallest known tick needs."""
        if not self.tick_rules:
            return 2
        smallest = min(rule.increment for rule in self.tick_rules).normalize()
        exponent = smallest.as_tuple().exponent
        digits = -exponent if isinstance(exponent, int) and exponent < 0 else 0
        return max(digits, 2)


def instrument_id(
    *, symbol: str, sec_type: SecType, currency: str, expiry: date | None = None
) -> InstrumentId:
    """Build `SYMBOL.SECTYPE[.YYYYMMDD].CCY` (D25)."""
    parts = [symbol, sec_type.value]
    if expiry is not None:
        parts.append(expiry.strftime("%Y%m%d"))
    parts.append(currency)
    return InstrumentId(".".join(parts))


def safer_rounding(side: OrderSide) -> Rounding:
    """Rounding of a limit price that never pays more or sells for less than asked (S08)."""
    return Rounding.DOWN if side is OrderSide.BUY else Rounding.UP
