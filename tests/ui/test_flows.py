"""From keys and typed lines to the engine, over a scripted one."""

import pytest
from textual.pilot import Pilot

from qe_dashboard.engine.facade import (
    CancelRequest,
    CancelScope,
    CloseRequest,
    CloseShare,
    CommandRefused,
    ModifyRequest,
)
from qe_dashboard.engine.views import CommandResult, ConfirmTier, ResultKind
from qe_dashboard.model.enums import AccountKind, Profile, TradingState
from qe_dashboard.model.identifiers import OrderNumber
from qe_dashboard.ui.action_table import ACTIONS
from qe_dashboard.ui.modals.asking import QuitModal, TypeModal
from qe_dashboard.ui.modals.confirm import ConfirmModal
from qe_dashboard.ui.modals.reading import ChoiceModal
from support.flow_host import FlowHost, settle, text_of, type_line
from support.scripted_client import ScriptedClient, calls_of
from support.view_builders import make_order, make_position, make_preview, make_quote, make_status


def client(**status: object) -> ScriptedClient:
    made = ScriptedClient()
    made.set_status(make_status(**status))
    made.put_quotes(make_quote("AAPL"), make_quote("AMZN"))
    made.put_positions(make_position("AAPL"))
    made.put_orders(make_order(17))
    return made


def modal_of(host: FlowHost) -> ConfirmModal:
    assert isinstance(host.screen, ConfirmModal)
    return host.screen


async def say_yes(host: FlowHost, pilot: Pilot[int]) -> None:
    await pilot.pause()
    host.timing.advance(0.3)
    modal_of(host).tick()
    await pilot.press("y")
    await pilot.pause()


async def test_an_order_travels_preview_confirm_result() -> None:
    host = FlowHost(client())
    host.scripted.previews = [make_preview("P7", asks=("Q-DUP",))]
    host.scripted.results = [CommandResult(ResultKind.SENT, "sent order 18", order_number=OrderNumber(18))]
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "buy AAPL 10 mkt")
        await settle(pilot, lambda: isinstance(host.screen, ConfirmModal))
        assert calls_of(host.scripted, "confirm") == []
        await say_yes(host, pilot)
        await settle(pilot, lambda: host.line.result_text == "Sent order 18")
        assert calls_of(host.scripted, "confirm") == [("P7", ("Q-DUP",), "")]
        assert host.toasts == []


async def test_a_dropped_preview_is_forgotten_at_the_engine() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "buy AAPL 10 mkt")
        await settle(pilot, lambda: isinstance(host.screen, ConfirmModal))
        await pilot.press("escape")
        await settle(pilot, lambda: bool(host.line.result_text))
        assert "drop" in host.scripted.names_called()
        assert "confirm" not in host.scripted.names_called()
        assert host.line.result_text.startswith("Dropped, nothing was sent: BUY 10 AAPL")


async def test_a_changed_world_is_shown_again_and_needs_a_new_y() -> None:
    host = FlowHost(client())
    redrawn = CommandResult(ResultKind.REDRAWN, "the touch moved", preview=make_preview("P8", title="AGAIN"))
    host.scripted.results = [redrawn, CommandResult(ResultKind.SENT, "sent")]
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "buy AAPL 10 mkt")
        await settle(pilot, lambda: isinstance(host.screen, ConfirmModal))
        first = host.screen
        await say_yes(host, pilot)
        await settle(pilot, lambda: host.screen is not first and isinstance(host.screen, ConfirmModal))
        said = text_of(host.screen)
        assert said.index("The touch moved") == 0
        assert "It changed: press y again to send." in said
        await pilot.press("y")
        await pilot.pause()
        assert len(calls_of(host.scripted, "confirm")) == 1
        await say_yes(host, pilot)
        await settle(pilot, lambda: len(calls_of(host.scripted, "confirm")) == 2)
        assert calls_of(host.scripted, "confirm")[1] == ("P8", (), "")


@pytest.mark.parametrize(
    ("line", "method", "request_"),
    [
        ("close AAPL half", "preview_close", CloseRequest("AAPL", share=CloseShare.HALF)),
        ("flatten AAPL", "preview_close", CloseRequest("AAPL", flatten=True)),
        ("cancel 17", "preview_cancel", CancelRequest(CancelScope.ORDER, number=OrderNumber(17))),
        ("cancel entries", "preview_cancel", CancelRequest(CancelScope.ENTRIES)),
        ("modify 17 qty 50", "preview_modify", None),
    ],
)
async def test_each_verb_opens_its_own_preview(line: str, method: str, request_: object) -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, line)
        await settle(pilot, lambda: isinstance(host.screen, ConfirmModal))
        (asked,) = calls_of(host.scripted, method)
        assert isinstance(asked[0], ModifyRequest) if request_ is None else asked == (request_,)
        assert "confirm" not in host.scripted.names_called()


