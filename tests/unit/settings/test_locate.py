"""Lines of keys, held against tomllib over generated documents."""

from __future__ import annotations

import json
import string
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.settings.locate import Where, line_numbers


def paths_in(value: Any, above: Where = ()) -> Iterator[Where]:
    """Walk what tomllib read."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*above, key)
            yield from paths_in(item, (*above, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield (*above, index)
            yield from paths_in(item, (*above, index))


@dataclass
class Document:
    """A TOML text under construction that knows on which line it put each path."""

    text: str = ""
    expected: dict[Where, int] = field(default_factory=dict)

    def note(self, path: Where) -> None:
        self.expected.setdefault(path, self.text.count("\n") + 1)

    def write(self, text: str) -> None:
        self.text += text


TRICKY = ['"', "'", "#", "=", "[", "]", "{", "}", ",", "\\", ".", " ", "\n", "é", "😀", "a", '"""', "'''"]
any_text = st.lists(st.sampled_from(TRICKY), max_size=6).map("".join)
bare_keys = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=4)
keys = st.one_of(bare_keys, any_text)
scalars = st.sampled_from(
    ["1", "-1_000", "+1.5e-3", "inf", "nan", "0xff", "true", "1979-05-27", "1979-05-27 07:32:00.999-07:00"]
)
gaps = st.sampled_from(["", " ", "\t "])
comments = st.sampled_from(["", " # plain", ' # [not.a.table] key = "x', " # '''"])
# Inside brackets a value may stand on a line of its own, with remarks in between.
breaks = st.sampled_from(["", " ", "\n", "\n  # remark ] } \" '\n\n"])


def quoted(key: str, *, literally: bool) -> str:
    """Return a key as TOML writes it."""
    if key != "" and all(char in string.ascii_letters + string.digits + "_-" for char in key):
        return key
    if literally and "'" not in key and "\n" not in key:
        return f"'{key}'"
    return json.dumps(key, ensure_ascii=False)


@st.composite
def strings(draw: st.DrawFn) -> str:
    text = draw(any_text)
    kind = draw(st.sampled_from(["basic", "literal", "long", "long literal"]))
    if kind == "literal" and "'" not in text and "\n" not in text:
        return f"'{text}'"
    if kind == "long literal" and "'''" not in text and not text.endswith("'"):
        return f"'''{text}'''"
    if kind == "long":
        body = text.replace("\\", "\\\\").replace('"""', '""\\"').replace('""', '"\\"')
        return f'"""{body}"""' if not body.endswith('"') else f'"""{body[:-1]}\\""""'
    return json.dumps(text, ensure_ascii=False)


def write_value(draw: st.DrawFn, document: Document, path: Where, depth: int) -> None:
    kind = draw(
        st.sampled_from(["scalar", "string", "array", "inline"] if depth > 0 else ["scalar", "string"])
    )
    if kind == "scalar":
        document.write(draw(scalars))
    elif kind == "string":
        document.write(draw(strings()))
    elif kind == "array":
        document.write("[")
        for index in range(draw(st.integers(0, 3))):
            document.write(draw(breaks))
            document.note((*path, index))
            write_value(draw, document, (*path, index), depth - 1)
            document.write(draw(breaks) + ",")
        document.write(draw(breaks) + "]")
    else:
        document.write("{")
        for index, key in enumerate(draw(st.lists(keys, max_size=3, unique=True))):
            document.write(", " if index > 0 else " ")
            write_pair(draw, document, path, [key], depth - 1)
        document.write(" }")


def write_pair(draw: st.DrawFn, document: Document, table: Where, dotted: list[str], depth: int) -> None:
    path = table
    for key in dotted:
        path = (*path, key)
        document.note(path)
    literally = draw(st.booleans())
    gap = draw(gaps)
    document.write(f"{gap}.{gap}".join(quoted(key, literally=literally) for key in dotted))
    document.write(draw(gaps) + "=" + draw(gaps))
    write_value(draw, document, path, depth)


