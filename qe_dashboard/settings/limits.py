"""The `[limits.*]` tables: one object for every layer that checks orders, unit-typed (D17, R30, R31)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from qe_dashboard.settings.fieldtypes import (
    Reading,
    Table,
    Tighter,
    limit,
    notional_limit,
    switch,
    symbol_list,
    text,
)
from qe_dashboard.settings.values import Broken, NotionalLimit, RuleError, toml_text

# IBKR disconnects a client above 50 messages a second; 5 stay reserved for cancels and keepalive (D17, D23).
MOST_MESSAGES_PER_SECOND = 45

MaxQtyStock = Annotated[
    Decimal | None, limit("shares"), Field(description="Largest quantity of one stock order.")
]
MaxQtyFuture = Annotated[
    int | None, limit("contracts", integral=True), Field(description="Largest quantity of one futures order.")
]
MaxNotionalStock = Annotated[
    NotionalLimit | None,
    notional_limit("account currency"),
    Field(description="Largest cash value of one stock order; futures are bounded by contracts and margin."),
]
DuplicateWindow = Annotated[
    Decimal | None,
    limit("s", tighter="larger"),
    Field(description="An order equal to one sent this recently asks again before it is sent."),
]
OrdersPerMinute = Annotated[
    int | None,
    limit("orders", integral=True),
    Field(description="New risk-adding orders in any 60 seconds; a bracket is one, cancels never count."),
]
OrdersPerSymbol = Annotated[
    int | None,
    limit("orders", integral=True),
    Field(description="New risk-adding orders in one symbol in any 10 seconds."),
]
MessagesPerSecond = Annotated[
    int,
    limit("messages", integral=True, may_be_off=False, high=MOST_MESSAGES_PER_SECOND),
    Field(description="Messages per link and second; 5 more are reserved for cancels and keepalive."),
]
AckTimeout = Annotated[
    Decimal,
    limit("s", may_be_off=False, high=60),
    Field(description="An order not acknowledged by then is UNCERTAIN: it is queried, never resent."),
]
AllowList = Annotated[
    tuple[str, ...],
    symbol_list(500, tighter="subset"),
    Field(description="Symbols in which risk may be added; an empty list means all, which live refuses."),
]
AllowShort = Annotated[
    bool,
    switch(tighter="false"),
    Field(description="Whether a stock may be sold short; futures open either way."),
]
REASON = text(r"(?s).*\S.*", "a reason in words")
Reason = Annotated[str, REASON]


class OrderLimits(Table):
    """Pre-trade limits per order and per rate. Absent = shipped default; "off" = none."""

    max_order_qty_stock: MaxQtyStock = Decimal(10000)
    max_order_qty_future: MaxQtyFuture = 20
    max_order_notional_stock: MaxNotionalStock = NotionalLimit(Decimal(250000))
    duplicate_window_s: DuplicateWindow = Decimal(3)
    max_orders_per_minute: OrdersPerMinute = 60
    max_orders_per_symbol_10s: OrdersPerSymbol = 10
    max_messages_per_second: MessagesPerSecond = 40
    ack_timeout_s: AckTimeout = Decimal(10)
    allow_list: AllowList = ()
    allow_short: AllowShort = True


class LiveLimits(OrderLimits):
    """Limits of real-money accounts; one looser than shipped needs its reason in [limits.live.loosen]."""

    max_order_qty_stock: MaxQtyStock = Decimal(1000)
    max_order_qty_future: MaxQtyFuture = 2
    max_order_notional_stock: MaxNotionalStock = NotionalLimit(Decimal(25000), Decimal(10))
    duplicate_window_s: DuplicateWindow = Decimal(10)
    max_orders_per_minute: OrdersPerMinute = 10
    max_orders_per_symbol_10s: OrdersPerSymbol = 5
    ack_timeout_s: AckTimeout = Decimal(5)
    allow_short: AllowShort = False
    loosen: Mapping[str, Reason] = Field(
        default_factory=dict, description='Why a limit is looser than shipped: limit = "reason".'
    )

    @model_validator(mode="after")
    def _loosened_only_with_a_reason(self) -> Self:
        broken = [*self._unknown_reasons(), *self._unexplained()]
        if broken:
            raise RuleError(broken)
        return self

    def loosened(self) -> tuple[str, ...]:
        """Return the limits that allow more than the shipped live default."""
        fields = type(self).model_fields
        return tuple(
            key for key in limit_keys() if is_looser(key, getattr(self, key), than=fields[key].default)
        )

    def _unknown_reasons(self) -> list[Broken]:
        known = loosenable()
        expected = f"expected the name of a limit: {', '.join(known)}"
        return [Broken(("loosen", key), expected) for key in self.loosen if key not in known]

    def _unexplained(self) -> list[Broken]:
        fields = type(self).model_fields
        return [
            Broken(
                (key,),
                f"looser than the shipped live default {toml_text(fields[key].default)}{self._hint(key)}; expected "
                f'a tighter value, or your reason in the settings file: [limits.live.loosen] {key} = "why"',
            )
            for key in self.loosened()
            if key not in self.loosen
        ]

    def _hint(self, key: str) -> str:
        value, shipped = getattr(self, key), type(self).model_fields[key].default
        if not isinstance(value, NotionalLimit) or value.amount > shipped.amount:
            return ""
        kept = NotionalLimit(value.amount, shipped.pct_nlv)
        return f" in a small account (write {toml_text(kept)} to keep the share of net liquidation)"


def limit_keys() -> tuple[str, ...]:
    """Return every limit's key, in file order."""
    return tuple(OrderLimits.model_fields)


def loosenable() -> tuple[str, ...]:
    """Return the limits that a reason can loosen on live; the allow-list must be set whatever the reason."""
    return tuple(key for key in limit_keys() if key != "allow_list")


def reading_of(key: str) -> Reading:
    """Return how a limit is read."""
    return next(item for item in OrderLimits.model_fields[key].metadata if isinstance(item, Reading))


def is_looser(key: str, value: Any, *, than: Any) -> bool:
    """Tell whether a limit's value allows any order that the other value would stop."""
    direction = reading_of(key).tighter
    if direction == "subset":
        return _allows_more_symbols(value, than)
    if value == than or than is None:
        return False
    return value is None or _exceeds(value, than, direction)


def _exceeds(value: Any, than: Any, direction: Tighter | None) -> bool:
    if isinstance(value, NotionalLimit):
        return value.allows_more_than(than)
    return bool(value < than) if direction == "larger" else bool(value > than)


def _allows_more_symbols(value: tuple[str, ...], than: tuple[str, ...]) -> bool:
    if len(than) == 0:
        return False
    return len(value) == 0 or not set(value) <= set(than)
