"""Faults fired by hand: one command per line, one line in answer."""

from __future__ import annotations

from typing import Any

from qe_dashboard.gateway_sim.command import Command, ControlError, nothing
from qe_dashboard.gateway_sim.data_commands import DATA_COMMANDS
from qe_dashboard.gateway_sim.gateway import Gateway
from qe_dashboard.gateway_sim.order_commands import ORDER_COMMANDS
from qe_dashboard.gateway_sim.session_commands import SESSION_COMMANDS
from qe_dashboard.gateway_sim.venue_commands import VENUE_COMMANDS


class Control:
    """Carries out command lines on a gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def execute(self, line: str) -> str:
        """Return `ok ...` or `error ...`; an empty line answers nothing."""
        if not line.strip():
            return ""
        try:
            command, argument = parse(line)
            return f"ok {command.run(self._gateway, argument)}"
        except ControlError as error:
            return f"error {error}"


def parse(line: str) -> tuple[Command[Any], str]:
    """Return the command of a line and its argument, checked. Raises ControlError, which says how it is written."""
    word, _, rest = line.strip().partition(" ")
    argument = rest.strip()
    command = COMMANDS.get(word)
    if command is None:
        raise ControlError(f"unknown command {word!r}; known: {', '.join(COMMANDS)}")
    try:
        command.check(argument)
    except ControlError as error:
        raise ControlError(f"{error}; write: {command.word} {command.arguments}".rstrip()) from None
    return command, argument


def _help(gateway: Gateway, _: None) -> str:
    return "; ".join(
        f"{command.word} {command.arguments}".strip() + f": {command.description}"
        for command in COMMANDS.values()
    )


COMMANDS: dict[str, Command[Any]] = {
    command.word: command
    for command in (
        *SESSION_COMMANDS,
        *ORDER_COMMANDS,
        *DATA_COMMANDS,
        *VENUE_COMMANDS,
        Command("help", "", "list these commands", nothing, _help),
    )
}
