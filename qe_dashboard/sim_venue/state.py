"""The venue's state as JSON-able values and back. Prices need no saving: they are a function of the seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from qe_dashboard.model.enums import OrderSide
from qe_dashboard.model.identifiers import AccountId, ExecId, InstrumentId, OrderKey
from qe_dashboard.model.money import Money
from qe_dashboard.model.order import Fill
from qe_dashboard.model.reports import VenueStatus
from qe_dashboard.sim_venue.book import VenueOrder
from qe_dashboard.sim_venue.events import NewOrder
from qe_dashboard.sim_venue.ids import IdBook
from qe_dashboard.sim_venue.ledger import Holding, Ledger
from qe_dashboard.sim_venue.terms import OcaType, VenueOrderType, VenueTerms, VenueTif
from qe_dashboard.sim_venue.universe import CURRENCY, Listing, Universe

T = TypeVar("T")
Json = dict[str, object]

SCHEMA = 2


class VenueStateError(Exception):
    """A saved state cannot be read; the text says what is wrong with it."""


class Reader:
    """Typed access to one saved object; a missing or wrong field raises VenueStateError, never a default (R45)."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, Mapping):
            raise VenueStateError(f"{where} should be an object")
        self._value = value
        self._where = where

    def field(self, name: str, kind: type[T]) -> T:
        """Return a field of a type."""
        if name not in self._value:
            raise VenueStateError(f"{self._where} has no {name!r}")
        found = self._value[name]
        if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
            raise VenueStateError(f"{self._where}.{name} should be a {kind.__name__}, is {found!r}")
        return found

    def text(self, name: str) -> str:
        return self.field(name, str)

    def number(self, name: str) -> int:
        return self.field(name, int)

    def flag(self, name: str) -> bool:
        return self.field(name, bool)

    def decimal(self, name: str) -> Decimal:
        text = self.text(name)
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise VenueStateError(f"{self._where}.{name} should be a number, is {text!r}") from None
        if not value.is_finite():
            raise VenueStateError(f"{self._where}.{name} should be finite, is {text!r}")
        return value

    def optional_decimal(self, name: str) -> Decimal | None:
        return None if self.is_none(name) else self.decimal(name)

    def is_none(self, name: str) -> bool:
        return self.field(name, object) is None

    def optional_time(self, name: str) -> datetime | None:
        return None if self.is_none(name) else self.time(name)

    def time(self, name: str) -> datetime:
        text = self.text(name)
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            raise VenueStateError(f"{self._where}.{name} should be a time, is {text!r}") from None
        if value.tzinfo is None:
            raise VenueStateError(f"{self._where}.{name} has no time zone")
        return value

    def word(self, name: str, words: type[T]) -> T:
        """Return a member of a closed vocabulary."""
        text = self.text(name)
        try:
            return words(text)  # type: ignore[call-arg]
        except ValueError:
            raise VenueStateError(f"{self._where}.{name}: {text!r} is no {words.__name__}") from None

    def texts(self, name: str) -> list[str]:
        """Return a list of texts."""
        found = self.field(name, list)
        if not all(isinstance(one, str) for one in found):
            raise VenueStateError(f"{self._where}.{name} should be a list of texts")
        return found

    def words(self, name: str, words: Callable[[str], T]) -> list[T]:
        """Return a list of members of a closed vocabulary."""
        try:
            return [words(text) for text in self.texts(name)]
        except ValueError as error:
            raise VenueStateError(f"{self._where}.{name}: {error}") from None

    def objects(self, name: str) -> list[Reader]:
        """Return a list of objects."""
        return [
            Reader(item, f"{self._where}.{name}[{index}]")
            for index, item in enumerate(self.field(name, list))
        ]

    def object(self, name: str) -> Reader:
        return Reader(self.field(name, dict), f"{self._where}.{name}")


