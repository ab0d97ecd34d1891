"""The connection ladder, judged from facts: the same eleven rungs for F9, Test connection and `doctor`. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from qe_dashboard.engine import ladder_fixes as fixes
from qe_dashboard.engine.ladder_facts import LadderFacts
from qe_dashboard.model.connection import LinkCause
from qe_dashboard.model.enums import AccountKind, DataTier, Profile
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.ladder import Ladder, Rung, RungName, RungState
from qe_dashboard.model.reports import Identity
from qe_dashboard.risk.identity import IdentityRefused, check_identity, kind_of

MOST_SKEW_S = 2.0
"""Beyond it the age of a quote and the minute of an order's expiry are no longer what they seem."""

NOT_MEASURED = "not measured"
_NOT_REACHED = "not reached"
_SIMULATED = "the simulated venue needs no connection"

# How far a connect came before it ended, by its cause.
_NO_NAME = frozenset({LinkCause.NAME_UNKNOWN})
_NO_PORT = frozenset({LinkCause.NOTHING_LISTENS, LinkCause.UNREACHABLE})
_NO_HANDSHAKE = frozenset(
    {
        LinkCause.NOT_THE_API,
        LinkCause.DROPPED,
        LinkCause.SILENT,
        LinkCause.OLD_SERVER,
        LinkCause.NO_ANSWER,
        LinkCause.CLOSED,
    }
)
_HANDSHAKE_DONE = frozenset({LinkCause.NONE, LinkCause.CLIENT_ID_TAKEN, LinkCause.WRONG_ACCOUNT})
_NEVER_TRIED = frozenset({LinkCause.ASKED, LinkCause.NO_LIBRARY, LinkCause.FAULT})

# What fails from here on leaves the session standing, so what is above it could be measured all the same.
_GOES_ON_ABOVE = frozenset({RungName.WRITABLE, RungName.VALUES, RungName.CLOCK, RungName.QUOTE})


def judge(facts: LadderFacts, at: datetime) -> Ladder:
    """Return every rung, in order. Above a failure that ends a session all is UNKNOWN, "not reached"."""
    if facts.profile is Profile.SIM:
        rungs = tuple(Rung(name, RungState.NOT_APPLICABLE, _SIMULATED) for name in RungName)
        return Ladder(facts.host, facts.port, at, rungs)
    identity = _identity(facts)
    climbed: list[Rung] = []
    failed: Rung | None = None
    for name in RungName:
        if failed is not None and failed.name not in _GOES_ON_ABOVE:
            climbed.append(Rung(name, RungState.UNKNOWN, f"{_NOT_REACHED}: {failed.name} comes first"))
            continue
        rung = _JUDGES[name](facts)
        climbed.append(rung)
        if failed is None and rung.state is RungState.FAIL:
            failed = rung
    account, kind = (identity.account, identity.kind) if isinstance(identity, Identity) else (None, None)
    return Ladder(facts.host, facts.port, at, tuple(climbed), account, kind, facts.accounts or ())


def _name(facts: LadderFacts) -> Rung:
    name = RungName.NAME
    if facts.addresses == () or facts.cause in _NO_NAME:
        return _fail(name, facts.words or f"{facts.host} is not known here", fixes.name_fix(facts))
    if facts.addresses is not None:
        return _pass(
            name,
            _listed(tuple(address for address in facts.addresses if address != facts.host)) or facts.host,
        )
    # A refusal comes from an address: the name was found.
    if _was_reached(facts) or facts.cause is LinkCause.NOTHING_LISTENS:
        return _pass(name, facts.host)
    return _unknown(name)


def _port(facts: LadderFacts) -> Rung:
    name = RungName.PORT
    if facts.port_open is False or facts.cause in _NO_PORT:
        silent = facts.cause is LinkCause.UNREACHABLE
        said = f"{facts.where} does not answer" if silent else f"nothing listens on {facts.where}"
        return _fail(name, said, fixes.port_fix(facts))
    if facts.port_open or _was_reached(facts):
        return _pass(name, facts.where + (f", {facts.listener}" if facts.listener else ""))
    return _unknown(name)


def _handshake(facts: LadderFacts) -> Rung:
    name = RungName.HANDSHAKE
    cause = facts.cause
    version = "" if facts.server_version is None else f"server version {facts.server_version}"
    if cause in _HANDSHAKE_DONE or (cause is LinkCause.SILENT and version):
        return _pass(name, version or "done")
    if cause in _NEVER_TRIED:
        return _unknown(name, facts.words or str(cause))
    if cause in _NO_HANDSHAKE:
        return _fail(name, _handshake_words(facts), fixes.handshake_fix(facts))
    return _unknown(name)


