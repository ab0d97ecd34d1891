"""Verbs that need a profile's files but no session: `journal ...` and `sim reset`."""

from __future__ import annotations

import argparse
from pathlib import Path

from qe_dashboard.bootstrap.brokers import VENUE_STATE
from qe_dashboard.bootstrap.launch import Launch
from qe_dashboard.core.errors import ConfigurationError
from qe_dashboard.core.lock import LockHeld, ProfileLock
from qe_dashboard.model.enums import Profile
from qe_dashboard.settings.problems import SettingsError
from qe_dashboard.settings.quick import peek

OK, REFUSED, IN_USE = 0, 2, 4


def journal_verb(launch: Launch, options: argparse.Namespace) -> tuple[str, int]:
    """Verify, show or export the journal of the launch's profile; returns text and exit code."""
    from qe_dashboard.journal.sqlite import verbs

    try:
        profile = peek(launch.home.settings_file, profile=launch.profile, environ=launch.environ).profile
    except SettingsError as error:
        return str(error), REFUSED
    if profile is None:
        return "the settings name no valid profile; `qe-dashboard settings check` says more.", REFUSED
    path = launch.home.journal_file(profile)
    match options.act:
        case "verify":
            outcome = verbs.verify(path)
        case "tail":
            outcome = verbs.tail(path, count=options.count, as_json=options.json)
        case _:
            if options.path is None:
                return "journal export needs the path of the CSV file to write.", REFUSED
            outcome = verbs.export(path, Path(options.path))
    return outcome.text, outcome.code


def sim_reset(launch: Launch) -> tuple[str, int]:
    """Start a new simulated account; refused while a dashboard runs the profile."""
    from qe_dashboard.broker.simulated.store import VenueStore, VenueStoreError

    try:
        with ProfileLock(launch.home.lock_file(Profile.SIM)):
            report = VenueStore(launch.home.state_file(Profile.SIM, VENUE_STATE)).reset()
    except LockHeld as error:
        return str(error), IN_USE
    except (VenueStoreError, ConfigurationError) as error:
        return str(error), REFUSED
    kept = "" if report.kept is None else f" The old one is kept as {report.kept}."
    return f"The simulated venue starts anew as account {report.account}.{kept}", OK
