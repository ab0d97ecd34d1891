import logging
from dataclasses import dataclass

import pytest

from qe_dashboard.core.bus import EventBus


@dataclass(frozen=True, slots=True)
class Happened:
    number: int


@dataclass(frozen=True, slots=True)
class HappenedBadly(Happened):
    pass


def test_handlers_get_their_type_and_what_derives_from_it_in_order() -> None:
    bus = EventBus()
    seen: list[tuple[str, object]] = []
    bus.subscribe(HappenedBadly, lambda event: seen.append(("badly", event)))
    bus.subscribe(Happened, lambda event: seen.append(("any", event)))

    bus.publish(Happened(1))
    bus.publish(HappenedBadly(2))
    bus.publish("unrelated")

    assert seen == [("any", Happened(1)), ("badly", HappenedBadly(2)), ("any", HappenedBadly(2))]


def test_a_failing_handler_is_counted_and_logged_and_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    bus = EventBus()
    seen: list[Happened] = []

    def fail(event: Happened) -> None:
        raise KeyError(event.number)

    bus.subscribe(Happened, fail)
    bus.subscribe(Happened, seen.append)
    with caplog.at_level(logging.ERROR):
        bus.publish(Happened(1))
        bus.publish(Happened(2))

    assert seen == [Happened(1), Happened(2)]
    assert bus.failures == 2
    assert len(caplog.records) == 2
    assert caplog.records[0].exc_info is not None


def test_events_published_by_a_handler_keep_their_order_for_everybody() -> None:
    bus = EventBus()
    seen: list[int] = []

    def follow_up(event: Happened) -> None:
        if event.number == 1:
            bus.publish(Happened(2))
            bus.publish(Happened(3))

    bus.subscribe(Happened, follow_up)
    bus.subscribe(Happened, lambda event: seen.append(event.number))
    bus.publish(Happened(1))

    assert seen == [1, 2, 3]


def test_unsubscribing_works_at_once_and_twice() -> None:
    bus = EventBus()
    seen: list[str] = []

    def end_the_other(event: Happened) -> None:
        seen.append("first")
        unsubscribe()

    bus.subscribe(Happened, end_the_other)
    unsubscribe = bus.subscribe(Happened, lambda event: seen.append("second"))
    bus.publish(Happened(1))
    unsubscribe()
    bus.publish(Happened(2))

    assert seen == ["first", "first"]


def test_one_subscribed_by_a_handler_gets_the_next_event() -> None:
    bus = EventBus()
    seen: list[int] = []

    def enlist(event: Happened) -> None:
        if event.number == 1:
            bus.subscribe(Happened, lambda later: seen.append(later.number))

    bus.subscribe(Happened, enlist)
    bus.publish(Happened(1))
    bus.publish(Happened(2))

    assert seen == [2]


def test_an_interrupt_passes_and_the_bus_still_delivers() -> None:
    bus = EventBus()
    seen: list[int] = []

    def interrupted(event: Happened) -> None:
        if event.number == 1:
            bus.publish(Happened(2))
            raise KeyboardInterrupt

    bus.subscribe(Happened, interrupted)
    bus.subscribe(Happened, lambda event: seen.append(event.number))
    with pytest.raises(KeyboardInterrupt):
        bus.publish(Happened(1))
    bus.publish(Happened(3))

    assert seen == [2, 3]
    assert bus.failures == 0