def write_section(draw: st.DrawFn, document: Document, table: Where) -> None:
    used: set[str] = set()
    for dotted in draw(st.lists(st.lists(keys, min_size=1, max_size=3), max_size=4)):
        # Tables opened twice by dotted keys are tomllib's business; here each first word is used once.
        if dotted[0] in used:
            continue
        used.add(dotted[0])
        write_pair(draw, document, table, dotted, 2)
        document.write(draw(comments) + "\n" + draw(st.sampled_from(["", "\n", "# remark = [\n"])))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    document = Document(draw(st.sampled_from(["", "# head\n", "\n\n"])))
    write_section(draw, document, ())
    # Headers under names the root section cannot have used.
    opened: dict[str, int] = {}
    for number in range(draw(st.integers(0, 4))):
        is_array = draw(st.booleans())
        name = f"rows{draw(st.integers(0, 1))}:" if is_array else f"table{number}:"
        path: Where = (name,)
        document.note(path)
        if is_array:
            path = (*path, opened.get(name, 0))
            opened[name] = opened.get(name, 0) + 1
            document.note(path)
        gap = draw(gaps)
        header = f'[[{gap}"{name}"{gap}]]' if is_array else f'[{gap}"{name}"{gap}]'
        document.write(header + draw(comments) + "\n")
        write_section(draw, document, path)
        if is_array and draw(st.booleans()):
            document.note((*path, "sub:"))
            document.write(f'["{name}"."sub:"]\n')
            write_section(draw, document, (*path, "sub:"))
    return document


@given(documents())
def test_every_path_tomllib_reads_is_found_on_the_line_it_was_written(document: Document) -> None:
    found = line_numbers(document.text)
    assert set(found) == set(paths_in(tomllib.loads(document.text)))
    assert found == document.expected


@given(st.lists(st.sampled_from([*TRICKY, "\n[", "[[a]]\n", "a = ", "a.b = 1\n", '"""', "1"]), max_size=12))
def test_no_text_however_broken_is_an_error(parts: list[str]) -> None:
    text = "".join(parts)
    found = line_numbers(text)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assert all(1 <= line <= text.count("\n") + 1 for line in found.values())
    else:
        assert set(found) == set(paths_in(values))


@pytest.fixture
def sample() -> str:
    return (
        "# head\n"
        "schema = 1\n"
        "[connection.ibkr-paper] # links\n"
        'host = """one\n'
        'two"""\n'
        "port = 4002\n"
        "watch.symbols = [\n"
        '  "AAPL", # first\n'
        '  "MSFT",\n'
        "]\n"
        "inline = { a = 1, 'b c' = [1, 2] }\n"
    )


def test_a_file_as_people_write_it(sample: str) -> None:
    assert line_numbers(sample) == {
        ("schema",): 2,
        ("connection",): 3,
        ("connection", "ibkr-paper"): 3,
        ("connection", "ibkr-paper", "host"): 4,
        ("connection", "ibkr-paper", "port"): 6,
        ("connection", "ibkr-paper", "watch"): 7,
        ("connection", "ibkr-paper", "watch", "symbols"): 7,
        ("connection", "ibkr-paper", "watch", "symbols", 0): 8,
        ("connection", "ibkr-paper", "watch", "symbols", 1): 9,
        ("connection", "ibkr-paper", "inline"): 11,
        ("connection", "ibkr-paper", "inline", "a"): 11,
        ("connection", "ibkr-paper", "inline", "b c"): 11,
        ("connection", "ibkr-paper", "inline", "b c", 0): 11,
        ("connection", "ibkr-paper", "inline", "b c", 1): 11,
    }


def test_keys_with_escapes_read_as_tomllib_reads_them() -> None:
    text = '"\\U0001F600 \\u00e9 \\\\U00000041 \\"" = 1\n'
    assert set(line_numbers(text)) == set(paths_in(tomllib.loads(text)))


def test_windows_line_ends_count_the_same(sample: str) -> None:
    assert line_numbers(sample.replace("\n", "\r\n")) == line_numbers(sample)


@pytest.mark.parametrize("edit", [lambda text: text + "broken = \n", lambda text: text + "[half"])
def test_keys_before_a_break_are_found(sample: str, edit: Callable[[str], str]) -> None:
    assert line_numbers(sample).items() <= line_numbers(edit(sample)).items()
