"""Orders under all their names, executions before their order, changes under way (R07, R08, D4, D21)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from qe_dashboard.model.identifiers import OrderKey, OrderNumber
from qe_dashboard.model.money import Money
from qe_dashboard.model.reports import CommissionReport, VenueStatus
from support.order_bench import OrderBench, sell
from support.risk_world import ACCOUNT, spec
from support.scripted_broker import Wire, foreign_report


async def changing(bench: OrderBench, *, to: int, filled: int = 0) -> tuple[OrderNumber, Wire, Wire]:
    """Have a working order of 10 with a change of its quantity under way."""
    number = await bench.working()
    place = bench.last
    if filled:
        bench.fill(place, filled, exec_id="before")
    await bench.orders.modify(bench.proposal(spec(quantity=to, limit="100"), replaces=bench.order(number)))
    return number, place, bench.last


class TestChanges:
    async def test_made_smaller_down_to_what_had_traded_it_is_filled(self, bench: OrderBench) -> None:
        number, _, change = await changing(bench, to=6, filled=4)
        bench.fill(change, 2, exec_id="late")
        assert bench.status(number) == "WORKING"
        bench.answer(change)
        assert bench.status(number) == "FILLED"

    async def test_made_larger_the_old_size_does_not_end_it(self, bench: OrderBench) -> None:
        number, place, change = await changing(bench, to=20)
        bench.fill(place, 10, exec_id="one")
        assert bench.status(number) == "WORKING"
        bench.answer(place)
        assert bench.status(number) == "WORKING"
        bench.fill(place, 10, exec_id="two")
        assert (bench.status(number), bench.order(number).filled) == ("FILLED", Decimal(20))
        assert bench.order(number).spec == change.spec

    async def test_more_than_the_larger_of_both_is_a_conflict(self, bench: OrderBench) -> None:
        number, place, _ = await changing(bench, to=20)
        bench.fill(place, 21)
        assert bench.status(number) == "CONFLICT"

    async def test_a_larger_size_that_was_not_taken_leaves_it_filled(self, bench: OrderBench) -> None:
        number, place, _ = await changing(bench, to=20)
        bench.fill(place, 10)
        bench.cache.forget_terms(number, at=bench.clock.now())
        assert bench.status(number) == "FILLED"

    async def test_a_cancel_ends_the_wait_for_its_answer(self, bench: OrderBench) -> None:
        number, _, _ = await changing(bench, to=5)
        bench.orders.cancel(number)
        assert bench.cache.expected_terms(number) is None


class TestNames:
    async def test_an_execution_before_its_order_waits_for_it(self, bench: OrderBench) -> None:
        report = foreign_report(
            spec(limit="90"), bench.clock, key=OrderKey(7, 3), perm_id=5, owner="CLIENT 7"
        )
        fill = replace(bench.broker.execution(Wire("place", OrderKey(7, 3), spec(limit="90")), 4), perm_id=5)
        assert bench.cache.fill(fill) == fill
        assert bench.cache.fill(fill) is None
        order = bench.cache.report(report)
        assert (order.filled, order.status.value) == (Decimal(4), "WORKING")

    async def test_orders_typed_into_tws_share_a_key_and_stay_apart(self, bench: OrderBench) -> None:
        key = OrderKey(0, 0)
        one = bench.cache.report(foreign_report(spec(limit="90"), bench.clock, key=key, perm_id=1))
        two = bench.cache.report(foreign_report(spec(limit="91"), bench.clock, key=key, perm_id=2))
        assert (one.number, two.number) == (1, 2)
        again = bench.cache.report(
            foreign_report(spec(limit="90"), bench.clock, key=key, perm_id=1, status=VenueStatus.CANCELLED)
        )
        assert (again.number, bench.status(OrderNumber(2))) == (1, "WORKING")

    @pytest.mark.parametrize(("owner", "own"), [("THIS", True), ("CLIENT 9", False)])
    async def test_an_order_of_ours_that_no_journal_knows_can_be_cancelled_over_our_link_only(
        self, bench: OrderBench, owner: str, own: bool
    ) -> None:
        order = bench.cache.report(
            foreign_report(
                spec(limit="90"), bench.clock, key=OrderKey(2, 9), perm_id=5, owner=owner, order_ref="QE:OLD"
            )
        )
        assert order.is_own is own
        bench.orders.cancel(order.number)
        assert bench.verbs == (["cancel"] if own else [])

    async def test_it_is_found_by_key_intent_and_number(self, bench: OrderBench) -> None:
        number = await bench.working()
        order = bench.order(number)
        assert order.key is not None
        assert order.intent_id is not None
        assert bench.cache.by_key(order.key) == order
        assert bench.cache.by_key(OrderKey(2, 99)) is None

    async def test_another_account_starts_empty_and_goes_on_counting(self, bench: OrderBench) -> None:
        number = await bench.working()
        bench.cache.clear()
        assert (bench.cache.orders, bench.cache.fills) == ({}, {})
        assert bench.cache.next_number() == number + 1


async def test_a_commission_waits_for_its_execution(bench: OrderBench) -> None:
    await bench.working()
    fill = bench.broker.execution(bench.last, 1)
    report = CommissionReport(fill.exec_id, Money(Decimal(1), "USD"), Money(Decimal(5), "USD"))
    assert bench.cache.commission(report) is None
    joined = bench.cache.fill(fill)
    assert joined is not None
    assert (joined.commission, joined.realized) == (report.commission, report.realized)


async def test_a_change_that_changes_nothing_is_no_news(bench: OrderBench) -> None:
    await bench.working()
    count = len(bench.changes)
    bench.answer(bench.last)
    bench.answer(bench.last)
    assert len(bench.changes) == count


async def test_a_stop_of_unknown_class_that_adds_is_not_put_back(bench: OrderBench) -> None:
    """The journal is gone, so nothing says that this stop was an entry: its side does (D8)."""
    await bench.hold(10)
    entry = foreign_report(
        spec(quantity=3, stop="110"),
        bench.clock,
        key=OrderKey(2, 50),
        perm_id=5,
        owner="THIS",
        order_ref="QE:X",
    )
    bench.cache.report(entry)

    def act(wire: Wire) -> None:
        if wire.verb == "cancel":
            bench.cache.report(replace(entry, status=VenueStatus.CANCELLED))
        else:
            bench.clock.call_later(0.1, lambda: bench.answer(wire, VenueStatus.REJECTED))

    bench.broker.on_send = act
    task = bench.spawn(bench.flatten.run(bench.proposal().instrument, ACCOUNT))
    await bench.clock.advance_async(10)
    assert task.done()
    sides = [wire.spec.side.value for wire in bench.broker.wire if wire.spec is not None]
    assert sides == [sell(1).side.value]


class TestReferences:
    async def test_of_ours_in_an_order_of_another_client_make_it_no_order_of_ours(
        self, bench: OrderBench
    ) -> None:
        """Any client can write our reference into an order of its own."""
        number = await bench.working()
        wire = bench.last
        report = replace(
            foreign_report(
                spec(quantity=300, limit="90"), bench.clock, key=OrderKey(77, 1), owner="CLIENT 77"
            ),
            order_ref=wire.order_ref,
        )
        stranger = bench.cache.report(report)
        assert stranger.number != number
        assert not stranger.is_own
        assert bench.order(number).spec.quantity == Decimal(10)
        fill = replace(bench.broker.execution(wire, 7), key=OrderKey(77, 1), perm_id=report.perm_id)
        bench.cache.fill(fill)
        assert bench.order(number).filled == 0


class TestCorrections:
    async def test_take_the_place_of_what_they_correct(self, bench: OrderBench) -> None:
        number = await bench.working()
        wire = bench.last
        bench.fill(wire, 4, exec_id="0000e0d5.67fe667b.01.01")
        bench.fill(wire, 3, exec_id="0000e0d5.67fe667b.01.02")
        order = bench.order(number)
        assert (order.filled, order.status.value) == (Decimal(3), "WORKING")
        assert [str(each) for each in bench.cache.fills] == ["0000e0d5.67fe667b.01.02"]

    async def test_that_come_before_what_they_correct_stand(self, bench: OrderBench) -> None:
        number = await bench.working()
        wire = bench.last
        bench.fill(wire, 3, exec_id="0000e0d5.67fe667b.01.02")
        bench.fill(wire, 4, exec_id="0000e0d5.67fe667b.01.01")
        assert bench.order(number).filled == Decimal(3)

    async def test_of_a_whole_fill_leave_it_whole(self, bench: OrderBench) -> None:
        number = await bench.working()
        wire = bench.last
        bench.fill(wire, 10, exec_id="0000e0d5.67fe667b.01.01")
        bench.fill(wire, 10, exec_id="0000e0d5.67fe667b.01.02")
        order = bench.order(number)
        assert (order.filled, order.status.value) == (Decimal(10), "FILLED")
