"""Whether front ends under test talk to their engine directly or through the codec, message by message (section 6)."""

from __future__ import annotations

from qe_dashboard.engine.facade import EngineClient, EngineHost
from support.roundtrip_client import RoundTripClient, RoundTripHost


class FacadeWire:
    """The switch that `tests/ui/conftest.py` turns for each run of a test."""

    is_serialised = False

    @classmethod
    def host(cls, host: EngineHost) -> EngineHost:
        """Return the host as the app is to see it."""
        return RoundTripHost(host) if cls.is_serialised else host

    @classmethod
    def client(cls, client: EngineClient) -> EngineClient:
        """Return the client as flows are to see it."""
        return RoundTripClient(client) if cls.is_serialised else client
