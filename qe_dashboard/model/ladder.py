"""The connection ladder: rungs from the host's name to a ticking quote, each with its one fix (design section 8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from qe_dashboard.model.enums import AccountKind


class RungName(StrEnum):
    """The rungs from the bottom up."""

    NAME = "name resolves"
    PORT = "port open"
    HANDSHAKE = "API handshake"
    CLIENT_ID = "client id free"
    ACCOUNTS = "account list"
    ACCOUNT_KIND = "account is the right kind"
    ORDER_ID = "next order id"
    WRITABLE = "not read-only"
    VALUES = "account values arriving"
    CLOCK = "clock skew"
    QUOTE = "a quote ticking"


class RungState(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    """Not reached, or it could not be found out; `detail` says which."""
    NOT_APPLICABLE = "n/a"


@dataclass(frozen=True, slots=True)
class Rung:
    """One check. `detail` is what was measured; `fix` the one thing to do, only on a failed rung."""

    name: RungName
    state: RungState
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Ladder:
    """All rungs of one address, in order. `account` None until the gateway named one that is ours."""

    host: str
    port: int
    at: datetime
    rungs: tuple[Rung, ...]
    account: str | None = None
    account_kind: AccountKind | None = None
    named: tuple[str, ...] = ()
    """Every account that the gateway named, refused ones too; redacted nowhere."""

    @property
    def first_failure(self) -> Rung | None:
        """The lowest rung that failed: the one to mend, everything above it follows from it."""
        return next((rung for rung in self.rungs if rung.state is RungState.FAIL), None)

    @property
    def is_ok(self) -> bool:
        """Whether every rung passed or does not apply."""
        return all(rung.state in (RungState.PASS, RungState.NOT_APPLICABLE) for rung in self.rungs)


@dataclass(frozen=True, slots=True)
class PortAnswer:
    """What one standard port of a host said. `accounts` are those the gateway named, redacted nowhere."""

    port: int
    usual: str
    """What IBKR's defaults put there, such as `Gateway paper`."""
    answers: bool | None
    """An API answered; None = could not be found out."""
    detail: str
    accounts: tuple[str, ...] = ()
    kind: AccountKind | None = None


@dataclass(frozen=True, slots=True)
class PortScan:
    """What the standard ports of one host said, in the order TWS paper, TWS live, Gateway paper, Gateway live."""

    host: str
    answers: tuple[PortAnswer, ...]
