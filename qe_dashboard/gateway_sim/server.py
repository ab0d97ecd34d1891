"""The process around a gateway: listening, signals, control lines, a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from qe_dashboard.core.clock import Clock, SystemClock
from qe_dashboard.gateway_sim.control import Control
from qe_dashboard.gateway_sim.doors import Doors
from qe_dashboard.gateway_sim.faults import Faults
from qe_dashboard.gateway_sim.gateway import Gateway
from qe_dashboard.gateway_sim.hub import log
from qe_dashboard.gateway_sim.replay_file import ReplayFileError, read_bars
from qe_dashboard.gateway_sim.scenario import Scenario
from qe_dashboard.gateway_sim.scenario_run import ScenarioRun
from qe_dashboard.gateway_sim.stamps import StampFile
from qe_dashboard.gateway_sim.state_file import StateFile
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.sim_venue.hours import Hours
from qe_dashboard.sim_venue.venue import STARTING_CASH, Venue, VenueConfig, VenueStateError

DEFAULT_ACCOUNT = "DU1234567"
DEFAULT_SEED = 7


class StartRefusedError(Exception):
    """The gateway cannot start; the text is one sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; None is "not said"."""

    host: str
    port: int
    account: str | None = None
    seed: int | None = None
    state: Path | None = None
    epoch: int | None = None
    starting_cash: Decimal | None = None
    read_only: bool = False
    real_hours: bool = False
    extra_stocks: int = 0
    replay: tuple[str, ...] = ()
    master_client_id: int | None = None
    log: Path | None = None
    stamps: Path | None = None
    control: bool = False
    scenario: Scenario | None = None


def open_venue(options: Options, *, clock: Clock, config: VenueConfig) -> Venue:
    """Restore the venue from the state file, or create it. Raises StartRefusedError."""
    if options.state is None:
        return _new_venue(options, clock=clock, config=config)
    file = StateFile(options.state)
    try:
        state = file.load()
        venue = (
            None if state is None else Venue.restore(state, now=clock.now(), config=config, seed=options.seed)
        )
    except (VenueStateError, OSError) as error:
        raise StartRefusedError(
            f"The state file {options.state} cannot be read: {error}. Remove it to begin afresh."
        ) from error
    if venue is None:
        venue = _new_venue(options, clock=clock, config=config)
    elif options.account not in (None, venue.account):
        raise StartRefusedError(
            f"The state file {options.state} belongs to account {venue.account}, not {options.account}; "
            "name another file or that account."
        )
    try:
        # Before the first order: a restored venue gives out ids of a new epoch, which a restart must not repeat (D28).
        file.save(venue)
    except OSError as error:
        raise StartRefusedError(
            f"The state file {options.state} cannot be written: {error.strerror}."
        ) from error
    return venue


def _new_venue(options: Options, *, clock: Clock, config: VenueConfig) -> Venue:
    # Without a memory, ids of the last run must not come again: the start time makes them grow (D28).
    epoch = int(clock.now().timestamp()) if options.epoch is None else options.epoch
    return Venue.create(
        seed=DEFAULT_SEED if options.seed is None else options.seed,
        account=AccountId(options.account or DEFAULT_ACCOUNT),
        now=clock.now(),
        starting_cash=STARTING_CASH if options.starting_cash is None else options.starting_cash,
        epoch=epoch,
        config=config,
    )


async def serve(options: Options) -> None:
    """Run a gateway until SIGINT, SIGTERM or the end of the control input. Raises StartRefusedError."""
    clock = SystemClock()
    config = VenueConfig(
        hours=Hours.REAL if options.real_hours else Hours.ALWAYS, synthetic_stocks=options.extra_stocks
    )
    stop = asyncio.Event()
    with contextlib.ExitStack() as resources:
        _open_log(options.log, resources)
        on_order_read = _open_stamps(options.stamps, clock, resources)
        venue = open_venue(options, clock=clock, config=config)
        _start_replays(venue, options.replay)
        gateway = Gateway(
            venue=venue,
            clock=clock,
            faults=Faults(read_only=options.read_only),
            save=_saver(options.state),
            on_order_read=on_order_read,
            latency=config.latency,
            master_client_id=options.master_client_id,
        )
        control = await _open_control() if options.control else None
        async with _listening(gateway, options, clock) as address, _signals(stop):
            # Whoever started this waits for exactly this line.
            _say(f"listening on {address} account {gateway.hub.account}")
            await _run(gateway, control, stop)
        log.info("stopped")


def _start_replays(venue: Venue, replays: tuple[str, ...]) -> None:
    """Let contracts follow recorded bars, each `SYMBOL=FILE`. Raises StartRefusedError."""
    for replay in replays:
        symbol, _, file = replay.partition("=")
        found = [one for one in venue.instruments if symbol in (one.symbol, one.local_symbol)]
        if not found or not file:
            raise StartRefusedError(f"--replay needs SYMBOL=FILE with a listed symbol, got {replay}.")
        try:
            venue.replay(found[0].id, read_bars(Path(file)))
        except (ReplayFileError, ValueError) as error:
            raise StartRefusedError(f"The bars for {symbol} cannot be replayed. {error}") from error


async def _run(gateway: Gateway, control: asyncio.StreamReader | None, stop: asyncio.Event) -> None:
    """Wait for a signal; carry out command lines meanwhile."""
    if control is None:
        await stop.wait()
        return
    commands = asyncio.create_task(_obey(gateway, control))
    stopped = asyncio.create_task(stop.wait())
    # The end of the control input is the end of the gateway, so that none outlives whoever started it.
    done, pending = await asyncio.wait((commands, stopped), return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    for task in done:
        task.result()


@contextlib.asynccontextmanager
async def _listening(gateway: Gateway, options: Options, clock: Clock) -> AsyncIterator[str]:
    doors = Doors(gateway, host=options.host, port=options.port)
    try:
        address = await doors.open()
    except OSError as error:
        raise StartRefusedError(
            f"Cannot listen on {options.host}:{options.port}: {error.strerror or error}. "
            "Another gateway may be running; choose another --port, or 0 for a free one."
        ) from error
    try:
        gateway.start()
        if options.scenario is not None:
            ScenarioRun(options.scenario, gateway=gateway, clock=clock).start()
        yield address
    finally:
        doors.shut()
        gateway.stop()
        # One turn for what close() queued: the last bytes and the end of each socket.
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def _signals(stop: asyncio.Event) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _open_control() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    try:
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
    except ValueError as error:
        raise StartRefusedError("--control needs a pipe or a terminal as standard input.") from error
    return reader


async def _obey(gateway: Gateway, lines: asyncio.StreamReader) -> None:
    control = Control(gateway)
    while line := await lines.readline():
        answer = control.execute(line.decode("utf-8", errors="replace"))
        if answer:
            _say(answer)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _saver(path: Path | None) -> Callable[[Venue], None]:
    if path is None:
        return lambda venue: None
    file = StateFile(path)

    def save(venue: Venue) -> None:
        try:
            file.save(venue)
        except OSError:
            log.exception(
                "the state could not be saved to %s; a restart would go back to the last saved one", path
            )

    return save


def _open_log(path: Path | None, resources: contextlib.ExitStack) -> None:
    """Write the log to a file with every message both ways, or warnings alone to standard error."""
    handler: logging.Handler = logging.StreamHandler()
    level = logging.WARNING
    if path is not None:
        try:
            handler = logging.FileHandler(path, encoding="utf-8")
        except OSError as error:
            raise StartRefusedError(f"The log file {path} cannot be written: {error.strerror}.") from error
        level = logging.DEBUG
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.setLevel(level)
    log.propagate = False
    log.addHandler(handler)
    resources.callback(handler.close)
    resources.callback(log.removeHandler, handler)


def _open_stamps(path: Path | None, clock: Clock, resources: contextlib.ExitStack) -> Callable[[], None]:
    if path is None:
        return lambda: None
    try:
        stamps = StampFile(path, clock)
    except OSError as error:
        raise StartRefusedError(f"The stamp file {path} cannot be written: {error.strerror}.") from error
    resources.callback(stamps.close)
    return stamps.order_read
