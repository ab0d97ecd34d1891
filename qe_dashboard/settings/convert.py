"""Settings as the plain values that the layers below receive, never a pydantic object (D29, D31)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from qe_dashboard.model.enums import AccountKind, Profile
from qe_dashboard.settings.layers import SHIPPED, Origin
from qe_dashboard.settings.limits import limit_keys
from qe_dashboard.settings.schema import Settings

_TABLE = {AccountKind.SIM: "sim", AccountKind.PAPER: "paper", AccountKind.LIVE: "live"}


def limit_values(
    settings: Settings, kind: AccountKind, *, origins: Mapping[tuple[str, ...], Origin]
) -> dict[str, Any]:
    """Return the keyword arguments of RiskLimits for one kind of account: exact numbers, None for "off".

    `source` says per key where its value was written, `settings.toml:31` or `shipped default` (D3).
    """
    limits = settings.limits.of(kind)
    notional = limits.max_order_notional_stock
    quantity = limits.max_order_qty_future
    values = {key: getattr(limits, key) for key in limit_keys()}
    values["max_order_qty_future"] = None if quantity is None else Decimal(quantity)
    values["max_order_notional_stock"] = None if notional is None else notional.amount
    values["max_order_notional_pct_nlv"] = None if notional is None else notional.pct_nlv
    source = {key: str(origins.get(("limits", _TABLE[kind], key), SHIPPED)) for key in limit_keys()}
    source["max_order_notional_pct_nlv"] = source["max_order_notional_stock"]
    return {**values, "source": source}


def connection_values(settings: Settings, profile: Profile) -> dict[str, Any]:
    """Return how a broker profile connects, with "auto" worked out; raise KeyError for `sim`."""
    connection = settings.connection_of(profile)
    values = connection.model_dump(exclude={"daily_restart", "ibkr_region"})
    return {**values, "order_client_id": connection.resolved_order_client_id}
