"""What the hand-written pages say of links, settings, verbs and screen texts is still so (R33)."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from qe_dashboard.broker.ibkr.pacing import Pacer
from qe_dashboard.cli import VERBS
from qe_dashboard.core.clock import ManualClock
from qe_dashboard.model.ladder import RungName
from qe_dashboard.settings.fields import by_path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
SET = re.compile(r"qe-dashboard settings set ([a-z][\w.-]+)")
VERB = re.compile(r"(?:`|^ {4,}|venv/bin/)qe-dashboard ([a-z][a-z-]+)", re.MULTILINE)
QUOTED = re.compile(r'"([^"\n]+)"')

# Quoted in troubleshooting.md, and words of TWS, IB Gateway or other programs.
THEIRS = {
    "Accept incoming connection?",
    "API client needs write access action confirmation",
    "Create API message log file",
    "Enable ActiveX and Socket Clients",
    "Read-Only API",
    "WAITING - no broker connection",
    "in use",
}


def _source(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+\s+(.+)$", _source(page), re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(_source(page)):
        name, _, anchor = target.partition("#")
        if name.startswith("http"):
            continue
        aim = page.parent / name if name else page
        assert aim.exists(), f"{page.name} links to {target}, which is not there"
        assert not anchor or anchor in _anchors(aim), (
            f"{page.name} links to {target}, which has no such heading"
        )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings_named_in_commands_exist(page: Path) -> None:
    known = {".".join(path) for path in by_path()}
    assert set(SET.findall(_source(page))) <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_verbs_named_in_commands_exist(page: Path) -> None:
    assert set(VERB.findall(_source(page))) <= set(VERBS)


def test_the_manual_lists_the_rungs_of_the_ladder_in_order() -> None:
    text = " ".join(_source(ROOT / "docs/connectivity.md").split())
    assert ", ".join(RungName) + "." in text


def test_screen_texts_quoted_for_symptoms_are_still_said() -> None:
    page = _source(ROOT / "docs/troubleshooting.md")
    quoted = {text for text in QUOTED.findall(page) if text not in THEIRS}
    assert len(quoted) > 20
    gone = {text: part for text in quoted for part in _fixed_parts(text) if part not in _said()}
    assert not gone


def _fixed_parts(text: str) -> list[str]:
    """Cut a quotation where the program puts a value: numbers, ids, words in capitals, `...`, `N`."""
    parts = re.split(r"\.\.\.|\b[A-Z]+\b|\bibkr-paper\b|\S*\d\S*", text)
    return [part.strip(" ,.:()") for part in parts if len(part.split()) > 1]


@cache
def _said() -> str:
    """Every text in the program's sources and data, placeholders as a mark that no quotation holds."""
    texts = [_source(path) for path in (ROOT / "config").glob("*.toml")]
    for path in (ROOT / "qe_dashboard").rglob("*.py"):
        for node in ast.walk(ast.parse(_source(path))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
            elif isinstance(node, ast.JoinedStr):
                texts.append(
                    "".join(str(v.value) if isinstance(v, ast.Constant) else "\0" for v in node.values)
                )
    return "\n".join(texts)


def test_the_manual_counts_the_faults_of_the_simulator() -> None:
    faults = len(list((ROOT / "config/scenarios").glob("*.toml")))
    assert f"with {faults} faults to practise on" in _source(ROOT / "docs/connectivity.md")


def test_the_manual_and_the_meter_name_the_same_most_messages_a_second() -> None:
    limit = Pacer(ManualClock(), messages_per_second=40).meter("data link").limit
    assert f"at most {limit} in any one second" in _source(ROOT / "docs/connectivity.md")
