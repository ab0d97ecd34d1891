"""Books: which client watches which, and what moved in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from qe_dashboard.gateway_sim import encode_ticks as encode
from qe_dashboard.gateway_sim import refusals
from qe_dashboard.gateway_sim import requests as rq
from qe_dashboard.gateway_sim.contract_desk import ContractDesk
from qe_dashboard.gateway_sim.encode_contracts import home_exchange
from qe_dashboard.gateway_sim.encode_ticks import ASK_SIDE, BID_SIDE, DELETE, INSERT, UPDATE, DepthRow
from qe_dashboard.gateway_sim.hub import Client, Hub
from qe_dashboard.model.instrument import Instrument

# Without boosters a login may watch three books.
MAX_BOOKS = 3
MAX_ROWS = 10

Slot = tuple[Client, int]
Rows = tuple[DepthRow, ...]


@dataclass(slots=True)
class _Book:
    instrument: Instrument
    rows: int
    is_smart: bool
    sent: dict[int, Rows] = field(default_factory=dict)


class DepthDesk:
    """Streams books: rows as they were inserted first, later only what changed."""

    def __init__(self, hub: Hub, contracts: ContractDesk) -> None:
        self._hub = hub
        self._contracts = contracts
        self._books: dict[Slot, _Book] = {}

    def subscribe(self, client: Client, request: rq.MarketDepth) -> None:
        """Answer reqMktDepth with the book of now."""
        slot = (client, request.req_id)
        if slot in self._books:
            text = "Duplicate ticker ID for API request"
            client.error(refusals.DUPLICATE_TICKER, text, about=request.req_id)
        elif len(self._books) >= MAX_BOOKS:
            text = f"Max number ({MAX_BOOKS}) of market depth requests has been reached"
            client.error(refusals.TOO_MANY_BOOKS, text, about=request.req_id)
        else:
            instrument = self._contracts.resolve(client, request.req_id, request.contract)
            if instrument is not None:
                rows = min(request.rows, MAX_ROWS) if request.rows > 0 else MAX_ROWS
                self._books[slot] = _Book(instrument, rows, request.is_smart)
                self._send(client, request.req_id, self._books[slot])

    def cancel(self, client: Client, request: rq.CancelDepth) -> None:
        """Handle cancelMktDepth; a book that is not watched is error 310."""
        if self._books.pop((client, request.req_id), None) is None:
            text = f"Can't find the subscribed market depth with tickerId:{request.req_id}"
            client.error(refusals.NO_BOOK, text, about=request.req_id)

    def send_changes(self) -> None:
        """Send what moved in every book that is watched."""
        for (client, req_id), book in self._books.items():
            self._send(client, req_id, book)

    def drop_all(self) -> None:
        """Forget every book without a word: data lost (1101)."""
        self._books.clear()

    def forget(self, client: Client) -> None:
        """Drop the books of a session that ended."""
        for slot in [slot for slot in self._books if slot[0] is client]:
            del self._books[slot]

    def _send(self, client: Client, req_id: int, book: _Book) -> None:
        if self._hub.faults.quotes_stopped:
            return
        depth = self._hub.venue.depth(book.instrument.id, levels=book.rows)
        maker = home_exchange(book.instrument)
        for side, levels in ((ASK_SIDE, depth.asks), (BID_SIDE, depth.bids)):
            rows = tuple(DepthRow(level.price, level.size, maker) for level in levels)
            for position, operation, row in _operations(book.sent.get(side, ()), rows):
                client.send(_encoded(req_id, book, (position, operation, side), row))
            book.sent[side] = rows


def _operations(before: Rows, now: Rows) -> Iterator[tuple[int, int, DepthRow]]:
    """Yield place, operation and row of what makes one side of a book into another; deletions from the end."""
    for place, (old, new) in enumerate(zip_longest(before, now)):
        if old is None:
            yield place, INSERT, new
        elif new is not None and old != new:
            yield place, UPDATE, new
    for place in range(len(before) - 1, len(now) - 1, -1):
        yield place, DELETE, before[place]


def _encoded(req_id: int, book: _Book, where: tuple[int, int, int], row: DepthRow) -> bytes:
    position, operation, side = where
    if book.is_smart or book.instrument.exchange == "SMART":
        return encode.market_depth_l2(
            req_id, position, operation=operation, side=side, row=row, is_smart=book.is_smart
        )
    return encode.market_depth(req_id, position, operation=operation, side=side, row=row)
