"""What each IBKR code means, for orders too, and what to press: the catalogue that messages get their words from.

Looked up by number, since texts may be localised (C5). What is not listed is UNKNOWN: shown as it came, changes
nothing (C2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from qe_dashboard.model.enums import MessageClass, Severity
from qe_dashboard.model.identifiers import InstrumentId, OrderKey
from qe_dashboard.model.reports import VenueMessage

ORDER_CLASSES = frozenset({MessageClass.ORDER_REJECTED, MessageClass.ORDER_LIVE, MessageClass.ORDER_TERMINAL})


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One code. `ends_new_order`: as the only answer to a new order it means that there is no such order (C1).

    `quiet`: not said, only counted in the program's log.
    """

    code: int
    message_class: MessageClass = MessageClass.UNKNOWN
    severity: Severity = Severity.WARNING
    means: str = ""
    orders: str = ""
    press: str = ""
    ends_new_order: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class CodeBook:
    """Every known code. `problem` says what is wrong with the user's own file, which is then not in force."""

    entries: Mapping[int, CodeEntry] = field(default_factory=lambda: MappingProxyType({}))
    problem: str = ""

    def of(self, code: int) -> CodeEntry:
        """Return what is known of a code."""
        return self.entries.get(code) or CodeEntry(code)

    def message(
        self,
        code: int,
        text: str,
        at: datetime,
        *,
        order_key: OrderKey | None = None,
        instrument_id: InstrumentId | None = None,
    ) -> VenueMessage:
        """Return the broker's own words with their class, severity and our reading of them."""
        entry = self.of(code)
        return VenueMessage(
            code,
            text,
            entry.message_class,
            entry.severity,
            at,
            order_key=order_key,
            instrument_id=instrument_id,
            plain=entry.means,
            for_orders=entry.orders,
            press=entry.press,
        )
