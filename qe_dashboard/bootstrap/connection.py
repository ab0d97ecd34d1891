"""From settings to what the engine knows of its connection: plain values, and the calendar of what goes down when."""

from __future__ import annotations

from datetime import time

from qe_dashboard.engine.connection_desk import ConnectionSettings
from qe_dashboard.engine.facade import ConnectionRequest
from qe_dashboard.engine.maintenance import Region, Schedule
from qe_dashboard.model.enums import Profile
from qe_dashboard.settings.layers import ENVIRONMENT
from qe_dashboard.settings.load import Loaded
from qe_dashboard.settings.schema import IbkrConnection

_SAVED = ("host", "port", "client_id", "order_client_id")


def connection_settings(loaded: Loaded, profile: Profile) -> ConnectionSettings | None:
    """Return how a profile connects and what is planned for it; None for `sim`, which has no socket."""
    if profile is Profile.SIM:
        return None
    table = loaded.settings.connection_of(profile)
    return ConnectionSettings(
        request=ConnectionRequest(
            host=table.host,
            port=table.port,
            client_id=table.client_id,
            order_client_id=None if table.order_client_id == "auto" else table.order_client_id,
        ),
        account=table.account,
        schedule=_schedule(table),
        fixed_by=tuple(
            key
            for key in _SAVED
            if loaded.origins[("connection", profile.value, key)].source.startswith(ENVIRONMENT)
        ),
    )


def _schedule(table: IbkrConnection) -> Schedule:
    restart = time.fromisoformat(table.daily_restart) if table.daily_restart else None
    return Schedule(Region(table.ibkr_region), restart)
