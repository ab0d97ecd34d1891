"""Messages about executions and their commissions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from qe_dashboard.gateway_sim.encode_contracts import contract_fields, home_exchange
from qe_dashboard.gateway_sim.timestamps import stamp
from qe_dashboard.gateway_sim.wire import UNSET_DOUBLE, Field, message, price, size
from qe_dashboard.model.enums import OrderSide
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.money import Money
from qe_dashboard.model.order import Fill

LIVE = -1
# TWS writes the times of executions in the login's zone; this gateway's login lives in New York.
EXECUTION_ZONE = "America/New_York"
REMOVED_LIQUIDITY = 2


@dataclass(frozen=True, slots=True)
class ExecutionRow:
    """One execution with the order's running totals after it; `account` as presented to clients."""

    fill: Fill
    instrument: Instrument
    account: str
    cumulative: Decimal
    average_price: Decimal


def execution_details(version: int, req_id: int, row: ExecutionRow) -> bytes:
    """Encode execDetails: 31 fields up to version 177; ib_insync drops any other count."""
    fill = row.fill
    exchange = home_exchange(row.instrument)
    fields: list[Field] = [
        11,
        req_id,
        fill.key.order_id,
        *contract_fields(row.instrument, exchange=exchange),
        fill.exec_id,
        stamp(fill.at, zone=EXECUTION_ZONE, version=version),
        row.account,
        exchange,
        "BOT" if fill.side is OrderSide.BUY else "SLD",
        size(fill.quantity),
        price(fill.price),
        fill.perm_id,
        fill.key.client_id,
        0,
        size(row.cumulative),
        price(row.average_price),
        fill.order_ref,
        "",
        "",
        "",
        REMOVED_LIQUIDITY,
    ]
    if version >= 178:
        fields.append(False)
    return message(*fields)


def execution_details_end(req_id: int) -> bytes:
    """Encode execDetailsEnd."""
    return message(55, 1, req_id)


def commission_report(exec_id: str, *, commission: Money, realized: Money | None) -> bytes:
    """Encode commissionReport; a fill that opens a position has no realised part."""
    gain = UNSET_DOUBLE if realized is None else price(realized.amount)
    return message(59, 1, exec_id, price(commission.amount), commission.currency, gain, UNSET_DOUBLE, "")
