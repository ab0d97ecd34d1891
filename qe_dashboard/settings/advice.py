"""What is valid but probably not meant; `settings check` prints it (D14)."""

from __future__ import annotations

from qe_dashboard.model.connection import FIRST_PROBE_ID
from qe_dashboard.settings.limits import OrderLimits
from qe_dashboard.settings.schema import IbkrConnection, Settings


def advice(settings: Settings) -> tuple[str, ...]:
    """Return one sentence per setting that cannot do what it seems to."""
    found: list[str] = []
    tables = {"sim": settings.limits.sim, "paper": settings.limits.paper, "live": settings.limits.live}
    for name, limits in tables.items():
        found += _unreachable(f"limits.{name}", limits)
    live = settings.limits.live
    found += [
        f"limits.live.loosen.{key} gives a reason, but that limit is not looser than shipped: remove it."
        for key in live.loosen
        if key not in live.loosened()
    ]
    found += _doctor_clash("connection.ibkr-paper", settings.connection.ibkr_paper)
    found += _doctor_clash("connection.ibkr-live", settings.connection.ibkr_live)
    found += _outside_allow_list(settings)
    return tuple(found)


def _unreachable(table: str, limits: OrderLimits) -> list[str]:
    burst, minute = limits.max_orders_per_symbol_10s, limits.max_orders_per_minute
    if burst is None or minute is None or burst <= minute:
        return []
    return [
        f"{table}.max_orders_per_symbol_10s = {burst} can never be reached: max_orders_per_minute = {minute} "
        "stops orders first."
    ]


def _doctor_clash(table: str, connection: IbkrConnection) -> list[str]:
    ids = {"client_id": connection.client_id, "order_client_id": connection.resolved_order_client_id}
    return [
        f"{table}.{key} = {number} is in the range of doctor and Test connection ({FIRST_PROBE_ID} and up): "
        "they would knock on your own link; choose a smaller one."
        for key, number in ids.items()
        if number >= FIRST_PROBE_ID
    ]


def _outside_allow_list(settings: Settings) -> list[str]:
    if settings.broker != "ibkr-live":
        return []
    allowed = settings.limits.live.allow_list
    outside = [symbol for symbol in settings.watchlist.symbols if symbol not in allowed]
    if not outside:
        return []
    return [f"On the watchlist but not in limits.live.allow_list, so only exits pass: {', '.join(outside)}."]
