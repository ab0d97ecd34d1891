from textual.message import Message

from qe_dashboard.ui.modals.key_guard import EventTiming, KeyGuard


class Clock:
    def __init__(self) -> None:
        self.seconds = 50.0

    def now(self) -> float:
        return self.seconds

    def arrival(self, event: Message) -> float:
        return self.seconds


def test_nothing_counts_before_the_paint() -> None:
    clock = Clock()
    guard = KeyGuard(clock)
    clock.seconds += 10
    assert not guard.accepts(Message())
    assert not guard.is_settled


def test_a_press_counts_from_250_ms_after_the_paint() -> None:
    clock = Clock()
    early, late = KeyGuard(clock), KeyGuard(clock)
    early.painted()
    late.painted()
    clock.seconds += 0.249
    assert not early.accepts(Message())
    clock.seconds += 0.001
    assert late.is_settled
    assert late.accepts(Message())


def test_painting_again_does_not_start_over_but_hiding_does() -> None:
    clock = Clock()
    guard = KeyGuard(clock)
    guard.painted()
    clock.seconds += 1
    guard.painted()
    states = [guard.is_settled]
    guard.hidden()
    states.append(guard.is_settled)
    guard.painted()
    states.append(guard.is_settled)
    assert states == [True, False, False]


def test_repeats_of_a_held_key_never_count_and_a_pause_ends_them() -> None:
    clock = Clock()
    guard = KeyGuard(clock)
    guard.painted()
    guard.accepts(Message())
    for _ in range(100):
        clock.seconds += 0.19
        assert not guard.accepts(Message())
    clock.seconds += 0.2
    assert guard.accepts(Message())


def test_a_press_soon_after_a_letter_belongs_to_a_word() -> None:
    clock = Clock()
    guard = KeyGuard(clock)
    guard.painted()
    clock.seconds += 5
    guard.letter(Message())
    clock.seconds += 0.59
    assert not guard.accepts(Message())
    clock.seconds += 0.3
    assert guard.accepts(Message())


def test_textuals_clock_dates_a_message_by_its_making() -> None:
    timing = EventTiming()
    before = timing.now()
    message = Message()
    assert before <= timing.arrival(message) <= timing.now()
