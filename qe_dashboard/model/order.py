"""What is asked (`OrderSpec`), what exists (`Order`), and what happened to it (`Fill`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qe_dashboard.model.enums import OrderClass, OrderSide, OrderType, Origin, TimeInForce
from qe_dashboard.model.identifiers import AccountId, ExecId, InstrumentId, IntentId, OrderKey, OrderNumber
from qe_dashboard.model.money import Money
from qe_dashboard.model.order_status import OrderStatus

THIS = "THIS"
"""Owner of an order placed over this program's order link, the only one that can change or cancel it (D7)."""


LARGEST = Decimal(10**9)
"""No size or price of an order is larger; 1E+999999 would take a minute to write out."""


@dataclass(frozen=True, slots=True)
class OrderSpec:
    """The terms of an order. Prices in the instrument's currency; quantity in shares or contracts, positive.

    Raises ValueError when a price the type needs is missing or one it cannot carry is present.
    """

    instrument_id: InstrumentId
    side: OrderSide
    quantity: Decimal
    order_type: OrderType
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.DAY
    outside_rth: bool = False

    def __post_init__(self) -> None:
        if not self.quantity.is_finite() or self.quantity <= 0:
            raise ValueError(f"quantity must be a positive number, got {self.quantity}")
        if self.quantity > LARGEST:
            raise ValueError(f"a quantity above {LARGEST} is no order")
        needs_limit = self.order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
        needs_stop = self.order_type in (OrderType.STOP, OrderType.STOP_LIMIT)
        if self.order_type is OrderType.OTHER:
            return
        _check_price("limit", self.limit_price, needed=needs_limit, order_type=self.order_type)
        _check_price("stop", self.stop_price, needed=needs_stop, order_type=self.order_type)

    @property
    def signed_quantity(self) -> Decimal:
        """Quantity with the sign of the side."""
        return self.quantity * self.side.sign

    @property
    def price_words(self) -> str:
        """The price part of a sentence: `MKT`, `LMT 233.33`, `STP 20970 LMT 20965`."""
        match self.order_type:
            case OrderType.MARKET:
                return "MKT"
            case OrderType.LIMIT:
                return f"LMT {self.limit_price}"
            case OrderType.STOP:
                return f"STP {self.stop_price}"
            case OrderType.STOP_LIMIT:
                return f"STP {self.stop_price} LMT {self.limit_price}"
            case OrderType.OTHER:
                return "OTHER TERMS"

    @property
    def can_be_sent(self) -> bool:
        """Whether this version can ask a venue for these terms."""
        return self.order_type is not OrderType.OTHER and self.time_in_force is not TimeInForce.OTHER


def _check_price(word: str, price: Decimal | None, *, needed: bool, order_type: OrderType) -> None:
    if needed and price is None:
        raise ValueError(f"a {order_type} order needs a {word} price")
    if not needed and price is not None:
        raise ValueError(f"a {order_type} order takes no {word} price")
    if price is not None and not price.is_finite():
        raise ValueError(f"{word} price must be finite, got {price}")
    if price is not None and abs(price) > LARGEST:
        raise ValueError(f"a {word} price above {LARGEST} is no price")


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution as the venue reported it; the only source of filled quantity (R08).

    `price` per unit in `currency`; `commission` and `realized` come later, None until then.
    """

    exec_id: ExecId
    key: OrderKey
    perm_id: int | None
    order_ref: str
    account: AccountId
    instrument_id: InstrumentId
    side: OrderSide
    quantity: Decimal
    price: Decimal
    currency: str
    at: datetime
    commission: Money | None = None
    realized: Money | None = None

    @property
    def signed_quantity(self) -> Decimal:
        return self.quantity * self.side.sign


@dataclass(frozen=True, slots=True)
class Order:
    """One order of the account, ours or foreign, as the reducer knows it.

    `key` is None until a place on the wire was reserved; `intent_id` is None for orders that are not ours.
    `owner` says who placed it, in words: `THIS`, `CLIENT 7`, `TWS`.
    """

    number: OrderNumber
    intent_id: IntentId | None
    key: OrderKey | None
    perm_id: int | None
    account: AccountId
    spec: OrderSpec
    status: OrderStatus
    created_at: datetime
    updated_at: datetime
    origin: Origin | None = None
    order_class: OrderClass | None = None
    owner: str = THIS
    filled: Decimal = Decimal(0)
    avg_fill_price: Decimal | None = None
    exec_ids: frozenset[ExecId] = frozenset()
    status_filled: Decimal | None = None
    """Cumulative quantity the venue's status claims; compared with executions, never booked (R08)."""
    why: str = ""
    """The venue's or the gates' last words about it, plain text."""

    @property
    def remaining(self) -> Decimal:
        return self.spec.quantity - self.filled

    @property
    def is_open(self) -> bool:
        return self.status.is_open

    @property
    def is_own(self) -> bool:
        """Whether this program placed it and can still change it: not so under another order client id (D21)."""
        return self.intent_id is not None and self.owner == THIS
