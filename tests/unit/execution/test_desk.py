"""The desk: what is missing is said, what is unknown is not flat (R16, R41)."""

from decimal import Decimal

import pytest

from qe_dashboard.model.enums import LinkName, OrderClass, OrderSide, Outcome, TradingState
from qe_dashboard.model.known import Known, Unknown, UnknownValueError
from qe_dashboard.model.order import Fill
from qe_dashboard.model.reports import UpstreamStatus
from support.order_bench import OrderBench
from support.risk_world import AAPL, limits, spec


async def test_a_healthy_session_misses_nothing(bench: OrderBench) -> None:
    assert bench.desk.not_ready_because() is None
    assert bench.desk.link_words() is None


@pytest.mark.parametrize("name", list(LinkName))
async def test_each_link_counts(bench: OrderBench, name: LinkName) -> None:
    del bench.desk.links[name]
    assert bench.desk.link_words() == f"{name} link not started"


@pytest.mark.parametrize("up", [False, None])
async def test_an_upstream_not_known_to_be_up_counts(bench: OrderBench, up: bool | None) -> None:
    bench.desk.upstream = UpstreamStatus(up, "1100", bench.clock.now())
    words = bench.desk.link_words()
    assert words is not None
    assert "1100" in words


async def test_without_an_account_nothing_is_flat(bench: OrderBench) -> None:
    bench.desk.identity = None
    assert isinstance(bench.desk.position_of(AAPL.id), Unknown)
    with pytest.raises(UnknownValueError):
        bench.desk.account_id()


async def test_a_refused_account_says_why(bench: OrderBench) -> None:
    bench.desk.identity, bench.desk.identity_problem = None, "U1 is a live account"
    assert bench.desk.not_ready_because() == "U1 is a live account"


async def test_until_the_latch_was_read_gates_see_halted(bench: OrderBench) -> None:
    bench.desk.latch_loaded = False
    ctx = bench.desk.context(bench.proposal())
    assert (ctx.trading_state, ctx.trading_reason) == (
        TradingState.HALTED,
        "the journal's trading state is being read",
    )


async def test_a_book_without_the_row_is_a_known_zero(bench: OrderBench) -> None:
    held = bench.desk.position_of(AAPL.id)
    assert isinstance(held, Known)
    assert held.value == Decimal(0)


async def test_unknown_executions_leave_the_orders_unknown_to_gates(bench: OrderBench) -> None:
    bench.desk.executions = Unknown("time-out")
    assert bench.desk.context(bench.proposal()).open_orders == Unknown("executions: time-out")


async def test_net_liquidation_never_received_is_unknown(bench: OrderBench) -> None:
    bench.desk.account = Unknown("time-out")
    assert bench.desk.context(bench.proposal()).net_liquidation == Unknown("time-out")


async def test_new_limits_void_checks_and_keep_the_count(bench: OrderBench) -> None:
    await bench.send()
    epoch = bench.desk.epoch
    bench.desk.set_limits(limits(max_orders_per_minute=1))
    assert bench.desk.epoch == epoch + 1
    assert bench.desk.reservations.order_rate(bench.clock.monotonic()).used == 1
    assert bench.desk.reservations.order_rate(bench.clock.monotonic()).next_free_in > 0


async def test_last_known_books_outlive_their_loss(bench: OrderBench) -> None:
    await bench.hold(10)
    bench.desk.forget_books("line down")
    assert bench.desk.positions == Unknown("line down")
    assert bench.desk.last_positions is not None
    assert bench.desk.last_positions.value[0].quantity == Decimal(10)


async def test_another_account_is_not_shown_the_books_of_the_last_one(bench: OrderBench) -> None:
    await bench.hold(10)
    bench.desk.forget_account("another account")
    assert bench.desk.last_positions is None
    assert bench.desk.positions == Unknown("another account")


async def test_distrusted_quotes_are_history(bench: OrderBench) -> None:
    bench.desk.distrust_quotes()
    assert [quote.proven for quote in bench.desk.quotes.values()] == [False]


class TestAFillTheyHaveNotSeen:
    """Orders and positions come over two sockets: an exit judged by the old position could be sent twice (D1)."""

    async def sold(self, bench: OrderBench) -> Fill:
        await bench.hold(10)
        await bench.clock.advance_async(1)
        await bench.send(spec(OrderSide.SELL, 10))
        return bench.broker.execution(bench.last, 10)

    async def test_makes_the_position_unknown_and_a_second_exit_adding(self, bench: OrderBench) -> None:
        bench.desk.note_fill(await self.sold(bench))
        assert isinstance(bench.desk.position_of(AAPL.id), Unknown)
        assessment = bench.orders.assess(bench.proposal(spec(OrderSide.SELL, 10)))
        assert assessment.order_class is OrderClass.ADD
        assert assessment.outcome is Outcome.DENY

    async def test_is_in_the_row_that_changes(self, bench: OrderBench) -> None:
        bench.desk.note_fill(await self.sold(bench))
        bench.desk.take_pushed(bench.desk.positions)
        assert bench.desk.watch.is_moving(AAPL.id)
        bench.desk.take_pushed(Known((), bench.clock.now()))
        assert bench.desk.position_of(AAPL.id) == Known(Decimal(0), bench.clock.now())

    async def test_is_in_a_read_asked_for_later_and_not_in_one_asked_for_before(
        self, bench: OrderBench
    ) -> None:
        fill = await self.sold(bench)
        before = bench.clock.monotonic()
        await bench.clock.advance_async(1)
        bench.desk.note_fill(fill)
        bench.desk.take_read(bench.desk.positions, asked_at=before)
        assert bench.desk.watch.is_moving(AAPL.id)
        bench.broker.hold(0)
        await bench.clock.advance_async(0.1)
        await bench.read_books()
        assert not bench.desk.watch.is_moving(AAPL.id)

    async def test_that_came_after_its_position_changes_nothing(self, bench: OrderBench) -> None:
        fill = await self.sold(bench)
        bench.desk.take_pushed(Known((), bench.clock.now()))
        bench.desk.note_fill(fill)
        assert not bench.desk.watch.is_moving(AAPL.id)

    async def test_is_not_in_a_read_that_still_shows_the_old_position_however_late(
        self, bench: OrderBench
    ) -> None:
        bench.desk.note_fill(await self.sold(bench))
        for _ in range(8):
            await bench.clock.advance_async(1)
            await bench.read_books()
            assert isinstance(bench.desk.position_of(AAPL.id), Unknown)
        bench.broker.hold(0)
        await bench.read_books()
        assert bench.desk.position_of(AAPL.id) == Known(Decimal(0), bench.clock.now())

    async def test_voids_a_check_that_was_made_before_it(self, bench: OrderBench) -> None:
        fill = await self.sold(bench)
        epoch = bench.desk.epoch_of(AAPL.id)
        bench.desk.note_fill(fill)
        assert bench.desk.epoch_of(AAPL.id) != epoch
