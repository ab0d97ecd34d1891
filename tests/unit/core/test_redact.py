import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.core.redact import redact

PREFIXES = st.sampled_from(["U", "DU", "F", "DF", "I", "DI", "du"])
DIGITS = st.text("0123456789", min_size=5, max_size=10)
# What may stand next to an id in a log line: anything but letters and digits.
EDGE = st.text("_ .,:;'\"()[]{}=|\n\t-", max_size=3)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("account DU1234567 connected", "account DU***567 connected"),
        ("U1234567", "U***567"),
        ("position(account='U1234567', size=5)", "position(account='U***567', size=5)"),
        ("['DF7654321', 'DU1234567A']", "['DF***321', 'DU***567A']"),
        ("key_U1234567_x", "key_U***567_x"),
        (
            "post to https://hooks.slack.com/services/T0/B0/s3cret failed",
            "post to https://hooks.slack.com/*** failed",
        ),
        ("https://discord.com/api/webhooks/1/abc?wait=true", "https://discord.com/***"),
        ("https://ntfy.sh/my-secret-topic", "https://ntfy.sh/***"),
        ("<https://user:pass@ntfy.example.org:8443/topic>", "<https://ntfy.example.org:8443/***>"),
        ("https://user:pass@ntfy.example.org", "https://ntfy.example.org"),
        ("http://host?token=abc", "http://host/***"),
        ("the login has DUM111222, DUH1234567 and UXX123", "the login has DUM***222, DUH***567 and UXX***"),
        ('"pwd":"hunter2", "x": 1', '"pwd":"***", "x": 1'),
        (r'{"text": "{\"pwd\":\"hunter2\"}"}', r'{"text": "{\"pwd\":\"***\"}"}'),
        ("pass: hunter2; next", "pass: ***; next"),
        ("the token is abc, api-key 12345", "the token is ***, api-key ***"),
        ("my_token = 'zz top' Passwort=geheim", "my_token = '***' Passwort=***"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ('cut off: token="hunter2', 'cut off: token="***"'),
    ],
)
def test_secrets_are_masked(text: str, masked: str) -> None:
    assert redact(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "BUY 100 AAPL LMT 233.33 DAY, order 1234567",
        "MNQ.FUT.202612.USD",
        "intent 1K3PZ8F1234567Q accepted",
        "connect 127.0.0.1:4002, client id 1",
        "see https://example.org for help",
        "error 10197 on reqId 20011, code F12",
        "build F12345ABC",
        "request id12345, F10 and UTF16",
        "orders pass again, 3 tokens left",
        "the weekly token expires (Sunday 01:00 ET)",
        '"state": "pass", "detail": "the port is open"',
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert redact(text) == text


@given(before=EDGE, prefix=PREFIXES, digits=DIGITS, after=EDGE)
def test_no_account_survives_whatever_stands_around_it(
    before: str, prefix: str, digits: str, after: str
) -> None:
    masked = redact(f"{before}{prefix}{digits}{after}")
    assert masked == f"{before}{prefix}***{digits[-3:]}{after}"


@pytest.mark.parametrize("word", ["a_", "a-", "pass ", 'pass"', "token", "token ", "U", "api ", "[bold]"])
def test_a_hostile_line_is_masked_in_no_time(word: str) -> None:
    """Every log record passes here; a quadratic pattern takes minutes for these 200,000 characters."""
    began = time.process_time()
    redact(word * (200_000 // len(word)))
    assert time.process_time() - began < 2.0


@given(st.text(), PREFIXES, DIGITS)
def test_masking_twice_changes_nothing_more(text: str, prefix: str, digits: str) -> None:
    once = redact(f"{text} {prefix}{digits} https://a.b/{text}")
    assert redact(once) == once
