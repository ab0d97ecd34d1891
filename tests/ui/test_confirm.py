"""The confirm step (D11): what it shows, and every way in which a key must not send."""

import re
from datetime import timedelta
from typing import Any

import pytest
from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Button, Input

from qe_dashboard.engine.views import ConfirmTier, PreviewView
from qe_dashboard.model.enums import AccountKind, Outcome
from qe_dashboard.ui.modals.confirm import ConfirmModal, Decision
from support.flow_host import FakeTiming, text_of
from support.view_builders import NOW, make_preview, make_verdict

DUPLICATE = make_verdict(
    "duplicate",
    code="Q-DUP",
    outcome=Outcome.ASK,
    text="the same order was sent 2 s ago",
    measured="2",
    limit="3",
    unit="s",
    scope="symbol",
    source="settings.toml:31",
)


class ConfirmHost(App[None]):
    """Shows one preview and keeps the answer."""

    def __init__(self, preview: PreviewView, **how: Any) -> None:
        super().__init__()
        self.timing = FakeTiming()
        self.modal = ConfirmModal(preview, owner="SIM SIM100001", timing=self.timing, **how)
        self.answers: list[Decision | None] = []

    def on_mount(self) -> None:
        self.push_screen(self.modal, self.answers.append)


async def shown(pilot: Pilot[None], *, settled: bool = True) -> ConfirmHost:
    """Wait until the modal is painted; with `settled`, until its keys count."""
    host = pilot.app
    assert isinstance(host, ConfirmHost)
    await pilot.pause()
    await pilot.pause()
    if settled:
        host.timing.advance(0.3)
        host.modal.tick()
        await pilot.pause()
    return host


def send_of(host: ConfirmHost) -> Button:
    return host.modal.query_one("#send", Button)


async def test_it_shows_the_sentence_every_verdict_and_whose_money_it_is() -> None:
    preview = make_preview(
        sentence="BUY 10 AAPL MKT DAY in SIM100001 - opens long 10",
        details=("notional 2,333.30 USD",),
        verdicts=(
            make_verdict("tick", text="on a tick", measured="", limit=""),
            make_verdict("price", outcome=Outcome.WARN, text="10 % away"),
            DUPLICATE,
            make_verdict("size", outcome=Outcome.DENY, text="too many", measured="20000", limit="10000"),
        ),
        asks=("Q-DUP",),
    )
    async with ConfirmHost(preview).run_test(size=(80, 24)) as pilot:
        host = await shown(pilot)
        said = re.sub(r"\n {19}", " ", text_of(host.modal))
        assert "BUY 10 AAPL MKT DAY in SIM100001 - opens long 10" in said
        assert "notional 2,333.30 USD" in said
        assert "✓ tick" in said
        assert "! price            10 % away" in said
        assert (
            "? duplicate        the same order was sent 2 s ago  [2 / 3 s · symbol · settings.toml:31]"
            in said
        )
        assert "✗ size             too many  [20\N{NO-BREAK SPACE}000 / 10\N{NO-BREAK SPACE}000 USD" in said
        assert said.index("✗ size") < said.index("? duplicate") < said.index("! price") < said.index("✓ tick")
        assert "y sends although: the same order was sent 2 s ago (Q-DUP)" in said
        assert host.modal.query_one(".panel").border_title == "BUY AAPL"
        assert host.modal.query_one(".panel").border_subtitle == "SIM SIM100001"


@pytest.mark.parametrize("kind", AccountKind)
async def test_the_kind_of_account_colours_it(kind: AccountKind) -> None:
    async with ConfirmHost(make_preview(account_kind=kind)).run_test() as pilot:
        host = await shown(pilot)
        assert host.modal.has_class(f"-{kind.value.lower()}")


async def test_focus_starts_on_drop_and_enter_there_drops() -> None:
    async with ConfirmHost(make_preview()).run_test() as pilot:
        host = await shown(pilot)
        assert host.modal.focused is host.modal.query_one("#drop")
        await pilot.press("enter")
        assert host.answers == [Decision("P1", send=False)]


async def test_y_sends_with_the_codes_that_were_named() -> None:
    async with ConfirmHost(make_preview(asks=("Q-DUP",), verdicts=(DUPLICATE,))).run_test() as pilot:
        host = await shown(pilot)
        await pilot.press("y")
        assert host.answers == [Decision("P1", send=True, accepted=("Q-DUP",))]


async def test_escape_drops_at_any_time() -> None:
    async with ConfirmHost(make_preview()).run_test() as pilot:
        host = await shown(pilot, settled=False)
        await pilot.press("escape")
        assert host.answers == [Decision("P1", send=False)]


@pytest.mark.parametrize("key", ["y", "enter"])
async def test_keys_before_250_ms_after_the_paint_are_discarded(key: str) -> None:
    async with ConfirmHost(make_preview()).run_test() as pilot:
        host = await shown(pilot, settled=False)
        host.timing.advance(0.24)
        await pilot.press(key)
        assert host.answers == []
        assert not host.modal.is_lit
        host.timing.advance(0.3)
        await pilot.press(key)
        assert [answer is not None and answer.send for answer in host.answers] == [key == "y"]


