"""The one fix of each fault of a connection, as exact as the facts allow. Pure."""

from __future__ import annotations

from qe_dashboard.engine.ladder_facts import GATEWAY_PORTS, LadderFacts, QuoteSeen
from qe_dashboard.model.connection import ID_TAKEN_FIX, LinkCause
from qe_dashboard.model.enums import AccountKind, DataTier, Profile

USUAL_PORTS = "paper: Gateway 4002, TWS 7497; live: Gateway 4001, TWS 7496"
NOT_SUBSCRIBED = frozenset({354, 10089, 10090, 10091, 10167, 10168, 10186})
NO_LINE_LEFT = 101
COMPETING_SESSION = 10197
_ENABLE = '"Enable ActiveX and Socket Clients"'
"""A box of TWS; IB Gateway has none, its API is always on."""
_PORT_OF = {AccountKind.PAPER: "4002 or 7497", AccountKind.LIVE: "4001 or 7496"}


def name_fix(facts: LadderFacts) -> str:
    """Mend a host name that does not resolve."""
    return (
        f"Correct {facts.setting('host')}: 127.0.0.1 when TWS or Gateway runs on this machine, else that machine's"
        " name or address."
    )


def port_fix(facts: LadderFacts) -> str:
    """Mend a port that does not open."""
    if facts.reserved is not None:
        first, last = facts.reserved
        instead = f"port {facts.free_port}" if facts.free_port is not None else "a port outside that range"
        return (
            f"Windows reserves ports {first}-{last} (Hyper-V, WSL2, Docker), so nothing can listen on {facts.port}:"
            f" choose e.g. {instead} here ({facts.setting('port')}) and as Socket port in TWS or Gateway."
        )
    if facts.cause is LinkCause.UNREACHABLE:
        asks = f" from {facts.own_address}" if facts.own_address and facts.is_remote else ""
        return (
            f"Check that {facts.host} is switched on, that the address is right, and that its firewall lets TCP port"
            f" {facts.port} in{asks}."
        )
    local_only = ' untick "Allow connections from localhost only" and' if facts.is_remote else ""
    place = f" on {facts.host}" if facts.is_remote else ""
    return (
        f"Start {facts.program}{place} and log in; in {facts.menu}{local_only} compare Socket port with {facts.port}"
        f" ({USUAL_PORTS}){_and_tick(facts)}."
    )


def _and_tick(facts: LadderFacts) -> str:
    return "" if facts.port in GATEWAY_PORTS else f"; TWS also needs {_ENABLE} ticked there"


def handshake_fix(facts: LadderFacts) -> str:
    """Mend a port that opens and then does not speak the API as it should."""
    match facts.cause:
        case LinkCause.NOT_THE_API:
            return (
                f"Find the Socket port in {facts.menu} and set {facts.setting('port')} to it, or stop the program that"
                f" took {facts.port} ({USUAL_PORTS})."
            )
        case LinkCause.DROPPED:
            return _dropped_fix(facts)
        case LinkCause.SILENT:
            return _silent_fix(facts)
        case LinkCause.OLD_SERVER:
            return f"Update {facts.program}: this API needs build 972 or newer."
        case LinkCause.NO_ANSWER | LinkCause.CLOSED:
            return (
                f"Wait: it is tried again by itself. If it stays, look whether {facts.program} still runs and is logged"
                " in."
            )
        case _:
            return f"Restart {facts.program}, log in, and check again."


def _dropped_fix(facts: LadderFacts) -> str:
    if facts.is_remote:
        return _let_in(facts)
    return (
        f"Finish the login in {facts.program}'s window or unlock it, and give it a minute to start; if it is ready, in"
        f' {facts.menu} tick "Allow connections from localhost only" or put 127.0.0.1 into Trusted IPs'
        f"{_and_tick(facts)}."
    )


def _silent_fix(facts: LadderFacts) -> str:
    window = (
        f"Look at {facts.program}'s window: finish its login, accept the incoming connection it asks about, or the"
        " paper account's notice that it is no brokerage account"
    )
    if facts.is_remote:
        return f"{window}. {_let_in(facts)}"
    return f"{window}; if nothing is asked, look at {facts.menu}{_and_tick(facts)}."


