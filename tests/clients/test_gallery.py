"""What a real client library reads is what the encoders were given, and what it sends arrives whole (issue 3, proof 1).

Runs with ib_insync, or with ib_async in an environment that has that one instead (D30). `make test-clients` runs the
same with all five clients, `make test-clients-mutation` every mutation.
"""

import importlib.util
import inspect
import json
import random
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from clients.mutants import all_mutations, survivors
from clients.mutations import Mutation, mutated
from clients.proof import (
    GOLDEN,
    HERE,
    NOT_SENT_BACK,
    Gallery,
    check,
    check_live,
    library_client,
    open_gallery,
    same,
)
from qe_dashboard.gateway_sim import (
    encode_account,
    encode_contracts,
    encode_data,
    encode_executions,
    encode_orders,
    encode_session,
    encode_ticks,
)
from qe_dashboard.gateway_sim.framing import frame
from support.gateway_process import running_gateway

LIBRARY = "ib_insync" if importlib.util.find_spec("ib_insync") else "ib_async"
SAMPLE = 60
# The same run on every machine; the whole is `make test-clients-mutation`.
SEED = 3


@pytest.fixture(scope="module")
def gallery() -> Iterator[Gallery]:
    with open_gallery() as opened:
        yield opened


def test_every_message_is_read_and_every_field_of_an_order_arrives(gallery: Gallery) -> None:
    assert check(library_client(LIBRARY, sys.executable), gallery) == ""


def test_an_order_through_the_gateway_itself_comes_back_as_it_was_sent() -> None:
    with running_gateway() as gateway:
        assert check_live(library_client(LIBRARY, sys.executable), gateway.host, gateway.port) == ""


def test_a_visit_without_a_fault_is_the_same_every_time(gallery: Gallery) -> None:
    nothing = Mutation(999, 1, "drop")
    assert (
        list(survivors(library_client(LIBRARY, sys.executable), gallery, [nothing, nothing])) == [nothing] * 2
    )


def test_a_mutated_field_is_noticed(gallery: Gallery) -> None:
    # Drops and swaps: a field too many is what these libraries let pass (reference 7); @stoqey/ib does not.
    mutations = [one for one in all_mutations() if one.deed != "add"]
    sample = random.Random(SEED).sample(mutations, SAMPLE)
    left = list(survivors(library_client(LIBRARY, sys.executable), gallery, sample))
    # Some fields this one library ignores; another client notices them.
    assert len(left) <= SAMPLE // 5, [str(mutation) for mutation in left]


@pytest.mark.parametrize("client", ["ib_insync", "ib_async", "ibapi", "nautilus_ibapi", "stoqey"])
def test_what_each_client_should_see_holds_the_values_of_the_order(client: str) -> None:
    wish = json.loads((HERE / "order.json").read_text(encoding="utf-8"))["order"]
    events = json.loads((GOLDEN / f"{client}.json").read_text(encoding="utf-8"))
    seen: dict[str, Any] = next(event for event in events if event[0] == "openOrder")[3]
    shared = [name for name in wish if name in seen and name not in NOT_SENT_BACK | ABSENT.get(client, set())]
    assert len(shared) > 60
    wrong = {name: (wish[name], seen[name]) for name in shared if not same(wish[name], seen[name])}
    assert wrong == {}


ABSENT: dict[str, set[str]] = {
    "ib_async": {"volatility"},
    # It speaks version 157.
    "ibapi": {"duration", "postToAts", "autoCancelParent"},
}


def test_every_encoder_hangs_in_the_gallery() -> None:
    shown = (HERE / "gallery.py").read_text(encoding="utf-8")
    missing = [
        f"{module.__name__}.{name}"
        for module in (
            encode_account,
            encode_contracts,
            encode_data,
            encode_executions,
            encode_orders,
            encode_session,
            encode_ticks,
        )
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and inspect.signature(function).return_annotation == "bytes"
        and f".{name}(" not in shown
    ]
    assert missing == []


def test_the_three_deeds() -> None:
    def message(*fields: bytes) -> bytes:
        return frame(b"".join(field + b"\0" for field in fields))

    def done(deed: str) -> bytes:
        return mutated(message(b"9", b"1", b"2"), Mutation(9, 1, deed).client_id)

    assert done("drop") == message(b"9", b"2")
    assert done("swap") == message(b"9", b"2", b"1")
    assert done("add") == message(b"9", b"1", b"2", b"7")
    assert mutated(message(b"8", b"1"), Mutation(9, 1, "drop").client_id) == message(b"8", b"1")
    assert mutated(message(b"9", b"1"), 51) == message(b"9", b"1")
