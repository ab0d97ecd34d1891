"""Flows of F8: read all settings, write one. The engine's side validates and writes; nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable

from qe_dashboard.engine.settings_views import SettingsView
from qe_dashboard.engine.views import CommandResult
from qe_dashboard.ui.front import Front


class SettingsFlows:
    """Reads and writes in tasks of the app; the answer goes to a callback."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._is_reading = False

    def read(self, received: Callable[[SettingsView], None]) -> None:
        """Ask for all settings; one question at a time."""
        if not self._is_reading and self._front.host.client is not None:
            self._is_reading = True
            self._front.spawn(self._read(received))

    async def _read(self, received: Callable[[SettingsView], None]) -> None:
        try:
            view = await self._front.client.settings()
        finally:
            self._is_reading = False
        received(view)

    def write(self, key: str, value: str, answered: Callable[[CommandResult], None]) -> None:
        """Write one setting. Success is told; a refusal is the editor's to show, beside the value it is about."""
        self._front.spawn(self._write(key, value, answered))

    async def _write(self, key: str, value: str, answered: Callable[[CommandResult], None]) -> None:
        result = await self._front.client.set_setting(key, value)
        if result.is_ok:
            self._front.report(result)
        answered(result)