def write_new_order(order: NewOrder) -> Json:
    """Save an order as it was sent."""
    terms = order.terms
    return {
        "client": order.key.client_id,
        "id": order.key.order_id,
        "account": order.account,
        "ref": order.order_ref,
        "instrument": terms.instrument_id,
        "side": terms.side.value,
        "quantity": str(terms.quantity),
        "type": terms.order_type.value,
        "limit": _text(terms.limit_price),
        "stop": _text(terms.stop_price),
        "trail_amount": _text(terms.trail_amount),
        "trail_percent": _text(terms.trail_percent),
        "tif": terms.time_in_force.value,
        "good_till": _moment(terms.good_till),
        "good_after": _moment(terms.good_after),
        "outside_rth": terms.outside_rth,
        "parent": terms.parent_id,
        "transmit": terms.transmit,
        "oca_group": terms.oca_group,
        "oca_type": int(terms.oca_type),
    }


def read_new_order(saved: Reader) -> NewOrder:
    """Read what `write_new_order` saved."""
    try:
        terms = VenueTerms(
            instrument_id=InstrumentId(saved.text("instrument")),
            side=saved.word("side", OrderSide),
            quantity=saved.decimal("quantity"),
            order_type=saved.word("type", VenueOrderType),
            limit_price=saved.optional_decimal("limit"),
            stop_price=saved.optional_decimal("stop"),
            trail_amount=saved.optional_decimal("trail_amount"),
            trail_percent=saved.optional_decimal("trail_percent"),
            time_in_force=saved.word("tif", VenueTif),
            good_till=saved.optional_time("good_till"),
            good_after=saved.optional_time("good_after"),
            outside_rth=saved.flag("outside_rth"),
            parent_id=None if saved.is_none("parent") else saved.number("parent"),
            transmit=saved.flag("transmit"),
            oca_group=saved.text("oca_group"),
            oca_type=OcaType(saved.number("oca_type")),
        )
    except ValueError as error:
        raise VenueStateError(f"an order's terms contradict each other: {error}") from None
    return NewOrder(read_key(saved), AccountId(saved.text("account")), saved.text("ref"), terms)


def read_key(saved: Reader) -> OrderKey:
    """Read the key every saved order, command and fill carries."""
    return OrderKey(saved.number("client"), saved.number("id"))


def write_order(order: VenueOrder) -> Json:
    """Save an order of the book."""
    sent = NewOrder(order.key, order.account, order.order_ref, order.terms)
    return {
        **write_new_order(sent),
        "perm_id": order.perm_id,
        "status": order.status.value,
        "placed_at": order.placed_at.isoformat(),
        "updated_at": order.updated_at.isoformat(),
        "parent_perm_id": order.parent_perm_id,
        "waits_for_parent": order.waits_for_parent,
        "waits_for_shares": order.waits_for_shares,
        "wakes_at": _moment(order.wakes_at),
        "expires_at": _moment(order.expires_at),
        "triggered": order.triggered,
        "trail_stop": _text(order.trail_stop),
        "filled": str(order.filled),
        "traded": str(order.traded),
        "last_price": _text(order.last_price),
        "commission": str(order.commission),
        "reason": order.reason,
    }


def read_order(saved: Reader, universe: Universe) -> VenueOrder:
    """Read an order of the book; what rested before counts as newly arrived, as after any gap."""
    sent = read_new_order(saved)
    return VenueOrder(
        key=sent.key,
        perm_id=saved.number("perm_id"),
        order_ref=sent.order_ref,
        account=sent.account,
        listing=_listing(universe, sent.terms.instrument_id),
        terms=sent.terms,
        status=saved.word("status", VenueStatus),
        placed_at=saved.time("placed_at"),
        updated_at=saved.time("updated_at"),
        parent_perm_id=saved.number("parent_perm_id"),
        waits_for_parent=saved.flag("waits_for_parent"),
        waits_for_shares=saved.flag("waits_for_shares"),
        wakes_at=saved.optional_time("wakes_at"),
        expires_at=saved.optional_time("expires_at"),
        triggered=saved.flag("triggered"),
        trail_stop=saved.optional_decimal("trail_stop"),
        filled=saved.decimal("filled"),
        traded=saved.decimal("traded"),
        last_price=saved.optional_decimal("last_price"),
        commission=saved.decimal("commission"),
        reason=saved.text("reason"),
    )


