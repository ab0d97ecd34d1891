"""Why a try to connect failed: what the socket and the gateway showed, told apart by cause, each with its fix. Pure."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass

from qe_dashboard.broker.ibkr.codes import CLIENT_ID_IN_USE
from qe_dashboard.broker.port import BrokerError
from qe_dashboard.model.connection import ID_TAKEN_FIX, LinkCause

PORTS = "paper: Gateway 4002, TWS 7497; live: Gateway 4001, TWS 7496"
BAD_LENGTH = 507
"""How some versions say that a client id is taken; also said by a locked one (reference 3.3)."""
TOO_OLD = 503
PORT_MOVED = 1300
_NO_ROUTE = frozenset(
    {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.ENETDOWN}
)
_CUT = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED})


class ConnectFailed(BrokerError):
    """A try to connect ended; `cause` says why as far as it can be told, `code` is IBKR's when it named one."""

    def __init__(
        self, text: str, *, cause: LinkCause, code: int | None = None, mute_at: tuple[str, int] | None = None
    ) -> None:
        super().__init__(text)
        self.cause = cause
        self.code = code
        self.mute_at = mute_at
        """Host and port that took the connection and said not one byte."""


@dataclass(slots=True)
class Trace:
    """What one try has seen so far, filled in as it happens; read when the try ends without a session."""

    host: str
    port: int
    client_id: int
    seconds: float
    """How long the whole try may take."""
    accepted: bool = False
    """TCP is up."""
    heard: bool = False
    """At least one byte came back."""
    server_version: int = 0
    """Said by the gateway; 0 before."""
    oldest_version: int = 0
    """The oldest server version this program speaks with."""
    nonsense: str = ""
    """Why the bytes that came are not the API's."""
    code: int | None = None
    """IBKR's code for the refusal, with its words."""
    words: str = ""

    @property
    def place(self) -> str:
        """Return host and port as they are written."""
        return f"{self.host}:{self.port}"


def diagnose(trace: Trace, error: BaseException | None) -> ConnectFailed:
    """Return the cause and what to do. `error` is the operating system's, None when the peer closed the socket.

    A deadline that ran out is `diagnose_silence`.
    """
    if trace.code is not None:
        return _refused_by_code(trace)
    if 0 < trace.server_version < trace.oldest_version:
        return ConnectFailed(_old(trace), cause=LinkCause.OLD_SERVER)
    if trace.nonsense:
        return ConnectFailed(_not_the_api(trace), cause=LinkCause.NOT_THE_API)
    if isinstance(error, socket.gaierror):
        return ConnectFailed(_no_name(trace, error), cause=LinkCause.NAME_UNKNOWN)
    if isinstance(error, ConnectionRefusedError):
        return ConnectFailed(
            f"Nothing is listening on {trace.place}. Start TWS or Gateway and log in, enable its API, and set the port"
            f" it shows ({PORTS}).",
            cause=LinkCause.NOTHING_LISTENS,
        )
    if isinstance(error, OSError) and error.errno in _NO_ROUTE:
        return ConnectFailed(
            f"{trace.host} cannot be reached ({error.strerror or error}), so port {trace.port} was never asked."
            " Check the host in settings, the network and the VPN.",
            cause=LinkCause.UNREACHABLE,
        )
    cut = error is None or (isinstance(error, OSError) and error.errno in _CUT)
    if cut and trace.server_version:
        return ConnectFailed(_closed_after_id(trace), cause=LinkCause.CLIENT_ID_TAKEN)
    if cut:
        return ConnectFailed(
            f"{trace.place} accepted the connection and closed it again. It is still starting, or it does not trust"
            " this machine: wait a minute, then add this machine's address to Trusted IPs in its API settings.",
            cause=LinkCause.DROPPED,
        )
    if isinstance(error, OSError):
        return ConnectFailed(
            f"{trace.place} cannot be reached ({error.strerror or error}). Check host and port in settings, and this"
            " machine's firewall.",
            cause=LinkCause.UNREACHABLE,
        )
    return ConnectFailed(
        f"The connection to {trace.place} failed inside this program ({error!r}). Trying again; `bundle` collects what"
        " to report.",
        cause=LinkCause.FAULT,
    )


