"""Sentences of the confirm step (D9): account, month, multiplier, resulting position, in words. Pure."""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.known import Maybe, Unknown
from qe_dashboard.model.order import Order, OrderSpec

SPACE = "\u00a0"
"""Keeps a number in one piece when a sentence wraps."""


def number(value: Decimal) -> str:
    """Write a number with thousands spaces and no exponent: `21 000.25`."""
    text = format(value.normalize() if value == value.to_integral_value() else value, "f")
    if "." not in text:
        text = format(value.to_integral_value(), "f")
    return _grouped(text)


def _grouped(text: str) -> str:
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, fraction = text.partition(".")
    groups: list[str] = []
    while len(whole) > 3:
        groups.insert(0, whole[-3:])
        whole = whole[:-3]
    groups.insert(0, whole)
    return sign + SPACE.join(groups) + (f".{fraction}" if fraction else "")


def price(value: Decimal, instrument: Instrument) -> str:
    """Write a price with the instrument's decimals, more when it has more."""
    digits = instrument.price_decimals
    exponent = value.as_tuple().exponent
    own = -exponent if isinstance(exponent, int) else 0
    return _grouped(format(value, f".{digits}f")) if own <= digits else number(value)


def terms(spec: OrderSpec, instrument: Instrument) -> str:
    """Write the price part: `MKT`, `LMT 233.33`, `STP 20 970.00 LMT 20 965.00`."""
    parts = []
    if spec.stop_price is not None:
        parts.append(f"STP {price(spec.stop_price, instrument)}")
    if spec.limit_price is not None:
        parts.append(f"LMT {price(spec.limit_price, instrument)}")
    return " ".join(parts) if parts else "MKT"


def contract(instrument: Instrument) -> str:
    """Name the contract with its multiplier where it is not one: `MNQ Dec26 (x2 USD)`."""
    if instrument.multiplier == 1:
        return instrument.label
    return f"{instrument.label} (x{number(instrument.multiplier)} {instrument.currency})"


def order_sentence(spec: OrderSpec, instrument: Instrument, account: AccountId, effect: str) -> str:
    """Say a whole order: `BUY 10 AAPL LMT 233.33 DAY in DU123 - opens long 10`."""
    rth = " outside RTH" if spec.outside_rth else ""
    return (
        f"{spec.side} {number(spec.quantity)} {contract(instrument)} {terms(spec, instrument)} "
        f"{spec.time_in_force}{rth} in {account} - {effect}"
    )


def effect_of(spec: OrderSpec, held: Maybe[Decimal]) -> str:
    """Say what the order does to the position, UNKNOWN included."""
    if isinstance(held, Unknown):
        return f"resulting position UNKNOWN ({held.reason})"
    before = held.value
    after = before + spec.signed_quantity
    if before == 0:
        return f"opens {_side(after)} {number(abs(after))}"
    if after == 0:
        return f"closes {_side(before)} {number(abs(before))}, leaves flat"
    if (before > 0) != (after > 0):
        return f"REVERSES {_side(before)} {number(abs(before))} to {_side(after)} {number(abs(after))}"
    verb = "reduces" if abs(after) < abs(before) else "adds to"
    return f"{verb} {_side(before)} {number(abs(before))}, leaves {_side(after)} {number(abs(after))}"


def modify_sentence(order: Order, spec: OrderSpec, instrument: Instrument) -> str:
    """Say a change of terms: what was and what will be."""
    was = f"{number(order.spec.quantity)} {terms(order.spec, instrument)}"
    becomes = f"{number(spec.quantity)} {terms(spec, instrument)}"
    return f"CHANGE order {order.number} {spec.side} {contract(instrument)} in {order.account}: {was} becomes {becomes}"


def _side(quantity: Decimal) -> str:
    return "long" if quantity > 0 else "short"
