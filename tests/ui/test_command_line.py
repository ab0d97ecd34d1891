"""The command line: where keys go, completion, recall, and what it says in place."""

import pytest
from textual import events
from textual.widgets import Input

from qe_dashboard.ui.modals.confirm import ConfirmModal
from support.flow_host import FlowHost, settle, text_of, type_line
from support.scripted_client import ScriptedClient, calls_of
from support.view_builders import make_order, make_position, make_quote


def client() -> ScriptedClient:
    made = ScriptedClient()
    made.put_quotes(make_quote("AAPL"), make_quote("AMZN"))
    made.put_positions(make_position("MNQ", label="MNQ Dec26"))
    made.put_orders(make_order(17), make_order(18, symbol="AMZN"))
    return made


def value(host: FlowHost) -> str:
    return host.line.query_one(Input).value


@pytest.mark.parametrize("key", ["slash", "colon", "ctrl+l"])
async def test_it_opens_by_key_and_esc_gives_the_keys_back(key: str) -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        pane = host.screen.query_one("#pane")
        pane.focus()
        await pilot.press(key, "x", "q", "1")
        assert value(host) == "xq1"
        assert host.left == 0
        await pilot.press("escape")
        assert host.screen.focused is pane
        assert value(host) == ""
        assert not host.line.is_open


async def test_tab_never_walks_into_it() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        for _ in range(4):
            await pilot.press("tab")
            assert not isinstance(host.screen.focused, Input)


async def test_suggestions_carry_descriptions_and_tab_goes_through_them() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "cancel 1", enter=False)
        said = text_of(host.screen)
        assert "17             BUY 100 AAPL LMT 233.10 WORKING" in said
        assert "cancel N|SYM|entries|mine · Cancel one order" in said
        await pilot.press("tab")
        assert value(host) == "cancel 17"
        await pilot.press("tab")
        assert value(host) == "cancel 18"
        await pilot.press("tab")
        assert value(host) == "cancel 17"
        await pilot.press("shift+tab")
        assert value(host) == "cancel 18"


async def test_a_single_candidate_is_finished_with_a_space() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "flat", enter=False)
        await pilot.press("tab")
        await pilot.pause()
        assert value(host) == "flatten "
        await pilot.press("tab")
        assert value(host) == "flatten MNQ Dec26 "


async def test_up_recalls_and_down_comes_back() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "main")
        await type_line(pilot, "trade")
        await type_line(pilot, "or", enter=False)
        await pilot.press("up")
        assert value(host) == "trade"
        await pilot.press("up")
        assert value(host) == "main"
        await pilot.press("down", "down")
        assert value(host) == "or"


async def test_a_line_that_is_not_understood_stays_with_the_whole_reason() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "buy AAPL 100")
        assert host.line.result_text.startswith("Say at what price: `@ 233.33` (limit), `mkt` (market)")
        assert value(host) == "buy AAPL 100"
        assert host.line.is_open
        assert host.scripted.calls == []
        await pilot.press("space", *"mkt", "enter")
        await settle(pilot, lambda: isinstance(host.screen, ConfirmModal))
        assert not host.line.is_open


async def test_two_enters_are_one_order() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "buy AAPL 1 mkt", enter=False)
        line = host.line.query_one(Input)
        line.post_message(Input.Submitted(line, line.value))
        line.post_message(Input.Submitted(line, line.value))
        await settle(pilot, lambda: isinstance(host.screen, ConfirmModal))
        await pilot.pause()
        assert len(calls_of(host.scripted, "preview_order")) == 1


async def test_a_pasted_order_waits_for_enter_and_its_second_line_is_lost() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.press("slash")
        host.post_message(events.Paste("buy AAPL 10 mkt\ny\n"))
        await pilot.pause()
        assert value(host) == "buy AAPL 10 mkt"
        assert host.scripted.calls == []


async def test_an_order_typed_too_fast_is_not_confirmed_by_its_own_type_ahead() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "buy AAPL 10 mkt", enter=False)
        await pilot.press("enter", "y", "y", "enter", "y")
        await settle(pilot, lambda: isinstance(host.screen, ConfirmModal))
        assert "confirm" not in host.scripted.names_called()


async def test_an_empty_line_leaves() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.press("slash", "enter")
        assert not host.line.is_open
        assert host.scripted.calls == []


async def test_markup_in_a_line_is_text() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "[/]", enter=False)
        await pilot.press("enter")
        await pilot.pause()
        assert "`[/]` is not a symbol" in host.line.result_text


async def test_a_click_elsewhere_leaves_it() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "buy", enter=False)
        await pilot.click("#pane")
        await pilot.pause()
        assert not host.line.is_open
        assert host.screen.focused is host.screen.query_one("#pane")


async def test_keys_of_a_row_begin_a_line_for_a_person_to_finish() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        host.flows.begin("buy AAPL ")
        await pilot.press(*"5")
        assert value(host) == "buy AAPL 5"
        assert host.scripted.calls == []
