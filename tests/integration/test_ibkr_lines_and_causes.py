"""The adapter before the gateway simulator's faults of connection and data: what it finds, says and restores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from qe_dashboard.broker.port import InstrumentQuery, RequestFailed
from qe_dashboard.core.clock import SystemClock
from qe_dashboard.model.connection import FarmKind, FarmState, LineState, LinkCause
from qe_dashboard.model.enums import SecType, Severity
from support.gateway_in_loop import LoopScene, gateway_in_loop


class Scene(LoopScene):
    """The adapter with what these tests ask of it."""

    def states(self) -> dict[str, LineState]:
        """Return the state of each line, by label."""
        return {line.label: line.state for line in self.broker.health().lines}


@asynccontextmanager
async def scene(**changes: object) -> AsyncIterator[Scene]:
    """Run a scene for a block."""
    async with gateway_in_loop() as gateway:
        one = Scene(gateway, connect_timeout_s=0.5, **changes)
        try:
            yield one
        finally:
            await one.stop()


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("closes_at_once", LinkCause.DROPPED),
        ("silent", LinkCause.SILENT),
        ("silent_handshake", LinkCause.SILENT),
        ("ids_taken", LinkCause.CLIENT_ID_TAKEN),
    ],
)
async def test_a_fault_of_the_handshake_has_its_cause_and_passes(fault: str, cause: LinkCause) -> None:
    async with scene() as one:
        setattr(one.gateway.faults, fault, True)
        one.broker.start(one.events)
        await one.until(lambda: one.broker.links()[0].tries >= 2, "two tries failed")
        status = one.broker.links()[0]
        assert status.cause is cause
        assert f"127.0.0.1:{status.port}" in status.reason
        setattr(one.gateway.faults, fault, False)
        await one.until_ready()
        assert {(status.cause, status.tries) for status in one.broker.links()} == {(LinkCause.NONE, 0)}


async def test_a_clock_that_is_off_is_told_once() -> None:
    async with scene() as one:
        one.gateway.faults.clock_skew_s = -90
        await one.start()
        await one.until(lambda: all(s.skew is not None for s in one.broker.links()), "both links measured it")
        about = [message for message in one.events.messages if "clock" in message.text]
        assert [message.severity for message in about] == [Severity.ERROR]
        assert "ahead of the gateway's" in about[0].text


async def test_silent_lines_are_renewed_said_and_back_with_the_ticks() -> None:
    async with scene(first_tick_s=0.2) as one:
        await one.start()
        one.gateway.faults.mute_data = True
        instrument = await one.stock()
        one.broker.want_quotes(instrument)
        await one.until(lambda: any("No data on AAPL" in m.text for m in one.events.messages), "it is told")
        assert one.states() == {"AAPL": LineState.SILENT}
        one.gateway.faults.mute_data = False
        await one.until(lambda: one.states() == {"AAPL": LineState.PROVEN}, "the line ticks again")


@pytest.mark.parametrize("data_kept", [False, True])
async def test_a_restored_gateway_with_one_dark_line_counts_it_as_dark(data_kept: bool) -> None:
    """User demand 2, R39: after 1101 or 1102 one line stays dark, and no code says so."""
    async with scene(first_tick_s=0.3) as one:
        await one.start()
        for symbol in ("AAPL", "MSFT"):
            one.broker.want_quotes(await one.stock(symbol))
        await one.until(lambda: set(one.states().values()) == {LineState.PROVEN}, "both tick")
        one.gateway.faults.dark_symbols.add("MSFT")
        one.gateway.lose_upstream()
        await one.until(lambda: set(one.states().values()) == {LineState.WAITING}, "both wait")
        one.gateway.restore_upstream(data_kept=data_kept)
        await one.until(
            lambda: one.states() == {"AAPL": LineState.PROVEN, "MSFT": LineState.SILENT}, "one stays dark"
        )
        restored = one.broker.health().restoration
        assert restored is not None
        assert (restored.proven, restored.wanted) == (1, 2)
        one.gateway.faults.dark_symbols.clear()
        await one.until(lambda: one.states()["MSFT"] is LineState.PROVEN, "it ticks again")


async def test_a_login_with_fewer_lines_is_learnt_and_never_asked_for_more() -> None:
    async with scene() as one:
        one.gateway.faults.data_lines = 2
        await one.start()
        for symbol in ("AAPL", "MSFT", "NVDA", "TSLA"):
            one.broker.want_quotes(await one.stock(symbol))
        await one.until(
            lambda: sorted(one.states().values()) == [LineState.PROVEN] * 2 + [LineState.RELEASED] * 2,
            "two stand",
        )
        meter = one.meter("data lines")
        assert (meter.used, meter.limit, meter.waiting) == (2, 2, 2)
        assert [message.code for message in one.events.messages].count(101) == 1
        # A place that is given back goes to one that waits.
        standing = next(line for line in one.broker.health().lines if line.state is LineState.PROVEN)
        instrument = one.broker.instrument(standing.instrument_id)
        assert instrument is not None
        one.broker.release_quotes(instrument)
        await one.until(
            lambda: sorted(one.states().values()) == [LineState.PROVEN] * 2 + [LineState.RELEASED],
            "the next one stands",
        )


async def test_farms_flap_and_no_socket_falls() -> None:
    async with scene() as one:
        await one.start()
        instrument = await one.stock()
        await one.quote(instrument)
        one.broker.want_bars(instrument, bar_seconds=60)
        await one.until(lambda: bool(one.events.bars), "the chart runs")
        for name in ("usfarm", "ushmds", "secdefil"):
            one.gateway.set_farm(name, up=False)
        await one.until(
            lambda: {farm.state for farm in one.broker.health().farms} == {FarmState.BROKEN}, "all are broken"
        )
        assert set(one.states().values()) == {LineState.WAITING}
        with pytest.raises(RequestFailed, match="contract farm secdefil is broken"):
            await one.broker.find_instruments(InstrumentQuery("MSFT", SecType.STOCK))
        chart = asyncio.ensure_future(one.broker.history(instrument, bar_seconds=300, count=5))
        for name in ("usfarm", "ushmds", "secdefil"):
            one.gateway.set_farm(name, up=True)
        assert len(await chart) == 5
        await one.until(lambda: set(one.states().values()) == {LineState.PROVEN}, "all lines are proven")
        assert {(farm.kind, farm.state) for farm in one.broker.health().farms} == {
            (kind, FarmState.OK) for kind in FarmKind
        }
        assert {(status.is_up, status.epoch) for status in one.broker.links()} == {(True, 0)}


async def test_a_read_only_gateway_is_known_at_connect_and_keeps_its_sockets() -> None:
    async with scene() as one:
        one.gateway.faults.read_only = True
        began = SystemClock().monotonic()
        await one.start()
        assert SystemClock().monotonic() - began < 5.0
        assert one.broker.health().read_only is True
        await one.broker.open_orders()
        assert {status.epoch for status in one.broker.links()} == {0}
