"""Faults fired by hand: one command per line, one line in answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from qe_dashboard.gateway_sim.gateway import Gateway

_ACCOUNT = re.compile(r"[A-Za-z0-9]{2,20}", re.ASCII)


class ControlError(Exception):
    """A command that cannot be done; the text says how it is written."""


@dataclass(frozen=True, slots=True)
class Command:
    """A word, what follows it, what it does in one line, and the act itself, which returns a report."""

    word: str
    arguments: str
    description: str
    run: Callable[[Gateway, str], str]


class Control:
    """Carries out command lines on a gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def execute(self, line: str) -> str:
        """Return `ok ...` or `error ...`; an empty line answers nothing."""
        word, _, argument = line.strip().partition(" ")
        if not word:
            return ""
        command = COMMANDS.get(word)
        if command is None:
            return f"error unknown command {word!r}; known: {', '.join(COMMANDS)}"
        try:
            report = command.run(self._gateway, argument.strip())
        except ControlError as error:
            return f"error {error}; write: {command.word} {command.arguments}".rstrip()
        return f"ok {report}"


def _drop(gateway: Gateway, argument: str) -> str:
    _nothing(argument)
    return f"dropped {gateway.drop_sessions('dropped by the control')} sockets"


def _silence(gateway: Gateway, argument: str) -> str:
    gateway.faults.silent = _switch(argument)
    return f"silence {argument}"


def _accounts(gateway: Gateway, argument: str) -> str:
    accounts = tuple(part.strip() for part in argument.split(","))
    if not all(_ACCOUNT.fullmatch(account) for account in accounts):
        raise ControlError("an account id has 2 to 20 letters and digits")
    gateway.hub.accounts = accounts
    return f"accounts {','.join(accounts)}"


def _drop_orders(gateway: Gateway, argument: str) -> str:
    gateway.faults.orders_to_swallow = _count(argument)
    return f"the next {argument} orders vanish"


def _lose(gateway: Gateway, argument: str) -> str:
    _nothing(argument)
    gateway.lose_upstream()
    return "connection to the venue lost"


def _restore_without_data(gateway: Gateway, argument: str) -> str:
    _nothing(argument)
    gateway.restore_upstream(data_kept=False)
    return "connection to the venue restored, data lost"


def _restore_with_data(gateway: Gateway, argument: str) -> str:
    _nothing(argument)
    gateway.restore_upstream(data_kept=True)
    return "connection to the venue restored, data kept"


def _competing(gateway: Gateway, argument: str) -> str:
    gateway.set_competing(_switch(argument or "on"))
    return f"competing session {argument or 'on'}"


def _read_only(gateway: Gateway, argument: str) -> str:
    gateway.faults.read_only = _switch(argument)
    return f"read-only {argument}"


def _clock(gateway: Gateway, argument: str) -> str:
    try:
        skew = float(argument)
    except ValueError:
        skew = float("nan")
    # A week is more than any machine's clock was ever found wrong by.
    if not abs(skew) <= 7 * 86_400:
        raise ControlError("seconds are a number within a week, such as +90 or -3.5")
    gateway.faults.clock_skew_s = skew
    return f"clock wrong by {skew:g} s"


def _help(gateway: Gateway, argument: str) -> str:
    _nothing(argument)
    return "; ".join(
        f"{command.word} {command.arguments}".strip() + f": {command.description}"
        for command in COMMANDS.values()
    )


COMMANDS: dict[str, Command] = {
    command.word: command
    for command in (
        Command("drop", "", "close all client sockets", _drop),
        Command("silence", "on|off", "accept everything, answer nothing", _silence),
        Command("accounts", "ID[,ID...]", "present these accounts to whoever connects", _accounts),
        Command("drop-orders", "N", "swallow the next N placeOrders", _drop_orders),
        Command("1100", "", "lose the connection to the venue", _lose),
        Command("1101", "", "restore it, data lines lost", _restore_without_data),
        Command("1102", "", "restore it, data lines kept", _restore_with_data),
        Command("competing", "[on|off]", "another session of the login takes the data (10197)", _competing),
        Command("read-only", "on|off", "the API's read-only setting (321)", _read_only),
        Command("clock", "+SECONDS", "let reqCurrentTime be wrong by so much", _clock),
        Command("help", "", "list these commands", _help),
    )
}


def _nothing(argument: str) -> None:
    if argument:
        raise ControlError(f"nothing is expected after it, got {argument!r}")


def _switch(argument: str) -> bool:
    if argument not in ("on", "off"):
        raise ControlError(f"on or off is expected, got {argument!r}")
    return argument == "on"


def _count(argument: str) -> int:
    if not argument.isascii() or not argument.isdigit() or len(argument) > 6:
        raise ControlError(f"a count is expected, got {argument!r}")
    return int(argument)
