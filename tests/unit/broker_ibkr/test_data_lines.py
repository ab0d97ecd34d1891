"""Wanted lines, budgets and farms over real sockets: what is asked for again, what is released, what is said."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from qe_dashboard.broker.ibkr import line_budget
from qe_dashboard.broker.port import InstrumentQuery, RequestFailed
from qe_dashboard.model.connection import FarmState, LineKind, LineState, LineStatus, Meter
from qe_dashboard.model.enums import LinkName, LinkState, SecType
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.instrument import Instrument
from support.ibkr_rig import Rig, rig
from support.scripted_gateway import frame


def stock(one: Rig, number: int) -> Instrument:
    return replace(one.instrument, id=InstrumentId(f"S{number}.STK.USD"), symbol=f"S{number}", con_id=number)


def requests(one: Rig, kind: str = "1") -> list[list[str]]:
    return [message for message in one.data.received if message[0] == kind]


def request_of(one: Rig, con_id: int) -> int:
    """Return the id of the last market data request for a contract."""
    return next(int(message[2]) for message in reversed(requests(one)) if message[3] == str(con_id))


def bid(one: Rig, con_id: int) -> None:
    one.data.send(1, 6, request_of(one, con_id), 1, 233.10, 300, 0)


def lines(one: Rig) -> dict[str, LineStatus]:
    return {f"{line.instrument_id}/{line.seconds}": line for line in one.broker.health().lines}


def state_of(one: Rig, number: int) -> LineState:
    return lines(one)[f"S{number}.STK.USD/0"].state


def meter(one: Rig, name: str) -> Meter:
    return next(meter for meter in one.broker.health().meters if meter.name == name)


def system(one: Rig, code: int, text: str) -> None:
    one.data.send(4, 2, -1, code, text, "")


async def quoted(one: Rig, *numbers: int) -> None:
    """Want quotes of some stocks and let each line tick."""
    before = len(requests(one))
    for number in numbers:
        one.broker.want_quotes(stock(one, number))
    await one.until_heard(lambda: len(requests(one)) == before + len(numbers), "the lines are asked for")
    for number in numbers:
        bid(one, number)
    await one.until(
        lambda: all(state_of(one, number) is LineState.PROVEN for number in numbers), "all lines are proven"
    )


async def pings(one: Rig, count: int) -> None:
    """Wait for so many keepalives, one every 0.05 s: what is due by then was done."""
    before = one.data.kinds().count("49")
    await one.until_heard(lambda: one.data.kinds().count("49") >= before + count, f"{count} keepalives")


# silence --------------------------------------------------------------------------------------------------------------


async def test_a_line_without_a_first_tick_is_renewed_once_said_once_and_proven_by_a_later_tick() -> None:
    async with rig(first_tick_s=0.1) as one:
        await one.ready()
        await quoted(one, 1)
        one.broker.want_quotes(stock(one, 2))
        await one.until(lambda: any("No data on" in m.text for m in one.events.messages), "it is told")
        about = [message for message in one.events.messages if "No data on" in message.text]
        assert [message.instrument_id for message in about] == ["S2.STK.USD"]
        assert [message[3] for message in requests(one)] == ["1", "2", "2"]
        assert len(requests(one, "2")) == 1
        assert (state_of(one, 1), state_of(one, 2)) == (LineState.PROVEN, LineState.SILENT)
        bid(one, 2)
        await one.until(lambda: state_of(one, 2) is LineState.PROVEN, "a late tick proves it")
        assert one.state(LinkName.DATA) is LinkState.READY


async def test_after_a_gap_what_comes_back_is_counted_and_the_dark_line_keeps_its_age() -> None:
    """User demand 2: 1102 leaves a line dark, and nobody notices."""
    async with rig(first_tick_s=0.1) as one:
        await one.ready()
        await quoted(one, 1, 2)
        assert one.broker.health().restoration is None
        seen_at = lines(one)["S2.STK.USD/0"].last_tick_at
        system(one, 1102, "Connectivity restored - data maintained")
        await one.until_heard(lambda: len(requests(one)) == 4, "both are asked for again")
        bid(one, 1)
        await one.until(lambda: state_of(one, 2) is LineState.SILENT, "the dark one is given up")
        restored = one.broker.health().restoration
        assert restored is not None
        assert (restored.proven, restored.wanted) == (1, 2)
        assert restored.ended_at is not None
        assert "1102" in restored.why
        assert lines(one)["S2.STK.USD/0"].last_tick_at == seen_at


async def test_a_new_socket_asks_for_everything_again_and_counts_it() -> None:
    async with rig() as one:
        await one.ready()
        await quoted(one, 1, 2, 3)
        one.data.writer.close()
        await one.until(lambda: state_of(one, 1) is LineState.WAITING, "the lines wait")
        await one.until(lambda: one.state(LinkName.DATA) is LinkState.READY, "the link is back")
        await one.until_heard(lambda: len(requests(one)) == 3, "all are asked for again")
        for number in (1, 2, 3):
            bid(one, number)
        await one.until(lambda: state_of(one, 3) is LineState.PROVEN, "they are proven")
        restored = one.broker.health().restoration
        assert restored is not None
        assert (restored.proven, restored.wanted, restored.why) == (3, 3, "the data link was down")


async def test_while_the_gateway_has_lost_ibkr_no_line_is_blamed() -> None:
    async with rig(first_tick_s=0.05, keepalive_s=0.05) as one:
        await one.ready()
        await quoted(one, 1)
        system(one, 1100, "Connectivity between IB and TWS has been lost")
        await one.until(lambda: state_of(one, 1) is LineState.WAITING, "the line waits")
        assert "lost IBKR" in lines(one)["S1.STK.USD/0"].why
        await pings(one, 6)
        assert len(requests(one)) == 1
        assert not any("No data on" in message.text for message in one.events.messages)


async def test_a_line_the_gateway_refuses_says_why_and_is_not_asked_for_again() -> None:
    async with rig(first_tick_s=0.05, keepalive_s=0.05) as one:
        await one.ready()
        await quoted(one, 1)
        one.data.send(4, 2, request_of(one, 1), 354, "Requested market data is not subscribed.", "")
        await one.until(lambda: state_of(one, 1) is LineState.REFUSED, "it is refused")
        assert lines(one)["S1.STK.USD/0"].why == "Requested market data is not subscribed."
        await pings(one, 4)
        assert len(requests(one)) == 1


async def test_an_error_about_another_request_for_the_same_contract_is_not_the_lines() -> None:
    async with rig() as one:
        await one.ready()
        await quoted(one, 265598)
        asking = asyncio.ensure_future(one.broker.history(stock(one, 265598), bar_seconds=60, count=5))
        await one.until_heard(lambda: bool(requests(one, "20")), "history is asked for")
        one.data.send(4, 2, requests(one, "20")[0][1], 200, "No security definition", "")
        with pytest.raises(RequestFailed, match="No security definition"):
            await asking
        assert state_of(one, 265598) is LineState.PROVEN


async def test_10182_renews_that_line_alone() -> None:
    async with rig() as one:
        await one.ready()
        for seconds in (60, 300):
            one.broker.want_bars(one.instrument, bar_seconds=seconds)
        await one.until_heard(lambda: len(requests(one, "20")) == 2, "both charts are asked for")
        for message in requests(one, "20"):
            one.data.send_bytes(frame(17, message[1], "x", "y", 1, "1709636400", 10, 12, 9, 11, 500, 10.5, 7))
        await one.until(lambda: len(one.events.bars) == 2, "both run")
        first = requests(one, "20")[0]
        one.data.send(4, 2, first[1], 10182, "Failed to request live updates (disconnected).", "")
        await one.until_heard(lambda: len(requests(one, "20")) == 3, "one is asked for again")
        assert [message[2] for message in requests(one, "25")] == [first[1]]
        await one.broker.positions()
        assert len(requests(one, "20")) == 3
        states = {
            line.seconds: line.state for line in one.broker.health().lines if line.kind is LineKind.BARS
        }
        assert states == {60: LineState.WAITING, 300: LineState.PROVEN}


async def test_stolen_data_is_watched_and_comes_back_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """User demand 6: data goes to the phone, and is ours again when the phone logs out."""
    from qe_dashboard.broker.ibkr import line_care

    monkeypatch.setattr(line_care, "PROBE_S", 0.1)
    async with rig(first_tick_s=0.2) as one:
        await one.ready()
        await quoted(one, 1, 2)
        for number in (1, 2):
            one.data.send(4, 2, request_of(one, number), 10197, "No market data during competing session", "")
        await one.until(lambda: state_of(one, 2) is LineState.REFUSED, "both are stolen")
        assert one.broker.health().competing_session == "No market data during competing session"
        await one.until_heard(lambda: len(requests(one)) == 3, "one is probed")
        probed = int(requests(one)[-1][3])
        bid(one, probed)
        await one.until_heard(lambda: len(requests(one)) == 4, "the other follows")
        assert int(requests(one)[-1][3]) == 3 - probed
        await one.until(lambda: one.broker.health().competing_session == "", "it is over")
        gap = one.broker.health().restoration
        assert gap is not None
        assert (gap.proven, gap.wanted, gap.ended_at) == (1, 2, None)
        assert "10197" in gap.why
        bid(one, 3 - probed)
        await one.until(lambda: state_of(one, 3 - probed) is LineState.PROVEN, "the other is back")
        gap = one.broker.health().restoration
        assert gap is not None
        assert (gap.proven, gap.wanted) == (2, 2)
        assert gap.ended_at is not None


# the line budget ------------------------------------------------------------------------------------------------------


async def test_over_the_budget_the_least_recently_wanted_line_gives_its_place_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(line_budget, "RECENT_S", 0.0)
    async with rig(max_data_lines=3) as one:
        await one.ready()
        await quoted(one, 1, 2, 3)
        one.broker.want_quotes(stock(one, 1))
        await quoted(one, 4)
        assert state_of(one, 2) is LineState.RELEASED
        assert not next(q for q in reversed(one.events.quotes) if q.instrument_id == "S2.STK.USD").proven
        # The place is given up before it is taken: the gateway would refuse one more.
        order = [message[0] for message in one.data.received if message[0] in ("1", "2")]
        assert order == ["1", "1", "1", "2", "1"]
        assert (meter(one, "data lines").used, meter(one, "data lines").limit) == (3, 3)
        await quoted(one, 2)
        assert state_of(one, 3) is LineState.RELEASED
        one.broker.release_quotes(stock(one, 4))
        await one.until_heard(lambda: len(requests(one)) == 6, "a freed place is used")
        assert requests(one)[-1][3] == "3"


async def test_held_positions_keep_their_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_budget, "RECENT_S", 0.0)
    async with rig(max_data_lines=1) as one:
        one.gateway.positions = [
            ("DU1234567", 1, "S1", "STK", "", 0, "", "", "NASDAQ", "USD", "S1", "NMS", 100, 230.5)
        ]
        await one.ready()
        await quoted(one, 1)
        one.broker.want_quotes(stock(one, 2))
        await one.broker.positions()
        assert (state_of(one, 1), state_of(one, 2)) == (LineState.PROVEN, LineState.RELEASED)
        assert "1 data lines" in lines(one)["S2.STK.USD/0"].why


async def test_101_teaches_the_real_budget_is_said_once_and_does_not_loop() -> None:
    async with rig() as one:
        await one.ready()
        for number in range(1, 11):
            one.broker.want_quotes(stock(one, number))
        await one.until_heard(lambda: len(requests(one)) == 10, "all are asked for")
        for number in range(7, 11):
            one.data.send(4, 2, request_of(one, number), 101, "Max number of tickers has been reached", "")
        await one.until(lambda: state_of(one, 10) is LineState.RELEASED, "the refused are released")
        await one.broker.positions()
        released = {number for number in range(1, 11) if state_of(one, number) is LineState.RELEASED}
        assert released == {7, 8, 9, 10}
        assert (meter(one, "data lines").used, meter(one, "data lines").limit) == (6, 6)
        assert meter(one, "data lines").waiting == 4
        assert [message.code for message in one.events.messages].count(101) == 1
        assert len(requests(one)) == 10


async def test_101_on_the_newest_wish_takes_the_oldest_ones_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_budget, "RECENT_S", 0.0)
    async with rig() as one:
        await one.ready()
        await quoted(one, 1, 2)
        one.broker.want_quotes(stock(one, 3))
        await one.until_heard(lambda: len(requests(one)) == 3, "it is asked for")
        one.data.send(4, 2, request_of(one, 3), 101, "Max number of tickers has been reached", "")
        await one.until_heard(lambda: len(requests(one)) == 4, "it is asked for once more")
        assert state_of(one, 1) is LineState.RELEASED
        one.data.send(4, 2, request_of(one, 3), 101, "Max number of tickers has been reached", "")
        await one.broker.positions()
        assert state_of(one, 3) is LineState.RELEASED
        assert len(requests(one)) == 4
        assert state_of(one, 2) is LineState.PROVEN


# history --------------------------------------------------------------------------------------------------------------


async def test_the_same_chart_twice_is_one_request() -> None:
    async with rig() as one:
        await one.ready()
        asking = [
            asyncio.ensure_future(one.broker.history(one.instrument, bar_seconds=5, count=2))
            for _ in range(3)
        ]
        await one.until_heard(lambda: len(requests(one, "20")) == 1, "it is asked for")
        request = requests(one, "20")[0][1]
        one.data.send_bytes(frame(17, request, "x", "y", 1, "1709636400", 10, 12, 9, 11, 500, 10.5, 7))
        answers = await asyncio.gather(*asking)
        answers.append(await one.broker.history(one.instrument, bar_seconds=5, count=2))
        assert {len(bars) for bars in answers} == {1}
        assert len(requests(one, "20")) == 1
        assert (meter(one, "history").used, meter(one, "history open").used) == (1, 0)


async def test_a_used_up_history_budget_is_said_with_its_time() -> None:
    async with rig() as one:
        await one.ready()
        budget = one.broker._data.history.budget
        budget.complained()
        with pytest.raises(RequestFailed, match=r"asking too often, next in (59|60) s"):
            await one.broker.history(one.instrument, bar_seconds=60, count=2)
        assert requests(one, "20") == []


async def test_a_pacing_refusal_delays_the_queue() -> None:
    async with rig() as one:
        await one.ready()
        asking = asyncio.ensure_future(one.broker.history(one.instrument, bar_seconds=60, count=2))
        await one.until_heard(lambda: len(requests(one, "20")) == 1, "it is asked for")
        one.data.send(4, 2, requests(one, "20")[0][1], 162, "Historical data request pacing violation", "")
        with pytest.raises(RequestFailed, match="pacing violation"):
            await asking
        assert meter(one, "history").next_free_at is not None
        with pytest.raises(RequestFailed, match="asking too often"):
            await one.broker.history(one.instrument, bar_seconds=300, count=2)


async def test_a_broken_history_farm_holds_charts_and_lets_them_go_on() -> None:
    async with rig() as one:
        await one.ready()
        system(one, 2105, "HMDS data farm connection is broken:ushmds")
        await one.until(lambda: bool(one.broker.health().farms), "the farm is broken")
        one.broker.want_bars(one.instrument, bar_seconds=60)
        asking = asyncio.ensure_future(one.broker.history(one.instrument, bar_seconds=300, count=2))
        await one.broker.positions()
        assert requests(one, "20") == []
        system(one, 2106, "HMDS data farm connection is OK:ushmds")
        await one.until_heard(lambda: len(requests(one, "20")) == 2, "both go")
        asking.cancel()
        assert {status.epoch for status in one.broker.links()} == {0}


async def test_a_chart_that_waited_for_a_broken_farm_in_vain_says_so() -> None:
    async with rig(request_timeout_s=0.1) as one:
        await one.ready()
        system(one, 2105, "HMDS data farm connection is broken:ushmds")
        await one.until(lambda: bool(one.broker.health().farms), "the farm is broken")
        with pytest.raises(RequestFailed, match=r"history farm ushmds is broken; waited 0\.1 s"):
            await one.broker.history(one.instrument, bar_seconds=60, count=2)


# farms ----------------------------------------------------------------------------------------------------------------


async def test_a_broken_contract_farm_makes_look_ups_fail_at_once() -> None:
    async with rig(request_timeout_s=3600.0) as one:
        await one.ready()
        system(one, 2157, "Sec-def data farm connection is broken:secdefil")
        await one.until(lambda: bool(one.broker.health().farms), "the farm is broken")
        with pytest.raises(RequestFailed, match="contract farm secdefil is broken"):
            await one.broker.find_instruments(InstrumentQuery("AAPL", SecType.STOCK))
        assert requests(one, "9") == []
        system(one, 2158, "Sec-def data farm connection is OK:secdefil")
        await one.until(lambda: one.broker.health().farms[0].state is FarmState.OK, "the farm is back")
        asking = asyncio.ensure_future(one.broker.find_instruments(InstrumentQuery("AAPL", SecType.STOCK)))
        await one.until_heard(lambda: bool(requests(one, "9")), "the look-up goes")
        asking.cancel()


async def test_a_farm_flap_leaves_the_sockets_alone_and_the_lamps_go_with_the_gateway() -> None:
    """User demand 3."""
    async with rig() as one:
        await one.ready()
        await quoted(one, 1)
        for code in (2103, 2104) * 3:
            system(one, code, "Market data farm connection:usfarm")
        await one.until(lambda: any(m.code == 2104 for m in one.events.messages), "it is told")
        await one.broker.positions()
        assert {(status.state, status.epoch) for status in one.broker.links()} == {(LinkState.READY, 0)}
        assert [farm.state for farm in one.broker.health().farms] == [FarmState.OK]
        await one.gateway.stop()
        await one.until(lambda: not one.broker.health().farms, "no gateway, no lamp")


async def test_a_permission_that_comes_back_is_seen_when_the_line_is_looked_at_again() -> None:
    async with rig() as one:
        await one.ready()
        one.broker.want_quotes(stock(one, 1))
        await one.until_heard(lambda: len(requests(one)) == 1, "the line is asked for")
        one.data.send(4, 2, request_of(one, 1), 354, "Requested market data is not subscribed.", "")
        await one.until(lambda: state_of(one, 1) is LineState.REFUSED, "refused")
        one.broker.want_quotes(stock(one, 1))
        await one.until_heard(lambda: len(requests(one)) == 2, "it is asked for again")
        bid(one, 1)
        await one.until(lambda: state_of(one, 1) is LineState.PROVEN, "it ticks")


async def test_two_names_of_one_contract_are_both_fed() -> None:
    async with rig() as one:
        await one.ready()
        twin = replace(stock(one, 1), id=InstrumentId("TWIN.STK.USD"))
        one.broker.want_quotes(stock(one, 1))
        await one.until_heard(lambda: len(requests(one)) == 1, "the first is asked for")
        bid(one, 1)
        await one.until(lambda: len(one.events.quotes_of(stock(one, 1).id)) == 1, "the first ticks")
        first = request_of(one, 1)
        one.broker.want_quotes(twin)
        await one.until_heard(lambda: len(requests(one)) == 2, "the second is asked for")
        bid(one, 1)
        await one.until(lambda: bool(one.events.quotes_of(twin.id)), "the second ticks")
        one.data.send(1, 6, first, 1, 233.20, 300, 0)
        await one.until(lambda: len(one.events.quotes_of(stock(one, 1).id)) == 2, "the first still ticks")
        one.broker.release_quotes(twin)
        one.data.send(1, 6, first, 1, 233.30, 300, 0)
        await one.until(lambda: len(one.events.quotes_of(stock(one, 1).id)) == 3, "alone, too")
