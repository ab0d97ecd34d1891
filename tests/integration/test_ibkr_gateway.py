"""The adapter and the gateway simulator over TCP: two programs that share no code (issue 2, "What must be seen")."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from qe_dashboard.broker.ibkr.broker import IbkrBroker
from qe_dashboard.broker.ibkr.ib_lib import IbSession, load
from qe_dashboard.broker.port import InstrumentQuery, NotSent
from qe_dashboard.core.clock import SystemClock
from qe_dashboard.model.enums import LinkName, LinkState, MessageClass, OrderSide, Profile, SecType
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.known import Known, Unknown
from qe_dashboard.model.reports import VenueStatus
from support.broker_harness import BrokerHarness, known
from support.gateway_process import GatewayProcess
from support.ibkr_harness import ibkr_config
from support.shipped_codes import shipped_codes

OTHER_CLIENT = 7


class Scene(BrokerHarness):
    """A broker with short intervals in front of a gateway process."""

    def __init__(
        self,
        *arguments: str,
        account: str = "DU1234567",
        profile: Profile = Profile.IBKR_PAPER,
        keepalive_s: float = 20.0,
    ) -> None:
        self.arguments = arguments
        self.gateway = GatewayProcess.start(*arguments, account=account)
        self.config = ibkr_config(
            self.gateway.port,
            profile=profile,
            keepalive_s=keepalive_s,
            keepalive_deadline_s=min(5.0, keepalive_s),
        )
        super().__init__(self.another(), account=AccountId(account))

    def another(self) -> IbkrBroker:
        """Return one more broker for the same gateway."""
        return IbkrBroker(
            clock=SystemClock(), config=self.config, codes=shipped_codes(), rng=random.Random(7)
        )

    async def stop(self) -> None:
        await self.broker.close()
        self.gateway.kill()

    async def lose_links(self) -> None:
        self.gateway.kill()

    async def restore_links(self) -> None:
        self.gateway = GatewayProcess.start(*self.arguments, account=self.account, port=self.gateway.port)

    def state(self, name: LinkName) -> LinkState:
        return next(status.state for status in self.broker.links() if status.name is name)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    scene = Scene("--state", str(tmp_path / "gateway.json"))
    yield scene
    await scene.stop()


@pytest.fixture
async def impatient() -> AsyncIterator[Scene]:
    """Return a scene with a keepalive of 0.3 s, answered or not within as much."""
    scene = Scene(keepalive_s=0.3)
    yield scene
    await scene.stop()


async def test_killing_the_gateway_is_noticed_at_once_and_a_restart_brings_everything_back(
    scene: Scene,
) -> None:
    await scene.start()
    instrument = await scene.stock()
    await scene.quote(instrument)
    prepared = scene.order(instrument, OrderSide.BUY, 10)
    clock = SystemClock()

    await scene.lose_links()
    killed_at = clock.monotonic()
    await scene.until(lambda: not any(status.is_up for status in scene.broker.links()), "both links are lost")
    # The socket tells, and not the keepalive, which takes 25 s at least.
    assert clock.monotonic() - killed_at < 5.0
    assert isinstance(scene.events.positions, Unknown)
    assert isinstance(scene.events.account, Unknown)
    assert not scene.events.quotes_of(instrument.id)[-1].proven
    with pytest.raises(NotSent, match="The order was not sent: the order link is"):
        scene.broker.place(prepared)
    await scene.until(
        lambda: any("Nothing is listening" in status.reason for status in scene.events.links),
        "the reason is told",
    )

    await scene.restore_links()
    await scene.until_ready()
    assert all(status.epoch > 0 for status in scene.broker.links())
    await scene.until(lambda: scene.events.quotes_of(instrument.id)[-1].proven, "the quote is proven again")
    await scene.until(
        lambda: isinstance(scene.events.positions, Known) and isinstance(scene.events.account, Known),
        "the books are known again",
    )
    order = scene.send(instrument, OrderSide.BUY, 10)
    await scene.until_status(order.key, VenueStatus.FILLED)


async def test_a_silent_gateway_is_suspect_and_then_down(impatient: Scene) -> None:
    scene = impatient
    await scene.start()
    scene.gateway.control("silence on")
    await scene.until(
        lambda: all(
            any(status.name is name and status.state is LinkState.SUSPECT for status in scene.events.links)
            for name in LinkName
        ),
        "both links are suspect",
    )
    await scene.until(lambda: all(status.epoch > 0 for status in scene.broker.links()), "both are given up")
    await scene.until(lambda: isinstance(scene.events.positions, Unknown), "the positions are unknown")
    with pytest.raises(NotSent):
        scene.broker.reserve_key(above=0)
    scene.gateway.control("silence off")
    await scene.until_ready()


@pytest.mark.parametrize(
    ("profile", "account"), [(Profile.IBKR_PAPER, "U7654321"), (Profile.IBKR_LIVE, "DU1234567")]
)
async def test_the_wrong_kind_of_account_is_left_before_any_order_call(
    tmp_path: Path, profile: Profile, account: str
) -> None:
    wire = tmp_path / "wire.log"
    scene = Scene("--log", str(wire), account=account, profile=profile)
    try:
        scene.broker.start(scene.events)
        await scene.until(lambda: bool(scene.events.refusals), "the account is refused")
        await scene.until(lambda: scene.state(LinkName.DATA) is LinkState.DISCONNECTED, "the link is closed")
        assert account in scene.events.refusals[0]
        assert scene.events.identities == []
        assert scene.state(LinkName.ORDER) is LinkState.DISCONNECTED
    finally:
        await scene.stop()
    # `>> 71,...` is startApi; a question about orders, positions or the account would be a second one.
    assert re.findall(r">> (\d+)", wire.read_text(encoding="utf-8")) == ["71"]


async def test_a_client_id_in_use_is_waited_for(scene: Scene) -> None:
    await scene.start()
    second = scene.another()
    events = type(scene.events)()
    second.start(events)
    try:

        async def waiting() -> None:
            while not any(status.state is LinkState.WAITING for status in events.links):
                await events.next_event()

        await scene._with_patience(waiting())
        waits = [status for status in events.links if status.state is LinkState.WAITING]
        assert "Client id 1 is in use" in waits[0].reason
        assert all(status.is_up for status in scene.broker.links())

        await scene.broker.close()

        async def ready() -> None:
            while not all(status.is_up for status in second.links()):
                await events.next_event()

        await scene._with_patience(ready())
        assert [status.client_id for status in second.links()] == [1, 2]
    finally:
        await second.close()


async def test_another_programs_order_is_seen_named_and_left_alone(scene: Scene) -> None:
    """R07: the book of open orders is everybody's."""
    await scene.start()
    instrument = await scene.stock()
    library = load()
    other = IbSession(library, SystemClock())
    await other.open(host="127.0.0.1", port=scene.gateway.port, client_id=OTHER_CLIENT, seconds=10)
    try:
        order_id = other.ib.client.getReqId()
        other.ib.placeOrder(
            library.contract(
                conId=instrument.con_id, symbol="AAPL", secType="STK", exchange="SMART", currency="USD"
            ),
            library.order(
                orderId=order_id,
                action="BUY",
                totalQuantity=3,
                orderType="LMT",
                lmtPrice=50.0,
                tif="GTC",
                account=scene.account,
                orderRef="by hand",
            ),
        )

        async def listed() -> bool:
            book = await scene.broker.open_orders()
            return isinstance(book, Known) and len(book.value) == 1

        async def until_listed() -> None:
            while not await listed():
                await scene.let_time_pass(0.02)

        await scene._with_patience(until_listed())
        (row,) = known(await scene.broker.open_orders())
        assert (row.owner, row.key.client_id, row.key.order_id) == (
            f"CLIENT {OTHER_CLIENT}",
            OTHER_CLIENT,
            order_id,
        )
        assert (row.spec.quantity, row.spec.limit_price, row.order_ref) == (
            Decimal(3),
            Decimal(50),
            "by hand",
        )
        with pytest.raises(NotSent, match="another program"):
            scene.broker.cancel(row.key)
    finally:
        await other.close("the test is over")


