"""Open the dashboard on the terminal and give the terminal back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from qe_dashboard.bootstrap.launch import Launch
from qe_dashboard.engine.facade import EngineClient
from qe_dashboard.model.enums import Profile
from qe_dashboard.settings.quick import Peek
from qe_dashboard.ui.app import DashboardApp

if TYPE_CHECKING:
    from qe_dashboard.bootstrap.host import LocalHost


class LateHost:
    """Imports the engine, pydantic and the broker only when asked to start: after the first paint (section 13)."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._host: LocalHost | None = None

    async def start(self) -> EngineClient:
        """Load everything and start the session. Raises StartRefused."""
        from qe_dashboard.bootstrap.host import LocalHost

        self._host = LocalHost(self._launch)
        return await self._host.start()

    async def stop(self) -> str:
        """Stop what was started; returns what must be read once the terminal is given back."""
        return "" if self._host is None else await self._host.stop()


def run_dashboard(launch: Launch, first: Peek) -> int:
    """Run until the person quits; returns the exit code."""
    app = DashboardApp(
        host=LateHost(launch),
        profile=first.profile if first.profile is not None else Profile.SIM,
        theme=first.theme if first.theme is not None else "dark",
    )
    app.run()
    if app.last_words:
        # Plainly: a path that a library had wrapped could not be copied.
        sys.stderr.write(f"{app.last_words}\n")
    return app.return_code if app.return_code is not None else 0
