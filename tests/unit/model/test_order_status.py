"""The whole transition table, pair by pair: a change of it shows here (R09, R15)."""

import pytest

from qe_dashboard.model.order_status import TRANSITIONS, OrderStatus, Trigger, next_status

# One row per state. A trigger that is not named in a row is conflicting evidence.
TABLE = {
    OrderStatus.PENDING: {
        Trigger.HELD: "HELD",
        Trigger.ACCEPTED: "WORKING",
        Trigger.CANCEL_REQUESTED: "CANCELLING",
        Trigger.CANCEL_REFUSED: "PENDING",
        Trigger.PART_FILLED: "WORKING",
        Trigger.ALL_FILLED: "FILLED",
        Trigger.CANCELLED: "CANCELLED",
        Trigger.REJECTED: "REJECTED",
        Trigger.EXPIRED: "EXPIRED",
        Trigger.NOT_SENT: "NOT SENT",
        Trigger.NO_ACK: "UNCERTAIN",
        Trigger.LINK_LOST: "UNCERTAIN",
        Trigger.ABSENT: "PENDING",
        Trigger.SHORTFALL: "UNCERTAIN",
    },
    OrderStatus.HELD: {
        Trigger.HELD: "HELD",
        Trigger.ACCEPTED: "WORKING",
        Trigger.CANCEL_REQUESTED: "CANCELLING",
        Trigger.CANCEL_REFUSED: "HELD",
        Trigger.PART_FILLED: "WORKING",
        Trigger.ALL_FILLED: "FILLED",
        Trigger.CANCELLED: "CANCELLED",
        Trigger.REJECTED: "REJECTED",
        Trigger.EXPIRED: "EXPIRED",
        Trigger.NO_ACK: "HELD",
        Trigger.LINK_LOST: "HELD",
        Trigger.ABSENT: "GONE",
        Trigger.SHORTFALL: "UNCERTAIN",
    },
    OrderStatus.WORKING: {
        Trigger.HELD: "HELD",
        Trigger.ACCEPTED: "WORKING",
        Trigger.CANCEL_REQUESTED: "CANCELLING",
        Trigger.CANCEL_REFUSED: "WORKING",
        Trigger.PART_FILLED: "WORKING",
        Trigger.ALL_FILLED: "FILLED",
        Trigger.CANCELLED: "CANCELLED",
        Trigger.REJECTED: "REJECTED",
        Trigger.EXPIRED: "EXPIRED",
        Trigger.NO_ACK: "WORKING",
        Trigger.LINK_LOST: "WORKING",
        Trigger.ABSENT: "GONE",
        Trigger.SHORTFALL: "UNCERTAIN",
    },
    OrderStatus.PENDING_CANCEL: {
        Trigger.HELD: "CANCELLING",
        Trigger.ACCEPTED: "CANCELLING",
        Trigger.CANCEL_REQUESTED: "CANCELLING",
        Trigger.CANCEL_REFUSED: "WORKING",
        Trigger.PART_FILLED: "CANCELLING",
        Trigger.ALL_FILLED: "FILLED",
        Trigger.CANCELLED: "CANCELLED",
        Trigger.REJECTED: "REJECTED",
        Trigger.EXPIRED: "EXPIRED",
        Trigger.NO_ACK: "UNCERTAIN",
        Trigger.LINK_LOST: "UNCERTAIN",
        Trigger.ABSENT: "GONE",
        Trigger.SHORTFALL: "UNCERTAIN",
    },
    OrderStatus.UNCERTAIN: {
        Trigger.HELD: "HELD",
        Trigger.ACCEPTED: "WORKING",
        Trigger.CANCEL_REQUESTED: "CANCELLING",
        Trigger.CANCEL_REFUSED: "WORKING",
        Trigger.PART_FILLED: "WORKING",
        Trigger.ALL_FILLED: "FILLED",
        Trigger.CANCELLED: "CANCELLED",
        Trigger.REJECTED: "REJECTED",
        Trigger.EXPIRED: "EXPIRED",
        Trigger.NO_ACK: "UNCERTAIN",
        Trigger.LINK_LOST: "UNCERTAIN",
        Trigger.ABSENT: "UNCERTAIN",
        Trigger.SHORTFALL: "UNCERTAIN",
    },
    OrderStatus.FILLED: {
        Trigger.HELD: "FILLED",
        Trigger.ACCEPTED: "FILLED",
        Trigger.CANCEL_REQUESTED: "FILLED",
        Trigger.CANCEL_REFUSED: "FILLED",
        Trigger.ALL_FILLED: "FILLED",
        Trigger.NO_ACK: "FILLED",
        Trigger.LINK_LOST: "FILLED",
        Trigger.ABSENT: "FILLED",
        Trigger.SHORTFALL: "FILLED",
    },
    OrderStatus.CANCELLED: {
        Trigger.CANCEL_REQUESTED: "CANCELLED",
        Trigger.CANCEL_REFUSED: "CANCELLED",
        Trigger.PART_FILLED: "CANCELLED",
        Trigger.ALL_FILLED: "FILLED",
        Trigger.CANCELLED: "CANCELLED",
        Trigger.NO_ACK: "CANCELLED",
        Trigger.LINK_LOST: "CANCELLED",
        Trigger.ABSENT: "CANCELLED",
        Trigger.SHORTFALL: "CANCELLED",
    },
    OrderStatus.EXPIRED: {
        Trigger.CANCEL_REQUESTED: "EXPIRED",
        Trigger.PART_FILLED: "EXPIRED",
        Trigger.ALL_FILLED: "FILLED",
        Trigger.CANCELLED: "EXPIRED",
        Trigger.EXPIRED: "EXPIRED",
        Trigger.NO_ACK: "EXPIRED",
        Trigger.LINK_LOST: "EXPIRED",
        Trigger.ABSENT: "EXPIRED",
        Trigger.SHORTFALL: "EXPIRED",
    },
    OrderStatus.REJECTED: {
        Trigger.HELD: "HELD",
        Trigger.ACCEPTED: "WORKING",
        Trigger.CANCEL_REQUESTED: "REJECTED",
        Trigger.CANCEL_REFUSED: "REJECTED",
        Trigger.CANCELLED: "REJECTED",
        Trigger.REJECTED: "REJECTED",
        Trigger.NO_ACK: "REJECTED",
        Trigger.LINK_LOST: "REJECTED",
        Trigger.ABSENT: "REJECTED",
        Trigger.SHORTFALL: "REJECTED",
    },
    OrderStatus.DENIED: {
        Trigger.CANCEL_REQUESTED: "DENIED",
        Trigger.NO_ACK: "DENIED",
        Trigger.LINK_LOST: "DENIED",
        Trigger.ABSENT: "DENIED",
        Trigger.SHORTFALL: "DENIED",
    },
    OrderStatus.NOT_SENT: {
        Trigger.CANCEL_REQUESTED: "NOT SENT",
        Trigger.NO_ACK: "NOT SENT",
        Trigger.LINK_LOST: "NOT SENT",
        Trigger.ABSENT: "NOT SENT",
        Trigger.SHORTFALL: "NOT SENT",
    },
    OrderStatus.GONE: {
        Trigger.HELD: "HELD",
        Trigger.ACCEPTED: "WORKING",
        Trigger.CANCEL_REQUESTED: "GONE",
        Trigger.PART_FILLED: "GONE",
        Trigger.ALL_FILLED: "FILLED",
        Trigger.CANCELLED: "CANCELLED",
        Trigger.REJECTED: "REJECTED",
        Trigger.EXPIRED: "EXPIRED",
        Trigger.NO_ACK: "GONE",
        Trigger.LINK_LOST: "GONE",
        Trigger.ABSENT: "GONE",
        Trigger.SHORTFALL: "GONE",
    },
    OrderStatus.CONFLICT: {**dict.fromkeys(Trigger, "CONFLICT"), Trigger.CANCEL_REQUESTED: "CANCELLING"},
}


