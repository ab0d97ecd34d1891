"""Climbs the connection ladder from outside the running session: looks, measures, changes nothing (design section 8).

It connects with client ids of its own (D27), read-only; places, cancels and arms nothing; always disconnects. The worst
case is a name server, a handshake and every question at their deadlines: about 20 s.
"""

from __future__ import annotations

import asyncio
import logging
import random
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace

from qe_dashboard.broker.ibkr import probe_questions, stranger
from qe_dashboard.broker.ibkr.asking import Asker
from qe_dashboard.broker.ibkr.dialling import addresses_of
from qe_dashboard.broker.ibkr.ib_lib import IbLibrary, LibraryMissing, load
from qe_dashboard.broker.ibkr.pacing import Pacer
from qe_dashboard.broker.ibkr.probe_call import Call, calling
from qe_dashboard.broker.ibkr.this_machine import Machine, free_port, reserved_for
from qe_dashboard.core.clock import Clock, deadline
from qe_dashboard.core.errors import DeadlineExpired
from qe_dashboard.engine.ladder import judge
from qe_dashboard.engine.ladder_facts import LadderFacts
from qe_dashboard.model.connection import ConnectionTarget, LinkCause
from qe_dashboard.model.enums import AccountKind, Profile
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.ladder import Ladder, PortAnswer, PortScan
from qe_dashboard.model.reports import Identity
from qe_dashboard.risk.identity import check_identity, kind_of

log = logging.getLogger(__name__)

PROBE_IDS = range(900_000, 1_000_000)
STANDARD_PORTS = ((7497, "TWS paper"), (7496, "TWS live"), (4002, "Gateway paper"), (4001, "Gateway live"))

RESOLVE_S = 3.0
CONNECT_S = 6.0
ID_S = 3.0
SCAN_S = 3.0
MESSAGES_PER_SECOND = 40
_PAIRS_TRIED = 2
_STRANGE = (LinkCause.NOT_THE_API, LinkCause.SILENT, LinkCause.DROPPED)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who of ours works with a client id, such as `this session`. `has_it`: a session stands with it."""

    who: str
    has_it: bool = True


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard of ours that runs with the configured ids in a process of its own. `pid` None = not known."""

    who: str
    pid: int | None


Held = Callable[[str, int, int], Holder | None]
"""Who of this process works with a client id at (host, port)."""


