"""Another address while running, what health tells, and a read-only API known at connect."""

from __future__ import annotations

import asyncio
import socket

import pytest

from qe_dashboard.broker.port import BrokerError, NotSent
from qe_dashboard.model.connection import ConnectionTarget, LinkCause
from qe_dashboard.model.enums import LinkName, LinkState, MessageClass, Profile, Severity
from qe_dashboard.model.identifiers import AccountId, OrderKey
from qe_dashboard.model.known import Known, Unknown
from support.ibkr_rig import DATA_CLIENT, ORDER_CLIENT, Rig, rig
from support.scripted_gateway import Peer, scripted_gateway


def target(
    port: int, *, client_id: int = 11, order_client_id: int = 12, account: str = ""
) -> ConnectionTarget:
    return ConnectionTarget("127.0.0.1", port, client_id, order_client_id, account)


def open_peers(one: Rig) -> list[int]:
    return [peer.client_id for peer in one.gateway.peers if not peer.writer.is_closing()]


async def test_both_links_move_to_the_new_address_with_the_new_ids() -> None:
    async with rig() as one, scripted_gateway() as other:
        await one.ready()
        other.accounts = "DU7654321"
        other.next_id = 70
        await one.broker.reconfigure(target(other.port))
        await one.until(lambda: all(status.is_up for status in one.broker.links()), "both links are READY")
        assert [(status.port, status.client_id, status.cause) for status in one.broker.links()] == [
            (other.port, 11, LinkCause.NONE),
            (other.port, 12, LinkCause.NONE),
        ]
        assert sorted(peer.client_id for peer in other.peers) == [11, 12]
        # The account of the old address binds nobody here.
        assert one.events.identities[-1].account == "DU7654321"
        assert one.events.refusals == []
        assert isinstance(await one.broker.positions(), Known)
        key = one.broker.reserve_key(above=0)
        assert (key.client_id, key.order_id >= 70) == (12, True)
        one.broker.place(one.limit_order(key))
        with pytest.raises(NotSent, match="another program"):
            one.broker.cancel(OrderKey(ORDER_CLIENT, 3))


async def test_the_old_links_are_gone_before_the_new_ones_begin() -> None:
    async with rig() as one, scripted_gateway() as other:
        await one.ready()
        still_open: list[list[int]] = []

        def greet(_peer: Peer) -> bool:
            still_open.append(open_peers(one))
            return True

        other.greet = greet
        await one.broker.reconfigure(target(other.port))
        await one.until(lambda: all(status.is_up for status in one.broker.links()), "both links are READY")
        assert still_open == [[], []]


@pytest.mark.parametrize(
    "wrong",
    [
        target(4002, client_id=5, order_client_id=5),
        target(0),
        target(70000),
        target(4002, client_id=-1),
        ConnectionTarget("", 4002, 1, 2),
    ],
)
async def test_a_target_that_cannot_be_changes_nothing(wrong: ConnectionTarget) -> None:
    async with rig() as one:
        await one.ready()
        with pytest.raises(BrokerError, match="The connection was not changed"):
            await one.broker.reconfigure(wrong)
        assert [status.client_id for status in one.broker.links()] == [DATA_CLIENT, ORDER_CLIENT]
        assert {(status.state, status.epoch) for status in one.broker.links()} == {(LinkState.READY, 0)}


async def test_the_order_link_says_that_it_waits_for_the_data_link_there() -> None:
    async with rig() as one:
        await one.ready()
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
            await one.broker.reconfigure(target(port))
            status = one.broker.links()[1]
        assert (status.reason, status.cause) == (
            f"waits for the data link to 127.0.0.1:{port}",
            LinkCause.NONE,
        )


async def test_on_live_the_account_id_must_be_typed_again() -> None:
    """D19: what was typed for one address opens no orders at another."""
    async with rig(profile=Profile.IBKR_LIVE) as one, scripted_gateway() as other:
        one.gateway.accounts = other.accounts = "U1234567"
        one.start()
        await one.until(lambda: one.state(LinkName.DATA) is LinkState.READY, "the data link is READY")
        one.broker.authorise_orders(AccountId("U1234567"))
        await one.until(lambda: one.state(LinkName.ORDER) is LinkState.READY, "orders are open")
        await one.broker.reconfigure(target(other.port))
        await one.until(lambda: one.state(LinkName.DATA) is LinkState.READY, "the data link is READY there")
        status = one.broker.links()[1]
        assert (status.state, status.reason) == (LinkState.DISCONNECTED, "waits for the typed account id")
        assert [peer.client_id for peer in other.peers] == [11]
        one.broker.authorise_orders(AccountId("U1234567"))
        await one.until(lambda: one.state(LinkName.ORDER) is LinkState.READY, "orders are open there")


async def test_a_bound_account_is_looked_for_at_the_new_address() -> None:
    async with rig() as one, scripted_gateway() as other:
        await one.ready()
        await one.broker.reconfigure(target(other.port, account="DU9999999"))
        await one.until(lambda: bool(one.events.refusals), "another account is refused")
        await one.until(
            lambda: one.broker.links()[0].cause is LinkCause.WRONG_ACCOUNT, "the link says why it is closed"
        )


