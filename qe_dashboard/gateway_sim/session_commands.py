"""Fault commands about sockets, sessions, the login and the connection to the venue."""

from __future__ import annotations

import re

from qe_dashboard.gateway_sim.command import (
    Command,
    ControlError,
    nothing,
    seconds,
    signed_seconds,
    state,
    switch,
)
from qe_dashboard.gateway_sim.gateway import FARMS, Gateway

_ACCOUNT = re.compile(r"[A-Za-z0-9]{2,20}", re.ASCII)


def _drop(gateway: Gateway, _: None) -> str:
    return f"dropped {gateway.drop_sessions('dropped by the control')} sockets"


def _restart(gateway: Gateway, length: float) -> str:
    gateway.restart(length)
    return f"restarts, back in {length:g} s"


def _silence(gateway: Gateway, on: bool) -> str:
    gateway.faults.silent = on
    return f"silence {state(on)}"


def _silent_handshake(gateway: Gateway, on: bool) -> str:
    gateway.faults.silent_handshake = on
    return f"handshake silence {state(on)}"


def _close_at_once(gateway: Gateway, on: bool) -> str:
    gateway.faults.closes_at_once = on
    return f"new connections are {'closed at once' if on else 'served'}"


def _half_close(gateway: Gateway, _: None) -> str:
    return f"half closed {gateway.half_close_sessions()} sockets"


def _ids_taken(gateway: Gateway, on: bool) -> str:
    gateway.faults.ids_taken = on
    return f"every client id is {'taken' if on else 'free'}"


def _byte_writes(gateway: Gateway, on: bool) -> str:
    gateway.faults.byte_writes = on
    return f"one-byte writes {state(on)}"


def _read_accounts(argument: str) -> tuple[str, ...]:
    accounts = tuple(part.strip() for part in argument.split(","))
    if not all(_ACCOUNT.fullmatch(account) for account in accounts):
        raise ControlError("an account id has 2 to 20 letters and digits")
    return accounts


def _accounts(gateway: Gateway, accounts: tuple[str, ...]) -> str:
    gateway.hub.accounts = accounts
    return f"accounts {','.join(accounts)}"


def _lose(gateway: Gateway, _: None) -> str:
    gateway.lose_upstream()
    return "connection to the venue lost"


def _restore_without_data(gateway: Gateway, _: None) -> str:
    gateway.restore_upstream(data_kept=False)
    return "connection to the venue restored, data lost"


def _restore_with_data(gateway: Gateway, _: None) -> str:
    gateway.restore_upstream(data_kept=True)
    return "connection to the venue restored, data kept"


def _read_farm(argument: str) -> tuple[str, bool]:
    name, _, condition = argument.partition(" ")
    if name not in FARMS or condition not in ("down", "up"):
        raise ControlError(f"a farm ({', '.join(FARMS)}) and down or up are expected, got {argument!r}")
    return name, condition == "up"


def _farm(gateway: Gateway, farm: tuple[str, bool]) -> str:
    name, is_up = farm
    gateway.set_farm(name, up=is_up)
    return f"farm {name} {'up' if is_up else 'down'}"


def _read_only(gateway: Gateway, on: bool) -> str:
    gateway.faults.read_only = on
    return f"read-only {state(on)}"


def _clock(gateway: Gateway, skew: float) -> str:
    gateway.faults.clock_skew_s = skew
    return f"clock wrong by {skew:g} s"


SESSION_COMMANDS = (
    Command("drop", "", "close all client sockets", nothing, _drop),
    Command("restart", "SECONDS", "close every socket and refuse connections for so long", seconds, _restart),
    Command("silence", "on|off", "accept everything, answer nothing", switch, _silence),
    Command("handshake-silence", "on|off", "answer no new connection", switch, _silent_handshake),
    Command("close-at-once", "on|off", "accept connections and close them", switch, _close_at_once),
    Command("half-close", "", "end the sending side of every socket", nothing, _half_close),
    Command("client-ids-taken", "on|off", "refuse every client id (326)", switch, _ids_taken),
    Command("byte-writes", "on|off", "write one byte at a time", switch, _byte_writes),
    Command(
        "accounts", "ID[,ID...]", "present these accounts to whoever connects", _read_accounts, _accounts
    ),
    Command("1100", "", "lose the connection to the venue", nothing, _lose),
    Command("1101", "", "restore it, data lines lost", nothing, _restore_without_data),
    Command("1102", "", "restore it, data lines kept", nothing, _restore_with_data),
    Command("farm", "NAME down|up", "break or mend a farm (2103, 2105, 2157 and back)", _read_farm, _farm),
    Command("read-only", "on|off", "the API's read-only setting (321)", switch, _read_only),
    Command("clock", "+SECONDS", "let reqCurrentTime be wrong by so much", signed_seconds, _clock),
)
