"""The venue's account values in the tags and formats of the TWS API."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from qe_dashboard.gateway_sim.encode_account import AccountValue, PositionRow
from qe_dashboard.sim_venue.events import AccountValues, VenuePosition

LEDGER = "$LEDGER"
# What reqAccountUpdates calls the sum over all currencies.
BASE = "BASE"
_CENT = Decimal("0.01")
_ACCOUNT_TYPE = "INDIVIDUAL"


def account_rows(values: AccountValues, account: str) -> list[AccountValue]:
    """Return every value of the account, as reqAccountUpdates sends them."""
    currency = values.currency
    rows = [
        AccountValue("AccountCode", account, ""),
        AccountValue("AccountOrGroup", account, BASE),
        AccountValue("AccountOrGroup", account, currency),
        AccountValue("AccountReady", "true", ""),
        AccountValue("AccountType", _ACCOUNT_TYPE, ""),
        AccountValue("Currency", BASE, BASE),
        AccountValue("Currency", currency, currency),
        AccountValue("Cushion", f"{_cushion(values):.6f}", ""),
        # -1 = pattern day trader rules do not apply.
        AccountValue("DayTradesRemaining", "-1", ""),
    ]
    rows += [AccountValue(tag, _money(amount), currency) for tag, amount in _amounts(values).items()]
    rows += [
        AccountValue(tag, text, name) for tag, text in _ledger(values).items() for name in (BASE, currency)
    ]
    return rows


def summary_rows(values: AccountValues, tags: str) -> list[AccountValue]:
    """Return the values that reqAccountSummary names, unknown tags left out; `$LEDGER` stands for cash by currency."""
    amounts = {
        tag: AccountValue(tag, _money(amount), values.currency) for tag, amount in _amounts(values).items()
    }
    amounts["AccountType"] = AccountValue("AccountType", _ACCOUNT_TYPE, "")
    amounts["Cushion"] = AccountValue("Cushion", f"{_cushion(values):.6f}", "")
    amounts["DayTradesRemaining"] = AccountValue("DayTradesRemaining", "-1", "")
    rows = []
    for tag in tags.split(","):
        name, _, scope = tag.partition(":")
        if name == LEDGER:
            currencies = (BASE, values.currency) if scope == "ALL" else (scope or BASE,)
            rows += [
                AccountValue(key, text, to) for to in currencies for key, text in _ledger(values).items()
            ]
        elif tag in amounts:
            rows.append(amounts[tag])
    return rows


def position_row(position: VenuePosition) -> PositionRow:
    """Return a position with its cost in TWS's way of counting."""
    return PositionRow(
        instrument=position.instrument,
        quantity=position.quantity,
        average_cost=position.avg_cost,
        market_price=position.market_price,
        market_value=position.market_value,
        unrealized=position.unrealized_pnl,
        realized=position.realized_pnl,
    )


def changed(before: Iterable[AccountValue], now: Iterable[AccountValue]) -> list[AccountValue]:
    """Return the rows that are not the same as before."""
    known = {(row.tag, row.currency): row.value for row in before}
    return [row for row in now if known.get((row.tag, row.currency)) != row.value]


def _amounts(values: AccountValues) -> dict[str, Decimal]:
    return {
        "AccruedCash": Decimal(0),
        "AvailableFunds": values.available_funds,
        "BuyingPower": values.buying_power,
        "EquityWithLoanValue": values.net_liquidation,
        "ExcessLiquidity": values.excess_liquidity,
        "FullAvailableFunds": values.available_funds,
        "FullExcessLiquidity": values.excess_liquidity,
        "FullInitMarginReq": values.init_margin,
        "FullMaintMarginReq": values.maint_margin,
        "GrossPositionValue": values.gross_position_value,
        "InitMarginReq": values.init_margin,
        "LookAheadAvailableFunds": values.available_funds,
        "LookAheadExcessLiquidity": values.excess_liquidity,
        "LookAheadInitMarginReq": values.init_margin,
        "LookAheadMaintMarginReq": values.maint_margin,
        "MaintMarginReq": values.maint_margin,
        "NetLiquidation": values.net_liquidation,
        "TotalCashValue": values.total_cash,
    }


def _ledger(values: AccountValues) -> dict[str, str]:
    """Values per currency. There is one currency, so the base values are the same."""
    return {
        "CashBalance": _money(values.total_cash),
        "ExchangeRate": "1.00",
        "NetLiquidationByCurrency": _money(values.net_liquidation),
        "RealizedPnL": _money(values.realized_pnl),
        "StockMarketValue": _money(values.stock_value),
        "TotalCashBalance": _money(values.total_cash),
        "UnrealizedPnL": _money(values.unrealized_pnl),
    }


def _money(amount: Decimal) -> str:
    return f"{amount.quantize(_CENT):f}"


def _cushion(values: AccountValues) -> Decimal:
    """Excess liquidity as a share of net liquidation."""
    if values.net_liquidation <= 0:
        return Decimal(0)
    return values.excess_liquidity / values.net_liquidation
