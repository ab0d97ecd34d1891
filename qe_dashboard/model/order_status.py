"""The life of an order: one transition table, odd real-world moves included (design section 6, R09).

A move that is not in the table is a conflict of evidence, not an exception: the order becomes CONFLICT and a
human decides. CONFLICT and UNCERTAIN are states, and nothing is ever resent from them (R15).
"""

from __future__ import annotations

from enum import StrEnum


class OrderStatus(StrEnum):
    """Where an order stands. Values are the words on screen.

    GONE: a full open-orders answer no longer lists it and how it ended was not seen (cancelled or expired while we
    were away). It is over, but nothing is claimed about how.
    """

    PENDING = "PENDING"
    HELD = "HELD"
    WORKING = "WORKING"
    PENDING_CANCEL = "CANCELLING"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    DENIED = "DENIED"
    NOT_SENT = "NOT SENT"
    UNCERTAIN = "UNCERTAIN"
    CONFLICT = "CONFLICT"
    GONE = "GONE"

    @property
    def is_open(self) -> bool:
        """May still trade, as far as anybody knows."""
        return self in _OPEN

    @property
    def is_closed(self) -> bool:
        return self in _CLOSED

    @property
    def is_in_flight(self) -> bool:
        """Waiting for the venue's answer to something we sent."""
        return self in (OrderStatus.PENDING, OrderStatus.PENDING_CANCEL)


class Trigger(StrEnum):
    """What can happen to an order."""

    HELD = "held"
    ACCEPTED = "accepted"
    CANCEL_REQUESTED = "cancel requested"
    CANCEL_REFUSED = "cancel refused"
    PART_FILLED = "part filled"
    ALL_FILLED = "all filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    NOT_SENT = "not sent"
    NO_ACK = "no ack in time"
    LINK_LOST = "link lost"
    ABSENT = "not at the venue"
    """A Known open-orders book of all clients does not hold it and its executions are all counted."""
    SHORTFALL = "filled by status, not by executions"
    """The status stream claims more than executions prove, after asking again (R08)."""


_S = OrderStatus
_T = Trigger

_OPEN = frozenset({_S.PENDING, _S.HELD, _S.WORKING, _S.PENDING_CANCEL, _S.UNCERTAIN, _S.CONFLICT})
_CLOSED = frozenset({_S.FILLED, _S.CANCELLED, _S.REJECTED, _S.EXPIRED, _S.DENIED, _S.NOT_SENT, _S.GONE})

_LIVE_MOVES = {
    _T.HELD: _S.HELD,
    _T.ACCEPTED: _S.WORKING,
    _T.PART_FILLED: _S.WORKING,
    _T.ALL_FILLED: _S.FILLED,
    _T.CANCEL_REQUESTED: _S.PENDING_CANCEL,
    _T.CANCELLED: _S.CANCELLED,
    _T.REJECTED: _S.REJECTED,
    _T.EXPIRED: _S.EXPIRED,
    _T.SHORTFALL: _S.UNCERTAIN,
}

