"""ctrl+g (D6): halts on the key press, whatever has the keyboard, before anything is shown."""

import pytest
from textual.command import CommandPalette

from qe_dashboard.engine.facade import CancelRequest, CancelScope, CloseRequest
from qe_dashboard.engine.views import CommandResult, ResultKind, Topic
from qe_dashboard.model.enums import TradingState
from qe_dashboard.ui.modals.asking import TypeModal
from qe_dashboard.ui.modals.confirm import ConfirmModal
from qe_dashboard.ui.modals.halt_panel import HaltPanel, working_words
from qe_dashboard.ui.modals.reading import ChoiceModal
from support.flow_host import FlowHost, settle, text_of, type_line
from support.scripted_client import ScriptedClient, calls_of
from support.view_builders import NOW, make_position, make_status


def halting_client() -> ScriptedClient:
    """A client whose status turns HALTED when it is asked to halt, as the engine's does."""
    client = ScriptedClient()
    client.set_status(make_status(working_entries=2, working_protective=1))
    client.results = [CommandResult(ResultKind.DONE, "HALTED. 3 orders still working.")]

    def latch(name: str) -> None:
        if name == "halt":
            client.set_status(
                make_status(
                    trading_state=TradingState.HALTED,
                    trading_reason="ctrl+g",
                    working_entries=2,
                    working_protective=1,
                )
            )

    client.before_answer = latch
    return client


async def test_it_halts_before_the_panel_exists_and_says_what_still_works() -> None:
    host = FlowHost(halting_client())
    seen: list[list[str]] = []
    async with host.run_test(size=(100, 30)) as pilot:
        push = host.push_screen

        def watched(*arguments: object, **named: object) -> object:
            seen.append(host.scripted.names_called())
            return push(*arguments, **named)  # type: ignore[call-overload]

        host.push_screen = watched  # type: ignore[method-assign, assignment]
        await pilot.press("ctrl+g")
        await settle(pilot, lambda: isinstance(host.screen, HaltPanel))
        assert seen == [["halt"]]
        said = text_of(host.screen)
        assert "HALTED: ctrl+g" in said
        assert "3 orders still working: 2 entries, 1 protective" in said
        assert "also after a restart" in said


async def test_awaiting_it_returns_with_the_engine_asked() -> None:
    host = FlowHost(halting_client())
    async with host.run_test(size=(100, 30)) as pilot:
        await host.flows.halt("now")
        asked = list(host.scripted.calls)
        await settle(pilot, lambda: isinstance(host.screen, HaltPanel))
        assert asked == [("halt", ("now",))]


async def test_again_opens_no_second_panel() -> None:
    host = FlowHost(halting_client())
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.press("ctrl+g")
        await settle(pilot, lambda: isinstance(host.screen, HaltPanel))
        await pilot.press("ctrl+g")
        await pilot.pause()
        assert len(host.screen_stack) == 2
        assert set(calls_of(host.scripted, "halt")) == {("ctrl+g",)}


async def test_it_passes_a_focused_input() -> None:
    host = FlowHost(halting_client())
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "buy AA", enter=False)
        await pilot.press("ctrl+g")
        await settle(pilot, lambda: isinstance(host.screen, HaltPanel))
        assert calls_of(host.scripted, "halt") == [("ctrl+g",)]


async def test_it_passes_the_confirm_step_and_its_keys_send_nothing() -> None:
    host = FlowHost(halting_client())
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "buy AAPL 10 mkt")
        await settle(pilot, lambda: isinstance(host.screen, ConfirmModal))
        await pilot.press("ctrl+g")
        await settle(pilot, lambda: isinstance(host.screen, HaltPanel))
        host.timing.advance(1)
        await pilot.press("y", "enter", "y")
        assert host.scripted.names_called() == ["preview_order", "halt"]


async def test_it_passes_a_modal_with_an_input() -> None:
    client = halting_client()
    client.set_status(make_status(trading_state=TradingState.HALTED, trading_reason="before"))
    host = FlowHost(client)
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "resume")
        await settle(pilot, lambda: isinstance(host.screen, TypeModal))
        await pilot.press("r", "ctrl+g")
        await settle(pilot, lambda: isinstance(host.screen, HaltPanel))
        assert host.scripted.names_called() == ["halt"]


async def test_it_passes_the_palette() -> None:
    host = FlowHost(halting_client())
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.press("ctrl+p")
        await settle(pilot, lambda: isinstance(host.screen, CommandPalette))
        await pilot.press("ctrl+g")
        await settle(pilot, lambda: isinstance(host.screen, HaltPanel))
        assert host.scripted.names_called() == ["halt"]


