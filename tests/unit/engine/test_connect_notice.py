"""The launch notice: usual causes in the order users meet them, the one the diagnosis proves first."""

import pytest

from qe_dashboard.engine.connect_notice import likely_causes
from qe_dashboard.model.connection import LinkCause
from qe_dashboard.model.enums import Profile


def causes(cause: LinkCause, host: str = "127.0.0.1") -> list[str]:
    return list(likely_causes(Profile.IBKR_PAPER, host=host, port=4002, cause=cause))


def test_nothing_listening_keeps_the_usual_order() -> None:
    found = causes(LinkCause.NOTHING_LISTENS)
    starts = [
        "TWS or IB Gateway is not running",
        "Wrong port",
        "The API socket of TWS is off",
        "Another program holds",
    ]
    assert [text.startswith(start) for text, start in zip(found, starts, strict=False)] == [True] * 4
    assert all(port in found[1] for port in ("4002", "7497", "4001", "7496"))
    assert "ibkr-paper, and 4002 is set" in found[1]
    assert "Enable ActiveX and Socket Clients" in found[2]
    assert found[4].startswith("TWS or IB Gateway is still starting")


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
        (LinkCause.CLIENT_ID_TAKEN, "Another program holds the client id"),
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
