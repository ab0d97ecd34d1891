"""The one message line: how orders end, what the log says is wrong, who sees it and for how long."""

from datetime import timedelta

import pytest
from textual.widgets._toast import ToastRack

from qe_dashboard.engine.views import BannerLine, CommandResult, ResultKind
from qe_dashboard.model.enums import Profile, Severity
from qe_dashboard.model.identifiers import OrderNumber
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.ui.app import DashboardApp
from qe_dashboard.ui.front import FRESH_S, MESSAGE_S, TOAST_S
from qe_dashboard.ui.modals.confirm import ConfirmModal
from qe_dashboard.ui.widgets.command_line import MORE_MARK, CommandLine
from support.dashboard import busy_client, running, shown, until
from support.flow_host import FlowHost, settle, type_line
from support.scripted_client import ScriptedClient, ScriptedHost, calls_of
from support.view_builders import NOW, make_log, make_order, make_preview, make_status

WHY = "no funds [201]"


def client() -> ScriptedClient:
    made = ScriptedClient()
    made.put_orders(make_order(13, symbol="NVDA", status=OrderStatus.PENDING, why=""))
    return made


@pytest.mark.parametrize(
    ("status", "is_error"),
    [
        (OrderStatus.REJECTED, True),
        (OrderStatus.UNCERTAIN, True),
        (OrderStatus.CONFLICT, True),
        (OrderStatus.NOT_SENT, True),
        (OrderStatus.CANCELLED, False),
        (OrderStatus.EXPIRED, False),
        (OrderStatus.FILLED, False),
    ],
)
async def test_the_end_of_an_order_is_told_by_name(status: OrderStatus, is_error: bool) -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        assert host.line.result_text == ""
        host.scripted.put_orders(make_order(13, symbol="NVDA", status=status, why=WHY))
        host.flows._front.read_news()
        await pilot.pause()
        said = host.line.result_text
        assert "NVDA" in said
        assert f"(order 13) {status.value}" in said
        assert (WHY in said) is (status is not OrderStatus.FILLED)
        assert bool(host.toasts) is is_error
        host.flows._front.read_news()
        await pilot.pause()
        assert len(host.toasts) <= 1


async def test_an_order_that_ended_before_its_answer_came_is_not_called_sent() -> None:
    host = FlowHost(client())
    host.scripted.results = [
        CommandResult(ResultKind.SENT, "Sent BUY (PENDING)", order_number=OrderNumber(14))
    ]

    def rejected(name: str) -> None:
        if name == "confirm":
            host.scripted.put_orders(make_order(14, status=OrderStatus.REJECTED, why=WHY, created_at=NOW))
            host.flows._front.read_news()

    host.scripted.before_answer = rejected
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "buy AAPL 10 mkt")
        await settle(pilot, lambda: isinstance(host.screen, ConfirmModal))
        await pilot.pause()
        host.timing.advance(0.3)
        await pilot.press("y")
        await settle(pilot, lambda: bool(calls_of(host.scripted, "confirm")))
        await settle(pilot, lambda: len(host.toasts) == 2)
        assert "(order 14) REJECTED" in host.line.result_text


async def test_orders_of_others_and_of_before_the_start_are_not_news() -> None:
    made = client()
    made.put_orders(make_order(12, status=OrderStatus.FILLED))
    host = FlowHost(made)
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        made.put_orders(
            make_order(99, is_own=False, owner="TWS", status=OrderStatus.FILLED, created_at=NOW),
            make_order(11, status=OrderStatus.REJECTED, created_at=NOW - timedelta(hours=1)),
        )
        host.flows._front.read_news()
        assert host.line.result_text == ""


async def test_errors_of_the_log_and_the_answer_to_a_flatten_reach_the_line() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        for severity, source, text, toasts in (
            (Severity.INFO, "link", "data link CONNECTING: connecting", 0),
            (Severity.INFO, "link", "data link READY", 0),
            (Severity.INFO, "flatten", "AAPL is flat, observed 10:30:00", 0),
            (Severity.ERROR, "settings", "settings.toml:3 is not valid", 0),
            (Severity.CRITICAL, "flatten", "AAPL is NOT flat", 1),
        ):
            host.scripted.put_log(make_log(text, severity=severity, source=source))
            host.flows._front.read_news()
            await pilot.pause()
            assert len(host.toasts) == toasts
            assert (host.line.result_text.lower() == text.lower()) is ("CONNECTING" not in text)


async def test_what_went_wrong_while_nobody_could_look_is_said_without_a_toast() -> None:
    made = client()
    made.put_log(
        make_log("settings.toml:3 is not valid", severity=Severity.ERROR), make_log("data link READY")
    )
    host = FlowHost(made)
    async with host.run_test(size=(100, 30)) as pilot:
        await settle(pilot, lambda: "is not valid" in host.line.result_text)
        assert host.toasts == []


