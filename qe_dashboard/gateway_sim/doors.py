"""The listening socket, which a restart shuts for a while and opens again on the same port."""

from __future__ import annotations

import asyncio

from qe_dashboard.gateway_sim.gateway import Gateway
from qe_dashboard.gateway_sim.hub import log


class Doors:
    """Listens for a gateway."""

    def __init__(self, gateway: Gateway, *, host: str, port: int) -> None:
        self._gateway = gateway
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self._opening: asyncio.Task[None] | None = None
        gateway.on_doors(self.move)

    async def open(self) -> str:
        """Listen; return the address with the port that was chosen for 0. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._gateway.new_session, self._host, self._port)
        host, self._port = self._server.sockets[0].getsockname()[:2]
        return f"{host}:{self._port}"

    def move(self, opened: bool) -> None:
        """Open or shut, from within the loop; a port that was taken meanwhile is logged."""
        self.shut()
        if opened:
            self._opening = asyncio.get_running_loop().create_task(self._reopen())

    def shut(self) -> None:
        """Refuse connections from now on."""
        if self._opening is not None:
            self._opening.cancel()
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _reopen(self) -> None:
        try:
            await self.open()
        except OSError as error:
            log.error("cannot listen on port %s again: %s", self._port, error)
