"""The ladder as text and as JSON: exact form, exit codes, nothing of a gateway's words reaches the terminal raw."""

import json
from datetime import UTC, datetime

import pytest

from qe_dashboard.bootstrap.doctor import Diagnosis, as_json, as_text
from qe_dashboard.model.enums import AccountKind, Profile
from qe_dashboard.model.ladder import Ladder, Rung, RungName, RungState

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def ladder(**states: RungState) -> Ladder:
    rungs = tuple(
        Rung(
            name,
            state := states.get(name.name, RungState.PASS),
            f"measured {name.value}",
            "do this" if state is RungState.FAIL else "",
        )
        for name in RungName
    )
    return Ladder("127.0.0.1", 4002, AT, rungs, "DU1234567", AccountKind.PAPER)


def test_the_first_failure_and_its_fix_come_last() -> None:
    found = Diagnosis(3, Profile.IBKR_PAPER, ladder(WRITABLE=RungState.FAIL, QUOTE=RungState.FAIL))
    lines = as_text(found).splitlines()
    assert lines[0].startswith("Connection of profile ibkr-paper, 127.0.0.1:4002.")
    assert lines[2:13] == [
        f"  {'FAIL' if name in (RungName.WRITABLE, RungName.QUOTE) else 'pass'}     {name:<25}  measured {name}"
        for name in RungName
    ]
    assert lines[-2:] == ["Failed: not read-only - measured not read-only", "Fix:    do this"]


@pytest.mark.parametrize(
    ("states", "last"),
    [
        ({}, "All rungs pass."),
        (
            {"QUOTE": RungState.UNKNOWN},
            "Nothing failed, but not everything could be checked: a quote ticking - measured a quote ticking",
        ),
        (dict.fromkeys(RungName.__members__, RungState.NOT_APPLICABLE), "Nothing to check."),
    ],
)
def test_without_a_failure_the_end_says_so(states: dict[str, RungState], last: str) -> None:
    assert as_text(Diagnosis(0, Profile.IBKR_PAPER, ladder(**states))).splitlines()[-1] == last


def test_escape_sequences_in_a_gateways_words_never_reach_the_terminal() -> None:
    rungs = (Rung(RungName.VALUES, RungState.FAIL, "lost\x1b[2J\r\nAll rungs pass.", "wait"),)
    text = as_text(Diagnosis(3, Profile.IBKR_PAPER, Ladder("h", 1, AT, rungs)))
    assert "\x1b" not in text
    assert "\r" not in text
    assert not any(line.startswith("All rungs pass.") for line in text.splitlines())


def test_the_json_object() -> None:
    shown = json.loads(as_json(Diagnosis(3, Profile.IBKR_PAPER, ladder(CLOCK=RungState.FAIL))))
    rungs = shown.pop("rungs")
    assert shown == {
        "schema": 1,
        "ok": False,
        "exit_code": 3,
        "profile": "ibkr-paper",
        "host": "127.0.0.1",
        "port": 4002,
        "at": "2026-11-20T15:00:00.000+00:00",
        "account": "DU1234567",
        "account_kind": "PAPER",
        "first_failure": "clock skew",
        "problem": "",
    }
    assert [rung["name"] for rung in rungs] == [name.value for name in RungName]
    assert rungs[9] == {
        "name": "clock skew",
        "state": "fail",
        "detail": "measured clock skew",
        "fix": "do this",
    }


def test_the_json_object_of_a_check_that_never_began() -> None:
    shown = json.loads(as_json(Diagnosis(2, problem="Settings refused")))
    assert (shown["ok"], shown["exit_code"], shown["rungs"], shown["problem"]) == (
        False,
        2,
        [],
        "Settings refused",
    )
    assert shown["profile"] is None
