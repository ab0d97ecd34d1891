"""Not connected within 10 s of launch: the likely causes in order, the one the diagnosis proves first. Pure."""

from __future__ import annotations

import ipaddress

from qe_dashboard.model.connection import ID_TAKEN_FIX, ConnectionTarget, LinkCause
from qe_dashboard.model.enums import Profile

TITLE = "Interactive Brokers Not Connected"
AFTER_S = 10.0

# In order of likelihood (reference/source-docs 000 and 002).
_RUNNING = "TWS or IB Gateway is not running, or waits at its login: start it and log in{place}."
_PORT = (
    "Wrong port: paper is 4002 (Gateway) or 7497 (TWS), live is 4001 (Gateway) or 7496 (TWS). This is {profile}, and"
    " {port} is set."
)
_API_OFF = (
    'The API socket of TWS is off: in Global Configuration > API > Settings tick "Enable ActiveX and Socket Clients".'
    " An update of TWS can switch it off again. (IB Gateway has no such box.)"
)
_TRUSTED = (
    "This machine is not trusted: add its address to Trusted IPs in API > Settings on {host}, and untick"
    ' "Allow connections from localhost only".'
)
_CLIENT_ID = f"Another program holds a client id of ours. {ID_TAKEN_FIX}"
_LOADING = "TWS or IB Gateway is still starting: it takes connections and drops them until it is ready. Wait a minute."

# What only one cause has.
_NAME = "No machine is known as {host}: correct the host, 127.0.0.1 for this machine."
_SILENT_HOST = "{host} does not answer: it is off, or a firewall drops TCP port {port}."
_NOT_API = "Something else listens on port {port}: compare it with Socket port in API > Settings."
_OTHER = "Another program has port {port}: `test` looks at what answers there; compare Socket port in API > Settings."
_DIALOG = (
    "A dialog waits in TWS or IB Gateway: a login, a question to accept the incoming connection, or the paper account's"
    " notice that it is no brokerage account. Answer it."
)
_OLD = "TWS or IB Gateway is too old for this program: update it."
_ACCOUNT = (
    "The login is not one for {profile}: compare port, login and the account in the connection settings."
)
_LIBRARY = "The API library is missing: install the program again with its requirements."
_FAULT = "This program failed while it connected: the log (F9) has the details."

_UNPROVEN = (_RUNNING, _PORT, _API_OFF, _TRUSTED, _CLIENT_ID, _LOADING)
_CAUSES: dict[LinkCause, tuple[str, ...]] = {
    LinkCause.NAME_UNKNOWN: (_NAME,),
    LinkCause.UNREACHABLE: (_SILENT_HOST,),
    LinkCause.NOTHING_LISTENS: (_RUNNING, _PORT, _API_OFF, _TRUSTED),
    LinkCause.NOT_THE_API: (_NOT_API, _PORT),
    LinkCause.DROPPED: (_LOADING, _TRUSTED, _API_OFF, _OTHER),
    LinkCause.SILENT: (_DIALOG, _API_OFF, _OTHER, _PORT),
    LinkCause.CLIENT_ID_TAKEN: (_CLIENT_ID,),
    LinkCause.OLD_SERVER: (_OLD,),
    LinkCause.WRONG_ACCOUNT: (_ACCOUNT, _PORT),
    LinkCause.NO_ANSWER: (_DIALOG, _RUNNING),
    LinkCause.CLOSED: (_LOADING, _RUNNING),
    LinkCause.NO_LIBRARY: (_LIBRARY,),
    LinkCause.FAULT: (_FAULT,),
}
"""What can be behind each finding, most likely first; what it rules out is not named."""


def likely_causes(profile: Profile, target: ConnectionTarget, *, cause: LinkCause) -> tuple[str, ...]:
    """Return one sentence per likely cause, each with its fix, most likely first."""
    is_here = _is_this_machine(target.host)
    return tuple(
        text.format(
            *target.spare_ids,
            host=target.host,
            port=target.port,
            profile=profile,
            place="" if is_here else f" on {target.host}",
        )
        for text in _CAUSES.get(cause, _UNPROVEN)
        if not (is_here and text is _TRUSTED)
    )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"
