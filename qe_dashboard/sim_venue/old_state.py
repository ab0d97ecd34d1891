"""States saved under schema 1, before the venue had terms of its own, in the words of today."""

from __future__ import annotations

from collections.abc import Mapping

from qe_dashboard.sim_venue.ids import MOST_PERM_IDS
from qe_dashboard.sim_venue.state import Json

FIRST_SCHEMA = 1
# permIds of old were epoch times this plus a count: new ones begin where the next epoch would have.
_OLD_PERM_IDS_PER_EPOCH = 1 << 20
_TERMS: Json = {
    "trail_amount": None,
    "trail_percent": None,
    "good_till": None,
    "good_after": None,
    "parent": None,
    "transmit": True,
    "oca_group": "",
    "oca_type": 3,
}
_PLACE: Json = {
    "parent_perm_id": 0,
    "waits_for_parent": False,
    "waits_for_shares": False,
    "wakes_at": None,
    "expires_at": None,
    "trail_stop": None,
}


def from_first_schema(state: Mapping[str, object], *, permitted: list[str]) -> Json:
    """Return a state of schema 1 with what it lacks; when orders expire is for the reader to find out."""
    ids = state.get("ids")
    epoch = ids.get("epoch") if isinstance(ids, Mapping) else None
    place = (epoch + 1) * _OLD_PERM_IDS_PER_EPOCH % MOST_PERM_IDS if isinstance(epoch, int) else 0
    return {
        **state,
        "ids": _with(ids, {"perm_place": place}),
        "orders": _each(state.get("orders"), {**_TERMS, **_PLACE}),
        "sent": _each(state.get("sent"), _TERMS),
        "drafts": [],
        "tape": {"changes": [], "halts": [], "replays": []},
        "not_shortable": [],
        "permitted": permitted,
    }


def _each(rows: object, missing: Json) -> object:
    return [_with(row, missing) for row in rows] if isinstance(rows, list) else rows


def _with(row: object, missing: Json) -> object:
    """Add fields to an object; what is none stays, for the reader to refuse."""
    return {**missing, **row} if isinstance(row, Mapping) else row
