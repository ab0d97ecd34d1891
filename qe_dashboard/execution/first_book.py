"""When an EMPTY first position book is believed: a gateway just started answers before it has read them (R16)."""

from __future__ import annotations

from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.known import Maybe, Unknown
from qe_dashboard.model.reports import AccountState

TWICE_S = 2.0
"""Two whole reads this far apart, where the account values say nothing."""

MARGIN_S = 30.0
"""Where only a margin requirement speaks against it: futures have no position value, but cash in a foreign currency
takes margin as well, so it delays and proves nothing."""


class FirstBook:
    """Judges empty books until there is a start to count from. Pure: times are monotonic seconds."""

    def __init__(self) -> None:
        self._empty_since: float | None = None

    def clear(self) -> None:
        """Begin again: what was read came over a link that is gone, or of another account."""
        self._empty_since = None

    def doubt(self, account: Maybe[AccountState], *, of: AccountId, asked_at: float | None) -> str:
        """Say why an empty book is not believed yet; "" when it is. `asked_at` is None for what is no whole read."""
        if asked_at is None:
            return "not read whole yet"
        if self._empty_since is None:
            self._empty_since = asked_at
        values = None if isinstance(account, Unknown) or account.value.account != of else account.value
        gross = None if values is None else values.gross_position_value
        margin = None if values is None else values.maint_margin
        if gross:
            return f"the broker lists none, but its account values say {gross} is held; they are read again"
        if gross is not None and margin == 0:
            return ""
        wanted = MARGIN_S if margin else TWICE_S
        if asked_at - self._empty_since >= wanted:
            return ""
        return f"the broker lists none; that is believed once it has said so for {wanted:g} s"