TRANSITIONS: dict[OrderStatus, dict[Trigger, OrderStatus]] = {
    _S.PENDING: {
        **_LIVE_MOVES,
        _T.NOT_SENT: _S.NOT_SENT,
        _T.NO_ACK: _S.UNCERTAIN,
        _T.LINK_LOST: _S.UNCERTAIN,
        _T.ABSENT: _S.PENDING,
        _T.CANCEL_REFUSED: _S.PENDING,
    },
    # A working order whose link is lost still works at the venue: its book becomes Unknown, its status does not move.
    _S.HELD: {
        **_LIVE_MOVES,
        _T.NO_ACK: _S.HELD,
        _T.LINK_LOST: _S.HELD,
        _T.CANCEL_REFUSED: _S.HELD,
        _T.ABSENT: _S.GONE,
    },
    _S.WORKING: {
        **_LIVE_MOVES,
        _T.NO_ACK: _S.WORKING,
        _T.LINK_LOST: _S.WORKING,
        _T.CANCEL_REFUSED: _S.WORKING,
        _T.ABSENT: _S.GONE,
    },
    # Echoes of the working state arrive after a cancel was asked for; the cancel can still lose to a fill.
    _S.PENDING_CANCEL: {
        **_LIVE_MOVES,
        _T.HELD: _S.PENDING_CANCEL,
        _T.ACCEPTED: _S.PENDING_CANCEL,
        _T.PART_FILLED: _S.PENDING_CANCEL,
        _T.CANCEL_REFUSED: _S.WORKING,
        _T.NO_ACK: _S.UNCERTAIN,
        _T.LINK_LOST: _S.UNCERTAIN,
        _T.ABSENT: _S.GONE,
    },
    # Late evidence settles an uncertain order, whichever way it points (R15). Absence does not: an order that was
    # swallowed on its way may still surface, so a human decides (by asking to cancel it, see PENDING_CANCEL).
    _S.UNCERTAIN: {
        **_LIVE_MOVES,
        _T.CANCEL_REFUSED: _S.WORKING,
        _T.NO_ACK: _S.UNCERTAIN,
        _T.LINK_LOST: _S.UNCERTAIN,
        _T.ABSENT: _S.UNCERTAIN,
    },
    # Repeats of the same end are normal; a different end is conflicting evidence.
    _S.FILLED: {
        _T.ALL_FILLED: _S.FILLED,
        _T.CANCEL_REFUSED: _S.FILLED,
        _T.ACCEPTED: _S.FILLED,
        _T.HELD: _S.FILLED,
    },
    # Cancel lost the race: executions arrive after the cancel was reported (R08: executions are the truth).
    _S.CANCELLED: {
        _T.CANCELLED: _S.CANCELLED,
        _T.CANCEL_REFUSED: _S.CANCELLED,
        _T.PART_FILLED: _S.CANCELLED,
        _T.ALL_FILLED: _S.FILLED,
    },
    _S.EXPIRED: {
        _T.EXPIRED: _S.EXPIRED,
        _T.CANCELLED: _S.EXPIRED,
        _T.PART_FILLED: _S.EXPIRED,
        _T.ALL_FILLED: _S.FILLED,
    },
    # IBKR's Inactive can come alive again.
    _S.REJECTED: {
        _T.HELD: _S.HELD,
        _T.ACCEPTED: _S.WORKING,
        _T.REJECTED: _S.REJECTED,
        _T.CANCELLED: _S.REJECTED,
        _T.CANCEL_REFUSED: _S.REJECTED,
    },
    _S.DENIED: {},
    _S.NOT_SENT: {},
    # It was over when we looked; executions that surface later are booked and may complete it.
    _S.GONE: {
        # It is listed again: the answer that did not show it was wrong, the order lives.
        _T.HELD: _S.HELD,
        _T.ACCEPTED: _S.WORKING,
        _T.PART_FILLED: _S.GONE,
        _T.ALL_FILLED: _S.FILLED,
        _T.CANCELLED: _S.CANCELLED,
        _T.EXPIRED: _S.EXPIRED,
        _T.REJECTED: _S.REJECTED,
    },
    # Only a human settles it, by asking to cancel it: what the venue answers to that is believed.
    _S.CONFLICT: {**dict.fromkeys(_T, _S.CONFLICT), _T.CANCEL_REQUESTED: _S.PENDING_CANCEL},
}

_CLOSED_IGNORES = frozenset({_T.NO_ACK, _T.LINK_LOST, _T.CANCEL_REQUESTED, _T.ABSENT, _T.SHORTFALL})


def next_status(status: OrderStatus, trigger: Trigger) -> OrderStatus:
    """Return the state after a trigger; evidence that fits no rule gives CONFLICT."""
    if status in _CLOSED and trigger in _CLOSED_IGNORES:
        return status
    return TRANSITIONS[status].get(trigger, OrderStatus.CONFLICT)
