"""A state that Step 1 saved is read, and nothing in it is lost or guessed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from qe_dashboard.model.enums import OrderSide, TimeInForce
from qe_dashboard.model.reports import VenueStatus
from qe_dashboard.sim_venue.venue import Venue, VenueStateError
from support.venue_world import AT_ONCE, MNQ, NOW, VenueWorld, spec

BUY = OrderSide.BUY
ADDED = (
    *(
        "trail_amount",
        "trail_percent",
        "good_till",
        "good_after",
        "parent",
        "transmit",
        "oca_group",
        "oca_type",
    ),
    *("parent_perm_id", "waits_for_parent", "waits_for_shares", "wakes_at", "expires_at", "trail_stop"),
)


def of_step_1(world: VenueWorld) -> dict[str, Any]:
    """Return the world's state as schema 1 had it."""
    state: dict[str, Any] = json.loads(json.dumps(world.venue.snapshot()))
    for name in ("drafts", "tape", "not_shortable", "permitted"):
        del state[name]
    del state["ids"]["perm_place"]
    for row in state["orders"]:
        for name in ADDED:
            del row[name]
    return state | {"schema": 1}


def test_orders_positions_and_their_days_go_on() -> None:
    world = VenueWorld()
    bought = world.send(spec(BUY, 10))
    today = world.send(spec(BUY, 10, limit="100"))
    lasting = world.send(spec(BUY, 1, limit="15000", tif=TimeInForce.GTC, instrument_id=MNQ))
    stop = world.send(spec(BUY, 10, stop="500", tif=TimeInForce.GTC))
    keys, before = (
        (bought, today, lasting, stop),
        [world.order(key) for key in (bought, today, lasting, stop)],
    )
    positions = world.venue.positions()
    world.venue = Venue.restore(of_step_1(world), now=NOW, config=AT_ONCE)
    assert [world.order(key) for key in keys] == before
    assert world.venue.positions() == positions
    world.jump(NOW + timedelta(days=1))
    assert world.order(today).status is VenueStatus.EXPIRED
    assert world.order(lasting).status is VenueStatus.WORKING
    world.jump(NOW + timedelta(days=40))
    assert (world.order(lasting).status, world.order(lasting).reason) == (
        VenueStatus.EXPIRED,
        "the contract expired",
    )


def test_new_perm_ids_lie_above_the_old_ones() -> None:
    world = VenueWorld()
    state = of_step_1(world)
    state["ids"]["epoch"] = 41
    world.venue = Venue.restore(state, now=NOW, config=AT_ONCE)
    assert world.order(world.send(spec(BUY, 1))).perm_id > 1_000_000 + 42 * 2**20


@pytest.mark.parametrize(("name", "value"), [("ids", []), ("orders", 7), ("orders", [7]), ("sent", None)])
def test_a_damaged_old_state_is_refused_in_words(name: str, value: object) -> None:
    with pytest.raises(VenueStateError, match=name):
        Venue.restore(of_step_1(VenueWorld()) | {name: value}, now=NOW)
