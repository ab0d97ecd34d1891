"""`qe-dashboard doctor`: the connection ladder from a shell, as text for people or as JSON for programs (R46)."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from qe_dashboard.bootstrap.launch import Launch
from qe_dashboard.core.clock import SystemClock
from qe_dashboard.core.lock import LockHeld, holder_of
from qe_dashboard.engine.ladder import judge
from qe_dashboard.engine.ladder_facts import LadderFacts
from qe_dashboard.model.connection import ConnectionTarget
from qe_dashboard.model.enums import Profile
from qe_dashboard.model.ladder import Ladder, Rung, RungState
from qe_dashboard.settings.convert import connection_values
from qe_dashboard.settings.layers import Override
from qe_dashboard.settings.load import Sources, load
from qe_dashboard.settings.problems import SettingsError
from qe_dashboard.settings.schema import Settings

ALL_PASS, REFUSED, FAILED, COULD_NOT_CHECK = 0, 2, 3, 5
"""Exit codes (design section 12); settings that are not valid end it with 2, as they end every verb."""

SCHEMA = 1
_WORDS = {
    RungState.PASS: "pass",
    RungState.FAIL: "FAIL",
    RungState.UNKNOWN: "unknown",
    RungState.NOT_APPLICABLE: "n/a",
}
_ONLY_LOOKS = "A look from outside, with client ids of its own: nothing is armed and no order is sent."


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a run found. `ladder` None = it did not come to that, and `problem` says why."""

    code: int
    profile: Profile | None = None
    ladder: Ladder | None = None
    problem: str = ""


def diagnose(launch: Launch) -> Diagnosis:
    """Check the connection of the launch's profile. Places nothing; at worst it takes about 20 s."""
    try:
        settings = load(sources_of(launch)).settings
    except SettingsError as error:
        return Diagnosis(REFUSED, problem=error.report("Nothing was checked and no order was touched."))
    profile = settings.profile
    # What fails is told as a rung; Python's last resort would print it between the lines.
    logging.getLogger("qe_dashboard").addHandler(logging.NullHandler())
    try:
        ladder = asyncio.run(_climb(launch, settings))
    except OSError as error:
        lock = launch.home.lock_file(profile)
        return Diagnosis(
            COULD_NOT_CHECK, profile, problem=f"{lock} cannot be read: {error.strerror or error}."
        )
    return Diagnosis(_code_of(ladder), profile, ladder)


def sources_of(launch: Launch) -> Sources:
    """Return what the settings of a launch are read from."""
    overrides = () if launch.profile is None else (Override(("broker",), "--profile", launch.profile),)
    return Sources(launch.home.settings_file, launch.environ, overrides)


async def _climb(launch: Launch, settings: Settings) -> Ladder:
    """Look at the address of the profile. On live too this is no adapter, and no order passes it (L0, D19)."""
    clock = SystemClock()
    profile = settings.profile
    if profile is Profile.SIM:
        return judge(LadderFacts(profile), clock.now())
    from qe_dashboard.broker.ibkr.ladder import Dashboard, IbkrProber

    holder = holder_of(launch.home.lock_file(profile))
    prober = IbkrProber(
        profile=profile,
        clock=clock,
        rng=random.Random(),
        held=lambda host, port, client_id: None,
        dashboard=None if holder is None else Dashboard(_words_of(holder), holder.pid),
    )
    values = connection_values(settings, profile)
    keys = ("host", "port", "client_id", "order_client_id", "account")
    return await prober.check(ConnectionTarget(**{key: values[key] for key in keys}))


def _words_of(holder: LockHeld) -> str:
    return "your dashboard" if holder.pid is None else f"your dashboard (process {holder.pid})"


def _code_of(ladder: Ladder) -> int:
    if ladder.is_ok:
        return ALL_PASS
    return FAILED if ladder.first_failure is not None else COULD_NOT_CHECK


def as_text(found: Diagnosis) -> str:
    """Return the ladder as aligned lines, and last what failed first, with its one fix."""
    if found.ladder is None:
        return found.problem
    ladder = found.ladder
    where = f", {ladder.host}:{ladder.port}" if ladder.host else ""
    width = max(len(rung.name) for rung in ladder.rungs)
    lines = [f"Connection of profile {found.profile}{where}. {_ONLY_LOOKS}", ""]
    lines += [f"  {_WORDS[rung.state]:<7}  {rung.name:<{width}}  {rung.detail}" for rung in ladder.rungs]
    lines += ["", *_conclusion(ladder)]
    return "\n".join(_printable(line) for line in lines)


def _conclusion(ladder: Ladder) -> list[str]:
    failed = ladder.first_failure
    if failed is not None:
        return [f"Failed: {failed.name} - {failed.detail}", f"Fix:    {failed.fix}"]
    unknown = [rung for rung in ladder.rungs if rung.state is RungState.UNKNOWN]
    if unknown:
        return [
            f"Nothing failed, but not everything could be checked: {unknown[0].name} - {unknown[0].detail}"
        ]
    if all(rung.state is RungState.NOT_APPLICABLE for rung in ladder.rungs):
        return ["Nothing to check."]
    return ["All rungs pass."]


def as_json(found: Diagnosis) -> str:
    """Return one object; `schema` grows when its meaning changes."""
    ladder = found.ladder
    shown: dict[str, Any] = {
        "schema": SCHEMA,
        "ok": found.code == ALL_PASS,
        "exit_code": found.code,
        "profile": None if found.profile is None else found.profile.value,
        "host": None if ladder is None else ladder.host,
        "port": None if ladder is None else ladder.port,
        "at": None if ladder is None else ladder.at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "account": None if ladder is None else ladder.account,
        "account_kind": None if ladder is None or ladder.account_kind is None else ladder.account_kind.value,
        "first_failure": None
        if ladder is None or ladder.first_failure is None
        else ladder.first_failure.name.value,
        "problem": found.problem,
        "rungs": [] if ladder is None else [_rung(rung) for rung in ladder.rungs],
    }
    return json.dumps(shown, indent=2, ensure_ascii=True)


def _rung(rung: Rung) -> dict[str, str]:
    return {"name": rung.name.value, "state": rung.state.value, "detail": rung.detail, "fix": rung.fix}


def _printable(line: str) -> str:
    # The gateway's words end up in here; escape sequences in them must not reach the terminal.
    return "".join(character if character.isprintable() else "?" for character in line)
