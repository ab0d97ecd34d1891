"""Commands about the market itself: its moods, halts, permissions, and shares to borrow."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from qe_dashboard.gateway_sim.command import Command, ControlError, state, switch
from qe_dashboard.gateway_sim.gateway import Gateway
from qe_dashboard.model.enums import SecType
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.sim_venue.regimes import Regime, RegimeKind

TRADED_KINDS = (SecType.STOCK, SecType.FUTURE, SecType.FOREX)


def _read_market(argument: str) -> tuple[Regime, str]:
    """Read `trend -1.5 AAPL`, `halt AAPL`, `calm`."""
    kind, *rest = argument.split() or [""]
    if kind not in list(RegimeKind):
        raise ControlError(f"{', '.join(RegimeKind)} is expected, got {kind!r}")
    size = Decimal(0)
    if kind in (RegimeKind.TREND, RegimeKind.GAP):
        try:
            size = Decimal(rest.pop(0))
        except (IndexError, InvalidOperation):
            raise ControlError(f"{kind} needs a size in percent") from None
    if len(rest) > 1:
        raise ControlError(f"one symbol is expected, got {' '.join(rest)!r}")
    try:
        return Regime(RegimeKind(kind), size), rest[0] if rest else ""
    except ValueError as error:
        raise ControlError(str(error)) from None


def _market(gateway: Gateway, order: tuple[Regime, str]) -> str:
    regime, symbol = order
    where = _contract(gateway, symbol) if symbol else None
    with gateway.hub.command() as venue:
        venue.set_regime(regime, where)
    return f"market {regime.kind} {symbol}".rstrip()


def _read_permit(argument: str) -> frozenset[SecType]:
    kinds = frozenset(argument.split(",")) - {"none"}
    if not argument or not kinds <= set(TRADED_KINDS):
        raise ControlError(f"{', '.join(TRADED_KINDS)} or none is expected, got {argument!r}")
    return frozenset(SecType(kind) for kind in kinds)


def _permit(gateway: Gateway, kinds: frozenset[SecType]) -> str:
    gateway.hub.venue.set_permitted(kinds)
    return f"permitted: {', '.join(sorted(kinds)) or 'none'}"


def _read_shortable(argument: str) -> tuple[str, bool]:
    symbol, _, word = argument.partition(" ")
    return symbol, switch(word)


def _shortable(gateway: Gateway, order: tuple[str, bool]) -> str:
    symbol, on = order
    with gateway.hub.command() as venue:
        venue.set_shortable(_contract(gateway, symbol), on)
    return f"shares of {symbol} to borrow {state(on)}"


def _contract(gateway: Gateway, symbol: str) -> InstrumentId:
    for instrument in gateway.hub.venue.instruments:
        if symbol in (instrument.symbol, instrument.local_symbol):
            return instrument.id
    raise ControlError(f"there is no contract {symbol}")


VENUE_COMMANDS = (
    Command(
        "market",
        "normal|calm|wild|halt|trend PERCENT|gap PERCENT [SYMBOL]",
        "change the mood of the market; a trend is per hour",
        _read_market,
        _market,
    ),
    Command("permit", "STK,FUT,CASH|none", "allow orders in these kinds alone (460)", _read_permit, _permit),
    Command(
        "shortable",
        "SYMBOL on|off",
        "let shares be borrowed, or hold short sales (404)",
        _read_shortable,
        _shortable,
    ),
)
