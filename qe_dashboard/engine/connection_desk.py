"""Where the session connects: the settings in force, those that are held, what a change would do (D21, D29)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from qe_dashboard.broker.port import BrokerError, ConnectionProber
from qe_dashboard.core.clock import deadline
from qe_dashboard.core.errors import DeadlineExpired
from qe_dashboard.core.words import count
from qe_dashboard.engine.facade import CommandRefused, ConnectionRequest
from qe_dashboard.engine.health_views import ConnectionAdvice, ConnectionView
from qe_dashboard.engine.ladder import judge
from qe_dashboard.engine.ladder_facts import LadderFacts
from qe_dashboard.engine.maintenance import Schedule
from qe_dashboard.engine.parts import Parts
from qe_dashboard.engine.views import BannerLine, CommandResult, ResultKind
from qe_dashboard.model.connection import FIRST_PROBE_ID, HOST_PATTERN, MOST_CLIENT_ID, ConnectionTarget
from qe_dashboard.model.enums import Profile, Severity
from qe_dashboard.model.ladder import Ladder, PortScan
from qe_dashboard.model.order import Order

TAKEN_UP_S = 5.0
"""The watcher looks at the file once a second; after this long it has not taken up what was saved."""

NO_CONNECTION = "Profile sim has its venue inside this program: there is no connection to set."
_USUAL = {
    7497: (Profile.IBKR_PAPER, "TWS paper"),
    4002: (Profile.IBKR_PAPER, "Gateway paper"),
    7496: (Profile.IBKR_LIVE, "TWS live"),
    4001: (Profile.IBKR_LIVE, "Gateway live"),
}


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """How a profile connects, as the settings have it. `fixed_by` names keys the environment or a flag overrides."""

    request: ConnectionRequest
    account: str = ""
    schedule: Schedule = field(default_factory=Schedule)
    fixed_by: tuple[str, ...] = ()

    @property
    def target(self) -> ConnectionTarget:
        """The address, with "auto" worked out."""
        return target_of(self.request, self.account)


class Became(NamedTuple):
    """What became of an edit of the connection, as the begin of a line that names it."""

    severity: Severity
    words: str


def target_of(request: ConnectionRequest, account: str) -> ConnectionTarget:
    """Return what a broker is told for a request."""
    order_client_id = request.client_id + 1 if request.order_client_id is None else request.order_client_id
    return ConnectionTarget(request.host, request.port, request.client_id, order_client_id, account)


class ConnectionDesk:
    """Keeps the connection in force and the one that waits; moves the session from one to the other."""

    def __init__(
        self,
        parts: Parts,
        settings: ConnectionSettings | None,
        *,
        prober: ConnectionProber | None,
        on_schedule: Callable[[Schedule], None],
    ) -> None:
        self._parts = parts
        self._in_force = settings
        self._held: ConnectionSettings | None = None
        self._prober = prober
        self._on_schedule = on_schedule
        self._approved: ConnectionTarget | None = None
        """What a person said yes to: it applies although orders work."""
        self._taken_up: asyncio.Future[CommandResult] | None = None
        if settings is not None:
            on_schedule(settings.schedule)

    @property
    def target(self) -> ConnectionTarget | None:
        """Where the session connects now; None for a profile without a connection."""
        return None if self._in_force is None else self._in_force.target

    def line(self) -> tuple[BannerLine, ...]:
        """Return the banner line of a connection that is saved and waits."""
        if self._held is None:
            return ()
        target = self._held.target
        text = (
            f"The settings name another connection, {_where(target)}, held while own orders work or a flatten runs:"
            " enter it in `connection` and Save, which first says what becomes of them; or launch again."
        )
        return (BannerLine(Severity.WARNING, text),)

    # asking

    def view(self) -> ConnectionView:
        """Return the connection in force."""
        profile = self._parts.desk.profile
        if self._in_force is None:
            return ConnectionView(profile, "", 0, 0, None, "", refusal=NO_CONNECTION)
        request = self._in_force.request
        return ConnectionView(
            profile=profile,
            host=request.host,
            port=request.port,
            client_id=request.client_id,
            order_client_id=request.order_client_id,
            account=self._in_force.account,
            fixed_by=self._in_force.fixed_by,
        )

    async def check(self, request: ConnectionRequest | None) -> Ladder:
        """Climb the ladder with client ids of its own. Raises CommandRefused for an address that cannot be one."""
        if self._in_force is None:
            return judge(LadderFacts(Profile.SIM), self._parts.clock.now())
        if request is not None and (refusal := refusal_of(request)):
            raise CommandRefused(refusal)
        target = self._in_force.target if request is None else target_of(request, self._in_force.account)
        return await self._parts.finish("test the connection", self._the_prober().check(target))

    async def scan(self, host: str) -> PortScan:
        """Ask the standard ports of a host. Raises CommandRefused for what cannot be one."""
        if not re.fullmatch(HOST_PATTERN, host):
            raise CommandRefused(_bad_host(host))
        return await self._parts.finish("look at the ports", self._the_prober().scan(host))

    def _the_prober(self) -> ConnectionProber:
        if self._prober is None:
            raise CommandRefused(NO_CONNECTION)
        return self._prober

    def advice(self, request: ConnectionRequest) -> ConnectionAdvice:
        """Say what saving another connection would do to orders, positions and the session."""
        if self._in_force is None:
            return ConnectionAdvice(NO_CONNECTION, ())
        refusal = refusal_of(request)
        if refusal:
            return ConnectionAdvice(refusal, ())
        new, warnings = target_of(request, self._in_force.account), []
        profile = self._parts.desk.profile
        usual = _USUAL.get(request.port)
        if usual is not None and usual[0] is not profile:
            warnings.append(
                f"Port {request.port} is usually {usual[1]}, and this is {profile}: another kind of account is refused."
            )
        warnings += [
            f"client id {number} is in the range of Test connection ({FIRST_PROBE_ID} and up): it would knock on this"
            " program's own link. Choose a smaller one."
            for number in (new.client_id, new.order_client_id)
            if number >= FIRST_PROBE_ID
        ]
        warnings += [
            f"`{key}` is set in the environment of this launch: what is saved for it has no effect before the next."
            for key in self._in_force.fixed_by
        ]
        if new != self._in_force.target:
            warnings += self._consequences(self._in_force.target, new)
        return ConnectionAdvice("", tuple(warnings))

    def _consequences(self, old: ConnectionTarget, new: ConnectionTarget) -> list[str]:
        desk, said = self._parts.desk, []
        working = self._own_working()
        if working and new.order_client_id != old.order_client_id:
            said.append(
                f"{_work(len(working))} under client id {old.order_client_id}; with another order client id they become"
                " FOREIGN: cancel them here first, or cancel them in TWS later."
            )
        if working and (new.host, new.port) != (old.host, old.port):
            said.append(
                f"{_work(len(working))} at IBKR through {old.host}:{old.port}. They stay there; they are seen and"
                " cancelled here only while the same account answers."
            )
        flattening = self._parts.flatten.unfinished()
        if flattening:
            said.append(
                f"The flatten of {', '.join(flattening)} is not over: it is broken off, and its stop may stay away."
            )
        held = self._held_count()
        if held:
            verb, them = ("is", "it") if held == 1 else ("are", "them")
            said.append(f"{count(held, 'position')} {verb} open; nothing watches {them} while it reconnects.")
        if desk.live_authorised:
            said.append("This session's live authorisation ends: the account id is typed again.")
        return said

    # changing

    async def apply(self, request: ConnectionRequest) -> CommandResult:
        """Write the connection to the file in one write and move the session once the watcher has read it (D29)."""
        advice = self.advice(request)
        if advice.refusal or self._in_force is None:
            return CommandResult(ResultKind.REFUSED, f"{advice.refusal} Nothing was changed.")
        if self._taken_up is not None:
            return CommandResult(
                ResultKind.REFUSED, "another connection is being saved; nothing was changed."
            )
        return await self._parts.finish("save the connection", self._apply(request, self._in_force))

    async def _apply(self, request: ConnectionRequest, before: ConnectionSettings) -> CommandResult:
        wanted = target_of(_with_fixed(request, before), before.account)
        self._approved, self._taken_up = wanted, asyncio.get_running_loop().create_future()
        try:
            saved = await self._parts.settings.set_connection(self._parts.desk.profile, request)
            if not saved.is_ok:
                return saved
            if self._held is not None and self._held.target == wanted:
                return await self._move(self._held)
            if self._held is None and wanted == before.target:
                return CommandResult(
                    ResultKind.DONE, f"{saved.text} It is the connection in force; nothing moves."
                )
            return await deadline(self._parts.clock, self._taken_up, TAKEN_UP_S)
        except DeadlineExpired:
            if self.target == wanted:
                text = f"saved, but the old links did not end within {TAKEN_UP_S:g} s; the lamp shows the new ones."
            else:
                text = f"saved, but not taken up within {TAKEN_UP_S:g} s; the session is as it was. The log says why."
            return CommandResult(ResultKind.UNKNOWN, text)
        finally:
            self._approved, self._taken_up = None, None

    async def changed(self, settings: ConnectionSettings) -> Became:
        """Take settings of this profile that the file gives now; say what became of them.

        An edit that nobody confirmed here waits while own orders work: their client id, and the line on which they are
        cancelled, would go from under them.
        """
        if self._in_force is None:
            return Became(Severity.WARNING, NO_CONNECTION)
        self._on_schedule(settings.schedule)
        if settings.target == self._in_force.target:
            self._in_force, self._held = settings, None
            self._answer(CommandResult(ResultKind.DONE, "saved; it is the connection in force."))
            return Became(Severity.INFO, "applied")
        working, flattening = len(self._own_working()), self._parts.flatten.unfinished()
        if (working or flattening) and settings.target != self._approved:
            self._held = settings
            self._parts.boards.status.touch_all()
            why = _work(working) if working else f"the flatten of {', '.join(flattening)} is not over"
            words = f"held while {why}, it applies with Save in `connection` or at the next launch"
            return Became(Severity.WARNING, words)
        result = await self._move(settings)
        self._answer(result)
        if result.is_ok:
            return Became(Severity.INFO, "applied")
        return Became(Severity.ERROR, "not applied")

    async def reconnect(self) -> CommandResult:
        """Drop and redo both links now, at the address in force: one that waits was said yes to by nobody."""
        flattening = self._parts.flatten.unfinished()
        if flattening and self._parts.desk.link_words() is None:
            return CommandResult(
                ResultKind.REFUSED,
                f"the flatten of {', '.join(flattening)} is not over, its stop may be away, and both links are up:"
                " nothing was moved. `reconnect` once it is.",
            )
        try:
            await self._parts.broker.reconnect()
        except BrokerError as error:
            return CommandResult(
                ResultKind.UNKNOWN, f"the reconnect failed: {error} The lamp shows the links."
            )
        text = "reconnecting both links now; the lamp shows when they are up."
        if self._held is not None and self._in_force is not None:
            now = self._in_force.target
            text = f"reconnecting both links now to {now.host}:{now.port}, as before; the edit of the file is held on."
        return CommandResult(ResultKind.DONE, text)

    async def _move(self, settings: ConnectionSettings) -> CommandResult:
        """Connect as these settings say; nothing that was known or typed through the old connection counts on."""
        target = settings.target
        where = _where(target)
        desk = self._parts.desk
        before, bound = self._in_force, (desk.identity, desk.latch_loaded, desk.live_authorised)
        self._in_force, self._held = settings, None
        desk.unbind("another connection was set; they are read again through it")
        desk.session += 1
        self._parts.boards.touch_books()
        try:
            await self._parts.broker.reconfigure(target)
        except BrokerError as error:
            # It changes nothing when it refuses: the session is where it was, and reads its books again by itself.
            self._in_force = before
            if desk.identity is None:
                desk.identity, desk.latch_loaded, desk.live_authorised = bound
                desk.bump()
            text = f"the settings say {where}, but the session stays where it was: {error}"
            self._parts.log.say(Severity.ERROR, "connection", text)
            return CommandResult(ResultKind.UNKNOWN, text)
        text = f"connecting to {where}; the lamp shows when both links are up."
        self._parts.log.say(Severity.INFO, "connection", text)
        return CommandResult(ResultKind.DONE, text)

    def _answer(self, result: CommandResult) -> None:
        if self._taken_up is not None and not self._taken_up.done():
            self._taken_up.set_result(result)

    def _own_working(self) -> tuple[Order, ...]:
        """Own orders as last known: a book that cannot be read hides none."""
        return tuple(order for order in self._parts.cache.open_orders() if order.is_own)

    def _held_count(self) -> int:
        book, identity = self._parts.desk.last_positions, self._parts.desk.identity
        if book is None:
            return 0
        return sum(
            p.quantity != 0 and (identity is None or p.account == identity.account) for p in book.value
        )


def refusal_of(request: ConnectionRequest) -> str:
    """Say why a connection cannot be one; empty when it can."""
    if not re.fullmatch(HOST_PATTERN, request.host):
        return _bad_host(request.host)
    if not 1 <= request.port <= 65535:
        return f"Port {request.port} is none: 1 to 65535."
    if not 1 <= request.client_id <= MOST_CLIENT_ID:
        return f"Client id {request.client_id} is none: 1 to {MOST_CLIENT_ID}."
    order_id = request.order_client_id
    if order_id is not None and not 1 <= order_id <= MOST_CLIENT_ID + 1:
        return f"Order client id {order_id} is none: 1 to {MOST_CLIENT_ID + 1}, or auto."
    if order_id == request.client_id:
        return f"Both links would use client id {order_id}: each needs its own (auto = {order_id + 1})."
    return ""


def _with_fixed(request: ConnectionRequest, before: ConnectionSettings) -> ConnectionRequest:
    """Return what a saved request comes to in this launch: overridden keys stay as they are."""
    fixed = {key.rsplit(".", 1)[-1] for key in before.fixed_by}
    old = before.request
    return ConnectionRequest(
        host=old.host if "host" in fixed else request.host,
        port=old.port if "port" in fixed else request.port,
        client_id=old.client_id if "client_id" in fixed else request.client_id,
        order_client_id=old.order_client_id if "order_client_id" in fixed else request.order_client_id,
    )


def _where(target: ConnectionTarget) -> str:
    return f"{target.host}:{target.port}, client ids {target.client_id} and {target.order_client_id}"


def _bad_host(host: str) -> str:
    shown = host if len(host) <= 60 else f"{host[:60]}..."
    return (
        f"{shown!r} is no host name or IP address, such as 127.0.0.1 or trading.example.org: at most 253 characters,"
        " no port behind it."
    )


def _work(number: int) -> str:
    return f"{count(number, 'own order')} {'works' if number == 1 else 'work'}"
