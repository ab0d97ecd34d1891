"""A burst of one kind is one line with a count; nothing about an order is lost from the journal (C3)."""

from __future__ import annotations

import logging
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from qe_dashboard.engine.message_log import BURST_S, KEPT, PRUNE_S
from qe_dashboard.engine.session_clock import EXCHANGE_ZONE
from qe_dashboard.journal.records import EventKind
from qe_dashboard.model.enums import LinkName, LinkState, MessageClass, Severity
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.reports import VenueMessage
from support.engine_world import EngineWorld

LOST = "Connectivity between IBKR and TWS has been lost."


def hear(world: EngineWorld, message: VenueMessage) -> None:
    world.broker.heard.on_message(message)


def system(
    world: EngineWorld,
    code: int,
    text: str,
    *,
    severity: Severity = Severity.CRITICAL,
    message_class: MessageClass = MessageClass.CONNECTION,
    instrument: str | None = None,
    plain: str = "",
) -> None:
    about = None if instrument is None else InstrumentId(instrument)
    hear(
        world,
        VenueMessage(
            code, text, message_class, severity, world.clock.now(), instrument_id=about, plain=plain
        ),
    )


def ago(world: EngineWorld, seconds: float = 0) -> str:
    at = world.clock.now() - timedelta(seconds=seconds)
    return f"{at.astimezone(ZoneInfo(EXCHANGE_ZONE)):%H:%M:%S}"


async def test_the_line_has_our_words_first_then_the_venues_own_and_the_code(world: EngineWorld) -> None:
    hear(
        world,
        VenueMessage(
            2161,
            "Price capped.",
            MessageClass.ORDER_LIVE,
            Severity.WARNING,
            world.clock.now(),
            plain="It was capped.",
            for_orders="It is alive.",
            press="Watch it.",
        ),
    )
    assert world.words()[-1] == 'It was capped. It is alive. Watch it. "Price capped." [2161]'


async def test_an_unknown_code_is_shown_raw(world: EngineWorld) -> None:
    system(world, 98765, "Something new")
    assert world.words()[-1] == "Something new [98765]"


async def test_words_of_our_own_have_no_code(world: EngineWorld) -> None:
    system(world, 0, "The chart does not move")
    assert world.words()[-1] == "The chart does not move"


async def test_minutes_of_repeats_are_one_line(world: EngineWorld) -> None:
    before = len(world.words())
    for _ in range(17):
        system(world, 1100, LOST)
        world.broker.set_link(LinkName.DATA, LinkState.READY, f"said between {world.clock.now()}")
        world.clock.advance(BURST_S - 1)
    said = [text for text in world.words()[before:] if "[1100]" in text]
    assert said == [f"{LOST} [1100] (x17, last {ago(world, BURST_S - 1)})"]
    assert len(world.journal.of(EventKind.MESSAGE)) == 1


async def test_after_a_pause_with_other_lines_it_is_said_anew(world: EngineWorld) -> None:
    system(world, 1100, LOST)
    system(world, 1102, "restored")
    world.clock.advance(BURST_S)
    system(world, 1100, LOST)
    assert world.words()[-3:] == [f"{LOST} [1100]", "restored [1102]", f"{LOST} [1100]"]
    assert len(world.journal.of(EventKind.MESSAGE)) == 3


async def test_the_same_again_with_nothing_between_is_counted_however_late(world: EngineWorld) -> None:
    system(world, 1100, LOST)
    world.clock.advance(3600)
    system(world, 1100, LOST)
    assert world.words()[-1] == f"{LOST} [1100] (x2, last {ago(world)})"


async def test_a_burst_over_symbols_names_them_and_is_journalled_for_each(world: EngineWorld) -> None:
    for name in ("AAA", "BBB", "CCC", "DDD", "EEE"):
        for _ in range(3):
            system(
                world,
                10197,
                "competing session",
                message_class=MessageClass.DATA,
                instrument=f"{name}.STK.USD",
            )
    said = [text for text in world.words() if "[10197]" in text]
    assert len(said) == 1
    assert said[0].endswith(f"and 2 more: competing session [10197] (x15, last {ago(world)})")
    assert len(world.journal.of(EventKind.MESSAGE)) == 5


async def test_a_flapping_farm_is_a_line_per_farm_and_one_for_all_that_are_well(world: EngineWorld) -> None:
    before = len(world.words())
    for farm in ("usfarm", "eufarm") * 4:
        system(world, 2103, f"broken:{farm}", severity=Severity.WARNING, message_class=MessageClass.FARM)
        system(world, 2104, f"OK:{farm}", severity=Severity.INFO, message_class=MessageClass.FARM)
    at = ago(world)
    assert world.words()[before:] == [
        f"broken:usfarm [2103] (x4, last {at})",
        f"OK:eufarm [2104] (x8, last {at})",
        f"broken:eufarm [2103] (x4, last {at})",
    ]


async def test_repeats_do_not_fill_the_log_file(world: EngineWorld, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="qe_dashboard.engine.log_book"):
        for _ in range(5):
            system(world, 1100, LOST)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL, *[logging.DEBUG] * 4]


async def test_ever_new_words_are_capped_and_each_is_still_a_line(world: EngineWorld) -> None:
    """Without the cap each of 5,000 new texts rebuilt a table of all before it: 200 ms for 250 of them."""
    messages = world.engine._inbox._messages
    for number in range(2000):
        system(world, 99000, f"strange {number}")
    assert len(messages._bursts) == KEPT
    system(world, 99000, "strange 1999")
    assert "(x2, last" in world.words()[-1]
    world.clock.advance(BURST_S + PRUNE_S)
    system(world, 99000, "another")
    assert len(messages._bursts) == 1


async def test_the_words_of_one_burst_are_capped_too(world: EngineWorld) -> None:
    for number in range(2000):
        system(world, 2104, f"OK:farm{number}", severity=Severity.INFO, message_class=MessageClass.FARM)
    assert [len(burst.texts) for burst in world.engine._inbox._messages._bursts.values()] == [KEPT]
