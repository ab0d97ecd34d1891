"""Fault commands about market data, positions and account values."""

from __future__ import annotations

from qe_dashboard.gateway_sim.command import (
    Command,
    ControlError,
    count,
    seconds,
    state,
    switch,
    switch_or_on,
)
from qe_dashboard.gateway_sim.faults import DataTier
from qe_dashboard.gateway_sim.gateway import Gateway
from qe_dashboard.gateway_sim.order_commands import set_tamper
from qe_dashboard.gateway_sim.tampering import Tamper

POSITION, POSITION_END = 61, 62
# Values, portfolio, time and end of account updates; summary; updates of several accounts; each with its end.
ACCOUNT_MESSAGES = frozenset({6, 7, 8, 54, 63, 64, 73, 74})
# Twice what one client is to be served with at least (issue 3, proof 4); beyond it the gateway itself falls behind.
MOST_TICKS_PER_S = 100_000

_POSITION_FAULTS = {
    "endless": Tamper(frozenset({POSITION_END}), copies=0),
    "corrupt": Tamper(frozenset({POSITION}), corrupts=True),
    "none": Tamper(frozenset({POSITION}), copies=0),
}


def _competing(gateway: Gateway, on: bool) -> str:
    gateway.set_competing(on)
    return f"competing session {state(on)}"


def _mute(gateway: Gateway, on: bool) -> str:
    gateway.faults.mute_data = on
    return f"silent data lines {state(on)}"


def _read_symbol(argument: str) -> tuple[str, bool]:
    symbol, _, condition = argument.partition(" ")
    if not symbol or condition not in ("dark", "lit"):
        raise ControlError(f"a symbol and dark or lit are expected, got {argument!r}")
    return symbol, condition == "dark"


def _line(gateway: Gateway, line: tuple[str, bool]) -> str:
    symbol, is_dark = line
    (gateway.faults.dark_symbols.add if is_dark else gateway.faults.dark_symbols.discard)(symbol)
    return f"data lines of {symbol} {'dark' if is_dark else 'lit'}"


def _data_lines(gateway: Gateway, number: int) -> str:
    gateway.faults.data_lines = number
    return f"{number} data lines"


def _read_flood(argument: str) -> int:
    number = count(argument)
    if number > MOST_TICKS_PER_S:
        raise ControlError(f"at most {MOST_TICKS_PER_S} ticks a second, got {argument!r}")
    return number


def _flood(gateway: Gateway, ticks: int) -> str:
    gateway.faults.flood_per_s = ticks
    return f"{ticks} ticks a second on every data line"


def _read_positions(argument: str) -> str:
    if argument not in (*_POSITION_FAULTS, "whole"):
        raise ControlError(f"{', '.join(_POSITION_FAULTS)} or whole is expected, got {argument!r}")
    return argument


def _read_tier(argument: str) -> DataTier:
    if argument not in list(DataTier):
        raise ControlError(f"{', '.join(DataTier)} is expected, got {argument!r}")
    return DataTier(argument)


def _market_data(gateway: Gateway, tier: DataTier) -> str:
    gateway.faults.data_tier = tier
    return f"market data {tier}"


def _positions(gateway: Gateway, how: str) -> str:
    set_tamper(gateway, "positions", _POSITION_FAULTS.get(how))
    return f"positions {how}"


def _account_delay(gateway: Gateway, length: float) -> str:
    set_tamper(gateway, "account-delay", Tamper(ACCOUNT_MESSAGES, seconds=length) if length else None)
    return f"account values come {length:g} s late"


DATA_COMMANDS = (
    Command(
        "competing",
        "[on|off]",
        "another session of the login takes the data (10197)",
        switch_or_on,
        _competing,
    ),
    Command(
        "market-data",
        "live|delayed|none",
        "change the login's market data subscription (10167, 10168, 354)",
        _read_tier,
        _market_data,
    ),
    Command("mute-data", "on|off", "data lines are taken, nothing comes", switch, _mute),
    Command("line", "SYMBOL dark|lit", "one symbol's lines are taken, nothing comes", _read_symbol, _line),
    Command("data-lines", "N", "allow the login N data lines (101)", count, _data_lines),
    Command("flood", "N", "send N ticks a second on every data line; 0 ends it", _read_flood, _flood),
    Command(
        "positions",
        "endless|corrupt|none|whole",
        "leave out the end, damage the rows, or leave out the rows",
        _read_positions,
        _positions,
    ),
    Command(
        "account-delay", "SECONDS", "send account values so much later; 0 ends it", seconds, _account_delay
    ),
)