def _handshake_words(facts: LadderFacts) -> str:
    who = f" ({facts.listener})" if facts.listener else ""
    match facts.cause:
        case LinkCause.NOT_THE_API:
            return f"{facts.nature or 'something other than the API'} answers on {facts.where}{who}"
        case LinkCause.DROPPED:
            return f"{facts.where} accepts the connection and closes it{who}"
        case LinkCause.SILENT:
            return f"{facts.where} accepts the connection and says nothing{who}"
        case LinkCause.OLD_SERVER:
            version = "" if facts.server_version is None else f" (version {facts.server_version})"
            return f"{facts.program} on {facts.where} is too old{version}"
        case _:
            return facts.words or str(facts.cause)


def _client_id(facts: LadderFacts) -> Rung:
    name = RungName.CLIENT_ID
    if facts.cause is LinkCause.CLIENT_ID_TAKEN or facts.ids_taken:
        if not facts.ids_taken:
            return _fail(name, "every client id is refused as in use (326)", fixes.client_id_fix(facts))
        # One connection of ours and two ids in use: one of them is another's, and 326 does not say which.
        shared = facts.ids_ours and facts.ids_held is None
        whom = f"not all by {facts.ids_ours}" if shared else "by another program"
        taken = _are(f"in use {whom} (326)", facts.ids_taken)
        return _fail(name, f"{_client_ids(facts.ids_taken)}{taken}", fixes.client_id_fix(facts))
    free = _are("free", facts.ids_free)
    if facts.ids_ours and facts.ids_held is None:
        said = f"{facts.ids_ours} runs with these ids; whether it holds them could not be seen"
        return _unknown(name, said)
    if facts.ids_ours and facts.ids_held:
        told = f"{_client_ids(facts.ids_held)}{_are(f'in use by {facts.ids_ours}', facts.ids_held)}"
        return _pass(name, f"{told}, {_listed(tuple(map(str, facts.ids_free)))}{free}" if free else told)
    if facts.ids_free:
        return _pass(name, f"{_client_ids(facts.ids_free)}{free}")
    return _unknown(name)


def _client_ids(ids: tuple[int, ...]) -> str:
    return f"client {'id' if len(ids) == 1 else 'ids'} {_listed(tuple(map(str, ids)))}"


def _are(what: str, ids: tuple[int, ...]) -> str:
    return "" if not ids else f" {'is' if len(ids) == 1 else 'are'} {what}"


def _accounts(facts: LadderFacts) -> Rung:
    name = RungName.ACCOUNTS
    accounts = facts.accounts
    if accounts is None and facts.identity is not None:
        accounts = (facts.identity.account,)
    named = tuple(account for account in accounts or () if account)
    if named:
        return _pass(name, _listed(named))
    if accounts is not None or facts.cause is LinkCause.SILENT:
        return _fail(name, "the gateway names no account", fixes.login_fix(facts))
    return _unknown(name)


def _account_kind(facts: LadderFacts) -> Rung:
    name = RungName.ACCOUNT_KIND
    verdict = _identity(facts)
    if isinstance(verdict, Identity):
        return _pass(name, f"{verdict.account} is a {verdict.kind} account, as {facts.profile} needs")
    if verdict is None:
        return _unknown(name)
    return _fail(name, _refusal_words(facts, verdict), fixes.account_fix(facts, verdict.accounts))


def _refusal_words(facts: LadderFacts, refused: IdentityRefused) -> str:
    listed = _listed(refused.accounts)
    if not refused.accounts:
        return _first_sentence(refused.reason)
    if facts.bound_account and facts.bound_account not in refused.accounts:
        return f"the settings bind {facts.profile} to {facts.bound_account}, the login has {listed}"
    if not facts.bound_account and len(refused.accounts) > 1:
        return f"the login has several accounts ({listed}) and the settings name none"
    account = AccountId(facts.bound_account or listed)
    wanted = AccountKind.LIVE if facts.profile is Profile.IBKR_LIVE else AccountKind.PAPER
    if kind_of(facts.profile, account) is wanted:
        return _first_sentence(refused.reason)
    return f"{account} is a {kind_of(facts.profile, account)} account, profile {facts.profile} needs {wanted}"


def _first_sentence(reason: str) -> str:
    """What was found; what to do about it is the rung's fix."""
    return reason.partition(". ")[0]