async def test_a_y_that_was_queued_before_the_paint_is_discarded_however_late_it_is_read() -> None:
    async with ConfirmHost(make_preview()).run_test() as pilot:
        host = await shown(pilot)
        host.timing.arrived = 999.0
        await pilot.press("y")
        assert host.answers == []
        host.timing.arrived = None
        host.timing.advance(5)
        await pilot.press("y")
        assert host.answers == [Decision("P1", send=True)]


async def test_a_held_y_never_sends() -> None:
    async with ConfirmHost(make_preview()).run_test() as pilot:
        host = await shown(pilot, settled=False)
        for _ in range(40):
            host.timing.advance(0.03)
            await pilot.press("y")
        assert host.answers == []


async def test_a_y_inside_a_typed_word_never_sends() -> None:
    async with ConfirmHost(make_preview()).run_test() as pilot:
        host = await shown(pilot)
        for letter in "company yearly ":
            await pilot.press("space" if letter == " " else letter)
            host.timing.advance(0.4)
        assert host.answers == []
        host.timing.advance(0.3)
        await pilot.press("y")
        assert host.answers == [Decision("P1", send=True)]


async def test_keys_count_anew_after_another_screen_covered_it() -> None:
    async with ConfirmHost(make_preview()).run_test() as pilot:
        host = await shown(pilot)
        other = ConfirmModal(make_preview("P2"), owner="", timing=host.timing)
        await host.push_screen(other)
        await pilot.pause()
        other.dismiss(Decision("P2", send=False))
        await pilot.pause()
        await pilot.pause()
        await pilot.press("y")
        assert host.answers == []
        host.timing.advance(0.3)
        await pilot.press("y")
        assert host.answers == [Decision("P1", send=True)]


@pytest.mark.parametrize("focus", ["#drop", "#send"])
async def test_a_paste_does_nothing(focus: str) -> None:
    async with ConfirmHost(make_preview()).run_test() as pilot:
        host = await shown(pilot)
        host.modal.query_one(focus).focus()
        host.post_message(events.Paste("y\ny\n"))
        await pilot.pause()
        assert host.answers == []


async def test_enter_sends_only_when_the_send_control_is_focused_and_lit() -> None:
    async with ConfirmHost(make_preview()).run_test() as pilot:
        host = await shown(pilot, settled=False)
        assert send_of(host).disabled
        host.timing.advance(0.3)
        host.modal.tick()
        assert not send_of(host).disabled
        await pilot.press("right", "enter")
        assert host.answers == [Decision("P1", send=True)]


async def test_a_click_sends_only_when_it_is_lit() -> None:
    async with ConfirmHost(make_preview()).run_test() as pilot:
        host = await shown(pilot, settled=False)
        await pilot.click("#send")
        assert host.answers == []
        host.timing.advance(0.3)
        host.modal.tick()
        await pilot.pause()
        await pilot.click("#send")
        await pilot.pause()
        assert host.answers == [Decision("P1", send=True)]


@pytest.mark.parametrize("how", [{}, {"explain": True}], ids=["denied", "explained"])
async def test_what_cannot_be_sent_has_no_send_control(how: dict[str, bool]) -> None:
    preview = make_preview(can_send=bool(how), outcome=Outcome.DENY, asks=("Q-DUP",))
    async with ConfirmHost(preview, **how).run_test() as pilot:
        host = await shown(pilot)
        assert not host.modal.query("#send")
        assert "although" not in text_of(host.modal)
        await pilot.press("y", "tab", "y", "right", "y")
        assert host.answers == []
        assert "Esc leaves" in text_of(host.modal)
        await pilot.press("escape")
        assert host.answers == [Decision("P1", send=False)]


async def test_it_counts_down_and_ends_its_send_control_with_it() -> None:
    async with ConfirmHost(make_preview(expires_at=NOW + timedelta(seconds=30))).run_test() as pilot:
        host = await shown(pilot)
        host.timing.advance(19.7)
        host.modal.tick()
        assert "10 s left" in text_of(host.modal)
        host.timing.advance(10)
        host.modal.tick()
        assert "expired" in text_of(host.modal)
        assert send_of(host).disabled
        await pilot.press("y")
        assert host.answers == []


async def test_twice_means_two_presses_within_five_seconds() -> None:
    async with ConfirmHost(make_preview(tier=ConfirmTier.PRESS_TWICE)).run_test() as pilot:
        host = await shown(pilot)
        await pilot.press("y")
        assert host.answers == []
        assert send_of(host).has_class("-half")
        assert "Press y once more within 5 s to send" in text_of(host.modal)
        host.timing.advance(5.1)
        await pilot.press("y")
        assert host.answers == []
        host.timing.advance(4.9)
        await pilot.press("enter")
        assert host.answers == [Decision("P1", send=True)]


async def test_one_held_key_is_not_two_presses() -> None:
    async with ConfirmHost(make_preview(tier=ConfirmTier.PRESS_TWICE)).run_test() as pilot:
        host = await shown(pilot)
        for _ in range(30):
            await pilot.press("y")
            host.timing.advance(0.033)
        assert host.answers == []


