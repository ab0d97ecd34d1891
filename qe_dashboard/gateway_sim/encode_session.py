"""Messages about the session itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from qe_dashboard.gateway_sim.timestamps import connection_time
from qe_dashboard.gateway_sim.wire import Field, escaped, message


def version_choice(version: int, at: datetime) -> bytes:
    """Encode the handshake's answer, the only frame without a message id."""
    return message(version, connection_time(at))


def managed_accounts(accounts: Sequence[str]) -> bytes:
    """Encode managedAccounts."""
    return message(15, 1, ",".join(accounts))


def next_valid_id(order_id: int) -> bytes:
    """Encode nextValidId."""
    return message(9, 1, order_id)


def current_time(at: datetime) -> bytes:
    """Encode currentTime, whole seconds."""
    return message(49, 1, int(at.timestamp()))


def error(version: int, *, about: int, code: int, text: str) -> bytes:
    """Encode an error or notice about a request or order id; -1 is about none."""
    fields: list[Field] = [4, 2, about, code, escaped(text)]
    if version >= 166:
        fields.append("")
    return message(*fields)
