"""The code catalogue: classes that behaviour hangs on (rules C1, C2, C6)."""

from __future__ import annotations

import re

import pytest

from qe_dashboard.broker.ibkr.code_book import CodeEntry
from qe_dashboard.model.enums import MessageClass, Severity
from qe_dashboard.ui.action_table import ACTIONS
from qe_dashboard.ui.commands.table import find
from support.shipped_codes import shipped_codes


@pytest.mark.parametrize(
    ("code", "message_class", "severity"),
    [
        (1100, MessageClass.CONNECTION, Severity.CRITICAL),
        (1102, MessageClass.CONNECTION, Severity.WARNING),
        (2104, MessageClass.FARM, Severity.INFO),
        (2103, MessageClass.FARM, Severity.WARNING),
        (10197, MessageClass.DATA, Severity.CRITICAL),
        (10167, MessageClass.DATA, Severity.WARNING),
        (201, MessageClass.ORDER_REJECTED, Severity.ERROR),
        (10243, MessageClass.ORDER_REJECTED, Severity.ERROR),
        (10349, MessageClass.ORDER_LIVE, Severity.WARNING),
        (202, MessageClass.ORDER_TERMINAL, Severity.WARNING),
        (321, MessageClass.CONFIGURATION, Severity.ERROR),
    ],
)
def test_meaning(code: int, message_class: MessageClass, severity: Severity) -> None:
    entry = shipped_codes().of(code)
    assert (entry.message_class, entry.severity) == (message_class, severity)


@pytest.mark.parametrize("code", [110, 321, 434, 201, 200, 203, 103, 10020, 387])
def test_codes_that_end_an_order_nobody_acknowledged(code: int) -> None:
    assert shipped_codes().of(code).ends_new_order


@pytest.mark.parametrize(
    "code", [399, 404, 2109, 2137, 2161, 10167, 10349, 202, 104, 10147, 10148, 161, 133, 354]
)
def test_notices_and_ends_reported_by_status_end_nothing(code: int) -> None:
    assert not shipped_codes().of(code).ends_new_order


def test_an_unlisted_code_is_unknown_and_ends_nothing() -> None:
    entry = shipped_codes().of(98765)
    assert entry == CodeEntry(98765, MessageClass.UNKNOWN, Severity.WARNING)
    assert not entry.ends_new_order


# Every code of the reference table (ibkr-codes.md), and those met beside it in the protocol notes.
REFERENCE = """
1100 1101 1102 1300 2100 2101 2102 2103 2104 2105 2106 2107 2108 2109 2110 2119 2137 2157 2158 2161 2168 2169 2174
100 101 102 103 104 105 106 107 109 163 110 111 113 116 133 134 135 136 161 154 160 434 164 200 201 202 203 300 309
310 316 317 320 322 323 321 326 327 328 329 334 336 337 343 391 354 355 388 361 403 366 382 383 386 387 392 395 396
399 404 411 412 413 420 426 435 436 441 460 492 501 502 503 504 507 542 162 165 166 10006 10015 10020 10089 10090
10091 10147 10148 10167 10168 10186 10182 10189 10190 10197 10225 10241 10242 10243 10244 10245 10246 10247 10248
10249 10250 10268 10269 10270 10274 10276 10277 10289 10311 10349
461 481 2148 10052 10187 10318
"""
LISTED = [int(word) for word in REFERENCE.split()]
ENTRIES = tuple(shipped_codes().entries.values())


def test_the_shipped_catalogue_has_every_code_of_the_reference_and_no_other() -> None:
    assert set(LISTED) == set(shipped_codes().entries)


@pytest.mark.parametrize("code", [2103, 2105, 2110, 2137, 2157, 2161])
def test_notices_that_need_action_are_no_mere_information(code: int) -> None:
    """C6."""
    assert shipped_codes().of(code).severity is not Severity.INFO


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: str(entry.code))
def test_words_are_sentences(entry: CodeEntry) -> None:
    texts = (entry.means, entry.orders, entry.press)
    assert all(texts) or entry.severity is Severity.INFO
    for text in filter(None, texts):
        assert text.endswith("."), text
        assert text[0].isupper() or text.startswith("`"), text


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: str(entry.code))
def test_words_name_no_code(entry: CodeEntry) -> None:
    """A number of the catalogue in words about another code would be read as that code."""
    numbers = re.findall(r"(?<![\d:.])\d{3,5}(?![\d:.]*\d)", f"{entry.means} {entry.orders} {entry.press}")
    assert not [number for number in numbers if int(number) in shipped_codes().entries]


_KEY = re.compile(r"\b(F\d+|ctrl\+\w)\b")
_TYPED = re.compile(r"`([^`]+)`")
_OTHER_WORDS = {"tif", "rth"}
"""Terms of an order, not commands."""
_BEING_BUILT = {"F9"}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: str(entry.code))
def test_what_to_press_exists(entry: CodeEntry) -> None:
    keys = {key for action in ACTIONS for key in action.keys}
    for key in _KEY.findall(entry.press):
        assert key in _BEING_BUILT or key.lower() in keys, key
    for typed in _TYPED.findall(entry.press):
        assert typed.split()[0] in _OTHER_WORDS or find(typed.split()[0]) is not None, typed


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.message_class is MessageClass.ORDER_LIVE])
def test_words_about_an_order_that_lives_never_advise_to_enter_it_anew(entry: CodeEntry) -> None:
    assert "nter it again" not in entry.press
    assert "not accepted" not in entry.orders


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.message_class is MessageClass.ORDER_REJECTED])
def test_words_about_a_refused_order_say_that_it_does_not_exist(entry: CodeEntry) -> None:
    assert "not accepted" in entry.orders or entry.orders == "Nothing was sent to the market."
    assert entry.ends_new_order