def _let_in(facts: LadderFacts) -> str:
    mine = facts.own_address or "this machine's address"
    return (
        f'On {facts.host}, in {facts.menu}, untick "Allow connections from localhost only", put {mine} into Trusted'
        f" IPs, and let TCP port {facts.port} through its firewall."
    )


def login_fix(facts: LadderFacts) -> str:
    """Mend a gateway that speaks but does not finish: no accounts, or no next order id."""
    return f"Finish the login in {facts.program}'s window (second factor, notices to accept), or log in again there."


def client_id_fix(facts: LadderFacts) -> str:
    """Mend client ids in use. They stay as they are: orders belong to their id (D21)."""
    if not facts.ids_taken:
        return (
            f"Wait a minute: {facts.program} may still hold sessions that just ended. If it stays, restart it."
            " Your client ids stay as they are."
        )
    above = max(facts.client_id or 0, facts.order_client_id or 0)
    first, second = facts.free_pair or (above + 1, above + 2)
    found = f" {first} and {second} were found free." if facts.free_pair is not None else ""
    return ID_TAKEN_FIX.format(first, second) + found


def account_fix(facts: LadderFacts, listed: tuple[str, ...]) -> str:
    """Mend a session of the wrong account."""
    wanted = AccountKind.LIVE if facts.profile is Profile.IBKR_LIVE else AccountKind.PAPER
    if not facts.bound_account and len(listed) > 1:
        return f"Name the one to use: `qe-dashboard settings set {facts.setting('account')} {listed[0]}`."
    if facts.bound_account and facts.bound_account not in listed:
        return f"Log {facts.program} in with the user of {facts.bound_account}, or change {facts.setting('account')}."
    return (
        f"Log {facts.program} in with the {wanted.lower()} user, or point {facts.setting('port')} at the"
        f" {wanted.lower()} one (usually {_PORT_OF[wanted]})."
    )


def read_only_fix(facts: LadderFacts) -> str:
    """Mend an API that takes no orders."""
    return f'In {facts.menu} untick "Read-Only API", then reconnect.'


def upstream_fix(_facts: LadderFacts) -> str:
    """Mend a gateway without IBKR."""
    return (
        "Wait: it comes back by itself, and the nightly reset is normal (00:15-01:45 ET). If it stays, check this"
        " line's internet and IBKR's system status. Orders at IBKR still work."
    )


def values_fix(facts: LadderFacts) -> str:
    """Mend a session without account values."""
    return f"Log {facts.program} out and in again: it accepts API programs but serves no account data."


def clock_fix(facts: LadderFacts) -> str:
    """Mend clocks that differ."""
    machines = f"this machine and {facts.host}" if facts.is_remote else "this machine"
    return (
        f"Let {machines} take the time from the internet (Linux: timedatectl set-ntp true; Windows: Settings > Time &"
        " language > Sync now; macOS: Settings > Date & Time)."
    )


def quote_fix(facts: LadderFacts, quote: QuoteSeen) -> str:
    """Mend a line that shows no live price."""
    if quote.code == COMPETING_SESSION:
        return "Log out where the same username is logged in (phone, web, another TWS), or use a second username."
    if quote.code == NO_LINE_LEFT:
        return "Close quotes in TWS or in other API programs: IBKR gives a login 100 lines, and all count."
    if quote.tier is DataTier.DELAYED or quote.code in NOT_SUBSCRIBED:
        share = " A paper user shares them by Client Portal > Settings > Paper Trading Account."
        return (
            f"Subscribe to live data of {quote.label}'s exchange (Client Portal > Settings > Market Data Subscriptions)"
            f" and accept its API notice, then log {facts.program} in again."
            + (share if facts.profile is Profile.IBKR_PAPER else "")
        )
    return f"Look at the data farms ({facts.program}'s status bar); if they are green, log {facts.program} in again."
