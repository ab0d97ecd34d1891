"""The files of the code catalogue: strict reading, and what a user's file can and cannot change (C1, C4, D27)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.broker.ibkr.code_book import ORDER_CLASSES, CodeBook, CodeEntry
from qe_dashboard.broker.ibkr.code_file import load_code_book, overlaid, parse_shipped
from qe_dashboard.model.enums import MessageClass, Severity
from qe_dashboard.settings.paths import CODES_NAME, shipped_config_dir
from qe_dashboard.settings.problems import SettingsError
from support.shipped_codes import shipped_codes

SHIPPED_FILE = shipped_config_dir() / CODES_NAME
ONE = """\
[201]
class = "ORD-REJ"
severity = "error"
means = "Refused."
orders = "Nothing works."
press = "Wait."
"""


def own(text: str) -> CodeBook:
    return overlaid(shipped_codes(), text, "own.toml")


def problems(text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        own(text)
    return [str(problem) for problem in caught.value.problems]


def test_a_table_gives_its_code() -> None:
    assert dict(parse_shipped(ONE, "one.toml").entries) == {
        201: CodeEntry(
            201,
            MessageClass.ORDER_REJECTED,
            Severity.ERROR,
            "Refused.",
            "Nothing works.",
            "Wait.",
            ends_new_order=True,
        )
    }


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("201", [201]),
        ('"109, 163"', [109, 163]),
        ('"109,163"', [109, 163]),
        ('"10241-10243"', [10241, 10242, 10243]),
        ('"7, 10241-10242"', [7, 10241, 10242]),
    ],
)
def test_a_table_can_stand_for_several_codes(name: str, codes: list[int]) -> None:
    assert list(parse_shipped(ONE.replace("201", name), "one.toml").entries) == codes


@pytest.mark.parametrize("name", ["x", "0", '""', '"5-3"', '"1-5000"', '"-1"', '"1,"', '"7, 7"', "123456"])
def test_a_name_that_is_no_code_is_refused(name: str) -> None:
    [problem] = problems(f'[{name}]\nmeans = "x"\n')
    assert problem.startswith("own.toml:1: [")
    assert 'expected a code [201], several ["109, 163"] or a range' in problem


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('severity = "fatal"', '[201] severity = "fatal": expected one of info, warning, error, critical'),
        ('class = "ORDER"', '[201] class = "ORDER": expected one of CONN, FARM, DATA, REQ, ORD-REJ'),
        ('class = "UNKNOWN"', '[201] class = "UNKNOWN": expected one of CONN'),
        ("severity = 3", "[201] severity = 3: expected one of info"),
        ('mean = "x"', "[201] mean: unknown key, expected one of class,"),
        ('mean = "x"', "did you mean means?"),
        ('means = ""', "[201] means"),
        ('means = "a\\nb"', "expected one line of text"),
        ('press = "a\\u001b[31m"', "expected one line of text"),
        (f'orders = "{"x" * 201}"', "at most 200 characters"),
        ("quiet = 1", "[201] quiet = 1: expected true or false"),
        ('ends_new_order = "no"', '[201] ends_new_order = "no": expected true or false'),
    ],
)
def test_a_mistake_is_named_with_file_line_code_key_and_what_was_expected(line: str, said: str) -> None:
    [problem] = problems(f"# words of mine\n\n[201]\n{line}\n")
    assert problem.startswith("own.toml:4: ")
    assert said in problem


def test_a_key_that_is_not_valid_is_not_also_missing() -> None:
    with pytest.raises(SettingsError) as refused:
        parse_shipped(ONE.replace('severity = "', 'severity = "x'), "one.toml")
    [problem] = map(str, refused.value.problems)
    assert "expected one of info" in problem


def test_every_mistake_is_told_once() -> None:
    found = problems('[201]\nclass = "x"\nquiet = 1\n["202, 203"]\nseverity = "y"\n')
    assert [problem.split(":")[1] for problem in found] == ["2", "3", "5"]


def test_broken_toml_is_named_with_its_line() -> None:
    [problem] = problems('[201]\nmeans = "x\n')
    assert problem.startswith("own.toml:2:")
    assert "broken TOML" in problem


def test_a_value_where_a_table_belongs_is_refused() -> None:
    assert problems("201 = true\n") == ["own.toml:1: [201] = true: expected a table of keys"]


@pytest.mark.parametrize("second", ["201", '"200-202"', '"201, 7"'])
def test_a_code_stands_in_one_table(second: str) -> None:
    name = second.strip('"')
    if second == "201":
        [problem] = problems('[201]\nmeans = "x"\n[201]\nmeans = "y"\n')
        assert "broken TOML" in problem
    else:
        assert problems(f'[201]\nmeans = "x"\n[{second}]\nmeans = "y"\n') == [
            f"own.toml:3: [{name}]: code 201 stands in line 1 already, as [201]"
        ]


@pytest.mark.parametrize("key", ["class", "severity", "means", "orders", "press"])
def test_the_shipped_file_must_be_complete(key: str) -> None:
    text = "\n".join(line for line in ONE.splitlines() if not line.startswith(f"{key} "))
    with pytest.raises(SettingsError, match=rf"\[201\] {key}: expected a value, the key is missing"):
        parse_shipped(text, "one.toml")


def test_an_own_file_overrides_field_by_field() -> None:
    before = shipped_codes().of(10242)
    book = own('[10242]\nmeans = "Meine Worte."\nseverity = "warning"\n')
    assert book.of(10242) == replace(before, means="Meine Worte.", severity=Severity.WARNING)
    assert book.of(10243) == shipped_codes().of(10243)


def test_an_own_file_adds_codes() -> None:
    book = own(
        '[2175]\nclass = "DATA"\nseverity = "info"\nmeans = "New in 2027."\n[2176]\nmeans = "Only words."\n'
    )
    assert book.of(2175) == CodeEntry(2175, MessageClass.DATA, Severity.INFO, "New in 2027.")
    assert book.of(2176) == CodeEntry(2176, MessageClass.UNKNOWN, Severity.WARNING, "Only words.")


def test_a_code_taken_for_a_refusal_can_be_called_a_notice() -> None:
    """ib_async#217: a warning that the shipped list calls a refusal; the order is then asked about."""
    for text in ('class = "ORD-LIVE"', "ends_new_order = false"):
        assert shipped_codes().of(387).ends_new_order
        assert not own(f"[387]\n{text}\n").of(387).ends_new_order


