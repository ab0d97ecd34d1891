"""Executions: the only source of filled quantity (R08). Live ones of the order link, and the day's on demand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from qe_dashboard.broker.ibkr.asking import AnsweredWithError, Asker, NoAnswer
from qe_dashboard.broker.ibkr.ib_lib import listen
from qe_dashboard.broker.ibkr.instruments import Catalogue
from qe_dashboard.broker.ibkr.orders import order_key, perm_id_of
from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.broker.ibkr.values import Undecodable, needed, number, utc_time
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.enums import MessageClass, OrderSide, Severity
from qe_dashboard.model.identifiers import AccountId, ExecId
from qe_dashboard.model.known import Known, Maybe, Unknown
from qe_dashboard.model.money import Money
from qe_dashboard.model.order import Fill
from qe_dashboard.model.reports import CommissionReport, VenueMessage

EXECUTION_KINDS = frozenset({"11", "55", "execDetailsEnd"})
_SIDES = {"BOT": OrderSide.BUY, "SLD": OrderSide.SELL}


def fill_of(raw: Any, *, catalogue: Catalogue, now: datetime) -> Fill:
    """Read an execution. Raises Undecodable; nothing in it is ever assumed (R45)."""
    execution = raw.execution
    side = _SIDES.get(execution.side)
    if side is None or not execution.execId:
        raise Undecodable(f"execution {execution.execId!r} has side {execution.side!r}")
    instrument = catalogue.of_row(raw.contract)
    quantity = needed(execution.shares, "an execution's quantity")
    if quantity <= 0:
        raise Undecodable(f"execution {execution.execId} is of {quantity}")
    commission = commission_of(raw.commissionReport)
    return Fill(
        exec_id=ExecId(execution.execId),
        key=order_key(client_id=execution.clientId, order_id=execution.orderId, perm_id=execution.permId),
        perm_id=perm_id_of(execution.permId),
        order_ref=execution.orderRef,
        account=AccountId(execution.acctNumber),
        instrument_id=instrument.id,
        side=side,
        quantity=quantity,
        price=needed(execution.price, "an execution's price"),
        currency=instrument.currency,
        at=utc_time(execution.time, now),
        commission=commission.commission if commission is not None else None,
        realized=commission.realized if commission is not None else None,
    )


def commission_of(raw: Any) -> CommissionReport | None:
    """Read a commission; None until it came. The library writes 0.0 where IBKR sent no realised P&L."""
    amount = number(raw.commission)
    if not raw.execId or amount is None or not raw.currency:
        return None
    realized = number(raw.realizedPNL)
    # A close at exactly 0.00 after its commission cannot be told from an opening fill: None says "not known".
    return CommissionReport(
        exec_id=ExecId(raw.execId),
        commission=Money(amount, raw.currency),
        realized=None if realized is None or realized == 0 else Money(realized, raw.currency),
    )


class Executions:
    """Live fills from the order link; the whole day's from whichever link is asked."""

    def __init__(self, *, clock: Clock, outlet: Outlet, catalogue: Catalogue) -> None:
        self._clock = clock
        self._outlet = outlet
        self._catalogue = catalogue
        self._account = AccountId("")
        self._undecoded = 0
        self._commissions: dict[ExecId, CommissionReport] = {}

    def attach(self, asker: Asker, account: AccountId, *, live: bool) -> None:
        """Watch a new session for executions it cannot decode; the order link's are also reported as they happen."""
        self._account = account
        asker.session.decode_listeners.append(self._on_undecoded)
        if live:
            listen(asker.session.ib.execDetailsEvent, self._on_fill)
            listen(asker.session.ib.commissionReportEvent, self._on_commission)

    async def read(
        self, asker: Asker, account: AccountId, *, since: datetime | None
    ) -> Maybe[tuple[Fill, ...]]:
        """Ask one link for the account's executions of all clients; the venue keeps them since midnight."""
        undecoded = self._undecoded
        criteria = asker.session.library.execution_filter(acctCode=account)
        try:
            rows = await asker.ask(
                lambda: asker.session.ib.reqExecutionsAsync(criteria), awaited="The executions"
            )
            if self._undecoded != undecoded:
                return Unknown(
                    "an execution could not be read, so the list may lack one. Look at the trades in TWS"
                )
            # A repeated execution comes without its commission; the library keeps that with the first one.
            known = {fill.execution.execId: fill.commissionReport for fill in asker.session.ib.fills()}
            fills = [
                self._fill(
                    row._replace(commissionReport=known.get(row.execution.execId, row.commissionReport))
                )
                for row in rows
                if row.execution.acctNumber == account
            ]
        except (NoAnswer, AnsweredWithError) as error:
            return Unknown(str(error))
        except Undecodable as error:
            return Unknown(f"an execution cannot be read: {error}")
        # IBKR's times have whole seconds: what happened at 12:00:00.9 says 12:00:00, before a `since` of 12:00:00.5.
        first = None if since is None else since.replace(microsecond=0)
        wanted = [fill for fill in fills if first is None or fill.at >= first]
        return Known(tuple(sorted(wanted, key=lambda fill: fill.at)), self._clock.now())

    def _fill(self, raw: Any) -> Fill:
        return fill_of(raw, catalogue=self._catalogue, now=self._clock.now())

    def _on_fill(self, _trade: Any, raw: Any) -> None:
        if raw.execution.acctNumber != self._account:
            return
        self._guarded(lambda: self._outlet.on_fill(self._fill(raw)))

    def _on_commission(self, _trade: Any, _raw: Any, report: Any) -> None:
        commission = commission_of(report)
        # Each question for the day's executions repeats their commissions.
        if commission is not None and self._commissions.get(commission.exec_id) != commission:
            self._commissions[commission.exec_id] = commission
            self._outlet.on_commission(commission)

    def _guarded(self, report: Callable[[], None]) -> None:
        try:
            report()
        except Undecodable as error:
            self._alarm(str(error))

    def _on_undecoded(self, kind: str) -> None:
        if kind in EXECUTION_KINDS:
            self._undecoded += 1
            self._alarm("the gateway's message could not be decoded")

    def _alarm(self, why: str) -> None:
        text = f"An execution could not be read ({why}). A position may differ from what is shown: reconcile now."
        self._outlet.on_message(
            VenueMessage(0, text, MessageClass.UNKNOWN, Severity.CRITICAL, self._clock.now())
        )
