"""What leaves the machine in a bundle names no account, no reference, no secret, no address and no user."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.bootstrap.masking import Masker


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("account DU1234567 and U7654321", "account DU***567 and U***321"),
        ("POST https://hooks.slack.com/services/T0/B0/s3cret", "POST https://hooks.slack.com/***"),
        ("token=abc123 next", "token=*** next"),
        ('"api_key": "abc123", "x": 1', '"api_key": "***", "x": 1'),
        ("ntfy_password = hunter2;", "ntfy_password = ***;"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("connect 192.168.1.20:4002 refused", "connect x.x.x.x:4002 refused"),
        ("put 10.0.0.5 into Trusted IPs.", "put x.x.x.x into Trusted IPs."),
        ("from fe80::1 to 2001:db8::5", "from x.x.x.x to x.x.x.x"),
        ("order QE:1K3PZ8F1234567Q, next", "order ref-1, next"),
        ("read /home/otheruser/x and /Users/Ann/y", "read /home/***/x and /Users/***/y"),
        (r"C:\Users\ann\tws and C:\\Users\\ann\\tws", r"C:\Users\***\tws and C:\\Users\\***\\tws"),
        ("host=trader-box refused", "host=HOST*** refused"),
        ('"host": "vps", "port": 1', '"host": "HOST***", "port": 1'),
        ("trader-box.lan:4002 refused", "HOST***:4002 refused"),
    ],
)
def test_what_names_somebody_is_masked(text: str, masked: str) -> None:
    assert Masker({}).text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1:4002 refused",
        "[::1]:4002",
        "2026-11-20T15:00:00.123+00:00 INFO qe_dashboard.engine: up",
        "textual 8.2.8, ib_insync 0.9.86, Linux-6.18.44",
        "AAPL BUY 100 @ 233.33",
        "error 10197 at 12:30:05",
        "host: 127.0.0.1, host=localhost",
        "std::vector and qe_dashboard.core.clock:41",
        "the weekly token expires (Sunday 01:00 ET)",
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert Masker({}).text(text) == text


def test_the_same_reference_has_the_same_name_wherever_it_stands() -> None:
    masker = Masker({})
    row = {
        "intent_id": "1K3PZ8F12345",
        "payload": {"order_ref": "QE:1K3PZ8F12345", "text": "sent 1K3PZ8F12345"},
    }
    masked = masker.value(row)
    assert masked == {"intent_id": "ref-1", "payload": {"order_ref": "ref-1", "text": "sent ref-1"}}
    assert masker.value({"order_ref": "mybot-7"}) == {"order_ref": "ref-2"}
    assert masker.text("mybot-7 again") == "ref-2 again"


def test_a_short_reference_of_another_program_eats_no_other_text() -> None:
    masker = Masker({})
    assert masker.value({"order_ref": "x"}) == {"order_ref": "ref-1"}
    assert masker.text("next x") == "next x"


def test_a_known_account_is_masked_even_glued_to_other_letters_and_in_an_odd_form() -> None:
    masker = Masker({})
    masker.know_accounts(["DU1234567", "Advisor99", ""])
    assert masker.text("xDU1234567y Advisor99") == "xDU***567y ACCOUNT***"
    assert masker.value({"account": "Another88"}) == {"account": "ACCOUNT***"}


def test_words_given_are_replaced_longest_first() -> None:
    masker = Masker({"vps": "remote-host", "vps.example.org": "remote-host", "/home/me": "~"})
    assert masker.text("vps.example.org in /home/me/logs") == "remote-host in ~/logs"


def test_a_known_host_is_masked_as_a_word_in_any_letters() -> None:
    masker = Masker({})
    masker.know_host("NAS", "remote-host")
    assert masker.text("nas:4002, NAS. nasty, my-nas") == "remote-host:4002, remote-host. nasty, my-nas"


def test_numbers_and_lists_keep_their_form() -> None:
    value = {"seq": 7, "ok": True, "none": None, "list": ["DU1234567", 2.5, {"order_ref": ""}]}
    assert Masker({}).value(value) == {
        "seq": 7,
        "ok": True,
        "none": None,
        "list": ["DU***567", 2.5, {"order_ref": ""}],
    }


@given(
    text=st.text(max_size=30),
    account=st.from_regex(r"D?U[0-9]{6,8}", fullmatch=True),
    where=st.sampled_from(("{t} {a}", "{a} {t}", '"{a}"{t}', "{t}={a};")),
)
def test_no_known_account_survives_in_any_text(text: str, account: str, where: str) -> None:
    masker = Masker({})
    masker.know_accounts([account])
    whole = where.format(t=text, a=account)
    assert account not in masker.text(whole)
    assert account not in json.dumps(masker.value({"payload": {"text": whole}}))