async def test_an_hour_of_back_off_does_not_delay_the_new_address() -> None:
    async with rig(retry_min_s=3600.0, retry_max_s=3600.0) as one, scripted_gateway() as other:
        one.gateway.refusals = [DATA_CLIENT]
        one.start()
        await one.until(lambda: one.state(LinkName.DATA) is LinkState.WAITING, "the data link waits an hour")
        await one.broker.reconfigure(target(other.port))
        await one.until(lambda: all(status.is_up for status in one.broker.links()), "both links are READY")


async def test_changes_at_once_end_at_the_last_one() -> None:
    async with rig() as one, scripted_gateway() as other:
        await one.ready()
        await asyncio.gather(
            one.broker.reconfigure(target(other.port)),
            one.broker.reconnect(),
            one.broker.reconfigure(target(one.gateway.port, client_id=21, order_client_id=22)),
        )
        await one.until(lambda: all(status.is_up for status in one.broker.links()), "both links are READY")
        assert [status.client_id for status in one.broker.links()] == [21, 22]
        await one.broker.positions()
        assert [peer for peer in other.peers if not peer.writer.is_closing()] == []
        assert sorted(open_peers(one)) == [21, 22]


async def test_before_the_start_a_new_address_is_taken_and_nothing_connects() -> None:
    async with rig() as one, scripted_gateway() as other:
        await one.broker.reconfigure(target(other.port))
        assert other.peers == []
        await one.ready()
        assert sorted(peer.client_id for peer in other.peers) == [11, 12]
        assert one.gateway.peers == []


# health ---------------------------------------------------------------------------------------------------------------


async def test_health_names_every_budget_and_the_next_order_id() -> None:
    async with rig() as one:
        assert one.broker.health().next_order_id is None
        one.gateway.next_id = 40
        await one.ready()
        health = one.broker.health()
        assert [meter.name for meter in health.meters] == [
            "data link",
            "order link",
            "history",
            "history open",
            "data lines",
        ]
        assert health.next_order_id == 40
        # Requests take numbers of the same counter; without an order the next order's does not creep up.
        for _ in range(3):
            await one.broker.executions()
        assert one.broker.health().next_order_id == 40
        assert one.broker.reserve_key(above=0).order_id >= 40
        assert one.broker.reserve_key(above=100).order_id == 101
        assert one.broker.health().next_order_id == 102
        assert one.broker.links()[0].server_version == 176


@pytest.mark.parametrize("name", list(LinkName))
async def test_a_complaint_about_speed_slows_that_link_down_and_is_said_once(name: LinkName) -> None:
    async with rig() as one:
        await one.ready()
        peer = one.data if name is LinkName.DATA else one.order
        peer.send(4, 2, -1, 100, "Max rate of messages per second has been exceeded:max=50", "")
        await one.until(lambda: any(m.code == 100 for m in one.events.messages), "it is said")
        [message] = [message for message in one.events.messages if message.code == 100]
        assert f"the {name} link too fast" in message.text
        assert "20 a second for a minute" in message.text
        limits = {meter.name: meter.limit for meter in one.broker.health().meters}
        assert limits[f"{name} link"] == 30
        other = LinkName.ORDER if name is LinkName.DATA else LinkName.DATA
        assert limits[f"{other} link"] == 50


# read-only ------------------------------------------------------------------------------------------------------------

TEXT = "Error validating request.-'bW' : cause - The API interface is currently in Read-Only mode."


def refuse_order_questions(one: Rig) -> None:
    """Answer as a read-only API does: 321, which names no request, to every question about orders."""
    one.gateway.refused_with_321 = {"5", "16"}
    one.gateway.refusal_text = TEXT


async def test_a_read_only_api_is_known_at_connect_and_said_once() -> None:
    """User demand 12: not when the first order fails."""
    async with rig(request_timeout_s=60.0) as one:
        refuse_order_questions(one)
        await one.ready()
        assert one.broker.health().read_only is True
        told = [
            message
            for message in one.events.messages
            if '"Read-Only API"' in f"{message.text} {message.press}"
        ]
        assert [(message.message_class, message.severity) for message in told] == [
            (MessageClass.CONFIGURATION, Severity.CRITICAL)
        ]


async def test_a_refused_order_book_is_unknown_at_once_and_costs_no_session() -> None:
    async with rig(request_timeout_s=60.0) as one:
        refuse_order_questions(one)
        await one.ready()
        for _ in range(2):
            book = await one.broker.open_orders()
            assert isinstance(book, Unknown)
            assert "Read-Only API" in book.reason
        assert {status.epoch for status in one.broker.links()} == {0}
        one.gateway.refused_with_321 = set()
        assert isinstance(await one.broker.open_orders(), Known)


async def test_an_api_that_answers_for_orders_is_not_read_only_until_it_says_so() -> None:
    async with rig() as one:
        await one.ready()
        assert one.broker.health().read_only is False
        key = one.broker.reserve_key(above=0)
        one.broker.place(one.limit_order(key))
        one.order.send(4, 2, key.order_id, 321, TEXT, "")
        await one.until(lambda: bool(one.events.messages), "it is told")
        assert one.broker.health().read_only is True
        one.order.writer.close()
        await one.until(lambda: one.state(LinkName.ORDER) is LinkState.WAITING, "the order link is lost")
        await one.until(lambda: one.state(LinkName.ORDER) is LinkState.READY, "the order link is back")
        assert one.broker.health().read_only is False
