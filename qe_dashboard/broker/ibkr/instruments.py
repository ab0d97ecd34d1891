"""Every contract this session has met, by id and by conId; look-ups fill in ticks and hours (D25)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from qe_dashboard.broker.ibkr.asking import AnsweredWithError, Asker, NoAnswer
from qe_dashboard.broker.ibkr.codes import NO_SUCH_CONTRACT
from qe_dashboard.broker.ibkr.contracts import (
    instrument_from_details,
    instrument_from_row,
    market_rule_id,
    query_fields,
    tick_rules,
)
from qe_dashboard.broker.ibkr.values import Undecodable
from qe_dashboard.broker.port import InstrumentQuery, RequestFailed
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.instrument import Instrument, TickRule

log = logging.getLogger(__name__)


class Catalogue:
    """Contracts known so far. Rows are matched by conId first, so that one contract never has two ids (D25)."""

    def __init__(self) -> None:
        self.on_resolved: Callable[[], None] = _nothing
        """Called when a contract met in a row has got its ticks and hours."""
        self.farm_down: Callable[[], str] = _no_farm
        """Names the broken farm that look-ups would wait for in vain; empty while there is none."""
        self._by_con_id: dict[int, Instrument] = {}
        self._by_id: dict[InstrumentId, Instrument] = {}
        self._complete: set[int] = set()
        self._rules: dict[int, tuple[TickRule, ...]] = {}
        self._one_rule = asyncio.Lock()
        self._wanted: dict[int, Any] = {}
        self._asker: Asker | None = None
        self._worker: asyncio.Task[None] | None = None

    def by_id(self, instrument_id: InstrumentId) -> Instrument | None:
        """Return a contract met before."""
        return self._by_id.get(instrument_id)

    def of_row(self, contract: Any) -> Instrument:
        """Return the instrument of a position, order or execution row; an incomplete one is looked up behind.

        Raises Undecodable when the row does not even name it.
        """
        if not contract.conId:
            return instrument_from_row(contract)
        known = self._by_con_id.get(contract.conId)
        if known is None or contract.conId not in self._complete:
            self._look_up_later(contract)
        if known is None:
            known = self._keep(instrument_from_row(contract))
        return known

    def attach(self, asker: Asker) -> None:
        """Use a new session for look-ups."""
        self._asker = asker
        self._work()

    def detach(self) -> None:
        """Forget the session; what is known stays."""
        self._asker = None
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None

    async def find(self, query: InstrumentQuery) -> tuple[Instrument, ...]:
        """Look contracts up. Raises RequestFailed when the answer is not known."""
        if self._asker is None:
            raise RequestFailed(
                f"{query.symbol} cannot be looked up: the data link is down. Try again when it is back."
            )
        if farm := self.farm_down():
            raise RequestFailed(
                f"{query.symbol} cannot be looked up: IBKR's contract farm {farm} is broken. Orders and quotes of known"
                " contracts go on. Try again when it is back (HEALTH shows it)."
            )
        contract = self._asker.session.library.contract(**query_fields(query))
        try:
            rows = await self._details(self._asker, contract)
            return tuple([await self._complete_from(self._asker, row) for row in rows])
        except (NoAnswer, AnsweredWithError, Undecodable) as error:
            raise RequestFailed(f"The look-up of {query.symbol} failed: {error}") from error

    async def _details(self, asker: Asker, contract: Any) -> list[Any]:
        try:
            rows: list[Any] = await asker.ask(
                lambda: asker.session.ib.reqContractDetailsAsync(contract), awaited="Contract details"
            )
        except AnsweredWithError as error:
            if error.code == NO_SUCH_CONTRACT:
                return []
            raise
        return rows

    async def _complete_from(self, asker: Asker, details: Any) -> Instrument:
        instrument = self._keep(instrument_from_details(details, await self._ticks(asker, details)))
        if instrument.con_id is not None:
            self._complete.add(instrument.con_id)
            self._wanted.pop(instrument.con_id, None)
        return instrument

    async def _ticks(self, asker: Asker, details: Any) -> tuple[TickRule, ...]:
        """Return the market rule of the contract; empty when it has none or the gateway does not say in time."""
        rule_id = market_rule_id(details)
        if rule_id is None:
            return ()
        # One at a time: the answer is keyed by the rule's number, so a second question would orphan the first.
        async with self._one_rule:
            if rule_id not in self._rules:
                try:
                    rows = await asker.ask(
                        lambda: asker.session.ib.reqMarketRuleAsync(rule_id), awaited=f"Market rule {rule_id}"
                    )
                except (NoAnswer, AnsweredWithError):
                    rows = None
                if rows is None:
                    return ()
                self._rules[rule_id] = tick_rules(rows)
            return self._rules[rule_id]

    def _keep(self, instrument: Instrument) -> Instrument:
        other = self._by_id.get(instrument.id)
        if other is not None and other.con_id != instrument.con_id:
            # Two listings of one symbol in one currency: a second line must not pass for the first.
            instrument = replace(instrument, id=InstrumentId(f"{instrument.id}@{instrument.con_id}"))
        self._by_id[instrument.id] = instrument
        if instrument.con_id is not None:
            self._by_con_id[instrument.con_id] = instrument
        return instrument

    def _look_up_later(self, contract: Any) -> None:
        self._wanted.setdefault(contract.conId, contract)
        self._work()

    def resume(self) -> None:
        """The contract farm is back: look up what was met meanwhile."""
        self._work()

    def _work(self) -> None:
        if self.farm_down():
            return
        if self._wanted and self._asker is not None and (self._worker is None or self._worker.done()):
            self._worker = asyncio.get_running_loop().create_task(self._look_up_wanted(self._asker))

    async def _look_up_wanted(self, asker: Asker) -> None:
        """Look up one after the other: held contracts are few, and the wire budget is for what people wait for."""
        while self._wanted:
            con_id = next(iter(self._wanted))
            contract = asker.session.library.contract(conId=con_id, exchange=self._wanted[con_id].exchange)
            try:
                for row in await self._details(asker, contract):
                    await self._complete_from(asker, row)
            except NoAnswer:
                return
            except (AnsweredWithError, Undecodable) as error:
                log.warning("contract %s stays without ticks and hours: %s", con_id, error)
            # Either complete now or never in this session.
            self._wanted.pop(con_id, None)
            self._complete.add(con_id)
            self.on_resolved()


def _no_farm() -> str:
    """Return that no farm is broken."""
    return ""


def _nothing() -> None:
    """Do nothing."""