async def test_a_future_position_has_its_price_per_point(scene: Scene) -> None:
    await scene.start()
    months = await scene.broker.find_instruments(InstrumentQuery("MNQ", SecType.FUTURE))
    future = months[0]
    order = scene.send(future, OrderSide.SELL, 2)
    await scene.until_status(order.key, VenueStatus.FILLED)
    await scene.until(lambda: scene.events.held(future.id) == -2, "short 2")
    (position,) = known(await scene.broker.positions())
    prices = [fill.price for fill in scene.events.fills_of(order.key).values()]
    assert position.instrument == future
    assert abs(position.avg_price - sum(prices, start=Decimal(0)) / len(prices)) < 5


async def test_a_position_met_in_the_book_gets_its_ticks_and_hours(scene: Scene) -> None:
    await scene.start()
    future = (await scene.broker.find_instruments(InstrumentQuery("MNQ", SecType.FUTURE)))[0]
    order = scene.send(future, OrderSide.SELL, 1)
    await scene.until_status(order.key, VenueStatus.FILLED)
    await scene.broker.close()

    # A new run of the program, which never looked the contract up.
    scene.broker = scene.another()
    scene.events = type(scene.events)()
    await scene.start()
    await scene.until(
        lambda: (
            isinstance(scene.events.positions, Known)
            and scene.events.positions.value[0].instrument.tick_rules != ()
        ),
        "the position's contract was looked up",
    )
    assert known(scene.events.positions)[0].instrument == future
    assert scene.broker.instrument(future.id) == future


