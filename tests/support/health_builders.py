"""Health views with sensible values: a healthy session, and the troubles that F9 has to show."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from qe_dashboard.engine.health_views import (
    CheckLine,
    CheckState,
    ConnectNotice,
    ExpectedOutage,
    HealthView,
    LinkHealth,
    LoopLag,
    OutageLine,
    ProgramLine,
    StateLine,
)
from qe_dashboard.model.connection import (
    FarmKind,
    FarmState,
    FarmStatus,
    LineKind,
    LineState,
    LineStatus,
    LinkCause,
    Meter,
    Restoration,
)
from qe_dashboard.model.enums import LinkName, LinkState, Profile
from qe_dashboard.model.ladder import Rung, RungName, RungState
from support.view_builders import NOW, make_ladder, stock_id


def ago(**spans: float) -> datetime:
    return NOW - timedelta(**spans)


def make_link_health(name: LinkName = LinkName.DATA, **changes: Any) -> LinkHealth:
    link = LinkHealth(
        name=name,
        state=LinkState.READY,
        cause=LinkCause.NONE,
        reason="",
        since=ago(hours=2),
        client_id=1 if name is LinkName.DATA else 2,
        retry_at=None,
        tries=0,
        last_reply_at=ago(seconds=3),
        skew_s=0.4,
        server_version=176,
    )
    return replace(link, **changes)


def make_line(symbol: str, state: LineState = LineState.PROVEN, **changes: Any) -> LineStatus:
    line = LineStatus(
        instrument_id=stock_id(symbol),
        label=symbol,
        kind=LineKind.QUOTES,
        seconds=0,
        state=state,
        since=ago(minutes=4),
        last_tick_at=ago(seconds=1),
    )
    return replace(line, **changes)


def make_farm(name: str, kind: FarmKind, state: FarmState = FarmState.OK) -> FarmStatus:
    return FarmStatus(name, kind, state, ago(hours=2))


def make_health(**changes: Any) -> HealthView:
    """Everything is well."""
    symbols = ("AAPL", "MSFT", "NVDA", "SPY", "TSLA", "AMZN", "META", "GOOG", "QQQ", "IWM", "AMD", "INTC")
    view = HealthView(
        profile=Profile.IBKR_PAPER,
        ladder=make_ladder(),
        links=(make_link_health(), make_link_health(LinkName.ORDER)),
        states=(
            StateLine("upstream", True, "up", "", ago(hours=2)),
            StateLine("session", True, "account DU1234567", "", ago(hours=2)),
        ),
        farms=(
            make_farm("usfarm", FarmKind.QUOTES),
            make_farm("usfuture", FarmKind.QUOTES),
            make_farm("ushmds", FarmKind.HISTORY, FarmState.IDLE),
            make_farm("secdefnj", FarmKind.CONTRACTS),
        ),
        lines=(
            *(make_line(symbol) for symbol in symbols),
            make_line("AAPL", kind=LineKind.BARS, seconds=60),
            make_line("MSFT", kind=LineKind.BARS, seconds=300),
        ),
        restoration=None,
        meters=(
            Meter("data lines", 14, 100, "lines", 0),
            Meter("data wire", 3, 45, "messages", 1),
            Meter("order wire", 0, 45, "messages", 1),
            Meter("history", 12, 60, "requests", 600),
        ),
        checklist=(),
        outages=(
            OutageLine(
                "data link", ago(hours=9), ago(hours=8, minutes=58), "closed by the gateway", "daily restart"
            ),
            OutageLine("upstream", ago(hours=30), ago(hours=29, minutes=57), "1100: connectivity lost"),
        ),
        expected=(
            ExpectedOutage(
                "gateway's daily restart",
                NOW + timedelta(hours=8, minutes=15),
                NOW + timedelta(hours=8, minutes=20),
                False,
                "Both links drop and come back by themselves; working orders stay at IBKR.",
            ),
            ExpectedOutage(
                "IBKR nightly reset, North America",
                NOW + timedelta(hours=13, minutes=45),
                NOW + timedelta(hours=15, minutes=15),
                False,
                "",
            ),
            ExpectedOutage(
                "weekly token expiry",
                NOW + timedelta(days=5, hours=14),
                NOW + timedelta(days=5, hours=15),
                False,
                "Somebody has to log in to the gateway again.",
            ),
        ),
        lag=LoopLag(0.7, 48.2, ago(hours=1), 0, 200.0),
    )
    return replace(view, **changes)


def failing(name: RungName, detail: str, fix: str) -> Any:
    """A ladder on which one rung failed and nothing above it was reached."""
    names = list(RungName)
    above = names[names.index(name) + 1 :]
    return make_ladder(
        Rung(name, RungState.FAIL, detail, fix),
        *(Rung(item, RungState.UNKNOWN, "not reached") for item in above),
        account=None,
        account_kind=None,
    )


def make_outage() -> HealthView:
    """Nothing listens, for two minutes."""
    waiting: dict[str, Any] = {
        "state": LinkState.WAITING,
        "cause": LinkCause.NOTHING_LISTENS,
        "reason": "127.0.0.1:4002 refused the connection",
        "since": ago(minutes=2),
        "retry_at": NOW + timedelta(seconds=7),
        "tries": 5,
        "last_reply_at": ago(minutes=2),
        "skew_s": None,
        "server_version": None,
    }
    base = make_health()
    return replace(
        base,
        ladder=failing(
            RungName.PORT,
            "nothing listens on 127.0.0.1:4002",
            "Start IB Gateway with the paper account and log in, or pick another port: press c.",
        ),
        links=(make_link_health(**waiting), make_link_health(LinkName.ORDER, **waiting)),
        states=(
            StateLine("upstream", None, "not known", "the link to the gateway is down", ago(minutes=2)),
            StateLine("session", False, "no account", "the login ended with the link", ago(minutes=2)),
        ),
        farms=(
            make_farm("usfarm", FarmKind.QUOTES, FarmState.BROKEN),
            make_farm("ushmds", FarmKind.HISTORY, FarmState.CONNECTING),
        ),
        lines=tuple(
            replace(line, state=LineState.SILENT, last_tick_at=ago(minutes=2, seconds=index))
            for index, line in enumerate(base.lines)
        ),
        outages=(OutageLine("both links", ago(minutes=2), None, "nothing listens"), *base.outages),
        checklist=make_checklist(),
        meters=(*base.meters[:3], Meter("history", 60, 60, "requests", 600, NOW + timedelta(seconds=33), 4)),
        lag=LoopLag(12.0, 812.0, ago(minutes=2), 2, 200.0),
    )


def make_restoring() -> HealthView:
    """Back for eight seconds: twelve of fourteen lines have ticked."""
    base = make_health()
    lines = list(base.lines)
    lines[3] = replace(lines[3], state=LineState.WAITING, since=ago(seconds=8), last_tick_at=ago(minutes=4))
    lines[7] = replace(
        lines[7],
        state=LineState.REFUSED,
        last_tick_at=None,
        why="10197: [red]another[/] session of this login took the market data",
    )
    return replace(
        base,
        lines=tuple(lines),
        restoration=Restoration("upstream came back without data (1101)", ago(seconds=8), 14, 12),
        checklist=make_checklist(),
    )


def make_checklist() -> tuple[CheckLine, ...]:
    return (
        CheckLine("positions", CheckState.KNOWN, "3 held"),
        CheckLine("orders", CheckState.READING, ""),
        CheckLine("executions", CheckState.UNKNOWN, "no answer within 10 s"),
    )


def make_notice(**changes: Any) -> ConnectNotice:
    notice = ConnectNotice(
        title="Interactive Brokers Not Connected",
        host="127.0.0.1",
        port=4002,
        since=ago(seconds=12),
        reason="Nothing listens on 127.0.0.1:4002.",
        causes=(
            "TWS or IB Gateway is not running, or still starting: start it and log in.",
            "It listens on another port: Gateway paper 4002, TWS paper 7497. The dialog can probe them.",
            "`Enable ActiveX and Socket Clients` is off in its API settings.",
            "It runs on another computer, or in a container that does not publish the port.",
        ),
    )
    return replace(notice, **changes)


def make_program_lines(count: int) -> dict[str, ProgramLine]:
    """Lines of every level, oldest first, by key."""
    levels = ("DEBUG", "INFO", "INFO", "DEBUG", "INFO", "WARNING", "INFO", "ERROR")
    texts = (
        "ping answered in 12 ms",
        "data link READY, client id 1",
        "account values of DU1234567 arrive",
        "pacer: 3 messages in the last second",
        "line AAPL proven by its first tick",
        "farm [red]usfarm[/] is broken",
        "books read: 3 positions, 2 orders, 5 executions",
        "order link: refused by 127.0.0.1:4002, next try in 4 s",
    )
    return {
        str(index + 1): ProgramLine(
            ago(seconds=count - index),
            levels[index % 8],
            "qe_dashboard.broker.ibkr.links" if index % 2 else "qe_dashboard.engine.books",
            texts[index % 8],
        )
        for index in range(count)
    }