def _identity(facts: LadderFacts) -> Identity | IdentityRefused | None:
    """Return whose session it is, why it is refused, or None while no account is known."""
    found = tuple(AccountId(account) for account in facts.accounts or () if account)
    if facts.identity_refused:
        return IdentityRefused(facts.identity_refused, found)
    if facts.identity is not None:
        return facts.identity
    if not found:
        return None
    return check_identity(profile=facts.profile, bound_account=AccountId(facts.bound_account), found=found)


def _order_id(facts: LadderFacts) -> Rung:
    name = RungName.ORDER_ID
    if facts.next_order_id is not None:
        return _pass(name, str(facts.next_order_id))
    if facts.cause is LinkCause.SILENT:
        return _fail(name, "the gateway gives no next order id", fixes.login_fix(facts))
    return _unknown(name)


def _writable(facts: LadderFacts) -> Rung:
    name = RungName.WRITABLE
    if facts.read_only is None:
        return _unknown(name)
    if facts.read_only:
        return _fail(
            name, "the gateway's API is read-only: every order is refused (321)", fixes.read_only_fix(facts)
        )
    return _pass(name, "orders are let through")


def _values(facts: LadderFacts) -> Rung:
    name = RungName.VALUES
    if facts.upstream_up is False:
        said = facts.upstream_words or "the gateway lost its connection to IBKR (1100)"
        return _fail(name, said, fixes.upstream_fix(facts))
    if facts.values_arriving is None:
        return _unknown(name)
    if not facts.values_arriving:
        return _fail(name, facts.values_words or "no account values came", fixes.values_fix(facts))
    return _pass(name, f"in {facts.values_currency}" if facts.values_currency else "arriving")


def _clock(facts: LadderFacts) -> Rung:
    name = RungName.CLOCK
    if facts.skew_s is None:
        return _unknown(name)
    size, signed = f"{abs(facts.skew_s):.1f} s", f"{facts.skew_s:+.1f} s, gateway minus ours"
    if abs(facts.skew_s) > MOST_SKEW_S:
        side = "ahead of" if facts.skew_s > 0 else "behind"
        said = f"the gateway's clock is {size} {side} this machine's; {MOST_SKEW_S:g} s are harmless"
        return _fail(name, said, fixes.clock_fix(facts))
    return _pass(name, signed)


def _quote(facts: LadderFacts) -> Rung:
    name = RungName.QUOTE
    quote = facts.quote
    if quote is None:
        return _unknown(name)
    why = f": {quote.words}" if quote.words else ""
    if quote.tier is DataTier.DELAYED:
        return _fail(name, f"{quote.label} is delayed{why}", fixes.quote_fix(facts, quote))
    if quote.tier in (DataTier.LIVE, DataTier.FROZEN):
        return _pass(name, f"{quote.label} {quote.tier}{_age(quote.age_s)}")
    if quote.code is not None or quote.market_open:
        waited = "" if quote.age_s is None else f" within {quote.age_s:.0f} s"
        market = " although its market is open" if quote.market_open and not why else ""
        return _fail(name, f"no price of {quote.label}{waited}{market}{why}", fixes.quote_fix(facts, quote))
    came = f"since {quote.last_at}" if quote.last_at else "yet"
    open_now = quote.is_open if quote.market_open is None else quote.market_open
    market = {True: "is open", False: "is closed", None: "may be closed"}[open_now]
    return _unknown(name, f"no price of {quote.label} {came}; its market {market}")


def _age(seconds: float | None) -> str:
    return "" if seconds is None else f", {seconds:.1f} s old"


def _was_reached(facts: LadderFacts) -> bool:
    return facts.cause is not None and facts.cause in (_NO_HANDSHAKE | _HANDSHAKE_DONE)


def _listed(words: tuple[str, ...]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def _pass(name: RungName, detail: str) -> Rung:
    return Rung(name, RungState.PASS, detail)


def _fail(name: RungName, detail: str, fix: str) -> Rung:
    return Rung(name, RungState.FAIL, detail, fix)


def _unknown(name: RungName, detail: str = NOT_MEASURED) -> Rung:
    return Rung(name, RungState.UNKNOWN, detail)


_JUDGES: dict[RungName, Callable[[LadderFacts], Rung]] = {
    RungName.NAME: _name,
    RungName.PORT: _port,
    RungName.HANDSHAKE: _handshake,
    RungName.CLIENT_ID: _client_id,
    RungName.ACCOUNTS: _accounts,
    RungName.ACCOUNT_KIND: _account_kind,
    RungName.ORDER_ID: _order_id,
    RungName.WRITABLE: _writable,
    RungName.VALUES: _values,
    RungName.CLOCK: _clock,
    RungName.QUOTE: _quote,
}
