"""The gates in their fixed order, and which of them bind orders that lower risk (D2)."""

from __future__ import annotations

from qe_dashboard.model.enums import OrderClass
from qe_dashboard.risk.gate import Gate
from qe_dashboard.risk.gates import (
    account_profile,
    allow_list,
    duplicate,
    feed,
    journal,
    links,
    notional,
    order_book,
    position_book,
    quantity,
    rates,
    self_trade,
    short_sale,
    tick_lot,
    trading_state,
    uncertain,
)

EVERY = frozenset(OrderClass)
ADDING = frozenset({OrderClass.ADD})
# A working order may always be made smaller, also one that is still more than held afterwards.
NEW_QUANTITY = frozenset({OrderClass.ADD, OrderClass.REDUCE})

# Order of reference S: profile, state, account, instrument, data, order, rate, exposure.
GATES: tuple[Gate, ...] = (
    Gate("account_profile", account_profile.check, EVERY, "account found, its kind, the profile"),
    Gate("trading_state", trading_state.check, ADDING, "ACTIVE, REDUCING or HALTED"),
    Gate("order_link", links.check_order_link, EVERY, "the socket that carries orders"),
    Gate("upstream", links.check_upstream, EVERY, "the gateway's connection to the venue"),
    Gate("data_link", links.check_data_link, ADDING, "the socket that carries account and quotes"),
    Gate("journal", journal.check, EVERY, "whether the intent can be committed before the send"),
    Gate("feed", feed.check, EVERY, "simulated prices with real orders, and the reverse"),
    Gate("allow_list", allow_list.check, ADDING, "symbols that may be traded"),
    Gate("tick_lot", tick_lot.check, EVERY, "price increment, smallest size and size step"),
    Gate("quantity", quantity.check, ADDING, "shares or contracts in one order"),
    Gate("notional", notional.check, ADDING, "cash value of one stock order"),
    Gate("order_book", order_book.check, ADDING, "whether the open orders are known"),
    Gate(
        "position_book", position_book.check, NEW_QUANTITY, "the position held, crossing zero, crowded exits"
    ),
    Gate("uncertain", uncertain.check, EVERY, "orders of the symbol whose outcome is not known"),
    Gate("short_sale", short_sale.check, ADDING, "short sales of stocks"),
    Gate("self_trade", self_trade.check, EVERY, "own working orders on the other side"),
    Gate("duplicate", duplicate.check, ADDING, "an equal order a moment ago"),
    Gate("order_rate", rates.check_minute, ADDING, "orders, or changes of orders, in 60 s"),
    Gate("symbol_rate", rates.check_symbol, ADDING, "orders in one symbol in 10 s"),
)
