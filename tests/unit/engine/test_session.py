"""Taking up an account, and what a restart knows (R60, R13, S03)."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from qe_dashboard.engine.facade import OrderRequest
from qe_dashboard.engine.views import ResultKind
from qe_dashboard.journal.records import EventKind, IntentAction, IntentRecord, TradingStateRecord
from qe_dashboard.model.enums import AccountKind, LinkName, LinkState, OrderSide, OrderType, TradingState
from qe_dashboard.model.identifiers import AccountId, OrderKey, OrderNumber
from qe_dashboard.model.known import Known, Unknown
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.model.reports import Identity, VenueStatus
from support.engine_world import EngineWorld, stop
from support.memory_journal import MemoryJournal
from support.risk_world import ACCOUNT, spec
from support.scripted_broker import foreign_report

OTHER = AccountId("DU7654321")


def order(quantity: int = 10, limit: str = "100") -> OrderRequest:
    return OrderRequest("AAPL", OrderSide.BUY, Decimal(quantity), OrderType.LIMIT, limit_price=Decimal(limit))


async def send(world: EngineWorld, request: OrderRequest | None = None) -> None:
    preview = await world.client.preview_order(request or order())
    result = await world.client.confirm(preview.token)
    assert result.kind is ResultKind.SENT, result.text


def statuses(world: EngineWorld) -> list[str]:
    return [each.status.value for each in world.orders()]


class TestTheLatch:
    async def test_survives_a_restart(self, world: EngineWorld) -> None:
        await world.client.halt("lunch")
        again = await world.restart()
        await again.connect()
        assert (again.status().trading_state, again.status().trading_reason) == (TradingState.HALTED, "lunch")
        assert not (await again.client.preview_order(order())).can_send
        await stop(again)

    async def test_pressed_before_the_account_is_known_it_survives(self) -> None:
        world = EngineWorld()
        world.journal.states.append(
            TradingStateRecord(ACCOUNT, TradingState.ACTIVE, "", "test", world.clock.now())
        )
        await world.client.halt("fire")
        await world.connect()
        assert world.status().trading_state is TradingState.HALTED
        assert world.journal.states[-1].state is TradingState.HALTED
        await stop(world)

    async def test_goes_on_in_the_next_account_and_each_is_resumed_by_itself(
        self, world: EngineWorld
    ) -> None:
        """Who presses HALT halts the session (D6); what is written down stays with each account (D27)."""
        await world.client.halt("lunch")
        await world.connect(OTHER)
        assert (world.status().trading_state, world.status().trading_reason) == (TradingState.HALTED, "lunch")
        assert f"HALTED goes on in {OTHER}, as it was in {ACCOUNT}: lunch" in "".join(world.words())
        assert world.journal.states[-1].account == OTHER
        await world.client.resume(typed="resume")
        await world.connect(ACCOUNT)
        assert (world.status().trading_state, world.status().trading_reason) == (TradingState.HALTED, "lunch")
        await world.client.resume(typed="resume")
        await world.connect(OTHER)
        assert world.status().trading_state is TradingState.ACTIVE

    async def test_of_an_account_that_is_halted_already_keeps_its_first_reason(
        self, world: EngineWorld
    ) -> None:
        row = TradingStateRecord(OTHER, TradingState.HALTED, "loss limit", "test", world.clock.now())
        world.journal.states.append(row)
        await world.client.halt("lunch")
        await world.connect(OTHER)
        assert (world.status().trading_state, world.status().trading_reason) == (
            TradingState.HALTED,
            "loss limit",
        )

    async def test_pressed_while_no_account_is_bound_meets_the_next(self, world: EngineWorld) -> None:
        world.broker.heard.on_identity_refused("live account", ())
        await world.client.halt("fire")
        await world.connect(OTHER)
        assert world.status().trading_state is TradingState.HALTED

    async def test_cannot_be_read_nothing_that_adds_passes(self) -> None:
        world = EngineWorld()
        world.journal.broken = "disk gone"
        await world.connect()
        status = world.status()
        assert not status.can_trade
        assert "disk gone" in str(status.banner)
        world.journal.broken = None
        await world.connect()
        assert world.status().can_trade
        await stop(world)


class TestARestart:
    async def test_rebuilds_own_orders_with_number_key_and_fills(self, world: EngineWorld) -> None:
        await send(world)
        wire = world.last
        world.broker.heard.on_order(world.broker.report(wire))
        world.broker.heard.on_fill(world.broker.execution(wire, 4))
        rows = len(world.journal.order_rows)
        again = await world.restart()
        again.broker.order_book = Known((again.broker.report(wire),), again.clock.now())
        await again.connect()
        [restored] = again.orders()
        assert (restored.number, restored.key, restored.filled) == (1, wire.key, Decimal(4))
        assert restored.is_own
        assert restored.status is OrderStatus.WORKING
        assert len(world.journal.order_rows) == rows
        await send(again, order(limit="99"))
        assert (again.orders()[-1].number, again.last.key.order_id) == (2, wire.key.order_id + 1)
        await stop(again)

    async def test_a_fill_counts_though_the_venues_clock_is_behind_the_order(
        self, world: EngineWorld
    ) -> None:
        await send(world)
        wire = world.last
        world.broker.heard.on_order(world.broker.report(wire))
        part = world.broker.execution(wire, 4)
        world.broker.heard.on_fill(replace(part, at=part.at - timedelta(hours=5)))
        again = await world.restart()
        again.clock.advance(30 * 3600)
        again.broker.order_book = Known((again.broker.report(wire, filled=4),), again.clock.now())
        await again.connect()
        assert again.orders()[0].filled == Decimal(4)
        await stop(again)

    async def test_what_was_in_flight_is_uncertain_and_asked_about_never_sent_again(
        self, world: EngineWorld
    ) -> None:
        await send(world)
        wire = world.last
        again = await world.restart()
        again.broker.order_book = Unknown("still reading")
        await again.connect()
        assert statuses(again) == ["UNCERTAIN"]
        again.broker.order_book = Known((again.broker.report(wire),), again.clock.now())
        await again.clock.advance_async(10)
        assert statuses(again) == ["WORKING"]
        assert again.broker.wire == []
        await stop(again)

    async def test_a_cancel_in_flight_that_left_is_gone(self, world: EngineWorld) -> None:
        await send(world)
        world.broker.heard.on_order(world.broker.report(world.last))
        world.parts.orders.cancel(world.orders()[0].number)
        again = await world.restart()
        await again.connect()
        await again.clock.advance_async(20)
        assert statuses(again) == ["GONE"]
        await stop(again)

    async def test_a_change_that_was_not_taken_makes_no_conflict(self, world: EngineWorld) -> None:
        await send(world)
        wire = world.last
        world.broker.heard.on_order(world.broker.report(wire))
        world.parts.cache.expect_terms(world.orders()[0].number, spec(quantity=20, limit="100"))
        await world.parts.journal.commit_intent(
            _modified(world.journal, quantity=20),
        )
        world.parts.cache.forget_terms(world.orders()[0].number, at=world.clock.now())
        world.broker.heard.on_fill(world.broker.execution(wire, 10))
        assert statuses(world) == ["FILLED"]
        again = await world.restart()
        await again.connect()
        [restored] = again.orders()
        assert (restored.status.value, restored.filled, restored.spec.quantity) == (
            "FILLED",
            Decimal(10),
            Decimal(10),
        )
        await stop(again)

    async def test_old_ends_are_left_to_the_journal_and_old_rejects_take_no_rate(
        self, world: EngineWorld
    ) -> None:
        await send(world)
        world.broker.heard.on_order(world.broker.report(world.last, VenueStatus.REJECTED))
        again = await world.restart()
        await again.connect()
        assert statuses(again) == ["REJECTED"]
        assert again.status().rates[0].used == 0
        later = await again.restart(prefix="K")
        later.clock.advance(2 * 86400)
        await later.connect()
        assert statuses(later) == []
        await stop(later)


def _modified(journal: MemoryJournal, *, quantity: int) -> IntentRecord:
    placed = journal.committed[0]
    return replace(placed, action=IntentAction.MODIFY, spec=replace(placed.spec, quantity=Decimal(quantity)))


class TestAccounts:
    async def test_another_accounts_data_is_forgotten(self, world: EngineWorld) -> None:
        await send(world)
        world.start_with(10)
        await world.client.reconcile()
        world.broker.hold(0)
        await world.connect(OTHER)
        assert world.orders() == []
        assert world.parts.desk.last_positions is not None
        assert world.parts.desk.last_positions.value == ()
        assert world.status().account == OTHER

    async def test_a_dropped_session_does_not_hand_its_orders_to_another_account(
        self, world: EngineWorld
    ) -> None:
        await send(world)
        world.broker.heard.on_identity_refused("live account", (OTHER,))
        await world.connect(OTHER)
        assert world.orders() == []

    async def test_found_again_it_keeps_what_is_known(self, world: EngineWorld) -> None:
        await send(world)
        wire = world.last
        world.broker.heard.on_order(world.broker.report(wire))
        world.broker.heard.on_fill(world.broker.execution(wire, 4))
        world.broker.heard.on_identity_refused("two accounts", ())
        world.broker.order_book = Known((world.broker.report(wire),), world.clock.now())
        await world.connect()
        assert [each.filled for each in world.orders()] == [Decimal(4)]

    async def test_found_twice_at_once_it_is_taken_up_once(self) -> None:
        world = EngineWorld()
        world.journal.read_held = asyncio.Event()
        identity = Identity(ACCOUNT, AccountKind.PAPER)
        world.broker.heard.on_identity(identity)
        world.broker.heard.on_identity(identity)
        world.journal.read_held.set()
        await world.settle()
        assert world.parts.desk.latch_loaded
        await stop(world)

    async def test_one_that_comes_while_another_is_taken_up_gets_nothing_of_it(
        self, world: EngineWorld
    ) -> None:
        await send(world)
        again = await world.restart()
        again.journal.read_held = asyncio.Event()
        again.broker.heard.on_identity(Identity(ACCOUNT, AccountKind.PAPER))
        await again.settle()
        again.broker.heard.on_identity(Identity(OTHER, AccountKind.PAPER))
        again.journal.read_held.set()
        await again.settle()
        assert again.orders() == []
        assert again.parts.desk.account_id() == OTHER
        assert again.parts.desk.latch_loaded
        await stop(again)

    async def test_a_refusal_is_shown_and_journalled(self, world: EngineWorld) -> None:
        world.broker.heard.on_identity_refused("U1 is a LIVE account", (AccountId("U1"),))
        status = world.status()
        assert (status.account, status.can_trade) == (None, False)
        assert "U1 is a LIVE account" in [line.text for line in status.banner]
        payload = world.journal.of(EventKind.CONNECTION)[-1].payload
        assert payload == {"refused": "U1 is a LIVE account", "accounts": ["U1"]}

    async def test_before_it_is_taken_up_no_row_is_met(self) -> None:
        world = EngineWorld()
        world.journal.read_held = asyncio.Event()
        report = foreign_report(spec(limit="90"), world.clock, key=OrderKey(7, 1), perm_id=4)
        world.broker.order_book = Known((report,), world.clock.now())
        await world.connect()
        result = await world.client.reconcile()
        assert (result.kind, "being taken up" in result.text) == (ResultKind.UNKNOWN, True)
        assert world.orders() == []
        assert not world.status().can_trade
        world.journal.read_held.set()
        await world.settle()
        assert [each.owner for each in world.orders()] == ["TWS"]
        await stop(world)


class TestLinks:
    @pytest.mark.parametrize("name", list(LinkName))
    @pytest.mark.parametrize("way", [[LinkState.WAITING], [LinkState.SUSPECT, LinkState.WAITING]])
    async def test_a_lost_link_makes_every_book_unknown(
        self, world: EngineWorld, name: LinkName, way: list[LinkState]
    ) -> None:
        for state in way:
            world.broker.set_link(name, state, "no reply")
        desk = world.parts.desk
        assert [isinstance(b, Unknown) for b in (desk.positions, desk.open_orders, desk.executions)] == [
            True
        ] * 3
        assert not world.status().can_trade
        world.broker.set_link(name, LinkState.READY)
        await world.settle()
        assert world.status().can_trade

    @pytest.mark.parametrize("way", [[LinkState.WAITING], [LinkState.SUSPECT, LinkState.WAITING]])
    async def test_the_order_link_leaves_what_was_in_flight_in_doubt(
        self, world: EngineWorld, way: list[LinkState]
    ) -> None:
        await send(world)
        for state in way:
            world.broker.set_link(LinkName.ORDER, state, "no reply")
        assert statuses(world) == ["UNCERTAIN"]
        wire = world.last
        world.broker.order_book = Known((world.broker.report(wire),), world.clock.now())
        world.broker.set_link(LinkName.ORDER, LinkState.READY)
        await world.settle()
        assert statuses(world) == ["WORKING"]
        assert len(world.broker.wire) == 1

    async def test_the_data_link_leaves_orders_alone_and_quotes_as_history(self, world: EngineWorld) -> None:
        await send(world)
        world.broker.set_link(LinkName.DATA, LinkState.WAITING, "closed")
        assert statuses(world) == ["PENDING"]
        assert [quote.proven for quote in world.parts.desk.quotes.values()] == [False]

    async def test_suspicion_refuses_orders_and_keeps_the_books(self, world: EngineWorld) -> None:
        world.broker.set_link(LinkName.ORDER, LinkState.SUSPECT, "no reply")
        assert not world.status().can_trade
        assert not isinstance(world.parts.desk.positions, Unknown)

    async def test_a_link_lost_while_an_intent_is_written_sends_nothing(self, world: EngineWorld) -> None:
        preview = await world.client.preview_order(order())
        world.journal.held = asyncio.Event()
        task = asyncio.get_running_loop().create_task(world.client.confirm(preview.token))
        await world.settle()
        world.broker.set_link(LinkName.ORDER, LinkState.WAITING, "closed")
        world.journal.held.set()
        result = await task
        assert result.kind is ResultKind.NOT_SENT
        assert statuses(world) == ["NOT SENT"]
        assert world.journal.statuses(1) == ["PENDING", "NOT SENT"]
        assert world.broker.wire == []

    @pytest.mark.parametrize("is_back_before", [False, True])
    async def test_what_was_not_sent_because_the_account_went_is_not_uncertain_when_it_is_back(
        self, world: EngineWorld, is_back_before: bool
    ) -> None:
        preview = await world.client.preview_order(order())
        world.journal.held = asyncio.Event()
        task = asyncio.get_running_loop().create_task(world.client.confirm(preview.token))
        await world.settle()
        await world.connect(OTHER)
        if is_back_before:
            await world.connect(ACCOUNT)
        world.journal.held.set()
        assert (await task).kind is ResultKind.NOT_SENT
        await world.connect(ACCOUNT)
        assert statuses(world) in ([], ["NOT SENT"])
        assert world.journal.orders[OrderNumber(1)].status is OrderStatus.NOT_SENT
        assert world.journal.orders[OrderNumber(1)].account == ACCOUNT
        assert (await world.client.preview_order(order(limit="99"))).can_send

    async def test_books_are_read_every_30_seconds(self, world: EngineWorld) -> None:
        before = world.broker.reads.count("positions")
        await world.clock.advance_async(61)
        assert world.broker.reads.count("positions") == before + 2

    async def test_books_that_fail_are_read_again_until_known(self, world: EngineWorld) -> None:
        world.broker.execution_book = Unknown("time-out")
        world.parts.spawn("read", world.engine.session.resync("test"))
        await world.clock.advance_async(5)
        assert world.status().reconcile_words == "executions: time-out"
        world.broker.execution_book = Known((), world.clock.now())
        await world.clock.advance_async(3)
        assert world.status().can_trade


class TestTheHaltFile:
    async def test_halts_and_holds_until_it_is_removed(self, world: EngineWorld) -> None:
        world.halt_file = True
        await world.engine.session.latch.heed_file()
        assert world.status().trading_state is TradingState.HALTED
        assert world.journal.states[-1].by == "HALT file"
        refused = await world.client.resume(typed="resume")
        assert refused.kind is ResultKind.REFUSED
        assert "remove it" in refused.text
        world.halt_file = False
        assert (await world.client.resume(typed="resume")).kind is ResultKind.DONE
        assert world.status().trading_state is TradingState.ACTIVE
