"""The launch notice: usual causes in the order users meet them, the one the diagnosis proves first."""

import pytest

from qe_dashboard.engine.connect_notice import likely_causes
from qe_dashboard.model.connection import ConnectionTarget, LinkCause
from qe_dashboard.model.enums import Profile


def causes(cause: LinkCause, host: str = "127.0.0.1") -> list[str]:
    target = ConnectionTarget(host, 4002, client_id=7, order_client_id=9)
    return list(likely_causes(Profile.IBKR_PAPER, target, cause=cause))


def test_nothing_listening_is_a_program_that_is_off_a_wrong_port_or_a_socket_that_is_off() -> None:
    running, port, off = causes(LinkCause.NOTHING_LISTENS)
    assert running.startswith("TWS or IB Gateway is not running")
    assert port.startswith("Wrong port")
    assert all(number in port for number in ("4002", "7497", "4001", "7496"))
    assert "ibkr-paper, and 4002 is set" in port
    assert "Enable ActiveX and Socket Clients" in off


@pytest.mark.parametrize(
    ("cause", "ruled_out"),
    [
        (LinkCause.NOTHING_LISTENS, ("client id", "takes connections and drops them")),
        (LinkCause.SILENT, ("is not running", "client id", "drops them")),
        (LinkCause.UNREACHABLE, ("client id", "drops them", "Trusted IPs")),
        (LinkCause.DROPPED, ("is not running", "client id")),
    ],
)
def test_what_the_finding_rules_out_is_not_named(cause: LinkCause, ruled_out: tuple[str, ...]) -> None:
    found = " ".join(causes(cause, "tws.lan"))
    assert [words for words in ruled_out if words in found] == []


@pytest.mark.parametrize("cause", [LinkCause.SILENT, LinkCause.DROPPED])
def test_another_program_may_have_the_port_and_test_tells(cause: LinkCause) -> None:
    assert any("Another program has port 4002: `test` looks" in text for text in causes(cause))


def test_a_taken_id_says_what_another_pair_costs() -> None:
    [only] = causes(LinkCause.CLIENT_ID_TAKEN)
    assert "The id stays, so that your orders stay yours" in only
    assert (
        "choose ids 10 and 11 in the connection dialog: working orders of the old ids then become foreign"
        in only
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_trusted_ips_are_no_cause_on_this_machine(host: str) -> None:
    assert not any("Trusted IPs" in text for text in causes(LinkCause.DROPPED, host))


def test_they_are_on_another_one() -> None:
    assert any("Trusted IPs in API > Settings on tws.lan" in t for t in causes(LinkCause.DROPPED, "tws.lan"))
    assert causes(LinkCause.NONE, "tws.lan")[0].endswith("start it and log in on tws.lan.")


@pytest.mark.parametrize(
    ("cause", "first"),
    [
        (LinkCause.NAME_UNKNOWN, "No machine is known as 127.0.0.1"),
        (LinkCause.NOT_THE_API, "Something else listens on port 4002"),
        (LinkCause.CLIENT_ID_TAKEN, "Another program holds a client id"),
        (LinkCause.OLD_SERVER, "TWS or IB Gateway is too old"),
        (LinkCause.WRONG_ACCOUNT, "The login is not one for ibkr-paper"),
        (LinkCause.UNREACHABLE, "127.0.0.1 does not answer"),
        (LinkCause.DROPPED, "TWS or IB Gateway is still starting"),
        (LinkCause.SILENT, "A dialog waits"),
    ],
)
def test_what_the_diagnosis_proves_comes_first(cause: LinkCause, first: str) -> None:
    assert causes(cause)[0].startswith(first)


@pytest.mark.parametrize("cause", list(LinkCause))
def test_no_cause_is_named_twice_or_left_unfilled(cause: LinkCause) -> None:
    found = causes(cause, "tws.lan")
    assert found
    assert len(set(found)) == len(found)
    assert not any("{" in text for text in found)
