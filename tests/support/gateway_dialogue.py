"""What a client and the gateway say to each other, line by line: `> 3` is the client's, `< 3 1 Filled` the answer."""

from __future__ import annotations

from itertools import groupby

from qe_dashboard.gateway_sim.scenario import find_scenario
from qe_dashboard.gateway_sim.scenario_run import ScenarioRun
from support.gateway_wire import GatewayWorld, WireClient, frame, greeting, place_order, unframe

# Which fields of a message tell the story: order and status, request and code, order, row.
_TELLING = {"3": (1, 2), "4": (2, 3), "11": (2,), "15": (2,), "49": (), "58": (2, 3), "61": (4, 14)}
_TICKS = {"1", "2", "45", "46"}
CLOSED = "< closed"
HALF_CLOSED = "< end of file"


def play(world: GatewayWorld, name: str) -> None:
    """Start a shipped scenario on a gateway."""
    ScenarioRun(find_scenario(name), gateway=world.gateway, clock=world.clock).start()


class Dialogue:
    """A client whose every word, and every answer, is kept in `lines`; the same line many times is kept once."""

    def __init__(self, world: GatewayWorld, *, version: int = 176) -> None:
        self.lines: list[str] = []
        self.heard: list[list[str]] = []
        self._world = world
        self._client = WireClient(world, version)

    async def start(self, client_id: int = 1) -> None:
        """Shake hands and name the client."""
        self.lines.append("> API")
        self._client.receive(greeting(self._client.version))
        await self.listen()
        await self.say(71, 2, client_id, "")

    async def say(self, *fields: object) -> None:
        """Send a request and listen for what is answered at once."""
        self.lines.append(f"> {fields[0]}")
        if not self._client.transport.closed:
            self._client.receive(frame(fields))
        await self.listen()

    async def order(self, **terms: object) -> None:
        """Place an order, and let the venue's latency pass."""
        self.lines.append(f"> 3 {terms.get('orderId', 1)}")
        self._client.request(*place_order(self._client.version, **terms))
        await self.wait(0.06)

    async def cancel(self, order_id: int) -> None:
        """Cancel an order, and let the venue's latency pass."""
        self.lines.append(f"> 4 {order_id}")
        self._client.request(4, 1, order_id, "")
        await self.wait(0.06)

    async def wait(self, seconds: float) -> None:
        """Let time pass and listen; a second and more is worth a line."""
        if seconds >= 1:
            self.lines.append(f"... {seconds:g} s")
        await self._world.pass_time(seconds)
        await self.listen()

    async def listen(self) -> None:
        """Write down what came since the last time."""
        transport = self._client.transport
        await self._world.pass_time(0)
        data, transport.written = transport.written, b""
        self.heard += unframe(data)
        for message in self._messages(data):
            self.lines.append("< " + " ".join(message))
        if transport.half_closed and HALF_CLOSED not in self.lines:
            self.lines.append(HALF_CLOSED)
        if transport.closed and CLOSED not in self.lines:
            self.lines.append(CLOSED)

    def take(self) -> list[str]:
        """Return the lines since the last call, each run of equal ones as one."""
        lines, self.lines = self.lines, []
        return [line for line, _ in groupby(lines)]

    def _messages(self, data: bytes) -> list[list[str]]:
        messages = []
        for fields in unframe(data):
            if len(fields) == 2 and fields[0] == str(self._client.version):
                messages.append(["version", fields[0]])
            elif fields[0] in _TICKS:
                messages.append(["ticks"])
            else:
                places = _TELLING.get(fields[0], ())
                messages.append([fields[0], *(fields[place] for place in places if place < len(fields))])
        return messages
