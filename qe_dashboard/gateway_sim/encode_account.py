"""Messages about the account: values, portfolio, positions, profit and loss."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qe_dashboard.gateway_sim.encode_contracts import (
    contract_fields,
    expiry_text,
    home_exchange,
    multiplier_text,
)
from qe_dashboard.gateway_sim.wire import double_or_unset, message, price, size
from qe_dashboard.model.instrument import Instrument


@dataclass(frozen=True, slots=True)
class AccountValue:
    """One account value as text; `currency` is empty for values that have none."""

    tag: str
    value: str
    currency: str


@dataclass(frozen=True, slots=True)
class PositionRow:
    """One holding. `average_cost` is per unit and includes the multiplier, as TWS counts it."""

    instrument: Instrument
    quantity: Decimal
    average_cost: Decimal
    market_price: Decimal
    market_value: Decimal
    unrealized: Decimal
    realized: Decimal


def account_value(row: AccountValue, *, account: str) -> bytes:
    """Encode updateAccountValue."""
    return message(6, 2, row.tag, row.value, row.currency, account)


def portfolio(row: PositionRow, *, account: str) -> bytes:
    """Encode updatePortfolio: the eighth contract field is the primary exchange, and there is no exchange."""
    instrument = row.instrument
    return message(
        7,
        8,
        instrument.con_id,
        instrument.symbol,
        instrument.sec_type.value,
        expiry_text(instrument),
        "0.0",
        "0",
        multiplier_text(instrument),
        home_exchange(instrument),
        instrument.currency,
        instrument.local_symbol,
        instrument.trading_class,
        size(row.quantity),
        price(row.market_price),
        price(row.market_value),
        price(row.average_cost),
        price(row.unrealized),
        price(row.realized),
        account,
    )


def account_time(local: datetime) -> bytes:
    """Encode updateAccountTime: hour and minute of the gateway's local clock."""
    return message(8, 1, f"{local:%H:%M}")


def account_download_end(account: str) -> bytes:
    """Encode accountDownloadEnd."""
    return message(54, 1, account)


def position(row: PositionRow, *, account: str) -> bytes:
    """Encode position; quantity 0 removes it at the client."""
    contract = contract_fields(row.instrument, exchange=home_exchange(row.instrument))
    return message(61, 3, account, *contract, size(row.quantity), price(row.average_cost))


def position_end() -> bytes:
    """Encode positionEnd."""
    return message(62, 1)


def account_summary(req_id: int, row: AccountValue, *, account: str) -> bytes:
    """Encode accountSummary."""
    return message(63, 1, req_id, account, row.tag, row.value, row.currency)


def account_summary_end(req_id: int) -> bytes:
    """Encode accountSummaryEnd."""
    return message(64, 1, req_id)


def position_multi(req_id: int, row: PositionRow, *, account: str, model: str) -> bytes:
    """Encode positionMulti."""
    contract = contract_fields(row.instrument, exchange=home_exchange(row.instrument))
    return message(71, 1, req_id, account, *contract, size(row.quantity), price(row.average_cost), model)


def position_multi_end(req_id: int) -> bytes:
    """Encode positionMultiEnd."""
    return message(72, 1, req_id)


def account_update_multi(req_id: int, row: AccountValue, *, account: str, model: str) -> bytes:
    """Encode accountUpdateMulti."""
    return message(73, 1, req_id, account, model, row.tag, row.value, row.currency)


def account_update_multi_end(req_id: int) -> bytes:
    """Encode accountUpdateMultiEnd."""
    return message(74, 1, req_id)


def pnl(req_id: int, *, daily: Decimal | None, unrealized: Decimal | None, realized: Decimal | None) -> bytes:
    """Encode pnl."""
    return message(94, req_id, *map(double_or_unset, (daily, unrealized, realized)))


def pnl_single(
    req_id: int,
    *,
    quantity: Decimal,
    daily: Decimal | None,
    unrealized: Decimal | None,
    value: Decimal | None,
) -> bytes:
    """Encode pnlSingle; its realized part is never known (reference 4.3)."""
    amounts = map(double_or_unset, (daily, unrealized, None, value))
    return message(95, req_id, size(quantity), *amounts)
