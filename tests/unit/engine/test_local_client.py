"""Previews and their yes: what is said, how long it stands, what a changed world does to it (D9, D11, R58)."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from qe_dashboard.engine.facade import (
    CancelRequest,
    CancelScope,
    CloseRequest,
    CloseShare,
    CommandRefused,
    ModifyRequest,
    OrderRequest,
)
from qe_dashboard.engine.views import ConfirmTier, PreviewView, ResultKind, Topic
from qe_dashboard.journal.records import EventKind
from qe_dashboard.model.enums import LinkName, LinkState, OrderSide, OrderType, Outcome, Profile
from qe_dashboard.model.identifiers import AccountId, OrderKey, OrderNumber
from qe_dashboard.model.known import Known, Unknown
from qe_dashboard.model.reports import Position, VenueStatus
from support.engine_world import EngineWorld, stop
from support.risk_world import AAPL, limits, spec
from support.scripted_broker import foreign_report


def order(quantity: str = "10", limit: str | None = "100", side: OrderSide = OrderSide.BUY) -> OrderRequest:
    return OrderRequest(
        "AAPL",
        side,
        Decimal(quantity),
        OrderType.MARKET if limit is None else OrderType.LIMIT,
        limit_price=None if limit is None else Decimal(limit),
    )


def stop_order() -> OrderRequest:
    return OrderRequest("AAPL", OrderSide.SELL, Decimal(10), OrderType.STOP, stop_price=Decimal(95))


async def hold(world: EngineWorld, quantity: int) -> None:
    world.start_with(quantity)
    await world.client.reconcile()


async def working(world: EngineWorld, request: OrderRequest | None = None) -> OrderNumber:
    preview = await world.client.preview_order(request or order())
    result = await world.client.confirm(preview.token)
    assert result.order_number is not None, result.text
    world.broker.heard.on_order(world.broker.report(world.last))
    return result.order_number


class TestPreview:
    async def test_says_the_whole_order_and_sends_nothing(self, world: EngineWorld) -> None:
        preview = await world.client.preview_order(order())
        assert preview.sentence == "BUY 10 AAPL LMT 100.00 DAY in DU1234567 - opens long 10"
        assert (preview.outcome, preview.can_send, preview.tier) == (Outcome.ALLOW, True, ConfirmTier.KEY)
        assert "notional 1\u00a0000 USD" in preview.details
        assert len(preview.verdicts) > 15
        assert world.broker.wire == []

    async def test_a_denial_shown_is_journalled_with_its_numbers(self, world: EngineWorld) -> None:
        preview = await world.client.preview_order(order("5000"))
        assert not preview.can_send
        payload = world.journal.of(EventKind.VERDICTS)[-1].payload
        assert (payload["outcome"], payload["quantity"]) == ("DENY", "5000")

    async def test_what_is_allowed_is_journalled_once_when_it_is_sent(self, world: EngineWorld) -> None:
        await working(world)
        assert len(world.journal.of(EventKind.VERDICTS)) == 1

    @pytest.mark.parametrize("quantity", ["0", "-1", "NaN"])
    async def test_a_quantity_that_is_none_is_refused(self, world: EngineWorld, quantity: str) -> None:
        with pytest.raises(CommandRefused, match="quantity"):
            await world.client.preview_order(order(quantity))
        await hold(world, 10)
        with pytest.raises(CommandRefused, match="quantity"):
            await world.client.preview_close(CloseRequest("AAPL", quantity=Decimal(quantity)))

    async def test_above_half_of_a_limit_is_pressed_twice(self, world: EngineWorld) -> None:
        assert (await world.client.preview_order(order("500"))).tier is ConfirmTier.KEY
        assert (await world.client.preview_order(order("501"))).tier is ConfirmTier.PRESS_TWICE

    async def test_market_on_live_is_pressed_twice(self) -> None:
        world = EngineWorld(profile=Profile.IBKR_LIVE, limits=limits(allow_list=("AAPL",)))
        await world.connect()
        assert (await world.client.preview_order(order(limit=None))).tier is ConfirmTier.PRESS_TWICE
        assert (await world.client.preview_order(order())).tier is ConfirmTier.KEY
        await stop(world)

    async def test_without_a_quote_it_waits_for_one_and_then_says_so(self, world: EngineWorld) -> None:
        world.parts.desk.quotes.clear()
        task = asyncio.get_running_loop().create_task(world.client.preview_order(order()))
        await world.clock.advance_async(1)
        assert not task.done()
        await world.clock.advance_async(1)
        assert "AAPL: no two-sided quote" in (await task).details

    async def test_without_an_account_it_is_refused(self) -> None:
        world = EngineWorld()
        with pytest.raises(CommandRefused, match="no account is connected"):
            await world.client.preview_order(order())
        await stop(world)


class TestConfirm:
    async def test_sends_once(self, world: EngineWorld) -> None:
        preview = await world.client.preview_order(order())
        first = await world.client.confirm(preview.token)
        second = await world.client.confirm(preview.token)
        assert (first.kind, first.text) == (ResultKind.SENT, "sent order 1: BUY 10 AAPL LMT 100.00")
        assert second.kind is ResultKind.EXPIRED
        assert [wire.verb for wire in world.broker.wire] == ["place"]

    @pytest.mark.parametrize(("seconds", "kind"), [(30, ResultKind.SENT), (30.1, ResultKind.EXPIRED)])
    async def test_lives_30_seconds(self, world: EngineWorld, seconds: float, kind: ResultKind) -> None:
        preview = await world.client.preview_order(order())
        world.clock.advance(seconds)
        assert (await world.client.confirm(preview.token)).kind is kind
        assert (preview.expires_at - preview.created_at).total_seconds() == 30

    async def test_dropped_it_is_over(self, world: EngineWorld) -> None:
        preview = await world.client.preview_order(order())
        await world.client.drop(preview.token)
        assert (await world.client.confirm(preview.token)).kind is ResultKind.EXPIRED

    async def test_what_had_no_way_to_say_yes_is_not_sent_even_when_it_would_pass_now(
        self, world: EngineWorld
    ) -> None:
        await world.client.halt("test")
        preview = await world.client.preview_order(order())
        await world.client.resume(typed="resume")
        result = await world.client.confirm(preview.token)
        assert result.kind is ResultKind.REFUSED
        assert "Q-STATE-HALTED" in result.text
        assert world.broker.wire == []

    async def test_a_halt_redraws_it(self, world: EngineWorld) -> None:
        preview = await world.client.preview_order(order())
        await world.client.halt("test")
        result = await world.client.confirm(preview.token)
        assert result.kind is ResultKind.REDRAWN
        assert result.preview is not None
        assert not result.preview.can_send
        assert world.broker.wire == []

    async def test_a_link_that_came_back_redraws_it(self, world: EngineWorld) -> None:
        preview = await world.client.preview_order(order())
        world.broker.set_link(LinkName.ORDER, LinkState.WAITING, "closed")
        world.broker.set_link(LinkName.ORDER, LinkState.READY)
        await world.settle()
        result = await world.client.confirm(preview.token)
        assert result.kind is ResultKind.REDRAWN
        assert result.preview is not None
        assert (await world.client.confirm(result.preview.token)).kind is ResultKind.SENT

    async def test_a_changed_position_redraws_it(self, world: EngineWorld) -> None:
        preview = await world.client.preview_order(order())
        world.broker.hold(3)
        world.broker.heard.on_positions(world.broker.position_book)
        result = await world.client.confirm(preview.token)
        assert (result.kind, "position changed" in result.text) == (ResultKind.REDRAWN, True)

    @pytest.mark.parametrize(
        ("bid", "ask", "kind"),
        [
            ("100.04", "100.06", ResultKind.SENT),
            ("100.05", "100.07", ResultKind.REDRAWN),
            ("99.99", None, ResultKind.REDRAWN),
        ],
    )
    async def test_a_touch_that_moved_over_five_ticks_redraws_it(
        self, world: EngineWorld, bid: str, ask: str | None, kind: ResultKind
    ) -> None:
        preview = await world.client.preview_order(order())
        world.tick(bid, ask)
        assert (await world.client.confirm(preview.token)).kind is kind

    @pytest.mark.parametrize(
        ("limit", "ask", "kind"),
        [
            ("99.00", "100.20", ResultKind.SENT),
            ("99.00", "99.04", ResultKind.REDRAWN),
            ("99.97", "100.20", ResultKind.REDRAWN),
        ],
    )
    async def test_an_order_that_waits_far_from_the_touch_keeps_its_preview(
        self, world: EngineWorld, limit: str, ask: str, kind: ResultKind
    ) -> None:
        preview = await world.client.preview_order(order(limit=limit))
        world.tick("98.99", ask)
        assert (await world.client.confirm(preview.token)).kind is kind

    async def test_an_ask_needs_its_code(self, world: EngineWorld) -> None:
        await working(world)
        preview = await world.client.preview_order(order())
        assert preview.asks == ("Q-DUPLICATE",)
        assert (await world.client.confirm(preview.token)).kind is ResultKind.REFUSED
        preview = await world.client.preview_order(order())
        accepted = await world.client.confirm(preview.token, accepted=preview.asks)
        assert accepted.kind is ResultKind.SENT

    async def test_a_caller_that_goes_away_does_not_stop_the_order(self, world: EngineWorld) -> None:
        preview = await world.client.preview_order(order())
        world.journal.held = asyncio.Event()
        screen = asyncio.get_running_loop().create_task(world.client.confirm(preview.token))
        await world.settle()
        screen.cancel()
        await world.settle()
        world.journal.held.set()
        await world.settle()
        assert screen.cancelled()
        assert [wire.verb for wire in world.broker.wire] == ["place"]

    async def test_an_engine_that_stops_meanwhile_sends_nothing(self, world: EngineWorld) -> None:
        preview = await world.client.preview_order(order())
        world.journal.held = asyncio.Event()
        task = asyncio.get_running_loop().create_task(world.client.confirm(preview.token))
        await world.settle()
        await stop(world)
        with pytest.raises(CommandRefused, match="stopping"):
            await task
        assert world.broker.wire == []
        assert world.journal.statuses(1) == ["PENDING", "NOT SENT"]
        with pytest.raises(CommandRefused, match="stopping"):
            await world.client.confirm(preview.token)

    async def test_a_denial_between_preview_and_yes_is_said(self, world: EngineWorld) -> None:
        preview = await world.client.preview_order(order())
        world.journal.broken = "disk full"
        result = await world.client.confirm(preview.token)
        assert result.kind is ResultKind.REDRAWN
        assert "a check now refuses it" in result.text


class TestModify:
    async def test_says_what_was_and_what_will_be(self, world: EngineWorld) -> None:
        number = await working(world)
        preview = await world.client.preview_modify(ModifyRequest(number, limit_price=Decimal("99.5")))
        assert preview.sentence == (
            "CHANGE order 1 BUY AAPL in DU1234567: 10 LMT 100.00 becomes 10 LMT 99.50"
        )
        result = await world.client.confirm(preview.token)
        assert (result.kind, result.text) == (
            ResultKind.SENT,
            "change sent for order 1: BUY 10 AAPL LMT 99.50",
        )

    async def test_an_order_that_changed_under_it_is_not_sent(self, world: EngineWorld) -> None:
        number = await working(world)
        preview = await world.client.preview_modify(ModifyRequest(number, limit_price=Decimal("99.5")))
        wire = world.last
        world.broker.heard.on_order(replace(world.broker.report(wire), spec=spec(limit="99")))
        assert (await world.client.confirm(preview.token)).kind is ResultKind.NOT_SENT
        assert [w.verb for w in world.broker.wire] == ["place"]

    async def test_refusals_name_the_reason(self, world: EngineWorld) -> None:
        with pytest.raises(CommandRefused, match="there is no order 9"):
            await world.client.preview_modify(ModifyRequest(OrderNumber(9)))
        number = await working(world)
        with pytest.raises(CommandRefused, match="already has these terms"):
            await world.client.preview_modify(ModifyRequest(number))
        with pytest.raises(CommandRefused, match="takes no stop price"):
            await world.client.preview_modify(ModifyRequest(number, stop_price=Decimal(90)))
        world.broker.heard.on_fill(world.broker.execution(world.last, 4))
        with pytest.raises(CommandRefused, match="filled 4 already"):
            await world.client.preview_modify(ModifyRequest(number, quantity=Decimal(4)))
        world.broker.heard.on_order(world.broker.report(world.last, VenueStatus.CANCELLED))
        with pytest.raises(CommandRefused, match="is CANCELLED"):
            await world.client.preview_modify(ModifyRequest(number, quantity=Decimal(5)))


class TestClose:
    @pytest.mark.parametrize(
        ("request_", "sentence"),
        [
            (CloseRequest("AAPL"), "SELL 11 AAPL MKT DAY in DU1234567 - closes long 11, leaves flat"),
            (
                CloseRequest("AAPL", share=CloseShare.HALF),
                "SELL 5 AAPL MKT DAY in DU1234567 - reduces long 11, leaves long 6",
            ),
            (
                CloseRequest("AAPL", quantity=Decimal(3)),
                "SELL 3 AAPL MKT DAY in DU1234567 - reduces long 11, leaves long 8",
            ),
        ],
    )
    async def test_sizes_from_a_fresh_read(
        self, world: EngineWorld, request_: CloseRequest, sentence: str
    ) -> None:
        await hold(world, 5)
        world.broker.trade_elsewhere(6)
        preview = await world.client.preview_close(request_)
        assert (preview.sentence, preview.tier) == (sentence, ConfirmTier.KEY)
        assert (await world.client.confirm(preview.token)).kind is ResultKind.SENT

    async def test_never_more_than_held_and_never_from_an_unknown_book(self, world: EngineWorld) -> None:
        await hold(world, 1)
        with pytest.raises(CommandRefused, match="1 shares are held, 2 cannot be closed"):
            await world.client.preview_close(CloseRequest("AAPL", quantity=Decimal(2)))
        with pytest.raises(CommandRefused, match="half of 1"):
            await world.client.preview_close(CloseRequest("AAPL", share=CloseShare.HALF))
        world.broker.trade_elsewhere(-1)
        with pytest.raises(CommandRefused, match="no position in AAPL"):
            await world.client.preview_close(CloseRequest("AAPL"))
        world.broker.position_book = Unknown("time-out")
        with pytest.raises(CommandRefused, match="UNKNOWN"):
            await world.client.preview_close(CloseRequest("AAPL"))

    async def test_flatten_when_flat_has_no_yes(self, world: EngineWorld) -> None:
        preview = await world.client.preview_close(CloseRequest("AAPL", flatten=True))
        assert not preview.can_send
        assert (await world.client.confirm(preview.token)).kind is ResultKind.REFUSED
        assert world.broker.wire == []

    async def test_flatten_names_what_it_cancels_and_what_it_does_not_touch(self, world: EngineWorld) -> None:
        await hold(world, 10)
        await working(world, order(limit="90"))
        world.broker.heard.on_order(
            foreign_report(spec(limit="80"), world.clock, key=OrderKey(7, 1), perm_id=5)
        )
        preview = await world.client.preview_close(CloseRequest("AAPL", flatten=True))
        assert preview.sentence == "FLATTEN AAPL in DU1234567: position 10 to 0"
        assert "does NOT touch 1 order placed elsewhere" in preview.details
        result = await world.client.confirm(preview.token)
        assert result.kind is ResultKind.SENT
        await world.clock.advance_async(10)
        assert "flatten" in str(world.drain(Topic.LOG))


class TestCancel:
    async def test_an_own_entry_needs_no_question(self, world: EngineWorld) -> None:
        number = await working(world)
        preview = await world.client.preview_cancel(CancelRequest(CancelScope.ORDER, number))
        assert preview.tier is ConfirmTier.NONE
        result = await world.client.confirm(preview.token)
        assert (result.kind, result.text) == (ResultKind.SENT, "asked the venue to cancel 1")

    async def test_a_protective_order_is_pressed_twice_and_says_what_is_lost(
        self, world: EngineWorld
    ) -> None:
        await hold(world, 10)
        number = await working(world, stop_order())
        preview = await world.client.preview_cancel(CancelRequest(CancelScope.ORDER, number))
        assert preview.tier is ConfirmTier.PRESS_TWICE
        assert any("WITHOUT it" in line for line in preview.details)
        world.parts.desk.positions = Unknown("time-out")
        preview = await world.client.preview_cancel(CancelRequest(CancelScope.ORDER, number))
        assert preview.tier is ConfirmTier.PRESS_TWICE

    async def test_a_target_protects_nothing_and_still_asks_for_a_key(self, world: EngineWorld) -> None:
        await hold(world, 10)
        number = await working(world, order(limit="110", side=OrderSide.SELL))
        preview = await world.client.preview_cancel(CancelRequest(CancelScope.ORDER, number))
        assert preview.tier is ConfirmTier.KEY
        assert not any("WITHOUT it" in line for line in preview.details)

    async def test_entries_leave_what_protects(self, world: EngineWorld) -> None:
        await hold(world, 10)
        await working(world, order(limit="110", side=OrderSide.SELL))
        entry = await working(world, order(limit="90"))
        preview = await world.client.preview_cancel(CancelRequest(CancelScope.ENTRIES))
        assert [line for line in preview.details if f"order {entry} " in line] == list(preview.details)

    async def test_an_exit_that_has_nothing_left_to_exit_is_an_entry(self, world: EngineWorld) -> None:
        await hold(world, 10)
        number = await working(world, order(limit="110", side=OrderSide.SELL))
        await hold(world, 0)
        preview = await world.client.preview_cancel(CancelRequest(CancelScope.ENTRIES))
        assert f"order {number} " in preview.details[0]

    async def test_a_stop_sent_ahead_of_its_entry_is_none_once_that_filled(self, world: EngineWorld) -> None:
        await working(world, replace(order(limit="90", side=OrderSide.SELL), opens_short=True))
        await hold(world, 10)
        with pytest.raises(CommandRefused, match="no own working order matches"):
            await world.client.preview_cancel(CancelRequest(CancelScope.ENTRIES))

    async def test_a_stop_stays_while_the_position_does_not_show_its_entry_yet(
        self, world: EngineWorld
    ) -> None:
        entry = await working(world, order(limit="100"))
        wire = world.last
        await working(world, replace(stop_order(), opens_short=True))
        world.broker.heard.on_fill(world.broker.execution(wire, 10))
        assert not world.parts.cache.orders[entry].is_open
        with pytest.raises(CommandRefused, match="no own working order matches"):
            await world.client.preview_cancel(CancelRequest(CancelScope.ENTRIES))

    async def test_of_open_orders_that_are_not_known_claims_nothing(self, world: EngineWorld) -> None:
        world.parts.desk.open_orders = Unknown("time-out")
        with pytest.raises(CommandRefused, match="the open orders are not known"):
            await world.client.preview_cancel(CancelRequest(CancelScope.MINE))

    async def test_scopes_that_name_nothing_own_are_refused(self, world: EngineWorld) -> None:
        foreign = foreign_report(
            spec(limit="80"), world.clock, key=OrderKey(7, 1), perm_id=5, owner="CLIENT 7"
        )
        world.broker.heard.on_order(foreign)
        with pytest.raises(CommandRefused, match="Placed elsewhere, to be cancelled there: 1 order"):
            await world.client.preview_cancel(CancelRequest(CancelScope.MINE))
        with pytest.raises(CommandRefused, match="FOREIGN"):
            await world.client.preview_cancel(CancelRequest(CancelScope.ORDER, OrderNumber(1)))
        with pytest.raises(CommandRefused, match="there is no order 8"):
            await world.client.preview_cancel(CancelRequest(CancelScope.ORDER, OrderNumber(8)))

    async def test_a_refused_cancel_is_reported_as_not_asked(self, world: EngineWorld) -> None:
        number = await working(world)
        preview = await world.client.preview_cancel(CancelRequest(CancelScope.SYMBOL, symbol="aapl"))
        world.broker.heard.on_order(world.broker.report(world.last, VenueStatus.CANCELLED))
        result = await world.client.confirm(preview.token)
        assert result.kind is ResultKind.NOT_SENT
        assert f"{number}: order {number} is already CANCELLED" in result.text


async def test_bars_without_a_key_are_refused(world: EngineWorld) -> None:
    with pytest.raises(CommandRefused, match="by key"):
        world.client.watch(Topic.BARS)


async def test_the_position_of_another_account_is_not_closed(world: EngineWorld) -> None:
    rows = (
        Position(AccountId("DU999"), AAPL, Decimal(500), Decimal(1)),
        Position(world.parts.desk.account_id(), AAPL, Decimal(7), Decimal(1)),
    )
    world.start_with(7)
    world.broker.position_book = Known(rows, world.clock.now())
    preview: PreviewView = await world.client.preview_close(CloseRequest("AAPL"))
    assert preview.sentence.startswith("SELL 7 AAPL")
    assert [row.view.quantity for row in world.drain(Topic.POSITIONS).rows] == [Decimal(7)]  # type: ignore[union-attr]


async def test_a_cancel_is_shown_again_when_its_order_protects_a_position_by_now(world: EngineWorld) -> None:
    entry = OrderRequest("AAPL", OrderSide.BUY, Decimal(10), OrderType.STOP, stop_price=Decimal(105))
    number = await working(world, entry)
    preview = await world.client.preview_cancel(CancelRequest(CancelScope.ORDER, number=number))
    assert preview.tier is ConfirmTier.NONE
    world.start_with(-10)
    await world.client.reconcile()
    result = await world.client.confirm(preview.token)
    assert result.kind is ResultKind.REDRAWN
    assert result.preview is not None
    assert result.preview.tier is ConfirmTier.PRESS_TWICE
    assert [wire.verb for wire in world.broker.wire] == ["place"]
