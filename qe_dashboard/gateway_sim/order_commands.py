"""Fault commands about orders, executions and what clients are told of them."""

from __future__ import annotations

import re
from decimal import Decimal

from qe_dashboard.gateway_sim.command import (
    Command,
    ControlError,
    count,
    nothing,
    seconds,
    state,
    switch,
)
from qe_dashboard.gateway_sim.gateway import Gateway
from qe_dashboard.gateway_sim.tampering import Tamper
from qe_dashboard.model.enums import OrderSide
from qe_dashboard.sim_venue.terms import VenueOrderType

ORDER_STATUS, OPEN_ORDER, EXECUTION, COMMISSION = 3, 5, 11, 59
_HAND_ORDER = re.compile(
    r"(BUY|SELL) (\d{1,9}) ([A-Z0-9.]{1,12}) (MKT|LMT|STP)(?: (\d{1,9}(?:\.\d{1,6})?))?", re.ASCII
)
FALSE_CANCEL_CODES = (202, 10349)


def set_tamper(gateway: Gateway, word: str, tamper: Tamper | None) -> None:
    """Do something to outgoing messages under a command's word; None ends it."""
    if tamper is None:
        gateway.faults.tampers.pop(word, None)
    else:
        gateway.faults.tampers[word] = tamper


def _drop_orders(gateway: Gateway, number: int) -> str:
    gateway.faults.orders_to_swallow = number
    return f"the next {number} orders vanish"


def _delay_acks(gateway: Gateway, length: float) -> str:
    answers = frozenset({ORDER_STATUS, OPEN_ORDER, EXECUTION, COMMISSION})
    set_tamper(gateway, "ack-delay", Tamper(answers, seconds=length) if length else None)
    return f"answers about orders come {length:g} s late"


def _lose_fill_status(gateway: Gateway, on: bool) -> str:
    reports = frozenset({ORDER_STATUS, OPEN_ORDER})
    set_tamper(gateway, "lose-fill-status", Tamper(reports, only="Filled", copies=0) if on else None)
    return f"fills without their status {state(on)}"


def _lose_executions(gateway: Gateway, on: bool) -> str:
    details = frozenset({EXECUTION, COMMISSION})
    set_tamper(gateway, "lose-executions", Tamper(details, copies=0) if on else None)
    return f"status without execution {state(on)}"


def _double_executions(gateway: Gateway, on: bool) -> str:
    set_tamper(gateway, "double-executions", Tamper(frozenset({EXECUTION}), copies=2) if on else None)
    return f"executions twice {state(on)}"


def _read_false_cancel(argument: str) -> int:
    if argument == "off":
        return 0
    code = count(argument)
    if code not in FALSE_CANCEL_CODES:
        raise ControlError(f"202, 10349 or off is expected, got {argument!r}")
    return code


def _false_cancel(gateway: Gateway, code: int) -> str:
    gateway.faults.false_cancel = code
    return f"error {code} about live orders" if code else "no false cancels"


def _cancel_orders(gateway: Gateway, _: None) -> str:
    return f"cancels {gateway.cancel_orders()} working orders that nobody asked to cancel"


def _second_perm_id(gateway: Gateway, on: bool) -> str:
    gateway.faults.second_perm_id = on
    return f"a second permId after a modification {state(on)}"


def _tif_preset(gateway: Gateway, on: bool) -> str:
    gateway.faults.tif_preset = on
    return f"a preset for the time in force {state(on)}"


def _reject_orders(gateway: Gateway, on: bool) -> str:
    gateway.faults.reject_orders = on
    return f"rejecting every order {state(on)}"


def _read_hand_order(argument: str) -> tuple[OrderSide, Decimal, str, VenueOrderType, Decimal | None]:
    """Read `BUY 10 AAPL LMT 200` or `SELL 5 AAPL MKT`."""
    match = _HAND_ORDER.fullmatch(argument)
    if match is None:
        raise ControlError(f"an order such as BUY 10 AAPL LMT 200 is expected, got {argument!r}")
    side, size, symbol, kind, price = match.groups()
    if (kind == "MKT") != (price is None):
        raise ControlError("LMT and STP have a price, MKT has none")
    return (
        OrderSide(side),
        Decimal(size),
        symbol,
        VenueOrderType(kind),
        None if price is None else Decimal(price),
    )


def _hand_order(
    gateway: Gateway, order: tuple[OrderSide, Decimal, str, VenueOrderType, Decimal | None]
) -> str:
    side, size, symbol, kind, price = order
    try:
        gateway.orders.place_by_hand(symbol, side=side, quantity=size, order_type=kind, price=price)
    except (LookupError, ValueError) as error:
        raise ControlError(str(error)) from None
    return f"entered by hand: {side} {size} {symbol} {kind}"


ORDER_COMMANDS = (
    Command(
        "tws-order",
        "BUY|SELL SIZE SYMBOL MKT|LMT|STP [PRICE]",
        "enter an order by hand, as in the gateway's own window",
        _read_hand_order,
        _hand_order,
    ),
    Command("drop-orders", "N", "swallow the next N placeOrders", count, _drop_orders),
    Command("ack-delay", "SECONDS", "answer orders so much later; 0 ends it", seconds, _delay_acks),
    Command(
        "lose-fill-status", "on|off", "executions come, the status Filled does not", switch, _lose_fill_status
    ),
    Command("lose-executions", "on|off", "statuses come, executions do not", switch, _lose_executions),
    Command("double-executions", "on|off", "every execution comes twice", switch, _double_executions),
    Command(
        "false-cancel",
        "202|10349|off",
        "say of each order that starts to work that it was cancelled or changed; it lives",
        _read_false_cancel,
        _false_cancel,
    ),
    Command(
        "cancel-orders", "", "cancel every working order, as the exchange would", nothing, _cancel_orders
    ),
    Command("second-perm-id", "on|off", "give modified orders another permId", switch, _second_perm_id),
    Command(
        "tif-preset",
        "on|off",
        "make orders without a time in force DAY, and say so (10349)",
        switch,
        _tif_preset,
    ),
    Command("reject-orders", "on|off", "reject every new order (201)", switch, _reject_orders),
)
