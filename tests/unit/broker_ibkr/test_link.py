"""A link's life: connect, silence, loss, back-off, one try at a time (D21, D22, R41, R44)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from qe_dashboard.broker.port import NotSent
from qe_dashboard.core.clock import SystemClock
from qe_dashboard.model.connection import LinkCause
from qe_dashboard.model.enums import LinkName, LinkState
from qe_dashboard.model.known import Unknown
from support.ibkr_rig import DATA_CLIENT, ORDER_CLIENT, Rig, rig


def states(events: list[tuple[LinkName, LinkState]], name: LinkName) -> list[LinkState]:
    return [state for link, state in events if link is name]


async def test_the_steps_of_a_connect_are_told_in_order() -> None:
    async with rig() as one:
        await one.ready()
        steps = [status.state for status in one.events.links if status.name is LinkName.DATA]
        assert steps[:4] == [
            LinkState.CONNECTING,
            LinkState.HANDSHAKE,
            LinkState.SYNCING,
            LinkState.READY,
        ]
        assert [status.client_id for status in one.broker.links()] == [DATA_CLIENT, ORDER_CLIENT]


async def test_a_lost_socket_is_told_at_once_with_a_new_epoch_and_comes_back() -> None:
    async with rig() as one:
        await one.ready()
        one.order.writer.close()
        await one.until(lambda: one.state(LinkName.ORDER) is LinkState.WAITING, "the order link waits")
        data, order = one.broker.links()
        assert (data.state, data.epoch) == (LinkState.READY, 0)
        assert order.epoch == 1
        assert order.retry_at is not None
        with pytest.raises(NotSent, match="order link is"):
            one.broker.reserve_key(above=0)
        await one.until(lambda: one.state(LinkName.ORDER) is LinkState.READY, "the order link is back")
        assert one.broker.links()[1].retry_at is None


async def test_silence_is_suspect_and_then_down_and_the_books_unknown() -> None:
    async with rig(keepalive_s=0.1, keepalive_deadline_s=0.1) as one:
        await one.ready()
        one.gateway.silent_to = {"49"}
        await one.until(lambda: one.events.links[-1].state is LinkState.SUSPECT, "suspect")
        await one.until(
            lambda: all(status.epoch > 0 for status in one.broker.links()), "both links were given up"
        )
        seen = [(status.name, status.state) for status in one.events.links]
        suspects = {status.cause for status in one.events.links if status.state is LinkState.SUSPECT}
        assert suspects == {LinkCause.NO_ANSWER}
        lost = [status for status in one.events.links if status.state is LinkState.WAITING]
        assert {status.cause for status in lost} == {LinkCause.NO_ANSWER}
        assert "stopped answering" in lost[0].reason
        for name in LinkName:
            after_ready = states(seen, name)[states(seen, name).index(LinkState.READY) :]
            assert after_ready.index(LinkState.SUSPECT) < after_ready.index(LinkState.DISCONNECTED)
        assert isinstance(one.events.positions, Unknown) or one.state(LinkName.DATA) is not LinkState.WAITING
        one.gateway.silent_to = set()
        await one.until(lambda: all(status.is_up for status in one.broker.links()), "both links are back")


async def test_a_suspect_link_sends_no_order_but_a_cancel() -> None:
    async with rig(keepalive_s=0.05, keepalive_deadline_s=1.0) as one:
        await one.ready()
        key = one.broker.reserve_key(above=0)
        one.gateway.silent_to = {"49"}
        await one.until(lambda: one.state(LinkName.ORDER) is LinkState.SUSPECT, "suspect")
        with pytest.raises(NotSent, match="SUSPECT"):
            one.broker.place(one.limit_order(key))
        one.broker.cancel(key)
        await one.until_heard(lambda: "4" in one.order.kinds(), "the cancel arrives")


async def test_a_keepalive_answer_is_told() -> None:
    async with rig(keepalive_s=0.05) as one:
        await one.ready()
        first = one.broker.links()[0].last_reply_at
        assert first is not None
        await one.until(lambda: (one.broker.links()[0].last_reply_at or first) > first, "a later answer")
        assert one.state(LinkName.DATA) is LinkState.READY


async def test_a_client_id_in_use_is_kept_and_tried_again() -> None:
    """D21: another id would make our own working orders foreign."""
    async with rig() as one:
        one.gateway.refusals = [DATA_CLIENT, DATA_CLIENT]
        await one.ready()
        waits = [status for status in one.events.links if status.state is LinkState.WAITING]
        assert [status.client_id for status in waits] == [DATA_CLIENT, DATA_CLIENT]
        assert "in use" in waits[0].reason
        assert all(status.retry_at is not None for status in waits)


async def test_reconnect_does_not_wait_for_the_back_off() -> None:
    async with rig(retry_min_s=3600.0, retry_max_s=3600.0) as one:
        one.gateway.refusals = [DATA_CLIENT]
        one.start()
        await one.until(lambda: one.state(LinkName.DATA) is LinkState.WAITING, "the data link waits an hour")
        await one.broker.reconnect()
        await one.until(lambda: all(status.is_up for status in one.broker.links()), "both links are READY")


def delays(one: Rig) -> list[float]:
    """Return how long each wait of the data link is to be, in seconds."""
    waits = [
        status
        for status in one.events.links
        if status.name is LinkName.DATA and status.state is LinkState.WAITING
    ]
    return [
        (status.retry_at - status.since).total_seconds() for status in waits if status.retry_at is not None
    ]


async def test_waits_grow_and_a_person_starts_them_over() -> None:
    async with rig(retry_min_s=0.02, retry_max_s=60.0) as one:
        one.gateway.refusals = [DATA_CLIENT] * 5
        one.start()
        await one.until(lambda: len(delays(one)) == 4, "four waits")
        assert delays(one)[3] > 4 * delays(one)[0]
        await one.broker.reconnect()
        await one.until(lambda: len(delays(one)) == 5, "a fifth wait")
        assert delays(one)[4] <= 0.02


async def test_a_gateway_that_accepts_and_drops_is_not_called_at_the_shortest_interval() -> None:
    async with rig(retry_min_s=0.02, retry_max_s=60.0) as one:
        await one.ready()
        for losses in range(1, 4):
            one.data.writer.close()
            await one.until(lambda: len(delays(one)) == losses, "the link waits")  # noqa: B023
            await one.until(lambda: one.state(LinkName.DATA) is LinkState.READY, "the link is back")
        assert delays(one)[2] > 2 * delays(one)[0]


async def test_many_reconnects_at_once_leave_one_socket_per_link() -> None:
    async with rig() as one:
        await one.ready()
        await asyncio.gather(*(one.broker.reconnect() for _ in range(10)))
        await one.until(lambda: all(status.is_up for status in one.broker.links()), "both links are READY")
        open_ones = [peer for peer in one.gateway.peers if not peer.writer.is_closing()]
        await one.broker.positions()
        assert sorted(peer.client_id for peer in open_ones if peer.client_id > 0)[-2:] == [
            DATA_CLIENT,
            ORDER_CLIENT,
        ]


async def test_nothing_is_said_after_close_and_close_ends() -> None:
    async with rig() as one:
        await one.ready()
        await one.broker.close()
        said = len(one.events.log)
        await SystemClock().sleep(0.2)
        assert len(one.events.log) == said
        await one.broker.close()


async def test_closing_while_connecting_ends_at_once() -> None:
    async with rig() as one:
        one.gateway.greet = lambda peer: False
        one.start()
        await one.until(lambda: one.state(LinkName.DATA) is LinkState.HANDSHAKE, "connecting")
        await one.broker.close()
        assert one.state(LinkName.DATA) is LinkState.DISCONNECTED


async def test_without_a_library_the_link_says_so_and_does_not_try_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QE_IB_LIB", "ib_nothing")
    async with rig() as one:
        one.start()
        await one.until(lambda: len(one.events.links) == 2, "the link gave up")
        assert one.state(LinkName.DATA) is LinkState.DISCONNECTED
        assert "QE_IB_LIB" in one.events.links[-1].reason
        assert one.gateway.peers == []


@contextmanager
def black_hole() -> Iterator[int]:
    """Listen on a port whose queue is full: a connect is neither accepted nor refused."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            fillers.append(filler)
        yield listener.getsockname()[1]
        for filler in fillers:
            filler.close()


async def test_a_black_hole_never_holds_the_loop() -> None:
    """R44: a connect once froze the screen for 75 s."""
    with black_hole() as port:
        async with rig(port=port, connect_timeout_s=1.5) as one:
            # The import of the library takes its 0.1 s once, wherever it happens first.
            one.start()
            longest, clock = 0.0, SystemClock()
            await clock.sleep(0)
            await one.until(lambda: one.state(LinkName.DATA) is LinkState.CONNECTING, "connecting")
            before = clock.monotonic()
            while one.state(LinkName.DATA) is LinkState.CONNECTING:
                await clock.sleep(0.005)
                now = clock.monotonic()
                longest, before = max(longest, now - before), now
            # A held loop would stand still for the whole 1.5 s; a busy machine may take its time.
            assert longest < 0.75
            await one.until(lambda: one.state(LinkName.DATA) is LinkState.WAITING, "waiting")
            waits = next(status for status in one.events.links if status.state is LinkState.WAITING)
            assert "did not answer" in waits.reason
            assert waits.cause is LinkCause.UNREACHABLE