@pytest.mark.parametrize("tier", [ConfirmTier.TYPE_WORD, ConfirmTier.TYPE_ACCOUNT])
async def test_a_word_has_to_be_typed_and_enter_in_it_only_moves_on(tier: ConfirmTier) -> None:
    async with ConfirmHost(make_preview(tier=tier, typed_word="flat")).run_test() as pilot:
        host = await shown(pilot)
        await pilot.press("y")
        assert host.answers == []
        assert send_of(host).disabled
        host.modal.query_one("#typed").focus()
        await pilot.press(*"fla", "enter")
        assert send_of(host).disabled
        host.modal.query_one("#typed").focus()
        await pilot.press("t", "enter")
        await pilot.pause()
        assert host.answers == []
        assert host.modal.focused is send_of(host)
        host.timing.advance(1)
        await pilot.press("enter")
        assert host.answers == [Decision("P1", send=True, typed="flat")]


async def test_the_word_cannot_be_pasted() -> None:
    async with ConfirmHost(make_preview(tier=ConfirmTier.TYPE_WORD, typed_word="flat")).run_test() as pilot:
        host = await shown(pilot)
        typed = host.modal.query_one("#typed", Input)
        typed.focus()
        await pilot.pause()
        host.post_message(events.Paste("flat"))
        host.copy_to_clipboard("flat")
        await pilot.press("ctrl+v")
        await pilot.pause()
        assert typed.value == ""
        assert not host.modal.is_lit


async def test_a_long_preview_fits_80x24_with_its_send_control() -> None:
    preview = make_preview(
        sentence="SELL 2 MNQ Dec26 (x2 USD) LMT 21 000.25 DAY in DU123 - opens short 2, risk 84 USD. " * 3,
        details=("a detail",) * 5,
        verdicts=(DUPLICATE, *(make_verdict(f"gate {number}") for number in range(20))),
        asks=("Q-DUP",),
    )
    host = ConfirmHost(
        preview, note="Changed since you looked, nothing was sent. The touch moved 7 ticks. " * 2
    )
    async with host.run_test(size=(80, 24)) as pilot:
        await shown(pilot)
        assert host.modal.is_lit
        assert host.modal.region.contains_region(send_of(host).region)
        before = host.modal.query_one(".body").scroll_offset
        await pilot.press("j", "down", "pagedown")
        assert host.modal.query_one(".body").scroll_offset.y > before.y


async def test_what_cannot_be_shown_whole_cannot_be_sent() -> None:
    async with ConfirmHost(make_preview(sentence="a word " * 60)).run_test(size=(40, 12)) as pilot:
        host = await shown(pilot)
        assert send_of(host).disabled
        await pilot.press("y")
        assert host.answers == []
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        host.timing.advance(1)
        await pilot.press("y")
        assert len(host.answers) == 1


async def test_a_late_tick_after_its_widgets_are_gone_harms_nothing() -> None:
    async with ConfirmHost(make_preview()).run_test() as pilot:
        host = await shown(pilot)
        await host.modal.remove_children()
        host.modal.tick()


async def test_markup_and_control_characters_are_shown_as_text() -> None:
    nasty = "[red]BUY[/red] [/] [@click=app.quit]x[/] \x1b[31m\\["
    preview = make_preview(
        title="[b]BUY[/]",
        sentence=nasty,
        details=(nasty,),
        verdicts=(make_verdict("[i]g", text=nasty, outcome=Outcome.ASK, code="[c]"),),
        asks=("[c]",),
    )
    async with ConfirmHost(preview, note=nasty).run_test(size=(120, 40)) as pilot:
        host = await shown(pilot)
        said = text_of(host.modal)
        assert said.count("[red]BUY[/red] [/] [@click=app.quit]x[/]") == 5
        assert "\x1b" not in said
        assert str(send_of(host).label) == "[b]BUY[/]  y"


async def test_a_y_that_came_too_soon_is_answered() -> None:
    async with ConfirmHost(make_preview()).run_test() as pilot:
        host = await shown(pilot, settled=False)
        await pilot.press("y")
        assert "Too fast: press y again." in text_of(host.modal)
        host.timing.advance(0.3)
        await pilot.press("y")
        assert [answer is not None and answer.send for answer in host.answers] == [True]


@pytest.mark.parametrize("key", ["f1", "f6", "f10", "slash"])
async def test_keys_that_lead_elsewhere_are_answered_and_lead_nowhere(key: str) -> None:
    async with ConfirmHost(make_preview()).run_test() as pilot:
        host = await shown(pilot)
        await pilot.press(key)
        assert "Answer this first: y sends, Esc drops." in text_of(host.modal)
        assert host.answers == []


async def test_an_expired_preview_shows_no_way_to_send() -> None:
    async with ConfirmHost(make_preview()).run_test() as pilot:
        host = await shown(pilot)
        assert send_of(host).display
        host.timing.advance(3600)
        host.modal.tick()
        assert not send_of(host).display