async def test_a_cancel_of_tier_none_asks_nothing() -> None:
    host = FlowHost(client())
    host.scripted.previews = [make_preview("P1", tier=ConfirmTier.NONE)]
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "cancel 17")
        await settle(pilot, lambda: "confirm" in host.scripted.names_called())
        assert not isinstance(host.screen, ConfirmModal)


async def test_an_order_is_asked_for_whatever_tier_it_comes_with() -> None:
    host = FlowHost(client())
    host.scripted.previews = [make_preview("P1", tier=ConfirmTier.NONE)]
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "buy AAPL 10 mkt")
        await settle(pilot, lambda: isinstance(host.screen, ConfirmModal))
        assert "confirm" not in host.scripted.names_called()


async def test_a_cancel_that_changed_meanwhile_is_asked_for() -> None:
    host = FlowHost(client())
    host.scripted.previews = [make_preview("P1", tier=ConfirmTier.NONE)]
    again = make_preview("P2", tier=ConfirmTier.NONE)
    host.scripted.results = [CommandResult(ResultKind.REDRAWN, "it began to fill", preview=again)]
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "cancel 17")
        await settle(pilot, lambda: isinstance(host.screen, ConfirmModal))
        assert len(calls_of(host.scripted, "confirm")) == 1


async def test_why_shows_the_preview_and_cannot_send() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "why buy AAPL 10 mkt")
        await settle(pilot, lambda: isinstance(host.screen, ConfirmModal))
        assert not host.screen.query("#send")
        host.timing.advance(1)
        await pilot.press("y", "escape")
        await settle(pilot, lambda: "drop" in host.scripted.names_called())
        assert "confirm" not in host.scripted.names_called()


async def test_a_refusal_is_told_in_its_own_words_as_text() -> None:
    host = FlowHost(client())
    host.scripted.previews = [CommandRefused("no contract [red]is[/] called ZZZZ")]
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "buy ZZZZ 10 mkt")
        await settle(pilot, lambda: bool(host.toasts))
        assert host.toasts == ["No contract [red]is[/] called ZZZZ"]
        assert not any(toast.markup for toast in host._notifications)
        assert host.line.result_text == "No contract [red]is[/] called ZZZZ"


async def test_an_ambiguous_symbol_is_picked_and_asked_again() -> None:
    host = FlowHost(client())
    refused = CommandRefused("MNQ means two months", choices=("MNQ Dec26", "MNQ Mar27"))
    host.scripted.previews = [refused, make_preview("P2")]
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "sell MNQ 1 mkt")
        await settle(pilot, lambda: isinstance(host.screen, ChoiceModal))
        await pilot.press("down", "enter")
        await settle(pilot, lambda: isinstance(host.screen, ConfirmModal))
        symbols = [request.symbol for (request,) in calls_of(host.scripted, "preview_order")]  # type: ignore[attr-defined]
        assert symbols == ["MNQ", "MNQ Mar27"]


async def test_leaving_the_choice_sends_nothing() -> None:
    host = FlowHost(client())
    host.scripted.previews = [CommandRefused("two months", choices=("MNQ Dec26", "MNQ Mar27"))]
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "sell MNQ 1 mkt")
        await settle(pilot, lambda: isinstance(host.screen, ChoiceModal))
        await pilot.press("escape")
        await settle(pilot, lambda: "nothing was sent" in host.line.result_text)
        assert len(calls_of(host.scripted, "preview_order")) == 1


async def test_a_fault_inside_a_command_is_told_and_the_app_lives() -> None:
    host = FlowHost(client())
    host.scripted.results = [ValueError("boom [/]")]
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "reconnect")
        await settle(pilot, lambda: len(host.toasts) == 1)
        assert "NOT KNOWN" in host.toasts[0]
        assert "ValueError: boom [/]" in host.toasts[0]
        await type_line(pilot, "reconcile")
        await settle(pilot, lambda: "reconcile" in host.scripted.names_called())


async def test_before_the_engine_is_up_nothing_is_sent_and_it_says_so() -> None:
    host = FlowHost(client(), started=False)
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "buy AAPL 10 mkt")
        await settle(pilot, lambda: bool(host.toasts))
        assert "still starting" in host.toasts[0]
        assert host.scripted.calls == []


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("watch add TSLA", ("watch_symbol", ("TSLA",))),
        ("watch rm TSLA", ("unwatch_symbol", ("TSLA",))),
        ("reconnect", ("reconnect", ())),
        ("reconcile", ("reconcile", ())),
    ],
)
async def test_plain_verbs_reach_the_engine(line: str, call: tuple[str, tuple[str, ...]]) -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, line)
        await settle(pilot, lambda: call in host.scripted.calls)
        await settle(pilot, lambda: host.line.result_text.endswith("done"))