@pytest.mark.parametrize("trigger", list(Trigger), ids=lambda trigger: trigger.name)
@pytest.mark.parametrize("status", list(OrderStatus), ids=lambda status: status.name)
def test_every_pair(status: OrderStatus, trigger: Trigger) -> None:
    assert next_status(status, trigger).value == TABLE[status].get(trigger, "CONFLICT")


def test_every_state_has_a_row() -> None:
    assert set(TABLE) == set(TRANSITIONS) == set(OrderStatus)


def test_every_state_is_open_or_closed() -> None:
    assert [s for s in OrderStatus if s.is_open == s.is_closed] == []


def test_what_the_venue_ended_opens_again_only_as_a_conflict() -> None:
    ended = set(OrderStatus) - {OrderStatus.GONE, OrderStatus.REJECTED}
    opened = {next_status(status, trigger) for status in ended if status.is_closed for trigger in Trigger}
    assert {status for status in opened if status.is_open} == {OrderStatus.CONFLICT}


@pytest.mark.parametrize("status", [OrderStatus.GONE, OrderStatus.REJECTED])
def test_what_is_listed_again_lives(status: OrderStatus) -> None:
    """GONE was drawn from one answer that did not show it; IBKR's Inactive can come alive."""
    assert next_status(status, Trigger.ACCEPTED) is OrderStatus.WORKING
    assert next_status(status, Trigger.HELD) is OrderStatus.HELD


def test_only_a_human_leaves_conflict_by_asking_to_cancel() -> None:
    left = [t for t in Trigger if next_status(OrderStatus.CONFLICT, t) is not OrderStatus.CONFLICT]
    assert left == [Trigger.CANCEL_REQUESTED]


def test_in_flight_means_that_an_answer_is_awaited() -> None:
    assert [s.name for s in OrderStatus if s.is_in_flight] == ["PENDING", "PENDING_CANCEL"]
