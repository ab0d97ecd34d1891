"""The mutation check: every deliberate fault in a message must be noticed by at least one client."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from clients.gallery import PRETENDED_CLIENT, about_order, pictures
from clients.mutations import Mutation, mutations_of
from clients.proof import HERE, MUTANT_DEADLINE_S, Client, Gallery
from qe_dashboard.gateway_sim.decode_order import read_place_order
from qe_dashboard.gateway_sim.handshake import MAX_SERVER_VERSION
from qe_dashboard.gateway_sim.order_request import PlaceOrder
from qe_dashboard.gateway_sim.reader import FieldReader
from support.gateway_wire import place_order

# Visits per driver process: a library that was led astray may not find back.
_BATCH = 50


def all_mutations(version: int = MAX_SERVER_VERSION) -> list[Mutation]:
    """Return every fault for the gallery's messages, each once."""
    wish = json.loads((HERE / "order.json").read_text(encoding="utf-8"))["order"]
    messages = [*pictures(version), *about_order(version, PRETENDED_CLIENT, _order(version, wish))]
    return list(dict.fromkeys(mutation for message in messages for mutation in mutations_of(message)))


def _order(version: int, wish: dict[str, object]) -> PlaceOrder:
    """Return an order with as many fields set as the clients' own, so that its messages are as long as theirs."""
    fields = place_order(version, orderId=7001, orderType="LMT", lmtPrice=wish["lmtPrice"])
    return read_place_order(FieldReader(fields[1:], version=version))


def survivors(client: Client, gallery: Gallery, mutations: Sequence[Mutation]) -> Iterator[Mutation]:
    """Yield the faults that a client does not notice."""
    wanted = client.wanted()
    for start in range(0, len(mutations), _BATCH):
        batch = mutations[start : start + _BATCH]
        numbers = [mutation.client_id for mutation in batch]
        seen = list(client.visit(gallery.port, numbers, deadline_s=MUTANT_DEADLINE_S))
        yield from (mutation for mutation, events in zip(batch, seen, strict=False) if events == wanted)
