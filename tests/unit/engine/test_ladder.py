"""Facts to rungs: each fault fails its own rung with one fix, and nothing is claimed that was not found out."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from qe_dashboard.engine.ladder import judge
from qe_dashboard.engine.ladder_facts import LadderFacts, QuoteSeen
from qe_dashboard.model.connection import LinkCause
from qe_dashboard.model.enums import AccountKind, DataTier, Profile
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.ladder import Ladder, Rung, RungName, RungState
from qe_dashboard.model.reports import Identity

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
GOOD = LadderFacts(
    profile=Profile.IBKR_PAPER,
    host="127.0.0.1",
    port=4002,
    client_id=1,
    order_client_id=2,
    addresses=("127.0.0.1",),
    own_address="127.0.0.1",
    port_open=True,
    cause=LinkCause.NONE,
    server_version=176,
    ids_free=(1, 2),
    accounts=("DU1234567",),
    next_order_id=7,
    read_only=False,
    upstream_up=True,
    values_arriving=True,
    values_currency="USD",
    skew_s=0.3,
    quote=QuoteSeen("AAPL", DataTier.LIVE, age_s=0.2),
)
REMOTE = replace(GOOD, host="vps", addresses=("10.0.0.9",), own_address="10.0.0.5")
LIVE = replace(GOOD, profile=Profile.IBKR_LIVE, port=4001, accounts=("U1234567",))


def rung(ladder: Ladder, name: RungName) -> Rung:
    return next(one for one in ladder.rungs if one.name is name)


def failure(facts: LadderFacts) -> Rung:
    found = judge(facts, AT).first_failure
    assert found is not None
    return found


def test_all_is_well() -> None:
    ladder = judge(GOOD, AT)
    assert [one.name for one in ladder.rungs] == list(RungName)
    assert {one.state for one in ladder.rungs} == {RungState.PASS}
    assert ladder.is_ok
    assert (ladder.account, ladder.account_kind, ladder.at) == ("DU1234567", AccountKind.PAPER, AT)
    assert all(one.fix == "" and one.detail != "" for one in ladder.rungs)


def test_the_simulated_profile_has_nothing_to_check() -> None:
    ladder = judge(LadderFacts(Profile.SIM), AT)
    assert {one.state for one in ladder.rungs} == {RungState.NOT_APPLICABLE}
    assert len(ladder.rungs) == len(RungName)
    assert ladder.is_ok


def test_nothing_found_out_is_unknown_and_not_well() -> None:
    ladder = judge(LadderFacts(Profile.IBKR_PAPER, host="127.0.0.1", port=4002), AT)
    assert {(one.state, one.detail) for one in ladder.rungs} == {(RungState.UNKNOWN, "not measured")}
    assert not ladder.is_ok
    assert ladder.account is None


@pytest.mark.parametrize(
    ("changes", "name", "detail", "fix"),
    [
        ({"addresses": ()}, RungName.NAME, "127.0.0.1 is not known", "connection.ibkr-paper.host"),
        ({"cause": LinkCause.NAME_UNKNOWN, "addresses": None}, RungName.NAME, "not known", "127.0.0.1"),
        (
            {"cause": LinkCause.NOTHING_LISTENS, "port_open": False},
            RungName.PORT,
            "nothing listens on 127.0.0.1:4002",
            "TWS 7497; live: Gateway 4001, TWS 7496",
        ),
        (
            {"cause": LinkCause.UNREACHABLE, "port_open": False},
            RungName.PORT,
            "127.0.0.1:4002 does not answer",
            "firewall lets TCP port 4002",
        ),
        (
            {
                "cause": LinkCause.NOTHING_LISTENS,
                "port_open": False,
                "reserved": (3900, 4099),
                "free_port": 7671,
            },
            RungName.PORT,
            "nothing listens",
            "Windows reserves ports 3900-4099 (Hyper-V, WSL2, Docker)",
        ),
        (
            {"cause": LinkCause.NOT_THE_API, "nature": "an HTTP server", "listener": "nginx, process 4711"},
            RungName.HANDSHAKE,
            "an HTTP server answers on 127.0.0.1:4002 (nginx, process 4711)",
            "connection.ibkr-paper.port",
        ),
        (
            {"cause": LinkCause.DROPPED},
            RungName.HANDSHAKE,
            "accepts the connection and closes",
            "Trusted IPs",
        ),
        (
            {"cause": LinkCause.SILENT, "server_version": None, "accounts": None},
            RungName.HANDSHAKE,
            "says nothing",
            "IB Gateway's window",
        ),
        ({"cause": LinkCause.OLD_SERVER}, RungName.HANDSHAKE, "too old", "Update IB Gateway"),
        (
            {"cause": LinkCause.CLOSED, "words": "the gateway closed the connection"},
            RungName.HANDSHAKE,
            "the gateway closed the connection",
            "tried again by itself",
        ),
        (
            {"cause": LinkCause.NO_ANSWER, "words": "no answer to two pings"},
            RungName.HANDSHAKE,
            "no answer to two pings",
            "Wait",
        ),
        (
            {"cause": LinkCause.CLIENT_ID_TAKEN, "ids_taken": (1,), "ids_free": (2,)},
            RungName.CLIENT_ID,
            "client id 1 is in use by another program (326)",
            "The id stays, so that your orders stay yours",
        ),
        (
            {"cause": LinkCause.CLIENT_ID_TAKEN, "ids_free": ()},
            RungName.CLIENT_ID,
            "every client id",
            "Your client ids stay as they are",
        ),
        (
            {"ids_free": (), "ids_taken": (1, 2), "free_pair": (3, 4)},
            RungName.CLIENT_ID,
            "client ids 1 and 2 are in use",
            "choose ids 3 and 4",
        ),
        ({"accounts": ()}, RungName.ACCOUNTS, "names no account", "Finish the login"),
        (
            {"cause": LinkCause.SILENT, "accounts": None, "ids_free": (1, 2)},
            RungName.ACCOUNTS,
            "names no account",
            "second factor",
        ),
        (
            {"cause": LinkCause.SILENT, "next_order_id": None},
            RungName.ORDER_ID,
            "no next order id",
            "Finish the login",
        ),
        ({"read_only": True}, RungName.WRITABLE, "read-only", 'untick "Read-Only API"'),
        (
            {"upstream_up": False, "upstream_words": "Connectivity lost (1100)"},
            RungName.VALUES,
            "Connectivity lost (1100)",
            "Orders at IBKR still work",
        ),
        ({"values_arriving": False}, RungName.VALUES, "no account values", "Log IB Gateway out and in"),
        ({"skew_s": 90.0}, RungName.CLOCK, "90.0 s ahead of", "timedatectl"),
        ({"skew_s": -2.5}, RungName.CLOCK, "2.5 s behind", "Sync now"),
        (
            {"quote": QuoteSeen("AAPL", DataTier.DELAYED, code=10167, words="Displaying delayed (10167)")},
            RungName.QUOTE,
            "AAPL is delayed: Displaying delayed (10167)",
            "Market Data Subscriptions",
        ),
        (
            {"quote": QuoteSeen("AAPL", code=354, words="not subscribed (354)")},
            RungName.QUOTE,
            "no price of AAPL: not subscribed (354)",
            "Market Data Subscriptions",
        ),
        (
            {"quote": QuoteSeen("AAPL", code=10089, words="x (10089)")},
            RungName.QUOTE,
            "no price",
            "Subscriptions",
        ),
        (
            {"quote": QuoteSeen("AAPL", code=10168, words="x (10168)")},
            RungName.QUOTE,
            "no price",
            "Paper Trading Account",
        ),
        (
            {"quote": QuoteSeen("AAPL", code=10197, words="competing (10197)")},
            RungName.QUOTE,
            "competing (10197)",
            "Log out where the same username",
        ),
        ({"quote": QuoteSeen("AAPL", code=101, words="x (101)")}, RungName.QUOTE, "x (101)", "100 lines"),
        (
            {"quote": QuoteSeen("AAPL", age_s=5.0, market_open=True)},
            RungName.QUOTE,
            "no price of AAPL within 5 s although its market is open",
            "data farms",
        ),
    ],
)
def test_each_fault_fails_its_rung_with_one_fix(
    changes: dict[str, object], name: RungName, detail: str, fix: str
) -> None:
    failed = failure(replace(GOOD, **changes))  # type: ignore[arg-type]
    assert failed.name is name
    assert detail in failed.detail
    assert fix in failed.fix


@pytest.mark.parametrize(
    ("facts", "detail", "fix"),
    [
        (
            replace(GOOD, accounts=("U7654321",)),
            "U7654321 is a LIVE account, profile ibkr-paper needs PAPER",
            "usually 4002 or 7497",
        ),
        (
            replace(LIVE, accounts=("DU1234567",)),
            "DU1234567 is a PAPER account, profile ibkr-live needs LIVE",
            "usually 4001 or 7496",
        ),
        (
            replace(GOOD, accounts=("DU1", "DU2")),
            "several accounts (DU1 and DU2)",
            "settings set connection.ibkr-paper.account DU1",
        ),
        (
            replace(GOOD, bound_account="DU9"),
            "bind ibkr-paper to DU9, the login has DU1234567",
            "user of DU9",
        ),
        (
            replace(GOOD, identity_refused="The first account was DU1, now it is DU1234567."),
            "The first account was DU1",
            "",
        ),
    ],
)
def test_an_account_that_is_not_ours_ends_the_climb(facts: LadderFacts, detail: str, fix: str) -> None:
    ladder = judge(facts, AT)
    failed = ladder.first_failure
    assert failed is not None
    assert failed.name is RungName.ACCOUNT_KIND
    assert detail in failed.detail
    assert fix in failed.fix
    assert failed.fix != ""
    assert ladder.account is None
    assert rung(ladder, RungName.VALUES).detail == "not reached: account is the right kind comes first"


@pytest.mark.parametrize("name", list(RungName)[:7])
def test_above_a_failure_that_ends_the_session_nothing_is_reached(name: RungName) -> None:
    broken = {
        RungName.NAME: {"addresses": ()},
        RungName.PORT: {"cause": LinkCause.NOTHING_LISTENS, "port_open": False},
        RungName.HANDSHAKE: {"cause": LinkCause.DROPPED},
        RungName.CLIENT_ID: {"cause": LinkCause.CLIENT_ID_TAKEN, "ids_taken": (1,)},
        RungName.ACCOUNTS: {"accounts": ()},
        RungName.ACCOUNT_KIND: {"accounts": ("U1234567",)},
        RungName.ORDER_ID: {"cause": LinkCause.SILENT, "next_order_id": None},
    }[name]
    ladder = judge(replace(GOOD, **broken), AT)  # type: ignore[arg-type]
    place = list(RungName).index(name)
    states = [one.state for one in ladder.rungs]
    assert states[:place] == [RungState.PASS] * place
    assert states[place] is RungState.FAIL
    assert states[place + 1 :] == [RungState.UNKNOWN] * (len(states) - place - 1)
    assert all(one.detail == f"not reached: {name} comes first" for one in ladder.rungs[place + 1 :])


def test_a_read_only_api_does_not_hide_what_was_measured_above_it() -> None:
    ladder = judge(replace(GOOD, read_only=True, quote=None), AT)
    assert failure(replace(GOOD, read_only=True)).name is RungName.WRITABLE
    assert rung(ladder, RungName.VALUES).state is RungState.PASS
    assert rung(ladder, RungName.QUOTE).detail == "not measured"


@pytest.mark.parametrize("cause", [LinkCause.DROPPED, LinkCause.SILENT])
def test_another_machine_is_told_to_trust_this_one(cause: LinkCause) -> None:
    failed = failure(replace(REMOTE, cause=cause, server_version=None, accounts=None))
    assert failed.name is RungName.HANDSHAKE
    for words in ("On vps", "10.0.0.5 into Trusted IPs", "localhost only", "TCP port 4002"):
        assert words in failed.fix


def test_another_machine_that_refuses_is_told_to_listen_beyond_localhost() -> None:
    failed = failure(replace(REMOTE, cause=LinkCause.NOTHING_LISTENS, port_open=False))
    assert "on vps" in failed.fix
    assert "Allow connections from localhost only" in failed.fix


@pytest.mark.parametrize(
    ("port", "program", "menu"),
    [
        (4001, "Start IB Gateway", "Configure > Settings > API > Settings"),
        (7497, "Start TWS", "File or Edit > Global Configuration > API > Settings"),
        (5000, "Start TWS or IB Gateway", "in TWS: File or Edit > Global Configuration"),
    ],
)
def test_the_fix_names_the_program_and_its_menu_by_the_port(port: int, program: str, menu: str) -> None:
    fix = failure(replace(GOOD, port=port, port_open=False, cause=LinkCause.NOTHING_LISTENS)).fix
    assert program in fix
    assert menu in fix
    assert str(port) in fix


def test_ids_of_our_own_dashboard_are_no_fault() -> None:
    facts = replace(GOOD, ids_free=(), ids_ours="your dashboard (process 4711)", ids_held=(1, 2))
    assert rung(judge(facts, AT), RungName.CLIENT_ID) == Rung(
        RungName.CLIENT_ID, RungState.PASS, "client ids 1 and 2 are in use by your dashboard (process 4711)"
    )


def test_a_dashboard_that_was_not_seen_to_hold_its_ids_proves_nothing() -> None:
    ladder = judge(replace(GOOD, ids_free=(), ids_ours="your dashboard (process 4711)"), AT)
    assert rung(ladder, RungName.CLIENT_ID) == Rung(
        RungName.CLIENT_ID,
        RungState.UNKNOWN,
        "your dashboard (process 4711) runs with these ids; whether it holds them could not be seen",
    )
    assert not ladder.is_ok


def test_ids_of_ours_and_free_ones_are_both_told() -> None:
    facts = replace(GOOD, ids_free=(2,), ids_ours="this session", ids_held=(1,))
    assert rung(judge(facts, AT), RungName.CLIENT_ID).detail == (
        "client id 1 is in use by this session, 2 is free"
    )


@pytest.mark.parametrize("cause", [LinkCause.NO_LIBRARY, LinkCause.FAULT, LinkCause.ASKED])
def test_what_could_not_be_tried_is_unknown_and_no_failure(cause: LinkCause) -> None:
    facts = replace(
        LadderFacts(Profile.IBKR_PAPER, host="127.0.0.1", port=4002),
        cause=cause,
        words="ib_insync is missing",
    )
    ladder = judge(facts, AT)
    assert ladder.first_failure is None
    assert rung(ladder, RungName.HANDSHAKE) == Rung(
        RungName.HANDSHAKE, RungState.UNKNOWN, "ib_insync is missing"
    )


def test_a_running_session_needs_no_probe_to_know_what_it_reached() -> None:
    facts = LadderFacts(
        Profile.IBKR_PAPER,
        host="127.0.0.1",
        port=4002,
        client_id=1,
        cause=LinkCause.NONE,
        ids_ours="this session",
        ids_held=(1,),
        identity=Identity(AccountId("DU1234567"), AccountKind.PAPER),
    )
    ladder = judge(facts, AT)
    assert [one.state for one in ladder.rungs[:6]] == [RungState.PASS] * 6
    assert {one.detail for one in ladder.rungs[6:]} == {"not measured"}
    assert ladder.account == "DU1234567"


@pytest.mark.parametrize(
    ("quote", "state", "words"),
    [
        (QuoteSeen("AAPL", DataTier.FROZEN), RungState.PASS, "AAPL FROZEN"),
        (QuoteSeen("AAPL", DataTier.LIVE, age_s=1.26), RungState.PASS, "AAPL LIVE, 1.3 s old"),
        (QuoteSeen("AAPL", age_s=5.0, market_open=False), RungState.UNKNOWN, "its market is closed"),
        (QuoteSeen("AAPL"), RungState.UNKNOWN, "its market may be closed"),
        (QuoteSeen("AAPL", DataTier.LIVE, code=2104, words="x"), RungState.PASS, "AAPL LIVE"),
    ],
)
def test_a_quote_passes_frozen_and_is_unknown_when_silence_proves_nothing(
    quote: QuoteSeen, state: RungState, words: str
) -> None:
    found = rung(judge(replace(GOOD, quote=quote), AT), RungName.QUOTE)
    assert found.state is state
    assert words in found.detail


def test_two_seconds_of_skew_are_harmless() -> None:
    assert rung(judge(replace(GOOD, skew_s=-2.0), AT), RungName.CLOCK).state is RungState.PASS


def test_ipv6_is_written_with_brackets_and_its_loopback_is_this_machine() -> None:
    facts = replace(GOOD, host="::1", addresses=("::1",), port_open=False, cause=LinkCause.NOTHING_LISTENS)
    failed = failure(facts)
    assert "[::1]:4002" in failed.detail
    assert "localhost only" not in failed.fix


def test_a_refused_port_proves_the_name_and_a_host_that_is_silent_does_not() -> None:
    bare = LadderFacts(Profile.IBKR_PAPER, host="tws.lan", port=4002)
    refused = judge(replace(bare, cause=LinkCause.NOTHING_LISTENS), AT)
    assert rung(refused, RungName.NAME) == Rung(RungName.NAME, RungState.PASS, "tws.lan")
    silent = judge(replace(bare, cause=LinkCause.UNREACHABLE), AT)
    assert rung(silent, RungName.NAME).state is RungState.UNKNOWN


@pytest.mark.parametrize(
    ("skew", "words"), [(0.44, "+0.4 s, gateway minus ours"), (-1.5, "-1.5 s, gateway minus ours")]
)
def test_the_skew_has_its_sign(skew: float, words: str) -> None:
    assert rung(judge(replace(GOOD, skew_s=skew), AT), RungName.CLOCK).detail == words


@pytest.mark.parametrize(
    ("quote", "words"),
    [
        (
            QuoteSeen("AAPL", is_open=True, last_at="10:04:45 ET"),
            "no price of AAPL since 10:04:45 ET; its market is open",
        ),
        (QuoteSeen("AAPL", is_open=False), "no price of AAPL yet; its market is closed"),
        (QuoteSeen("AAPL"), "no price of AAPL yet; its market may be closed"),
    ],
)
def test_silence_says_since_when_and_what_the_hours_say(quote: QuoteSeen, words: str) -> None:
    found = rung(judge(replace(GOOD, quote=quote), AT), RungName.QUOTE)
    assert (found.state, found.detail) == (RungState.UNKNOWN, words)