class IbkrProber:
    """The `ConnectionProber` of one profile. `held` and `dashboard` keep it off ids that are in use by us."""

    def __init__(
        self,
        *,
        profile: Profile,
        clock: Clock,
        rng: random.Random,
        held: Held,
        dashboard: Dashboard | None = None,
        machine: Machine | None = None,
        standard_ports: tuple[tuple[int, str], ...] = STANDARD_PORTS,
    ) -> None:
        self._profile = profile
        self._clock = clock
        self._rng = rng
        self._held = held
        self._dashboard = dashboard
        self._machine = Machine() if machine is None else machine
        self._standard_ports = standard_ports

    async def check(self, target: ConnectionTarget) -> Ladder:
        """Climb the ladder as far as it goes; bounded in time, never raises for what it finds."""
        facts = LadderFacts(
            profile=self._profile,
            host=target.host,
            port=target.port,
            client_id=target.client_id,
            order_client_id=target.order_client_id,
            bound_account=target.account,
        )
        try:
            facts = await self._climb(facts)
        except LibraryMissing as missing:
            facts = replace(facts, cause=LinkCause.NO_LIBRARY, words=str(missing))
        # The check is what people turn to when things fail: a fault of its own must be words too.
        except Exception as fault:
            log.exception("the check of %s failed", facts.where)
            facts = replace(facts, cause=LinkCause.FAULT, words=f"fault of this program: {fault!r}")
        return judge(facts, self._clock.now())

    async def scan(self, host: str) -> PortScan:
        """Ask the four standard ports which of them answers, and with what kind of account."""
        try:
            library = load()
        except LibraryMissing as missing:
            return self._unanswered(host, str(missing))
        found = await self._addresses(host, self._standard_ports[0][0])
        if not found:
            return self._unanswered(
                host, "the host is not known here" if found == () else "no answer from DNS"
            )
        answers = await asyncio.gather(
            *(self._ask_port(library, host, port, usual) for port, usual in self._standard_ports)
        )
        return PortScan(host, tuple(answers))

    # the climb ------------------------------------------------------------------------------------------------------

    async def _climb(self, facts: LadderFacts) -> LadderFacts:
        if self._profile is Profile.SIM:
            return facts
        facts = await self._with_host(facts)
        if facts.addresses == ():
            return facts
        library = load()
        async with self._call(library, facts, self._own_id(), CONNECT_S) as call:
            facts = _told(facts, call)
            if call.is_up:
                facts = await self._with_answers(library, facts, call)
        return await self._with_surroundings(facts)

    async def _with_host(self, facts: LadderFacts) -> LadderFacts:
        found = await self._addresses(facts.host, facts.port)
        mine = self._machine.own_address(found[0], facts.port) if found else ""
        return replace(facts, addresses=found, own_address=mine)

    async def _addresses(self, host: str, port: int) -> tuple[str, ...] | None:
        """Return the host's addresses, empty for an unknown name, None when the name server does not answer in time."""
        try:
            return await deadline(self._clock, addresses_of(host, port), RESOLVE_S)
        except socket.gaierror:
            return ()
        except DeadlineExpired:
            return None

    async def _with_answers(self, library: IbLibrary, facts: LadderFacts, call: Call) -> LadderFacts:
        """Ask everything a standing session can be asked, at once; nothing about orders of a wrong account (D18)."""
        session = call.session
        facts = replace(facts, next_order_id=session.first_order_id)
        verdict = check_identity(
            profile=facts.profile,
            bound_account=AccountId(facts.bound_account),
            found=tuple(AccountId(account) for account in facts.accounts or ()),
        )
        if not isinstance(verdict, Identity):
            return await self._with_ids(library, facts)
        asker = Asker(
            session=session,
            clock=self._clock,
            pacer=Pacer(self._clock, messages_per_second=MESSAGES_PER_SECOND),
            seconds=CONNECT_S,
        )
        facts, read_only, skew, values, quote = await asyncio.gather(
            self._with_ids(library, facts),
            probe_questions.read_only(call, asker),
            probe_questions.skew_s(asker, self._clock),
            probe_questions.values(asker, verdict.account),
            probe_questions.quote(call, asker, self._clock),
        )
        arriving, currency, words = values
        facts = replace(
            facts,
            read_only=read_only,
            skew_s=skew,
            values_arriving=arriving,
            values_currency=currency,
            values_words=words,
            quote=quote,
            upstream_up=call.upstream_up,
            upstream_words=call.upstream_words,
        )
        if session.closed.done():
            reason = f"the gateway ended the session during the check: {session.closed.result()}"
            return replace(facts, cause=LinkCause.CLOSED, words=reason)
        return facts

    async def _with_ids(self, library: IbLibrary, facts: LadderFacts) -> LadderFacts:
        """Try the configured ids for a moment, but for those that are seen to be ours."""
        wanted = [facts.client_id]
        # On live the order link opens only after the account id was typed (D19), not even for a moment.
        if facts.profile is not Profile.IBKR_LIVE:
            wanted.append(facts.order_client_id)
        ids = [number for number in wanted if number is not None]
        if self._dashboard is not None:
            return await self._beside(self._dashboard, library, facts, ids)
        holders = {number: self._held(facts.host, facts.port, number) for number in ids}
        free, taken = await self._try_ids(library, facts, [n for n in ids if holders[n] is None])
        ours = [holder for holder in holders.values() if holder is not None]
        held = tuple(n for n, holder in holders.items() if holder is not None and holder.has_it)
        facts = replace(
            facts,
            ids_free=free,
            ids_taken=taken,
            ids_ours=ours[0].who if ours else "",
            ids_held=held if all(holder.has_it for holder in ours) else None,
        )
        return await self._with_free_pair(library, facts)

    async def _beside(
        self, dashboard: Dashboard, library: IbLibrary, facts: LadderFacts, ids: list[int]
    ) -> LadderFacts:
        """Take the ids for the other dashboard's only as far as its connections prove it: it may be refused itself."""
        count = None
        if dashboard.pid is not None:
            count = await asyncio.to_thread(
                self._machine.connections_of, dashboard.pid, facts.addresses or (), facts.port
            )
        facts = replace(facts, ids_ours=dashboard.who)
        if count is None or count >= len(ids):
            return replace(facts, ids_held=None if count is None else tuple(ids))
        # It has fewer connections than ids: a knock on a session that stands ends nothing.
        free, taken = await self._try_ids(library, facts, ids)
        if len(taken) <= count:
            return replace(facts, ids_free=free, ids_held=taken, ids_ours=dashboard.who if taken else "")
        return await self._with_free_pair(
            library, replace(facts, ids_taken=taken, ids_ours=dashboard.who if count else "")
        )

    async def _with_free_pair(self, library: IbLibrary, facts: LadderFacts) -> LadderFacts:
        if not facts.ids_taken:
            return facts
        return replace(facts, free_pair=await self._free_pair(library, facts))

    async def _try_ids(
        self, library: IbLibrary, facts: LadderFacts, ids: list[int]
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return which ids are free and which are taken; one that stays unanswered is in neither."""
        causes = await asyncio.gather(*(self._try_id(library, facts, number) for number in ids))
        found = list(zip(ids, causes, strict=True))
        free = tuple(number for number, cause in found if cause is LinkCause.NONE)
        return free, tuple(number for number, cause in found if cause is LinkCause.CLIENT_ID_TAKEN)

    async def _try_id(self, library: IbLibrary, facts: LadderFacts, client_id: int) -> LinkCause:
        async with self._call(library, facts, client_id, ID_S) as call:
            return call.cause

    async def _free_pair(self, library: IbLibrary, facts: LadderFacts) -> tuple[int, int] | None:
        """Return the next two neighbouring ids that are free, tried a few steps above the configured ones."""
        start = max(facts.client_id or 0, facts.order_client_id or 0) + 1
        for first in range(start, start + 2 * _PAIRS_TRIED, 2):
            free, _ = await self._try_ids(library, facts, [first, first + 1])
            if len(free) == 2:
                return first, first + 1
        return None

    async def _with_surroundings(self, facts: LadderFacts) -> LadderFacts:
        """Look at what else the port tells when it is not the API, and at this machine when it is the host."""
        if facts.cause in _STRANGE:
            nature = await stranger.look_at(self._clock, facts.host, facts.port)
            if nature:
                facts = replace(facts, cause=LinkCause.NOT_THE_API, nature=nature)
        if facts.is_remote:
            return facts
        if facts.port_open:
            who = await asyncio.to_thread(self._machine.listener, facts.port)
            return replace(facts, listener=who)
        ranges = await asyncio.to_thread(self._machine.reserved_ranges)
        reserved = reserved_for(facts.port, ranges)
        instead = free_port(ranges) if reserved is not None else None
        return replace(facts, reserved=reserved, free_port=instead)

    def _call(
        self, library: IbLibrary, facts: LadderFacts, client_id: int, seconds: float
    ) -> AbstractAsyncContextManager[Call]:
        return calling(
            library, self._clock, host=facts.host, port=facts.port, client_id=client_id, seconds=seconds
        )

    def _own_id(self) -> int:
        return self._rng.choice(PROBE_IDS)

    # the scan -------------------------------------------------------------------------------------------------------

    async def _ask_port(self, library: IbLibrary, host: str, port: int, usual: str) -> PortAnswer:
        async with calling(
            library, self._clock, host=host, port=port, client_id=self._own_id(), seconds=SCAN_S
        ) as call:
            cause, accounts = call.cause, call.accounts or ()
        kinds = {kind_of(Profile.IBKR_PAPER, AccountId(account)) for account in accounts}
        kind = kinds.pop() if len(kinds) == 1 else None
        return PortAnswer(port, usual, _answers(cause), _port_words(cause, accounts, kind), accounts, kind)

    def _unanswered(self, host: str, words: str) -> PortScan:
        return PortScan(
            host, tuple(PortAnswer(port, usual, None, words) for port, usual in self._standard_ports)
        )


def _told(facts: LadderFacts, call: Call) -> LadderFacts:
    return replace(
        facts,
        port_open=call.port_open,
        cause=call.cause,
        words=call.words,
        server_version=call.server_version,
        accounts=call.accounts,
    )


def _answers(cause: LinkCause) -> bool | None:
    if cause in (LinkCause.NONE, LinkCause.CLIENT_ID_TAKEN, LinkCause.OLD_SERVER):
        return True
    # Silent or dropping it may still be a gateway at its login.
    return False if cause in (LinkCause.NOTHING_LISTENS, LinkCause.NOT_THE_API) else None


def _port_words(cause: LinkCause, accounts: tuple[str, ...], kind: AccountKind | None) -> str:
    if cause is not LinkCause.NONE:
        return str(cause)
    word = "accounts of both kinds" if kind is None else f"{kind.lower()} account"
    return f"{word} {', '.join(accounts)}"
