"""What a probe asks of a session that stands: nothing that changes anything, each with a deadline of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from qe_dashboard.broker.ibkr.asking import AnsweredWithError, Asker, NoAnswer
from qe_dashboard.broker.ibkr.codes import DEAD_LINE
from qe_dashboard.broker.ibkr.contracts import instrument_from_details, query_fields
from qe_dashboard.broker.ibkr.ib_lib import listen
from qe_dashboard.broker.ibkr.market_data import DELAYED_WHERE_NOT_LIVE
from qe_dashboard.broker.ibkr.probe_call import Call
from qe_dashboard.broker.ibkr.ticks import Prices
from qe_dashboard.broker.ibkr.values import Undecodable, number
from qe_dashboard.broker.port import InstrumentQuery
from qe_dashboard.core.clock import Clock, deadline
from qe_dashboard.core.errors import DeadlineExpired
from qe_dashboard.engine.ladder_facts import QuoteSeen
from qe_dashboard.model.enums import DataTier, SecType
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.instrument import Instrument

READ_ONLY_S = 4.0
CLOCK_S = 4.0
CONTRACT_S = 3.0
QUOTE_S = 5.0
VALUES_S = 8.0
"""A slow gateway takes 6 s (scenario slow-account); one that has none by then serves none."""

SAMPLE = InstrumentQuery("AAPL", SecType.STOCK)
_NET_LIQUIDATION = "NetLiquidation"
# reqCurrentTime tells whole seconds, cut off.
_HALF_A_SECOND = timedelta(seconds=0.5)


async def read_only(call: Call, asker: Asker) -> bool | None:
    """Tell whether the API refuses orders: it then refuses the list of open orders too (321, reference 3.2).

    A client id of our own has no orders, so the list is empty and asking for it binds nothing.
    """
    listed = asyncio.ensure_future(
        asker.ask(asker.session.ib.reqOpenOrdersAsync, awaited="The list of open orders", seconds=READ_ONLY_S)
    )
    try:
        await asyncio.wait({listed, call.said_read_only}, return_when=asyncio.FIRST_COMPLETED)
        if call.said_read_only.done():
            return True
        listed.result()
    except (NoAnswer, AnsweredWithError):
        return None
    finally:
        listed.cancel()
        await asyncio.gather(listed, return_exceptions=True)
    return False


async def skew_s(asker: Asker, clock: Clock) -> float | None:
    """Return the gateway's clock minus ours in seconds, good to half a second; None without an answer."""
    began = clock.monotonic()
    try:
        told = await asker.ask(
            asker.session.ib.reqCurrentTimeAsync, awaited="The gateway's time", seconds=CLOCK_S
        )
    except (NoAnswer, AnsweredWithError):
        return None
    on_the_way = timedelta(seconds=(clock.monotonic() - began) / 2)
    skew: timedelta = told + _HALF_A_SECOND - (clock.now() - on_the_way)
    return skew.total_seconds()


async def values(asker: Asker, account: str) -> tuple[bool | None, str, str]:
    """Return whether the account's net liquidation arrives, its currency, and words when it does not.

    By summary: reqAccountUpdates would take the stream away from the running dashboard (2100).
    """
    ib = asker.session.ib
    req_id = ib.client.getReqId()

    def start() -> Any:
        answer = ib.wrapper.startReq(req_id)
        ib.client.reqAccountSummary(req_id, "All", _NET_LIQUIDATION)
        return answer

    try:
        await asker.ask(start, awaited="The account values", seconds=VALUES_S)
    except AnsweredWithError as error:
        return False, "", str(error)
    except NoAnswer as error:
        return (None if asker.session.closed.done() else False), "", str(error)
    finally:
        if asker.session.is_open:
            ib.client.cancelAccountSummary(req_id)
    for row in ib.wrapper.acctSummary.values():
        if row.account == account and row.tag == _NET_LIQUIDATION and _is_number(row.value):
            return True, row.currency, ""
    return False, "", f"the account values came without a net liquidation of {account}"


def _is_number(text: str) -> bool:
    try:
        return number(text) is not None
    except Undecodable:
        return False


async def quote(call: Call, asker: Asker, clock: Clock) -> QuoteSeen | None:
    """Ask for one quote and wait a few seconds for its first price; None when the contract cannot be looked up."""
    ib = asker.session.ib
    wanted = asker.session.library.contract(**query_fields(SAMPLE))
    try:
        found = await asker.ask(
            lambda: ib.reqContractDetailsAsync(wanted), awaited="Contract details", seconds=CONTRACT_S
        )
        instrument = instrument_from_details(found[0], ())
    except AnsweredWithError as error:
        return QuoteSeen(SAMPLE.symbol, code=error.code, words=str(error))
    except (NoAnswer, Undecodable, IndexError):
        return None
    watch = _Watch(call, instrument.con_id or 0)
    listen(ib.pendingTickersEvent, watch.on_tickers)
    listen(ib.errorEvent, watch.on_error)
    ib.reqMarketDataType(DELAYED_WHERE_NOT_LIVE)
    contract = found[0].contract
    watch.ticker = ib.reqMktData(contract)
    try:
        await deadline(clock, watch.answered.wait(), QUOTE_S)
    except DeadlineExpired:
        pass  # what came by then is judged below
    finally:
        if asker.session.is_open:
            ib.cancelMktData(contract)
    if asker.session.closed.done():
        return None
    return watch.seen(instrument, clock)


class _Watch:
    """Waits for the first price of one line, or for the gateway's words that there will be none."""

    def __init__(self, call: Call, con_id: int) -> None:
        self.ticker: Any = None
        self.answered = asyncio.Event()
        self._call = call
        self._con_id = con_id
        self._prices = Prices()

    def on_tickers(self, tickers: Iterable[Any]) -> None:
        """Fold ticks in."""
        for ticker in tickers:
            if ticker is self.ticker:
                self._prices.take(ticker.ticks)
                if self._prices.is_proven:
                    self.answered.set()

    def on_error(self, _req_id: int, code: int, _text: str, contract: Any) -> None:
        """Stop waiting when the line is refused."""
        if code in DEAD_LINE and getattr(contract, "conId", 0) == self._con_id:
            self.answered.set()

    def seen(self, instrument: Instrument, clock: Clock) -> QuoteSeen:
        """Return what is known now."""
        code, text = self._call.line_errors.get(self._con_id, (None, ""))
        words = f"{text} ({code})" if code is not None else ""
        market_open = _is_open(instrument, clock)
        shown = self._prices.quote(
            InstrumentId(instrument.id), as_of=clock.now(), market_data_type=self.ticker.marketDataType
        )
        tier: DataTier | None = None
        if code in DEAD_LINE:
            pass  # a price that came before the refusal is history
        elif self._prices.is_proven and shown.tier is not DataTier.UNKNOWN:
            tier = shown.tier
        elif shown.prev_close is not None and market_open is False:
            tier = DataTier.FROZEN
        return QuoteSeen(
            instrument.label,
            tier,
            age_s=None if tier is not None else QUOTE_S,
            code=code,
            words=words,
            market_open=market_open,
        )


def _is_open(instrument: Instrument, clock: Clock) -> bool | None:
    if instrument.liquid_hours is None:
        return None
    now = clock.now()
    return any(session.start <= now < session.end for session in instrument.liquid_hours)