async def test_a_message_goes_after_30_s_and_an_error_stays() -> None:
    host = FlowHost(client())
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        front = host.flows._front
        front.tell("sent order 18")
        host.timing.advance(MESSAGE_S - 1)
        front.read_news()
        assert host.line.result_text == "Sent order 18"
        host.timing.advance(1)
        front.read_news()
        assert host.line.result_text == ""
        front.tell("refused", tone="error")
        host.timing.advance(MESSAGE_S * 10)
        front.read_news()
        assert host.line.result_text == "Refused"
        await pilot.pause()
        assert [toast.timeout for toast in host._notifications] == [TOAST_S]


async def test_every_screen_shows_the_newest_message_with_its_time() -> None:
    made = busy_client()
    async with running(made) as (app, pilot):
        app.say("said on MAIN")
        await until(pilot, lambda: "10:30:00 Said on MAIN" in shown(app.screen))
        for name in ("orders", "trade", "settings"):
            app.show_screen(name)
            await until(pilot, lambda: "10:30:00 Said on MAIN" in shown(app.screen))
        app.say("said on SETTINGS")
        app.show_screen("main")
        await until(pilot, lambda: "Said on SETTINGS" in shown(app.screen))
        assert "Said on MAIN" not in shown(app.screen)


async def test_a_line_that_is_typed_stands_before_the_message_and_gives_it_back() -> None:
    async with running() as (app, pilot):
        app.say("said before")
        await pilot.press("slash")
        assert app.screen.query_one(CommandLine).result_text == ""
        await pilot.press("escape")
        assert app.screen.query_one(CommandLine).result_text == "Said before"


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_toast_is_one_line_at_the_top_right(size: tuple[int, int]) -> None:
    app = DashboardApp(host=ScriptedHost(busy_client()), profile=Profile.SIM)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: app.desk is not None and app.desk.status is not None)
        app.flows._front.tell("no such order", tone="error")
        rack = app.screen.get_child_by_type(ToastRack)
        await until(pilot, lambda: bool(rack.children and rack.children[0].children))
        await pilot.pause()
        toast = rack.children[0].children[0]
        assert toast.region.height == 1
        assert toast.region.y == 2
        assert toast.region.right >= size[0] - 2


async def test_flattening_what_is_flat_is_answered_by_a_line() -> None:
    host = FlowHost(client())
    flat = "FLATTEN AAPL: position 0 to 0 - already flat, nothing to do"
    host.scripted.previews = [make_preview("P3", sentence=flat, can_send=False, verdicts=())]
    async with host.run_test(size=(100, 30)) as pilot:
        await type_line(pilot, "flatten AAPL")
        await settle(pilot, lambda: host.line.result_text == flat)
        assert not isinstance(host.screen, ConfirmModal)
        assert calls_of(host.scripted, "drop") == [("P3",)]


async def test_ctrl_c_names_the_key_that_quits() -> None:
    async with running() as (app, pilot):
        await pilot.press("ctrl+c")
        await until(pilot, lambda: "q quits" in app.screen.query_one(CommandLine).result_text)
        assert not app._notifications


async def test_an_alarm_goes_when_all_is_well_again_and_other_errors_stay() -> None:
    host = FlowHost(client())
    ill = make_status(can_trade=False, banner=(BannerLine(Severity.CRITICAL, "BROKER OFFLINE"),))
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        front = host.flows._front
        for source, stays in (("upstream", False), ("settings", True)):
            host.scripted.set_status(ill)
            host.scripted.put_log(make_log("It broke", severity=Severity.ERROR, source=source))
            front.read_news()
            await pilot.pause()
            assert host.line.result_text == "It broke"
            host.scripted.set_status(make_status())
            await settle(pilot, lambda: front.status is not None and front.status.can_trade)
            front.read_news()
            assert (host.line.result_text == "It broke") is stays


async def test_what_the_banner_says_is_not_said_by_a_toast_over_it() -> None:
    made = client()
    made.set_status(
        make_status(banner=(BannerLine(Severity.CRITICAL, "The gateway lost IBKR (1100). Wait."),))
    )
    host = FlowHost(made)
    async with host.run_test(size=(100, 30)) as pilot:
        await settle(pilot, lambda: host.flows.status is not None and bool(host.flows.status.banner))
        host.flows._front.tell("the gateway lost IBKR (1100)", tone="error")
        assert host.toasts == []
        host.flows._front.tell("something else broke", tone="error")
        await pilot.pause()
        assert len(host.toasts) == 1


@pytest.mark.parametrize(("size", "rows"), [((80, 24), 2), ((120, 36), 3)])
async def test_a_long_message_has_few_rows_says_where_the_rest_is_and_shrinks(
    size: tuple[int, int], rows: int
) -> None:
    words = " ".join(f"word{number}" for number in range(99))
    async with running(size=size) as (app, pilot):
        app.say(words)
        line = app.screen.query_one(CommandLine)
        await until(pilot, lambda: line.region.height == rows)
        assert MORE_MARK in shown(app.screen)
        front = app.flows._front
        front._clock.advance(FRESH_S)  # type: ignore[attr-defined]  # the test's own clock
        front.read_news()
        await until(pilot, lambda: line.region.height == 1)
        assert MORE_MARK in shown(app.screen)
        await pilot.press("alt+e")
        await until(pilot, lambda: "word98" in shown(app.screen))