async def test_the_gateways_own_loss_and_return(scene: Scene) -> None:
    await scene.start()
    instrument = await scene.stock()
    await scene.quote(instrument)
    prepared = scene.order(instrument, OrderSide.BUY, 10)
    for restored in ("1101", "1102"):
        scene.gateway.control("1100")
        await scene.until(lambda: scene.events.upstream[-1].up is False, "upstream is lost")
        assert not scene.events.quotes_of(instrument.id)[-1].proven
        with pytest.raises(NotSent):
            scene.broker.place(prepared)
        scene.gateway.control(restored)
        await scene.until(lambda: scene.events.upstream[-1].up is True, "upstream is back")
        await scene.until(
            lambda: scene.events.quotes_of(instrument.id)[-1].proven, "the quote is proven again"
        )
    assert all(status.epoch == 0 for status in scene.broker.links())


async def test_a_competing_session_takes_the_market_away(scene: Scene) -> None:
    await scene.start()
    instrument = await scene.stock()
    await scene.quote(instrument)
    scene.gateway.control("competing on")
    await scene.until(
        lambda: any(message.code == 10197 for message in scene.events.messages), "10197 is told"
    )
    assert not scene.events.quotes_of(instrument.id)[-1].proven


async def test_a_read_only_gateway_refuses_in_words(scene: Scene) -> None:
    await scene.start()
    instrument = await scene.stock()
    scene.gateway.control("read-only on")
    order = scene.send(instrument, OrderSide.BUY, 10)
    await scene.until_status(order.key, VenueStatus.REJECTED)
    message = next(message for message in scene.events.messages if message.order_key == order.key)
    assert message.message_class is MessageClass.ORDER_REJECTED


async def test_an_order_the_gateway_swallowed_is_in_no_book(scene: Scene) -> None:
    """R15: nothing is reported, and the query that settles it is whole."""
    await scene.start()
    instrument = await scene.stock()
    scene.gateway.control("drop-orders 1")
    order = scene.send(instrument, OrderSide.BUY, 10)
    assert known(await scene.broker.open_orders()) == ()
    assert known(await scene.broker.executions()) == ()
    assert scene.events.reports(order.key) == []


async def test_our_working_order_stays_ours_after_a_restart_of_this_program(scene: Scene) -> None:
    await scene.start()
    instrument = await scene.stock()
    quote = await scene.quote(instrument)
    assert quote.bid is not None
    limit = (quote.bid * Decimal("0.9")).quantize(Decimal("0.01"))
    order = scene.send(instrument, OrderSide.BUY, 10, limit=limit)
    await scene.until_status(order.key, VenueStatus.WORKING)
    await scene.broker.close()

    scene.broker = scene.another()
    scene.events = type(scene.events)()
    await scene.start()
    await scene.until_status(order.key, VenueStatus.WORKING)
    assert scene.events.reports(order.key)[-1].order_ref == order.order_ref
    assert scene.broker.reserve_key(above=0).order_id > order.key.order_id
    changed = replace(order, spec=replace(order.spec, quantity=Decimal(4)))
    scene.broker.modify(changed)
    await scene.until(lambda: scene.events.reports(order.key)[-1].spec.quantity == 4, "the change is told")
    scene.broker.cancel(order.key)
    await scene.until_status(order.key, VenueStatus.CANCELLED)


async def test_a_storm_of_dropped_sockets_ends_well(scene: Scene) -> None:
    await scene.start()
    instrument = await scene.stock()
    await scene.quote(instrument)
    for _ in range(5):
        scene.gateway.control("drop")
        await scene.until(lambda: not all(status.is_up for status in scene.broker.links()), "a link is lost")
        await scene.until(lambda: all(status.is_up for status in scene.broker.links()), "both are back")
    order = scene.send(instrument, OrderSide.BUY, 10)
    await scene.until_status(order.key, VenueStatus.FILLED)
    assert len(known(await scene.broker.executions())) == len(scene.events.fills_of(order.key))
