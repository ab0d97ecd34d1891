"""Limits as plain values with units (D17). None = off, which the settings layer refuses on live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """One profile's limits: positive magnitudes (R31); field names are the settings keys of D17."""

    max_order_qty_stock: Decimal | None
    """shares"""
    max_order_qty_future: Decimal | None
    """contracts"""
    max_order_notional_stock: Decimal | None
    """account currency"""
    max_order_notional_pct_nlv: Decimal | None
    """percent of net liquidation; the smaller of this and the amount binds"""
    duplicate_window_s: Decimal | None
    """seconds"""
    max_orders_per_minute: int | None
    max_orders_per_symbol_10s: int | None
    max_messages_per_second: int
    ack_timeout_s: Decimal
    allow_short: bool
    allow_list: tuple[str, ...]
    """symbols; empty = all (live must set it)"""
    source: Mapping[str, str] = field(default_factory=dict)
    """key -> where its value came from, `settings.toml:31` or `shipped default`"""

    def source_of(self, key: str) -> str:
        """Return where a limit's value came from; one nobody placed is the shipped default."""
        return self.source.get(key, "shipped default")