async def test_a_symbol_is_focused_when_the_desk_knows_it() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "amzn")
        await type_line(pilot, "AAPL orders")
        await settle(pilot, lambda: host.shown == ["orders"])
        assert host.focused_symbols == ["AMZN", "AAPL"]
        await type_line(pilot, "hlat")
        await settle(pilot, lambda: bool(host.line.result_text))
        assert host.line.result_text == (
            "HLAT is neither watched nor held. `watch add HLAT` adds it, or did you mean the command `halt`?"
        )


async def test_resume_wants_the_word() -> None:
    host = FlowHost(client(trading_state=TradingState.HALTED, trading_reason="ctrl+g"))
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "resume")
        await settle(pilot, lambda: isinstance(host.screen, TypeModal))
        assert "Halted because: ctrl+g" in text_of(host.screen)
        await pilot.press(*"resum", "enter")
        assert "does not do" in text_of(host.screen)
        assert "resume" not in host.scripted.names_called()
        await pilot.press("e", "enter")
        await settle(pilot, lambda: ("resume", ("resume",)) in host.scripted.calls)


async def test_the_brokers_number_is_taken_when_it_is_typed() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "accept AAPL")
        await settle(pilot, lambda: isinstance(host.screen, TypeModal))
        await pilot.press("4", "enter")
        await pilot.pause()
        assert "accept_position" not in host.scripted.names_called()
        await pilot.press("backspace", "3", "enter")
        await settle(pilot, lambda: ("accept_position", ("AAPL.STK.USD", "3")) in host.scripted.calls)


async def test_resume_without_a_halt_says_so() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "resume")
        await settle(pilot, lambda: "nothing to resume" in host.line.result_text)


async def test_a_live_session_asks_for_its_account_once_and_esc_leaves_it_read_only() -> None:
    status = {
        "profile": Profile.IBKR_LIVE,
        "account_kind": AccountKind.LIVE,
        "account": "U7654321",
        "needs_account_typed": True,
    }
    host = FlowHost(client(**status))
    async with host.run_test(size=(100, 30)) as pilot:
        await settle(pilot, lambda: isinstance(host.screen, TypeModal))
        assert "account U7654321" in text_of(host.screen)
        assert "100,032.30 USD" in text_of(host.screen)
        await pilot.press("escape")
        await settle(pilot, lambda: "read-only" in host.line.result_text)
        host.flows.engine_ready()
        await pilot.pause()
        assert not isinstance(host.screen, TypeModal)
        assert "authorise_live" not in host.scripted.names_called()
        host.flows.authorise_live()
        await settle(pilot, lambda: isinstance(host.screen, TypeModal))
        await pilot.press(*"U765432", "enter", "1", "enter")
        await settle(pilot, lambda: ("authorise_live", ("U7654321",)) in host.scripted.calls)


async def test_quit_leaves_at_once_when_it_is_known_that_nothing_works() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.press("q")
        await settle(pilot, lambda: host.left == 1)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"working_entries": 2, "working_protective": 1}, "3 orders still working: 2 entries, 1 protective"),
        ({"working_entries": None}, "NOT KNOWN"),
        ({"uncertain": 1}, "1 UNCERTAIN"),
    ],
)
async def test_quit_asks_while_orders_work_or_nobody_knows(status: dict[str, object], said: str) -> None:
    host = FlowHost(client(profile=Profile.IBKR_PAPER, **status))
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.press("ctrl+q")
        await settle(pilot, lambda: isinstance(host.screen, QuitModal))
        assert said in text_of(host.screen)
        assert "stay working at the venue" in text_of(host.screen)
        await pilot.press("ctrl+q")
        assert len(host.screen_stack) == 2
        host.timing.advance(1)
        await pilot.press("enter")
        await settle(pilot, lambda: not isinstance(host.screen, QuitModal))
        assert host.left == 0
        await pilot.press("ctrl+q")
        await settle(pilot, lambda: isinstance(host.screen, QuitModal))
        await pilot.pause()
        await pilot.press("y")
        assert host.left == 0
        host.timing.advance(1)
        await pilot.press("y")
        await settle(pilot, lambda: host.left == 1)


async def test_no_single_key_sends_anything() -> None:
    keys = sorted({key for item in ACTIONS for key in item.keys} | {"enter", "y", "space", "tab", "j", "G"})
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
            host.timing.advance(1)
            await pilot.press("escape", "escape")
            assert "confirm" not in host.scripted.names_called(), key
        assert "halt" in host.scripted.names_called()
