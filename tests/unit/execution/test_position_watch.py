"""Positions are believed while executions explain them; a book that lags is never waited into truth (D1, D24)."""

from decimal import Decimal

import pytest

from qe_dashboard.execution.position_watch import Apart, PositionWatch
from qe_dashboard.model.enums import OrderSide
from qe_dashboard.model.identifiers import ExecId, OrderKey
from qe_dashboard.model.order import Fill
from support.risk_world import AAPL, ACCOUNT, MNQ, NOW

KEY, OTHER = AAPL.id, MNQ.id


def fill(signed: int, exec_id: str, *, price: int = 100) -> Fill:
    return Fill(
        exec_id=ExecId(exec_id),
        key=OrderKey(2, 1),
        perm_id=1,
        order_ref="",
        account=ACCOUNT,
        instrument_id=KEY,
        side=OrderSide.BUY if signed > 0 else OrderSide.SELL,
        quantity=Decimal(abs(signed)),
        price=Decimal(price),
        currency="USD",
        at=NOW,
    )


class Watched:
    """A watch whose session began with a position, and the reads it is given."""

    def __init__(self, start: int = 10) -> None:
        self.watch = PositionWatch()
        self.read(start, at=0)

    def read(self, held: int, *, at: float) -> None:
        self.watch.read({KEY: Decimal(held)}, asked_at=at)

    def push(self, held: int) -> None:
        self.watch.pushed({KEY: Decimal(held)})

    def fill(
        self, signed: int, exec_id: str = "a.1.01", *, now: float = 0, earliest: float | None = None
    ) -> None:
        at = now if earliest is None else earliest
        self.watch.filled(fill(signed, exec_id), now=now, earliest=at)

    def is_known(self) -> bool:
        return not self.watch.is_moving(KEY)


def test_a_book_that_lags_for_minutes_is_not_believed() -> None:
    world = Watched()
    world.fill(-10)
    for second in (1, 4, 60, 300):
        world.read(10, at=second)
        assert not world.is_known()
    world.read(0, at=301)
    assert world.is_known()


def test_fills_and_pushes_meet_in_any_order() -> None:
    world = Watched()
    world.fill(-4, "a.1.01")
    world.fill(-6, "b.1.01")
    world.push(6)
    assert not world.is_known()
    world.push(0)
    assert world.is_known()
    world.push(5)
    assert not world.is_known()
    world.fill(5, "c.1.01")
    assert world.is_known()


def test_another_client_is_explained_by_its_execution() -> None:
    world = Watched()
    world.push(13)
    assert not world.is_known()
    world.fill(3)
    assert world.is_known()


def test_drift_needs_two_whole_reads_ten_seconds_apart() -> None:
    world = Watched()
    world.push(13)
    world.read(13, at=100)
    world.push(13)
    world.read(13, at=109.9)
    assert world.watch.drift == {}
    world.read(13, at=110)
    assert world.watch.drift == {KEY: Apart(Decimal(13), Decimal(10), 100, is_drift=True)}
    assert not world.watch.is_unsettled
    assert world.watch.drift_words(KEY) == "the broker shows 13 held, the executions make it 10"


def test_an_event_in_the_symbol_starts_the_wait_anew() -> None:
    world = Watched()
    world.read(13, at=100)
    world.fill(1)
    world.read(13, at=111)
    world.read(13, at=120)
    assert world.watch.drift == {}
    world.read(13, at=121)
    assert KEY in world.watch.drift


def test_drift_ends_when_the_two_agree_and_not_because_something_traded() -> None:
    world = Watched()
    world.read(13, at=100)
    world.read(13, at=110)
    world.fill(-1)
    world.push(12)
    assert KEY in world.watch.drift
    world.fill(3, "late.1.01")
    assert (world.is_known(), world.watch.drift) == (True, {})


@pytest.mark.parametrize(
    ("shown", "counted", "common"),
    [(13, 10, 10), (4, 10, 4), (-4, -10, -4), (-10, -4, -4), (5, -5, 0), (0, 10, 0), (10, 0, 0)],
)
def test_an_exit_is_sized_by_what_both_readings_hold(shown: int, counted: int, common: int) -> None:
    assert Apart(Decimal(shown), Decimal(counted)).common == common


def test_a_correction_counts_its_difference() -> None:
    world = Watched()
    world.fill(-4, "a.1.01")
    world.fill(-3, "a.1.02")
    world.push(7)
    assert world.is_known()
    world.watch.filled(fill(-3, "a.1.03", price=101), now=0, earliest=0)
    assert world.is_known()


def test_a_correction_of_an_execution_of_an_earlier_run_counts_its_difference() -> None:
    world = Watched()
    world.watch.remember([fill(10, "a.1.01")])
    world.fill(9, "a.1.02")
    world.push(9)
    assert world.is_known()


def test_executions_before_the_first_whole_read_are_taken_as_held_once_they_are_ten_seconds_old() -> None:
    watch = PositionWatch()
    watch.pushed({KEY: Decimal(10)})
    assert not watch.is_moving(KEY)
    watch.filled(fill(4, "a.1.01"), now=0, earliest=0)
    watch.read({KEY: Decimal(10)}, asked_at=9)
    assert watch.is_moving(KEY)
    assert watch.is_unsettled
    assert not watch.is_moving(OTHER)
    watch.read({KEY: Decimal(14)}, asked_at=10)
    assert not watch.is_moving(KEY)
    watch.filled(fill(1, "b.1.01"), now=11, earliest=11)
    watch.pushed({KEY: Decimal(15)})
    assert not watch.is_moving(KEY)


def test_another_account_starts_anew() -> None:
    world = Watched()
    world.push(13)
    world.watch.clear()
    world.read(0, at=50)
    assert world.is_known()


def test_an_execution_that_may_be_older_than_the_start_is_not_added_to_it() -> None:
    world = Watched(3)
    world.fill(3, now=40, earliest=-10)
    assert not world.is_known()
    for second in (41, 49.9):
        world.read(3, at=second)
        assert not world.is_known()
    world.read(3, at=50)
    assert world.is_known()
    world.fill(1, "b.1.01", now=60, earliest=60)
    world.read(4, at=61)
    assert world.is_known()


def test_one_that_may_be_older_than_a_later_start_is_not_added_to_that() -> None:
    world = Watched(3)
    world.fill(3, now=40, earliest=-10)
    world.read(3, at=50)
    world.fill(2, "b.1.01", now=51, earliest=49)
    world.read(3, at=61)
    assert world.is_known()


def test_a_correction_counts_when_it_comes_however_old_what_it_corrects_is() -> None:
    world = Watched(3)
    world.fill(2, "a.1.01", now=40, earliest=40)
    world.read(5, at=41)
    world.fill(1, "a.1.02", now=60, earliest=-500)
    assert not world.is_known()
    world.read(4, at=61)
    assert world.is_known()


def test_a_person_takes_the_brokers_number_and_counting_goes_on_from_it() -> None:
    world = Watched(10)
    world.read(13, at=1)
    world.read(13, at=12)
    assert world.watch.drift_words(KEY)
    world.watch.accept(KEY, now=20)
    assert world.is_known()
    assert world.watch.drift == {}
    world.fill(-3, now=30, earliest=30)
    assert not world.is_known()
    world.read(10, at=31)
    assert world.is_known()
