"""Not connected within 10 s of launch: the likely causes in order, the one the diagnosis proves first. Pure."""

from __future__ import annotations

import ipaddress

from qe_dashboard.model.connection import LinkCause
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
_CLIENT_ID = "Another program holds the client id: close it, or choose another id in the connection settings."
_LOADING = "TWS or IB Gateway is still starting: it takes connections and drops them until it is ready. Wait a minute."

# What only one cause has.
_NAME = "No machine is known as {host}: correct the host, 127.0.0.1 for this machine."
_SILENT_HOST = "{host} does not answer: it is off, or a firewall drops TCP port {port}."
_NOT_API = "Something else listens on port {port}: compare it with Socket port in API > Settings."
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

_PROVEN: dict[LinkCause, tuple[str, ...]] = {
    LinkCause.NAME_UNKNOWN: (_NAME,),
    LinkCause.NOT_THE_API: (_NOT_API, _PORT),
    LinkCause.CLIENT_ID_TAKEN: (_CLIENT_ID,),
    LinkCause.OLD_SERVER: (_OLD,),
    LinkCause.WRONG_ACCOUNT: (_ACCOUNT, _PORT),
    LinkCause.NO_LIBRARY: (_LIBRARY,),
    LinkCause.FAULT: (_FAULT,),
}
"""Causes that leave no other."""

_LEADING: dict[LinkCause, tuple[str, ...]] = {
    LinkCause.UNREACHABLE: (_SILENT_HOST,),
    LinkCause.DROPPED: (_LOADING, _TRUSTED, _API_OFF),
    LinkCause.SILENT: (_DIALOG, _API_OFF),
    LinkCause.NO_ANSWER: (_DIALOG,),
    LinkCause.CLOSED: (_LOADING,),
}
"""Causes that say what to look at first; the others follow. Nothing listening keeps the usual order."""


def likely_causes(profile: Profile, *, host: str, port: int, cause: LinkCause) -> tuple[str, ...]:
    """Return one sentence per likely cause, each with its fix, most likely first."""
    usual = (
        _RUNNING,
        _PORT,
        _API_OFF,
        *(() if _is_this_machine(host) else (_TRUSTED,)),
        _CLIENT_ID,
        _LOADING,
    )
    leading = tuple(text for text in _LEADING.get(cause, ()) if text is not _TRUSTED or text in usual)
    texts = _PROVEN.get(cause) or (*leading, *(text for text in usual if text not in leading))
    place = "" if _is_this_machine(host) else f" on {host}"
    return tuple(text.format(host=host, port=port, profile=profile, place=place) for text in texts)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"
