"""The connection dialog's words, and what its fields mean: a request, or the reason why they mean none."""

from __future__ import annotations

from dataclasses import dataclass

from qe_dashboard.engine.facade import ConnectionRequest
from qe_dashboard.engine.health_views import ConnectionView
from qe_dashboard.model.connection import MOST_CLIENT_ID
from qe_dashboard.model.enums import AccountKind, Profile
from qe_dashboard.model.ladder import PortScan
from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.presenters.cells import Line, Tone

AUTO = "auto"
_MOST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class PortPick:
    """A port as TWS and IB Gateway are shipped; `is_live` for real money."""

    port: int
    words: str
    is_live: bool


PORT_PICKS = (
    PortPick(7497, "TWS paper", is_live=False),
    PortPick(7496, "TWS live", is_live=True),
    PortPick(4002, "Gateway paper", is_live=False),
    PortPick(4001, "Gateway live", is_live=True),
)


@dataclass(frozen=True, slots=True)
class Fields:
    """What stands in the dialog's inputs."""

    host: str
    port: str
    client_id: str
    order_client_id: str


def fields_of(view: ConnectionView) -> Fields:
    """Return the inputs of a connection in force."""
    order = AUTO if view.order_client_id is None else str(view.order_client_id)
    return Fields(view.host, str(view.port), str(view.client_id), order)


def request_of(fields: Fields) -> ConnectionRequest | str:
    """Read the inputs: a request, or one sentence that says which of them is wrong and what it may be."""
    host = fields.host.strip()
    if not host or any(char.isspace() for char in host):
        return "Host: type a name or an address, such as 127.0.0.1."
    port = _whole(fields.port, _MOST_PORT)
    if port is None:
        return f"Port: type a number from 1 to {_MOST_PORT}, or press ↑ ↓ for the usual ones."
    client_id = _whole(fields.client_id, MOST_CLIENT_ID)
    if client_id is None:
        return f"Data client id: type a number from 1 to {MOST_CLIENT_ID}."
    if fields.order_client_id.strip().lower() == AUTO:
        return ConnectionRequest(host, port, client_id, None)
    order_client_id = _whole(fields.order_client_id, MOST_CLIENT_ID + 1)
    if order_client_id is None:
        return f"Order client id: type auto, or a number from 1 to {MOST_CLIENT_ID + 1}."
    if order_client_id == client_id:
        return f"The two links need two client ids, and both are {client_id}. Type auto for {client_id + 1}."
    return ConnectionRequest(host, port, client_id, order_client_id)


def next_port(port: str, step: int) -> str:
    """Return the usual port after the one typed, or before it; the first of them from any other."""
    ports = [str(pick.port) for pick in PORT_PICKS]
    return ports[(ports.index(port.strip()) + step) % len(ports)] if port.strip() in ports else ports[0]


def port_words(port: str) -> Line:
    """Say what usually listens on a port."""
    pick = _pick(port)
    if pick is None:
        return ((" ↑ ↓ for the usual ones", Tone.DIM),)
    return ((f" usually {pick.words}", Tone.DIM),)


def order_id_words(fields: Fields) -> Line:
    """Say which id `auto` stands for."""
    client_id = _whole(fields.client_id, MOST_CLIENT_ID)
    if fields.order_client_id.strip().lower() == AUTO:
        return ((f" = {client_id + 1}" if client_id else "", Tone.DIM),)
    return ((" fixed; auto is one more than the data link's", Tone.DIM),)


def account_words(view: ConnectionView) -> Line:
    """Say which account the profile is bound to."""
    if view.account:
        return ((fmt.plain(view.account), Tone.STRONG), (" bound; F8 changes it", Tone.DIM))
    return (("the only one the login has", Tone.PLAIN), ("; F8 binds one", Tone.DIM))


def kind_warning(profile: Profile, port: str) -> str:
    """Say that the port is the usual one of the other kind of account; empty when it is not."""
    pick = _pick(port)
    if pick is None or profile is Profile.SIM or pick.is_live == (profile is Profile.IBKR_LIVE):
        return ""
    kind = "LIVE, real money" if pick.is_live else "PAPER"
    return (
        f"{pick.port} is the usual port of {pick.words} ({kind}), and this profile is {profile.value}. "
        "An account of the other kind is refused and disconnected."
    )


def best_answer(scan: PortScan, profile: Profile) -> int:
    """Return the place of the port most likely meant: one that answers with this profile's kind of account, else
    one that answers, else the first."""
    wanted = AccountKind.LIVE if profile is Profile.IBKR_LIVE else AccountKind.PAPER
    answers = scan.answers
    ranked = sorted(
        range(len(answers)), key=lambda at: (answers[at].kind is not wanted, not answers[at].answers)
    )
    return ranked[0] if ranked else 0


def overridden(view: ConnectionView, key: str) -> bool:
    """Whether the environment sets this key, so that what is saved for it has no effect in this launch."""
    return any(_key_of(name) == key for name in view.fixed_by)


OVERRIDE_WORDS = " environment overrides it this launch"
TEST_WORDS = "Test and probe use client ids of their own; they arm and change nothing."


def _key_of(name: str) -> str:
    """Return the key of a dotted setting or of its environment name (`QE__CONNECTION__IBKR_PAPER__PORT`)."""
    return name.lower().replace("__", ".").partition("=")[0].strip().rpartition(".")[2]


def _pick(port: str) -> PortPick | None:
    return next((pick for pick in PORT_PICKS if str(pick.port) == port.strip()), None)


def _whole(text: str, most: int) -> int | None:
    """Read a whole number from 1 to `most`; None for anything else."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(most)):
        return None
    return int(digits) if 1 <= int(digits) <= most else None
