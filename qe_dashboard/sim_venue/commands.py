"""What clients send to the venue, on its way there, as values and as saved state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.sim_venue import state
from qe_dashboard.sim_venue.events import NewOrder
from qe_dashboard.sim_venue.state import Json, Reader, VenueStateError


@dataclass(frozen=True, slots=True)
class Place:
    order: NewOrder


@dataclass(frozen=True, slots=True)
class Modify:
    order: NewOrder


@dataclass(frozen=True, slots=True)
class Cancel:
    key: OrderKey
    by: int


@dataclass(frozen=True, slots=True)
class CancelAll:
    pass


Command: TypeAlias = Place | Modify | Cancel | CancelAll


def write_command(command: Command) -> Json:
    """Save a command on its way."""
    match command:
        case Place(order):
            return {"do": "place", **state.write_new_order(order)}
        case Modify(order):
            return {"do": "modify", **state.write_new_order(order)}
        case Cancel(key, by):
            return {"do": "cancel", "client": key.client_id, "id": key.order_id, "by": by}
        case CancelAll():
            return {"do": "cancel all"}


def read_command(saved: Reader) -> Command:
    """Read what `write_command` saved. Raises VenueStateError."""
    match saved.text("do"):
        case "place":
            return Place(state.read_new_order(saved))
        case "modify":
            return Modify(state.read_new_order(saved))
        case "cancel":
            return Cancel(state.read_key(saved), saved.number("by"))
        case "cancel all":
            return CancelAll()
        case other:
            raise VenueStateError(f"{other!r} is no command")