async def test_pressed_during_the_start_it_is_latched_by_the_engine_as_soon_as_there_is_one() -> None:
    host = FlowHost(halting_client(), started=False)
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.press("ctrl+g")
        await settle(pilot, lambda: isinstance(host.screen, HaltPanel))
        assert "still starting" in text_of(host.screen)
        host.finish_start()
        await settle(pilot, lambda: calls_of(host.scripted, "halt") == [("ctrl+g",)])


async def test_a_halt_that_failed_is_told_loudly() -> None:
    client = halting_client()
    client.results = [CommandResult(ResultKind.UNKNOWN, "the latch could not be journalled: disk full")]
    host = FlowHost(client)
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.press("ctrl+g")
        await settle(pilot, lambda: bool(host.toasts))
        assert "disk full" in host.toasts[0]


@pytest.mark.parametrize(("key", "scope"), [("e", CancelScope.ENTRIES), ("m", CancelScope.MINE)])
async def test_its_keys_open_previews(key: str, scope: CancelScope) -> None:
    host = FlowHost(halting_client())
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.press("ctrl+g")
        await settle(pilot, lambda: isinstance(host.screen, HaltPanel))
        await pilot.press(key)
        await settle(pilot, lambda: isinstance(host.screen, ConfirmModal))
        assert calls_of(host.scripted, "preview_cancel") == [(CancelRequest(scope),)]
        assert "confirm" not in host.scripted.names_called()


async def test_close_offers_the_positions() -> None:
    client = halting_client()
    client.put_positions(make_position("AAPL"), make_position("MNQ", label="MNQ Dec26"))
    host = FlowHost(client)
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.press("ctrl+g")
        await settle(pilot, lambda: isinstance(host.screen, HaltPanel))
        await pilot.press("c")
        await settle(pilot, lambda: isinstance(host.screen, ChoiceModal))
        await pilot.press("down", "enter")
        await settle(pilot, lambda: isinstance(host.screen, ConfirmModal))
        assert calls_of(host.scripted, "preview_close") == [(CloseRequest("MNQ Dec26"),)]


@pytest.mark.parametrize(
    ("unknown", "said"), [(None, "no position to close"), ("link down", "Positions are NOT KNOWN")]
)
async def test_close_without_positions_tells_none_from_unknown(unknown: str | None, said: str) -> None:
    client = halting_client()
    client.set_unknown(Topic.POSITIONS, unknown)
    host = FlowHost(client)
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.press("ctrl+g")
        await settle(pilot, lambda: isinstance(host.screen, HaltPanel))
        await pilot.press("c")
        await settle(pilot, lambda: said in host.line.result_text)


async def test_esc_leaves_it_halted_and_other_keys_do_nothing() -> None:
    host = FlowHost(halting_client())
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.press("ctrl+g")
        await settle(pilot, lambda: isinstance(host.screen, HaltPanel))
        await pilot.press("y", "enter", "space", "q", "1")
        assert isinstance(host.screen, HaltPanel)
        await pilot.press("escape")
        await settle(pilot, lambda: not isinstance(host.screen, HaltPanel))
        assert host.scripted.names_called() == ["halt"]


async def test_the_panel_follows_the_status_and_says_when_the_broker_is_offline() -> None:
    host = FlowHost(halting_client())
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.press("ctrl+g")
        await settle(pilot, lambda: isinstance(host.screen, HaltPanel))
        panel = host.screen
        assert isinstance(panel, HaltPanel)
        assert "offline" not in text_of(panel)
        host.scripted.set_status(make_status(working_entries=0, working_protective=1, offline_since=NOW))
        panel.show_now()
        assert "1 order still working: 0 entries, 1 protective" in text_of(panel)
        assert "cancels cannot reach it" in text_of(panel)


async def test_a_late_tick_of_a_panel_that_is_gone_harms_nothing() -> None:
    host = FlowHost(halting_client())
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.press("ctrl+g")
        await settle(pilot, lambda: isinstance(host.screen, HaltPanel))
        panel = host.screen
        assert isinstance(panel, HaltPanel)
        await panel.remove_children()
        panel.show_now()


async def test_the_command_halts_too_with_its_reason() -> None:
    host = FlowHost(halting_client())
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "halt news")
        await settle(pilot, lambda: isinstance(host.screen, HaltPanel))
        assert calls_of(host.scripted, "halt") == [("news",)]


def test_unknown_counts_are_never_read_as_none_working() -> None:
    assert working_words(make_status()) == "No orders are working."
    assert "NOT KNOWN" in working_words(None)
    assert "NOT KNOWN" in working_words(make_status(working_protective=None))
    assert working_words(make_status(uncertain=2)).endswith("and 2 UNCERTAIN")
