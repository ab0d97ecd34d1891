"""One line says that the broker is away, since when and what to press; it goes when all links are back (R59)."""

from datetime import timedelta

import pytest

from qe_dashboard.model.enums import LinkName, LinkState, MessageClass, Severity
from qe_dashboard.model.identifiers import InstrumentId, OrderKey
from qe_dashboard.model.reports import VenueMessage
from support.engine_world import EngineWorld, stop
from support.risk_world import ACCOUNT
from support.scripted_broker import quote

DATA, ORDER = LinkName.DATA, LinkName.ORDER
RETRYING = (LinkState.CONNECTING, LinkState.HANDSHAKE, LinkState.SYNCING)


def banner(world: EngineWorld) -> list[str]:
    return [line.text for line in world.status().banner]


def say(
    world: EngineWorld, message_class: MessageClass, text: str, *, severity: Severity = Severity.CRITICAL
) -> None:
    world.broker.heard.on_message(VenueMessage(1, text, message_class, severity, world.clock.now()))


async def test_offline_from_the_first_loss_until_both_links_are_back(world: EngineWorld) -> None:
    since = world.clock.now()
    world.broker.set_link(DATA, LinkState.WAITING, "the socket closed.")
    await world.clock.advance_async(5)
    world.broker.set_link(ORDER, LinkState.WAITING, "refused")
    for state in RETRYING:
        world.broker.set_link(DATA, state, "busy")
        assert world.status().offline_since == since
    eastern = since - timedelta(hours=5 if since.month in (1, 2, 12) else 4)
    assert banner(world) == [
        f"BROKER OFFLINE since {eastern:%H:%M:%S} ET: the socket closed. Working orders stay at IBKR; what is shown is"
        " the last known. `reconnect` tries now."
    ]
    world.broker.set_link(DATA, LinkState.READY)
    assert world.status().offline_since == since
    assert "refused" in banner(world)[0]
    world.broker.set_link(ORDER, LinkState.READY)
    assert (world.status().offline_since, banner(world)) == (None, [])


async def test_the_first_start_is_not_offline_until_a_try_fails() -> None:
    world = EngineWorld()
    world.broker.set_link(DATA, LinkState.CONNECTING, "connecting")
    assert (world.status().offline_since, banner(world)) == (None, [])
    world.broker.set_link(DATA, LinkState.WAITING, "nothing listens on port 7497")
    world.broker.set_link(DATA, LinkState.CONNECTING, "connecting")
    assert "nothing listens on port 7497" in banner(world)[0]
    await stop(world)


async def test_offline_begins_with_the_first_try_not_with_its_time_out() -> None:
    world = EngineWorld()
    began = world.clock.now()
    world.broker.set_link(DATA, LinkState.CONNECTING, "connecting")
    await world.clock.advance_async(4)
    world.broker.set_link(DATA, LinkState.HANDSHAKE, "waiting")
    await world.clock.advance_async(6)
    world.broker.set_link(DATA, LinkState.WAITING, "said nothing for 10 s")
    assert world.status().offline_since == began
    for link in (DATA, ORDER):
        world.broker.set_link(link, LinkState.READY)
    await world.clock.advance_async(60)
    lost = world.clock.now()
    world.broker.set_link(DATA, LinkState.WAITING, "closed")
    assert world.status().offline_since == lost, "what stood had not begun to fail before"
    await stop(world)


async def test_a_refused_account_is_the_only_line(world: EngineWorld) -> None:
    world.broker.heard.on_identity_refused("U1 is a live account", (ACCOUNT,))
    world.broker.set_link(DATA, LinkState.DISCONNECTED, "U1 is a live account")
    world.broker.set_link(ORDER, LinkState.DISCONNECTED, "U1 is a live account")
    assert banner(world) == ["U1 is a live account"]


async def test_what_is_wrong_with_the_gateways_settings_stays_until_the_next_socket(
    world: EngineWorld,
) -> None:
    say(world, MessageClass.CONFIGURATION, "The API is read-only")
    await world.clock.advance_async(60)
    assert banner(world) == ["The API is read-only"]
    world.broker.set_link(ORDER, LinkState.READY, epoch_up=True)
    assert banner(world) == []


async def test_a_venue_that_could_not_be_opened_is_forgotten_when_the_next_try_opens_it(
    world: EngineWorld,
) -> None:
    for link in (DATA, ORDER):
        world.broker.set_link(link, LinkState.DISCONNECTED, "the file is damaged")
    say(world, MessageClass.CONFIGURATION, "the file is damaged")
    assert [line.startswith("BROKER OFFLINE") for line in banner(world)] == [True]
    for state in (LinkState.CONNECTING, LinkState.READY):
        for link in (DATA, ORDER):
            world.broker.set_link(link, state)
    assert banner(world) == []


async def test_a_banner_says_what_to_do_in_our_words(world: EngineWorld) -> None:
    world.broker.heard.on_message(
        VenueMessage(
            10197,
            "competing session",
            MessageClass.DATA,
            Severity.CRITICAL,
            world.clock.now(),
            plain="You are logged in elsewhere.",
            for_orders="Orders go on working.",
            press="Log out there.",
        )
    )
    assert banner(world) == ["You are logged in elsewhere. Orders go on working. Log out there."]


async def test_no_data_stays_until_a_quote_ticks(world: EngineWorld) -> None:
    say(world, MessageClass.DATA, "logged in elsewhere")
    world.broker.heard.on_quote(quote(world.clock, proven=False))
    assert banner(world) == ["logged in elsewhere"]
    world.tick()
    assert banner(world) == []


@pytest.mark.parametrize(
    ("message_class", "severity"),
    [
        (MessageClass.CONFIGURATION, Severity.ERROR),
        (MessageClass.DATA, Severity.ERROR),
        (MessageClass.REQUEST, Severity.CRITICAL),
    ],
)
async def test_other_messages_are_for_the_log(
    world: EngineWorld, message_class: MessageClass, severity: Severity
) -> None:
    say(world, message_class, "x", severity=severity)
    assert banner(world) == []


async def test_words_about_one_order_are_no_banner(world: EngineWorld) -> None:
    world.broker.heard.on_message(
        VenueMessage(
            10015,
            "x",
            MessageClass.CONFIGURATION,
            Severity.CRITICAL,
            world.clock.now(),
            order_key=OrderKey(2, 1),
            instrument_id=InstrumentId("AAPL.STK.USD"),
        )
    )
    assert banner(world) == []
