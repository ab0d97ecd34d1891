"""A fault command: its word, how its argument is read, and what it does to a gateway."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from qe_dashboard.gateway_sim.gateway import Gateway

T = TypeVar("T")

# A week is more than any machine's clock was ever found wrong by, and longer than any fault here lasts.
WEEK_S = 7 * 86_400


class ControlError(Exception):
    """A command that cannot be done; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Command(Generic[T]):
    """A word, what follows it, what it does in one line, how that is read, and the act, which returns a report."""

    word: str
    arguments: str
    description: str
    read: Callable[[str], T]
    act: Callable[[Gateway, T], str]

    def check(self, argument: str) -> None:
        """Raise ControlError when the argument cannot be read."""
        self.read(argument)

    def run(self, gateway: Gateway, argument: str) -> str:
        """Do it. Raises ControlError."""
        return self.act(gateway, self.read(argument))


def nothing(argument: str) -> None:
    """Read that there is nothing."""
    if argument:
        raise ControlError(f"nothing is expected after it, got {argument!r}")


def switch(argument: str) -> bool:
    """Read on or off."""
    if argument not in ("on", "off"):
        raise ControlError(f"on or off is expected, got {argument!r}")
    return argument == "on"


def switch_or_on(argument: str) -> bool:
    """Read on or off; nothing means on."""
    return switch(argument or "on")


def count(argument: str) -> int:
    """Read a whole number."""
    if not argument.isascii() or not argument.isdigit() or len(argument) > 6:
        raise ControlError(f"a count is expected, got {argument!r}")
    return int(argument)


def signed_seconds(argument: str) -> float:
    """Read seconds, negative ones too."""
    try:
        seconds = float(argument)
    except ValueError:
        seconds = float("nan")
    if not abs(seconds) <= WEEK_S:
        raise ControlError("seconds are a number within a week, such as +90 or -3.5")
    return seconds


def seconds(argument: str) -> float:
    """Read a length of time in seconds."""
    length = signed_seconds(argument)
    if length < 0:
        raise ControlError(f"a length of time is not negative, got {argument!r}")
    return length


def state(on: bool) -> str:
    """Return the word for a switch."""
    return "on" if on else "off"