def diagnose_silence(trace: Trace) -> ConnectFailed:
    """Return the cause of a try that ran into its deadline."""
    if not trace.accepted:
        return ConnectFailed(
            f"{trace.place} did not answer within {trace.seconds:g} s, not even with a refusal. Check the host in"
            " settings, that the machine is on, and that no firewall drops the port.",
            cause=LinkCause.UNREACHABLE,
        )
    if trace.heard and not trace.server_version:
        return ConnectFailed(_not_the_api(trace), cause=LinkCause.NOT_THE_API)
    return ConnectFailed(
        f"{trace.place} accepted the connection and said nothing for {trace.seconds:g} s. TWS or Gateway waits for"
        " its login, or is asking whether to allow it: look at its window.",
        cause=LinkCause.SILENT,
        mute_at=None if trace.heard else (trace.host, trace.port),
    )


def stranger_found(nature: str, host: str, port: int) -> ConnectFailed:
    """Return that a silent port belongs to another program, as its answer to a web browser's question showed."""
    return ConnectFailed(
        f"{nature[:1].upper()}{nature[1:]} answers on {host}:{port}, not TWS or Gateway. Set the port that TWS or"
        f" Gateway shows in its API settings ({PORTS}), or stop the other program.",
        cause=LinkCause.NOT_THE_API,
    )


def id_taken(found: str, *, spare: tuple[int, int]) -> str:
    """Say what to do about it, and offer a pair above both of ours; only a person changes an id (D21)."""
    return f"{found} {ID_TAKEN_FIX.format(*spare)}"


def after_handshake(cause: LinkCause, reason: str, *, host: str, port: int) -> str:
    """Return why a session that was up has ended, for people."""
    if cause is LinkCause.CLOSED:
        return (
            f"{host}:{port} closed the connection ({reason}): TWS or Gateway restarts, was logged out, or has ended."
            " Trying again by itself; if it stays, log in there."
        )
    if cause is LinkCause.NO_ANSWER:
        return (
            f"{host}:{port} stopped answering: {reason}. TWS or Gateway hangs, or the network to it is down. Trying"
            " again by itself; if it stays, restart it."
        )
    return reason


def _refused_by_code(trace: Trace) -> ConnectFailed:
    words = trace.words or f"code {trace.code}"
    if trace.code == CLIENT_ID_IN_USE:
        text = (
            f"Client id {trace.client_id} is in use on {trace.place}: by another program, or by our own last session,"
            " which the gateway may take some seconds to drop."
        )
        return ConnectFailed(text, cause=LinkCause.CLIENT_ID_TAKEN, code=trace.code)
    if trace.code == BAD_LENGTH:
        return ConnectFailed(_closed_after_id(trace), cause=LinkCause.CLIENT_ID_TAKEN, code=trace.code)
    if trace.code == TOO_OLD:
        return ConnectFailed(_old(trace), cause=LinkCause.OLD_SERVER, code=trace.code)
    if trace.code == PORT_MOVED:
        return ConnectFailed(
            f"The gateway moved its API away from {trace.place} ({words}). Set the new port in settings.",
            cause=LinkCause.DROPPED,
            code=trace.code,
        )
    return ConnectFailed(
        f"{trace.place} refused the connection ({words}). Look at the window of TWS or Gateway.",
        cause=LinkCause.DROPPED,
        code=trace.code,
    )


def _old(trace: Trace) -> str:
    found = f"speaks API version {trace.server_version}" if trace.server_version else "is too old"
    return (
        f"TWS or Gateway on {trace.place} {found}; this program needs {trace.oldest_version} or later."
        " Update it to a version of this year."
    )


def _not_the_api(trace: Trace) -> str:
    seen = f" ({trace.nonsense})" if trace.nonsense else ""
    return (
        f"Something other than TWS or Gateway answers on {trace.place}{seen}. Set the port that TWS or Gateway shows in"
        f" its API settings ({PORTS})."
    )


def _no_name(trace: Trace, error: socket.gaierror) -> str:
    return (
        f"The host name {trace.host!r} is not known ({error.strerror or error}), so port {trace.port} was never asked."
        " Correct `host` in settings; this machine itself is 127.0.0.1."
    )


def _closed_after_id(trace: Trace) -> str:
    return (
        f"{trace.place} closed the connection as soon as it heard client id {trace.client_id}. Most often the id is in"
        " use, by another program or by our own last session; else TWS is locked or waits for the second factor:"
        " unlock it."
    )
