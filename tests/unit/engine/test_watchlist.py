"""The watchlist keeps its lines, its reasons, and the lines of what is held."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from qe_dashboard.broker.port import InstrumentQuery, RequestFailed
from qe_dashboard.engine.builders import mark_of
from qe_dashboard.engine.facade import CommandRefused
from qe_dashboard.engine.views import QuoteView, ResultKind, Topic
from qe_dashboard.model.enums import SecType
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.instrument import Instrument
from support.engine_world import EngineWorld
from support.risk_world import AAPL, MNQ
from support.scripted_broker import quote

MARCH = replace(MNQ, id=InstrumentId("MNQ.FUT.20270319.USD"), expiry=date(2027, 3, 19))
SOON = replace(MNQ, id=InstrumentId("MNQ.FUT.20260109.USD"), expiry=date(2026, 1, 9))


def rows(world: EngineWorld) -> list[tuple[str, str, str]]:
    return [
        (row.key, row.view.label, row.view.problem)
        for row in world.drain(Topic.QUOTES).rows
        if isinstance(row.view, QuoteView)
    ]


async def test_a_symbol_is_resolved_watched_and_saved(world: EngineWorld) -> None:
    assert (await world.client.watch_symbol("aapl")).text == "AAPL added."
    assert rows(world) == [("AAPL.STK.USD", "AAPL", "")]
    assert AAPL.id in world.broker.wanted
    assert world.settings.watchlist == ("AAPL",)
    assert "already" in (await world.client.watch_symbol("AAPL")).text


async def test_a_symbol_that_cannot_be_found_is_refused_and_one_in_settings_says_why(
    world: EngineWorld,
) -> None:
    with pytest.raises(CommandRefused, match="no contract for NOSUCH"):
        await world.client.watch_symbol("NOSUCH")
    world.engine.set_watchlist(("NOSUCH", "AAPL"))
    await world.settle()
    [(key, _, problem), aapl] = rows(world)
    assert key == "NOSUCH"
    assert "no contract for NOSUCH" in problem
    assert aapl[0] == AAPL.id


async def test_one_that_cannot_be_saved_is_said(world: EngineWorld) -> None:
    world.settings.refusal = "the file is read-only"
    result = await world.client.watch_symbol("AAPL")
    assert (result.kind, "not saved: the file is read-only" in result.text) == (ResultKind.REFUSED, True)
    assert len(rows(world)) == 1


async def test_removed_it_gives_up_its_line_and_its_last_quote(world: EngineWorld) -> None:
    await world.client.watch_symbol("AAPL")
    world.tick()
    await world.client.unwatch_symbol("AAPL")
    assert (rows(world), world.broker.released) == ([], [AAPL.id])
    assert AAPL.id not in world.parts.desk.quotes
    with pytest.raises(CommandRefused, match="not on the watchlist"):
        await world.client.unwatch_symbol("AAPL")


async def test_what_is_held_keeps_its_line(world: EngineWorld) -> None:
    await world.client.watch_symbol("AAPL")
    world.start_with(10)
    await world.client.reconcile()
    await world.client.unwatch_symbol("AAPL")
    assert world.broker.released == []
    assert AAPL.id in world.parts.desk.quotes


async def test_two_months_of_a_root_stay_two_rows(world: EngineWorld) -> None:
    world.broker.contracts[MARCH.id] = MARCH
    await world.client.watch_symbol("MNQ DEC26")
    await world.client.watch_symbol("MNQ MAR27")
    await world.client.watch_symbol("AAPL")
    assert [label for _, label, _ in rows(world)] == ["MNQ Dec26", "MNQ Mar27", "AAPL"]
    assert world.settings.watchlist == ("MNQ DEC26", "MNQ MAR27", "AAPL")


class TestSymbols:
    async def test_a_bare_root_is_the_nearest_month_not_about_to_expire(self, world: EngineWorld) -> None:
        world.broker.contracts |= {MARCH.id: MARCH, SOON.id: SOON}
        assert await world.parts.symbols.for_entry("=mnq") == MNQ

    async def test_when_all_are_about_to_expire_the_months_are_offered(self, world: EngineWorld) -> None:
        world.broker.contracts = {SOON.id: SOON}
        with pytest.raises(CommandRefused, match="expires within 8 sessions") as caught:
            await world.parts.symbols.for_entry("MNQ")
        assert caught.value.choices == ("MNQ Jan26",)

    @pytest.mark.parametrize("text", ["MNQ Dec26", "mnqdec26", "MNQ.FUT.20261218.USD"])
    async def test_a_named_month_is_that_month(self, world: EngineWorld, text: str) -> None:
        world.broker.contracts[MARCH.id] = MARCH
        assert await world.parts.symbols.for_entry(text) == MNQ

    async def test_to_close_a_bare_root_means_what_is_held(self, world: EngineWorld) -> None:
        assert await world.parts.symbols.for_held("MNQ", [MARCH]) == MARCH
        with pytest.raises(CommandRefused, match="held in several contracts") as caught:
            await world.parts.symbols.for_held("MNQ", [MNQ, MARCH])
        assert caught.value.choices == ("MNQ Dec26", "MNQ Mar27")

    async def test_several_contracts_are_never_guessed_between(self, world: EngineWorld) -> None:
        other = replace(AAPL, id=InstrumentId("AAPL.STK.CAD"))

        def two(query: InstrumentQuery) -> tuple[Instrument, ...]:
            return (AAPL, other) if query.sec_type is SecType.STOCK else ()

        world.broker.found = two
        with pytest.raises(CommandRefused, match="could be 2 contracts") as caught:
            await world.parts.symbols.for_entry("AAPL")
        assert caught.value.choices == (AAPL.id, other.id)

    async def test_a_look_up_that_fails_is_not_an_absent_contract(self, world: EngineWorld) -> None:
        def fail(query: InstrumentQuery) -> tuple[Instrument, ...]:
            raise RequestFailed("no answer in 5 s")

        world.broker.found = fail
        with pytest.raises(CommandRefused, match="could not be looked up: no answer"):
            await world.parts.symbols.for_entry("AAPL")

    @pytest.mark.parametrize(
        ("text", "words"), [("", "no symbol"), ("  = ", "no symbol"), ("AAPL.XXX.USD", "no kind of contract")]
    )
    async def test_what_makes_no_sense_is_refused(self, world: EngineWorld, text: str, words: str) -> None:
        with pytest.raises(CommandRefused, match=words):
            await world.parts.symbols.for_entry(text)


async def test_marks_are_mid_while_the_spread_is_sane(world: EngineWorld) -> None:
    assert mark_of(quote(world.clock, "99", "101")) == Decimal(100)
    assert mark_of(quote(world.clock, "90", "110")) == Decimal(90)
    assert mark_of(quote(world.clock, "99", None)) == Decimal(99)
    assert mark_of(quote(world.clock, "99", "101", proven=False)) is None
    assert mark_of(None) is None
