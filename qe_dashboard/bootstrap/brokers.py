"""Profile name -> broker. A profile's adapter is imported only when that profile is launched."""

from __future__ import annotations

import asyncio
import random

from qe_dashboard.bootstrap.launch import LIVE_VARIABLE, LIVE_WORDS, Launch
from qe_dashboard.broker.port import Broker, ConnectionProber
from qe_dashboard.core.clock import Clock
from qe_dashboard.engine.facade import StartRefused
from qe_dashboard.model.enums import AccountKind, LinkState, Profile
from qe_dashboard.settings.convert import connection_values
from qe_dashboard.settings.paths import CODES_NAME, shipped_config_dir
from qe_dashboard.settings.problems import SettingsError
from qe_dashboard.settings.schema import Settings

VENUE_STATE = "venue.json"
_DOWN = (LinkState.DISCONNECTED, LinkState.WAITING)
_STANDS = (LinkState.SYNCING, LinkState.READY, LinkState.SUSPECT)
"""The gateway has accepted the client id."""

KINDS = {
    Profile.SIM: AccountKind.SIM,
    Profile.IBKR_PAPER: AccountKind.PAPER,
    Profile.IBKR_LIVE: AccountKind.LIVE,
}
"""The kind of account each profile accepts; a session with another kind is dropped, so limits follow this (D18)."""


async def make_broker(profile: Profile, settings: Settings, launch: Launch, *, clock: Clock) -> Broker:
    """Construct the adapter of a profile, idle. Raises StartRefused, for live without its opt-in (L0)."""
    if profile is Profile.SIM:
        return _simulated(settings, launch, clock)
    if profile is Profile.IBKR_LIVE and not launch.live_was_meant:
        raise StartRefused(
            f'broker = "ibkr-live" trades real money and needs {LIVE_VARIABLE}={LIVE_WORDS} in the environment of '
            "this launch. Nothing was connected and no order was touched. Start it as\n"
            f"    {LIVE_VARIABLE}={LIVE_WORDS} qe-dashboard\n"
            'or set broker = "sim" or "ibkr-paper".',
            exit_code=2,
        )
    return await _ibkr(profile, settings, launch, clock)


def make_prober(profile: Profile, broker: Broker, *, clock: Clock) -> ConnectionProber | None:
    """Construct what looks at addresses from outside the session; None for `sim`, which has none."""
    if profile is Profile.SIM:
        return None
    from qe_dashboard.broker.ibkr.ladder import Holder, IbkrProber

    def held(host: str, port: int, client_id: int) -> Holder | None:
        """Keep it off the ids this session works with: knocking on them would end nothing, but say 326 of ourselves."""
        states = [
            link.state
            for link in broker.links()
            if (link.host, link.port, link.client_id) == (host, port, client_id) and link.state not in _DOWN
        ]
        return Holder("this session", states[0] in _STANDS) if states else None

    return IbkrProber(profile=profile, clock=clock, rng=random.Random(), held=held)


def _simulated(settings: Settings, launch: Launch, clock: Clock) -> Broker:
    from qe_dashboard.broker.simulated.adapter import SimulatedBroker
    from qe_dashboard.broker.simulated.store import VenueStore

    return SimulatedBroker(
        clock=clock,
        seed=settings.simulated.seed,
        store=VenueStore(launch.home.state_file(Profile.SIM, VENUE_STATE)),
        starting_cash=settings.simulated.starting_cash,
    )


async def _ibkr(profile: Profile, settings: Settings, launch: Launch, clock: Clock) -> Broker:
    # Imported on the loop: the library asks for it at import.
    from qe_dashboard.broker.ibkr.broker import IbkrBroker
    from qe_dashboard.broker.ibkr.code_file import load_code_book
    from qe_dashboard.broker.ibkr.config import IbkrConfig

    try:
        codes = await asyncio.to_thread(
            load_code_book, shipped_config_dir() / CODES_NAME, launch.home.codes_file
        )
    except SettingsError as error:
        raise StartRefused(
            "The shipped code catalogue is damaged. Nothing was connected and no order was touched. Install the"
            f" program again.\n{error}",
            exit_code=2,
        ) from error
    limits = settings.limits.of(KINDS[profile])
    config = IbkrConfig(
        profile=profile,
        max_messages_per_second=limits.max_messages_per_second,
        **connection_values(settings, profile),
    )
    return IbkrBroker(clock=clock, config=config, codes=codes, rng=random.Random())
