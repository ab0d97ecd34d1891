"""What the engine needs of settings: a view and a way to write the file. Implemented above (bootstrap), D29."""

from __future__ import annotations

from typing import Protocol

from qe_dashboard.engine.facade import ConnectionRequest
from qe_dashboard.engine.settings_views import SettingsView
from qe_dashboard.engine.views import CommandResult
from qe_dashboard.model.enums import Profile


class SettingsService(Protocol):
    """Reads and writes the settings file off the loop; applying is the watcher's business."""

    async def view(self) -> SettingsView:
        """Return all settings with where each came from."""

    async def write(self, key: str, value: str) -> CommandResult:
        """Validate and write one value (TOML text or a bare word); say when it applies, or why it was refused."""

    async def set_watchlist(self, symbols: tuple[str, ...]) -> CommandResult:
        """Write the watchlist."""

    async def set_connection(self, profile: Profile, request: ConnectionRequest) -> CommandResult:
        """Write what differs of a profile's connection in one write; all of it or nothing."""
