"""What a task that acts over many awaits is bound to: one account, reached over one connection (S03)."""

from __future__ import annotations

from dataclasses import dataclass

from qe_dashboard.execution.desk import Desk
from qe_dashboard.model.identifiers import AccountId


class ConnectionMoved(Exception):
    """The session is not the one an act was asked for any more: nothing may be sent in its name."""


@dataclass(frozen=True, slots=True)
class Binding:
    """An account and the session in which it was found; the same account found later is another session."""

    account: AccountId
    session: int

    @classmethod
    def of(cls, desk: Desk) -> Binding:
        """Bind to the account in force. Raises UnknownValueError when there is none."""
        return cls(desk.account_id(), desk.session)

    def check(self, desk: Desk) -> None:
        """Raise ConnectionMoved unless the session is still the same."""
        if desk.identity is None or (desk.identity.account, desk.session) != (self.account, self.session):
            raise ConnectionMoved(self.account)