def write_fill(fill: Fill) -> Json:
    """Save an execution."""
    return {
        "exec_id": fill.exec_id,
        "client": fill.key.client_id,
        "id": fill.key.order_id,
        "perm_id": fill.perm_id,
        "ref": fill.order_ref,
        "account": fill.account,
        "instrument": fill.instrument_id,
        "side": fill.side.value,
        "quantity": str(fill.quantity),
        "price": str(fill.price),
        "currency": fill.currency,
        "at": fill.at.isoformat(),
        "commission": None if fill.commission is None else str(fill.commission.amount),
        "realized": None if fill.realized is None else str(fill.realized.amount),
    }


def read_fill(saved: Reader) -> Fill:
    """Read an execution."""
    currency = saved.text("currency")
    commission, realized = saved.optional_decimal("commission"), saved.optional_decimal("realized")
    return Fill(
        exec_id=ExecId(saved.text("exec_id")),
        key=read_key(saved),
        perm_id=saved.number("perm_id"),
        order_ref=saved.text("ref"),
        account=AccountId(saved.text("account")),
        instrument_id=InstrumentId(saved.text("instrument")),
        side=saved.word("side", OrderSide),
        quantity=saved.decimal("quantity"),
        price=saved.decimal("price"),
        currency=currency,
        at=saved.time("at"),
        commission=None if commission is None else Money(commission, CURRENCY),
        realized=None if realized is None else Money(realized, CURRENCY),
    )


def write_ledger(ledger: Ledger) -> Json:
    """Save cash and positions."""
    return {
        "cash": str(ledger.cash),
        "commissions": str(ledger.commissions),
        "holdings": [
            {
                "instrument": instrument_id,
                "quantity": str(held.quantity),
                "avg_price": str(held.avg_price),
                "realized": str(held.realized),
            }
            for instrument_id, held in ledger.holdings.items()
        ],
    }


def read_ledger(saved: Reader, universe: Universe) -> Ledger:
    """Read cash and positions."""
    ledger = Ledger(saved.decimal("cash"), saved.decimal("commissions"))
    for row in saved.objects("holdings"):
        listing = _listing(universe, InstrumentId(row.text("instrument")))
        ledger.holdings[listing.instrument.id] = Holding(
            listing, row.decimal("quantity"), row.decimal("avg_price"), row.decimal("realized")
        )
    return ledger


def write_ids(ids: IdBook) -> Json:
    """Save the counters."""
    clients = sorted({*ids.floors, *ids.used})
    return {
        "epoch": ids.epoch,
        "perm_place": ids.place,
        "clients": [
            {"client": client, "floor": ids.floors.get(client, 0), "used": sorted(ids.used.get(client, ()))}
            for client in clients
        ],
    }


def read_ids(saved: Reader) -> IdBook:
    """Read the order ids used, under the next epoch: no permId or execId comes twice even after a lost save (D28)."""
    try:
        before = IdBook(epoch=saved.number("epoch"), perm_place=saved.number("perm_place"))
        ids = before.after_restart()
    except ValueError as error:
        raise VenueStateError(str(error)) from None
    for row in saved.objects("clients"):
        client = row.number("client")
        ids.floors[client] = row.number("floor")
        used = row.field("used", list)
        if not all(isinstance(one, int) for one in used):
            raise VenueStateError(f"the order ids of client {client} should be whole numbers")
        ids.used[client] = set(used)
    return ids


def _listing(universe: Universe, instrument_id: InstrumentId) -> Listing:
    listing = universe.get(instrument_id)
    if listing is None:
        raise VenueStateError(f"there is no contract {instrument_id} at this venue")
    return listing


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()
