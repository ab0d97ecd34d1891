"""What the dialog's inputs mean, and what it says about ports, ids and the environment."""

import pytest

from qe_dashboard.engine.facade import ConnectionRequest
from qe_dashboard.model.enums import AccountKind, Profile
from qe_dashboard.model.ladder import PortAnswer, PortScan
from qe_dashboard.ui.presenters.connection import (
    Fields,
    best_answer,
    fields_of,
    kind_warning,
    next_port,
    order_id_words,
    overridden,
    port_words,
    request_of,
)
from support.view_builders import make_connection


@pytest.mark.parametrize(
    ("order_client_id", "fields"),
    [(None, Fields("127.0.0.1", "4002", "1", "auto")), (7, Fields("127.0.0.1", "4002", "1", "7"))],
)
def test_the_inputs_start_from_what_is_in_force_and_mean_it(
    order_client_id: int | None, fields: Fields
) -> None:
    view = make_connection(order_client_id=order_client_id)
    assert fields_of(view) == fields
    assert request_of(fields) == ConnectionRequest("127.0.0.1", 4002, 1, order_client_id)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        (Fields("", "4002", "1", "auto"), "Host"),
        (Fields("my gw", "4002", "1", "auto"), "Host"),
        (Fields("gw", "", "1", "auto"), "Port"),
        (Fields("gw", "0", "1", "auto"), "Port"),
        (Fields("gw", "65536", "1", "auto"), "Port"),
        (Fields("gw", "40x2", "1", "auto"), "Port"),
        (Fields("gw", "٤٠٠٢", "1", "auto"), "Port"),
        (Fields("gw", "4002", "0", "auto"), "Data client id"),
        (Fields("gw", "4002", "999999", "auto"), "Data client id"),
        (Fields("gw", "4002", "-1", "auto"), "Data client id"),
        (Fields("gw", "4002", "1", ""), "Order client id"),
        (Fields("gw", "4002", "1", "1000000"), "Order client id"),
        (Fields("gw", "4002", "5", " 5 "), "two client ids, and both are 5. Type auto for 6."),
    ],
)
def test_inputs_that_mean_nothing_are_named(fields: Fields, word: str) -> None:
    problem = request_of(fields)
    assert isinstance(problem, str)
    assert word in problem


def test_spaces_around_and_capitals_do_not_matter() -> None:
    assert request_of(Fields(" gw ", " 7497", "2 ", " AUTO ")) == ConnectionRequest("gw", 7497, 2, None)


@pytest.mark.parametrize(
    ("profile", "port", "warns"),
    [
        (Profile.IBKR_PAPER, "7496", True),
        (Profile.IBKR_PAPER, "4001", True),
        (Profile.IBKR_PAPER, "4002", False),
        (Profile.IBKR_PAPER, "5000", False),
        (Profile.IBKR_LIVE, "4002", True),
        (Profile.IBKR_LIVE, "7497", True),
        (Profile.IBKR_LIVE, "4001", False),
    ],
)
def test_the_usual_port_of_the_other_kind_is_warned_of(profile: Profile, port: str, warns: bool) -> None:
    warning = kind_warning(profile, port)
    assert bool(warning) is warns
    if warns:
        assert port in warning
        assert profile.value in warning


def test_arrows_go_round_the_four_usual_ports() -> None:
    ports = ["5000"]
    for _ in range(5):
        ports.append(next_port(ports[-1], 1))
    assert ports == ["5000", "7497", "7496", "4002", "4001", "7497"]
    assert next_port("7497", -1) == "4001"


def test_the_inputs_say_what_they_stand_for() -> None:
    assert port_words("4001")[0][0] == " usually Gateway live"
    assert order_id_words(Fields("", "", "41", "auto"))[0][0] == " = 42"
    assert order_id_words(Fields("", "", "x", "auto"))[0][0] == ""


@pytest.mark.parametrize(
    "name",
    [
        "connection.ibkr-paper.client_id",
        "QE__CONNECTION__IBKR_PAPER__CLIENT_ID",
        "QE__CONNECTION__IBKR_PAPER__CLIENT_ID=3",
    ],
)
def test_what_the_environment_sets_is_known_by_either_name(name: str) -> None:
    view = make_connection(fixed_by=(name,))
    assert overridden(view, "client_id")
    assert not overridden(view, "order_client_id")


def scan(*answers: tuple[int, bool, AccountKind | None]) -> PortScan:
    return PortScan("gw", tuple(PortAnswer(port, "", is_up, "", (), kind) for port, is_up, kind in answers))


@pytest.mark.parametrize(
    ("answers", "profile", "best"),
    [
        (
            ((7497, False, None), (7496, True, AccountKind.LIVE), (4002, True, AccountKind.PAPER)),
            Profile.IBKR_PAPER,
            2,
        ),
        (
            ((7497, False, None), (7496, True, AccountKind.LIVE), (4002, True, AccountKind.PAPER)),
            Profile.IBKR_LIVE,
            1,
        ),
        (((7497, False, None), (7496, True, None)), Profile.IBKR_PAPER, 1),
        (((7497, False, None), (7496, False, None)), Profile.IBKR_PAPER, 0),
        ((), Profile.IBKR_PAPER, 0),
    ],
)
def test_the_port_most_likely_meant(
    answers: tuple[tuple[int, bool, AccountKind | None], ...], profile: Profile, best: int
) -> None:
    assert best_answer(scan(*answers), profile) == best
