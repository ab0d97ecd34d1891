"""Where each error message of the gateway goes: an order, a line, the upstream state, or just the message log."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from qe_dashboard.broker.ibkr.bars import BarFeed
from qe_dashboard.broker.ibkr.code_book import CodeBook
from qe_dashboard.broker.ibkr.codes import (
    ACCOUNT_UPDATES_TAKEN,
    FARM_BROKEN_DATA,
    FARM_OK_DATA,
    LOST,
    READ_ONLY,
    READ_ONLY_MEANS,
    READ_ONLY_ORDERS,
    READ_ONLY_PRESS,
    READ_ONLY_SIGN,
    RESTORED,
    RESTORED_EMPTY,
    TOO_MANY_SUMMARIES,
)
from qe_dashboard.broker.ibkr.farms import MOST, farm_name
from qe_dashboard.broker.ibkr.market_data import MarketData
from qe_dashboard.broker.ibkr.order_desk import OrderDesk
from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.enums import LinkName, MessageClass, Severity
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.reports import VenueMessage

log = logging.getLogger(__name__)

# Two programs that both re-request the account stream would take it from each other for ever.
ACCOUNT_RETRY_S = 60.0


class Notices:
    """Routes error messages by number, never by text (C5)."""

    def __init__(
        self,
        *,
        clock: Clock,
        outlet: Outlet,
        quotes: MarketData,
        bars: BarFeed,
        desk: OrderDesk,
        codes: CodeBook,
        account_taken: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._outlet = outlet
        self._quotes = quotes
        self._bars = bars
        self._desk = desk
        self._codes = codes
        self._account_taken = account_taken
        self._account_asked_at: float | None = None
        self._broken_farms: set[str] = set()
        self._read_only_said = False
        self._unsaid: Counter[int] = Counter()

    def on_error(
        self, name: LinkName, req_id: int, code: int, text: str, contract: Any, *, speaks_for_gateway: bool
    ) -> None:
        """Take a message in. What a caller awaited reaches that caller as an error, and nobody else."""
        if code == READ_ONLY and READ_ONLY_SIGN in text.casefold():
            self._say_read_only(text)
            if req_id <= 0:
                return
        if name is LinkName.ORDER and self._desk.on_error(req_id, code, text):
            return
        if req_id <= 0:
            if speaks_for_gateway:
                self._on_system(code, text)
            return
        instrument = None
        if name is LinkName.DATA:
            instrument = self._quotes.on_error(req_id, code, text) or self._bars.on_error(req_id, code, text)
        if instrument is not None:
            self._tell(code, text, instrument)
        elif code != TOO_MANY_SUMMARIES:
            log.info("code %s for request %s on the %s link: %s", code, req_id, name, text)

    def say_problem(self) -> None:
        """Say that the user's own code catalogue is not in force, when it is not."""
        if self._codes.problem:
            self._outlet.on_message(
                VenueMessage(
                    0, self._codes.problem, MessageClass.CONFIGURATION, Severity.ERROR, self._clock.now()
                )
            )

    def session_opened(self) -> None:
        """Say again what a new session says again: its predecessor's troubles are not shown any more."""
        self._read_only_said = False

    def _say_read_only(self, text: str) -> None:
        if not self._read_only_said:
            self._read_only_said = True
            self._outlet.on_message(
                replace(
                    self._codes.message(READ_ONLY, text, self._clock.now()),
                    message_class=MessageClass.CONFIGURATION,
                    severity=Severity.CRITICAL,
                    plain=READ_ONLY_MEANS,
                    for_orders=READ_ONLY_ORDERS,
                    press=READ_ONLY_PRESS,
                )
            )

    def _on_system(self, code: int, text: str) -> None:
        if code in (RESTORED_EMPTY, RESTORED):
            self._quotes.resubscribe()
            self._bars.resubscribe()
        elif code in LOST:
            self._quotes.unprove(text)
        elif code == FARM_BROKEN_DATA:
            # Which lines hang on a farm is not told; those of the others prove themselves again at the next tick.
            if len(self._broken_farms) < MOST:
                self._broken_farms.add(farm_name(text))
            self._quotes.unprove(text)
        elif code == FARM_OK_DATA and farm_name(text) in self._broken_farms:
            # A farm that came back can leave dead subscriptions behind (reference 3.3).
            self._broken_farms.discard(farm_name(text))
            self._quotes.resubscribe()
        elif code == ACCOUNT_UPDATES_TAKEN:
            self._ask_for_account()
        self._tell(code, text, None)

    def _ask_for_account(self) -> None:
        now = self._clock.monotonic()
        if self._account_asked_at is None or now - self._account_asked_at >= ACCOUNT_RETRY_S:
            self._account_asked_at = now
            self._account_taken()

    def _tell(self, code: int, text: str, instrument: Instrument | None) -> None:
        if self._codes.of(code).quiet:
            self._unsaid[code] += 1
            log.debug("code %s, number %s of its kind: %s", code, self._unsaid[code], text)
            return
        instrument_id = None if instrument is None else instrument.id
        self._outlet.on_message(
            self._codes.message(code, text, self._clock.now(), instrument_id=instrument_id)
        )
