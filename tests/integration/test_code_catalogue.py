"""The user's own code catalogue through the real start and a gateway: words change, behaviour by number does not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from qe_dashboard.bootstrap.brokers import make_broker
from qe_dashboard.bootstrap.launch import make_launch
from qe_dashboard.core.clock import SystemClock, deadline
from qe_dashboard.model.enums import MessageClass, Profile, Severity
from qe_dashboard.settings.load import Sources, load
from qe_dashboard.settings.paths import HOME_VARIABLE
from support.broker_harness import RecordedEvents
from support.gateway_process import GatewayProcess

PATIENCE_S = 15.0


@asynccontextmanager
async def session(home: Path, codes: str) -> AsyncIterator[tuple[GatewayProcess, RecordedEvents]]:
    gateway = GatewayProcess.start()
    (home / "settings.toml").write_text(
        f'schema = 1\nbroker = "ibkr-paper"\n[connection.ibkr-paper]\nport = {gateway.port}\n'
    )
    (home / "ibkr_codes.toml").write_text(codes)
    launch = make_launch(environ={HOME_VARIABLE: str(home)})
    settings = load(Sources(launch.home.settings_file)).settings
    broker = await make_broker(Profile.IBKR_PAPER, settings, launch, clock=SystemClock())
    events = RecordedEvents()
    broker.start(events)
    try:
        await until(events, lambda: all(status.is_up for status in broker.links()))
        yield gateway, events
    finally:
        await broker.close()
        gateway.kill()


async def until(events: RecordedEvents, holds: Callable[[], bool]) -> None:
    async def wait() -> None:
        while not holds():
            await events.next_event()

    await deadline(SystemClock(), wait(), PATIENCE_S)


async def test_a_code_made_harmless_and_quiet_still_means_that_the_connection_is_lost(tmp_path: Path) -> None:
    own = '[1100]\nclass = "FARM"\nseverity = "info"\nquiet = true\nmeans = "Nothing."\n'
    async with session(tmp_path, own) as (gateway, events):
        gateway.control("1100")
        await until(events, lambda: bool(events.upstream) and events.upstream[-1].up is False)
        assert not [m for m in events.messages if m.code == 1100]


async def test_own_words_stand_beside_the_gateways(tmp_path: Path) -> None:
    async with session(tmp_path, '[1100]\nmeans = "Weg."\n') as (gateway, events):
        gateway.control("1100")
        await until(events, lambda: any(m.code == 1100 for m in events.messages))
        # The gateway repeats it while it lasts.
        said = next(m for m in events.messages if m.code == 1100)
        assert (said.plain, said.severity) == ("Weg.", Severity.CRITICAL)
        assert "Connectivity" in said.text
        assert "go on working" in said.for_orders


async def test_a_broken_file_is_told_with_its_line_and_the_session_runs(tmp_path: Path) -> None:
    async with session(tmp_path, '[1100]\nmeans = "Weg."\nseverity = "fatal"\n') as (gateway, events):
        [told] = [m for m in events.messages if m.code == 0]
        assert f'{tmp_path / "ibkr_codes.toml"}:3: [1100] severity = "fatal"' in told.text
        assert told.message_class is MessageClass.CONFIGURATION
        gateway.control("1100")
        await until(events, lambda: any(m.code == 1100 for m in events.messages))
        assert events.messages[-1].plain.startswith("The gateway has lost IBKR's servers")