@pytest.mark.parametrize("code", [399, 10349, 2161, 202, 133, 1100, 98765])
def test_no_code_can_be_made_to_end_an_order(code: int) -> None:
    assert not own(f'[{code}]\nclass = "ORD-REJ"\nseverity = "error"\n').of(code).ends_new_order
    [problem] = problems(f"[{code}]\nends_new_order = true\n")
    assert problem.startswith(f"own.toml:2: [{code}] ends_new_order = true: expected false: ")


@pytest.mark.parametrize(
    ("code", "said"),
    [(1100, "severity critical is always said"), (399, "words about orders is always said")],
)
def test_what_must_be_said_cannot_be_made_quiet(code: int, said: str) -> None:
    [problem] = problems(f"[{code}]\nquiet = true\n")
    assert problem.startswith(f"own.toml:2: [{code}] quiet = true: expected false: ")
    assert said in problem


_WORDS = st.text(
    st.characters(codec="ascii", categories=["L", "N", "P"], exclude_characters='"\\'), min_size=1
)
_CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "class": st.sampled_from([word.value for word in MessageClass if word is not MessageClass.UNKNOWN]),
        "severity": st.sampled_from([word.value for word in Severity]),
        "means": _WORDS.filter(lambda text: len(text) < 200),
        "ends_new_order": st.booleans(),
        "quiet": st.booleans(),
    },
)


@given(
    st.one_of(st.sampled_from(sorted(shipped_codes().entries)), st.integers(1, 99_999)),
    _CHANGES,
)
def test_whatever_an_own_file_says_it_hides_no_order_that_works(
    code: int, changes: dict[str, object]
) -> None:
    text = f"[{code}]\n" + "".join(
        f"{key} = {str(value).lower() if isinstance(value, bool) else chr(34) + str(value) + chr(34)}\n"
        for key, value in changes.items()
    )
    before = shipped_codes().of(code)
    refused: set[str] = set()
    try:
        entry = own(text).of(code)
    except SettingsError as error:
        entry, refused = before, {problem.key.split()[-1] for problem in error.problems}
    # Only these two are ever refused, and then nothing of the file is in force.
    assert refused <= changes.keys() & {"ends_new_order", "quiet", "severity", "class"}
    if refused:
        return
    assert before.ends_new_order or not entry.ends_new_order
    assert not entry.quiet or (
        entry.severity in (Severity.INFO, Severity.WARNING) and entry.message_class not in ORDER_CLASSES
    )
    assert entry.severity == changes.get("severity", before.severity)
    assert entry.message_class == changes.get("class", before.message_class)


def test_without_an_own_file_the_shipped_catalogue_is_in_force(tmp_path: Path) -> None:
    book = load_code_book(SHIPPED_FILE, tmp_path / "none.toml")
    assert (book.entries, book.problem) == (shipped_codes().entries, "")


def test_an_own_file_is_laid_over_it(tmp_path: Path) -> None:
    file = tmp_path / CODES_NAME
    file.write_text('[201]\nmeans = "Mine."\n')
    book = load_code_book(SHIPPED_FILE, file)
    assert (book.of(201).means, book.problem) == ("Mine.", "")


@pytest.mark.parametrize(
    "data", [b'[201]\nmeans = 5\nquiet = "x"\n', b"[201]\nmeans = 5", b"[201]\nmeans = \xff\xfe"]
)
def test_a_broken_own_file_stops_nothing_and_is_told_with_its_line(
    data: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / CODES_NAME
    file.write_bytes(data)
    book = load_code_book(SHIPPED_FILE, file)
    assert book.entries == shipped_codes().entries
    assert f"{file}:2: " in book.problem
    assert "orders are handled as always" in book.problem
    assert "\n" not in book.problem
    assert f"{file}:2: " in caplog.text


def test_a_second_mistake_stands_in_the_log_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / CODES_NAME
    file.write_text('[201]\nmeans = 5\nquiet = "x"\n')
    assert "(1 more in the log file)" in load_code_book(SHIPPED_FILE, file).problem
    assert f"{file}:3: [201] quiet" in caplog.text


def test_a_directory_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / CODES_NAME).mkdir()
    book = load_code_book(SHIPPED_FILE, tmp_path / CODES_NAME)
    assert "cannot be read" in book.problem
    assert book.entries == shipped_codes().entries


def test_a_damaged_shipped_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "shipped.toml").write_text("[201]\n")
    with pytest.raises(SettingsError, match=r"shipped\.toml"):
        load_code_book(tmp_path / "shipped.toml", tmp_path / "none.toml")
