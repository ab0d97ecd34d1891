"""F9's view: the ladder judged from the running session, links, states, farms, lines, meters, outages, loop lag."""

from __future__ import annotations

from datetime import datetime, timedelta

from qe_dashboard.core.loop_lag import LIMIT_S
from qe_dashboard.core.loop_lag import LoopLag as Measured
from qe_dashboard.engine.connectivity import Connectivity
from qe_dashboard.engine.health_views import CheckLine, HealthView, LinkHealth, LoopLag
from qe_dashboard.engine.ladder import judge
from qe_dashboard.engine.ladder_facts import LadderFacts, QuoteSeen
from qe_dashboard.engine.maintenance import expected_outages
from qe_dashboard.engine.session_clock import EXCHANGE_ZONE, HOURS_UNKNOWN, OPEN, clock_words, session_word
from qe_dashboard.execution.desk import Desk
from qe_dashboard.model.connection import BrokerHealth, ConnectionTarget, LinkCause
from qe_dashboard.model.enums import LinkName, LinkState, Profile
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.known import Unknown
from qe_dashboard.model.ladder import Ladder
from qe_dashboard.model.reports import LinkStatus

_ENDED = frozenset({LinkState.WAITING, LinkState.DISCONNECTED, LinkState.SUSPECT})
VALUES_DUE = timedelta(seconds=10)
"""IBKR sends account values within a second or two of the request; after this they are missing."""


def build_health(
    desk: Desk,
    connectivity: Connectivity,
    *,
    health: BrokerHealth,
    target: ConnectionTarget | None,
    watched: Instrument | None,
    checklist: tuple[CheckLine, ...],
    lag: Measured,
) -> HealthView:
    """Build the view as of now. `target` None = the profile connects to nothing; `watched` is the ladder's quote."""
    now = desk.clock.now()
    return HealthView(
        profile=desk.profile,
        ladder=session_ladder(desk, health=health, target=target, watched=watched, now=now),
        links=tuple(_link(desk.links[name]) for name in LinkName if name in desk.links),
        states=connectivity.states(),
        farms=health.farms,
        lines=health.lines,
        restoration=health.restoration,
        meters=health.meters,
        checklist=checklist,
        outages=connectivity.outages.lines(),
        expected=expected_outages(connectivity.schedule, now),
        lag=LoopLag(
            last_ms=lag.last * 1000,
            worst_ms=lag.worst * 1000,
            worst_at=lag.worst_at,
            stalls=lag.stalls,
            limit_ms=LIMIT_S * 1000,
        ),
    )


def session_ladder(
    desk: Desk,
    *,
    health: BrokerHealth,
    target: ConnectionTarget | None,
    watched: Instrument | None,
    now: datetime,
) -> Ladder:
    """Judge the running session: nothing is asked of anybody, what it has not met is not measured."""
    if target is None:
        return judge(LadderFacts(Profile.SIM), now)
    data = desk.links.get(LinkName.DATA)
    account = desk.account
    values = None if isinstance(account, Unknown) else account.value
    is_up = data is not None and data.is_up
    overdue = data is not None and data.is_up and now - data.since >= VALUES_DUE
    facts = LadderFacts(
        profile=desk.profile,
        host=target.host,
        port=target.port,
        client_id=target.client_id,
        order_client_id=target.order_client_id,
        bound_account=target.account,
        cause=_cause(data),
        words=_words(data),
        nature="" if data is None else data.nature,
        server_version=None if data is None else data.server_version,
        ids_taken=tuple(
            link.client_id
            for link in desk.links.values()
            if link.cause is LinkCause.CLIENT_ID_TAKEN and link.client_id is not None
        ),
        ids_ours="this session" if is_up else "",
        ids_held=tuple(
            link.client_id for link in desk.links.values() if link.is_up and link.client_id is not None
        ),
        # The gateway took the id and named its accounts before they were refused.
        ids_free=_accepted_ids(data),
        accounts=desk.refused_accounts if _is_refused(data) else None,
        # What an earlier connection brought says nothing about this one.
        identity=desk.identity if is_up else None,
        identity_refused=desk.identity_problem or "" if desk.identity is None else "",
        next_order_id=health.next_order_id if is_up else None,
        read_only=health.read_only if is_up else None,
        upstream_up=desk.upstream.up if is_up else None,
        upstream_words=desk.upstream.reason if is_up and desk.upstream.up is False else "",
        values_arriving=_arriving(values is not None, is_up=is_up, overdue=overdue),
        values_currency="" if values is None else values.currency,
        values_words=account.reason if isinstance(account, Unknown) else "",
        skew_s=_seconds(data) if is_up else None,
        quote=_quote(desk, watched, now) if is_up and watched is not None else None,
    )
    return judge(facts, now)


def _arriving(is_known: bool, *, is_up: bool, overdue: bool) -> bool | None:
    if not is_up or not (is_known or overdue):
        return None
    return is_known


def _is_refused(link: LinkStatus | None) -> bool:
    return link is not None and not link.is_up and link.cause is LinkCause.WRONG_ACCOUNT


def _accepted_ids(link: LinkStatus | None) -> tuple[int, ...]:
    return (link.client_id,) if link is not None and _is_refused(link) and link.client_id is not None else ()


def _cause(link: LinkStatus | None) -> LinkCause | None:
    """How the last connect ended. A link that is not up and has no cause is under way: nothing is proven yet."""
    if link is None or (not link.is_up and link.cause is LinkCause.NONE):
        return None
    # While the books are read the handshake is done, whatever ended the session before this one.
    return LinkCause.NONE if link.is_up or link.state is LinkState.SYNCING else link.cause


def _words(link: LinkStatus | None) -> str:
    """The words of the last failure; those of a try under way say nothing about it."""
    return link.reason if link is not None and link.state in _ENDED else ""


def _quote(desk: Desk, watched: Instrument, now: datetime) -> QuoteSeen:
    quote = desk.quotes.get(watched.id)
    if quote is None or not quote.proven:
        word = session_word(watched, now=now, always_open=False).word
        return QuoteSeen(
            watched.label,
            is_open=None if word == HOURS_UNKNOWN else word == OPEN,
            last_at="" if quote is None else clock_words(quote.as_of, watched.time_zone or EXCHANGE_ZONE),
        )
    return QuoteSeen(watched.label, quote.tier, (now - quote.as_of).total_seconds())


def _seconds(link: LinkStatus | None) -> float | None:
    return None if link is None or link.skew is None else link.skew.total_seconds()


def _link(status: LinkStatus) -> LinkHealth:
    return LinkHealth(
        name=status.name,
        state=status.state,
        cause=status.cause,
        reason=status.reason,
        since=status.since,
        client_id=status.client_id,
        retry_at=status.retry_at,
        tries=status.tries,
        last_reply_at=status.last_reply_at,
        skew_s=_seconds(status),
        server_version=status.server_version,
    )
