"""Print the pages that are made from the code: settings, keys and commands, IBKR codes, the gate matrix (R33).

python scripts/make_docs.py            write them
python scripts/make_docs.py --check    exit 1 when a page differs from the code
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from qe_dashboard.broker.ibkr.code_book import CodeEntry
from qe_dashboard.broker.ibkr.code_file import parse_shipped
from qe_dashboard.model.enums import MessageClass
from qe_dashboard.risk.matrix import to_markdown
from qe_dashboard.settings.fields import leaves
from qe_dashboard.settings.paths import CODES_NAME, shipped_config_dir
from qe_dashboard.settings.reference import manual_rows
from qe_dashboard.ui.action_table import ACTIONS, APP
from qe_dashboard.ui.actions import in_scope, keys_label
from qe_dashboard.ui.commands.table import COMMANDS

DOCS = Path(__file__).resolve().parent.parent / "docs"
MADE = "Made by `make docs` from the code; edits here are lost.\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; bars in cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return (
        "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        + "\n"
    )


def code(text: str) -> str:
    """Return text as inline code, nothing for nothing."""
    return f"`{text}`" if text else ""


def settings_page() -> str:
    """Return the settings manual."""
    rows = [
        (code(key), code(value), unit, expected, words) for key, value, unit, expected, words in manual_rows()
    ]
    environment = leaves()[2].env_name
    return (
        f"# Settings\n\n{MADE}\n"
        "Precedence: shipped defaults < settings.toml < environment < command line. The environment name of a key is\n"
        f"`QE__` and its path, for example `{environment}`. `ibkr-live` can be chosen in the file only.\n\n"
        "`qe-dashboard settings set KEY VALUE` and F8 write the file and keep its comments; a running dashboard\n"
        "notices the change, says what applies now and what waits, and keeps the last good settings when the file is\n"
        "not valid.\n\n" + table(("key", "shipped", "unit", "expects", "means"), rows)
    )


def keys_page() -> str:
    """Return every key and every command word."""
    parts = [
        f"# Keys and commands\n\n{MADE}\nThe same tables make the footer, `?`, the palette and the menus.\n"
    ]
    scopes = [APP, *dict.fromkeys(name for action in ACTIONS for name in action.scopes if name != APP)]
    for scope in scopes:
        rows = [(keys_label(a), a.label, a.description) for a in in_scope(scope) if a.keys]
        title = "everywhere" if scope == APP else f"on {scope.upper()}"
        parts.append(f"## Keys {title}\n\n" + table(("key", "does", "that is"), rows))
    for group in dict.fromkeys(spec.group for spec in COMMANDS):
        lines = [(code(spec.usage), spec.description) for spec in COMMANDS if spec.group == group]
        parts.append(f"## Commands: {group}\n\n" + table(("type", "does"), lines))
    return "\n".join(parts)


CODE_GROUPS = {
    MessageClass.CONNECTION: "Connection",
    MessageClass.FARM: "Data farms",
    MessageClass.DATA: "Market data, history and the account feed",
    MessageClass.REQUEST: "Requests",
    MessageClass.CONFIGURATION: "Settings of the gateway",
    MessageClass.ORDER_REJECTED: "Orders refused",
    MessageClass.ORDER_LIVE: "Orders that live on",
    MessageClass.ORDER_TERMINAL: "Orders that are over",
}


def codes_page() -> str:
    """Return the IBKR code catalogue and how to change it."""
    path = shipped_config_dir() / CODES_NAME
    text = path.read_text(encoding="utf-8")
    entries = parse_shipped(text, str(path)).entries.values()
    head = text.partition("\n\n# ----")[0]
    parts = [
        f"# IBKR's codes\n\n{MADE}\n"
        "What each error and notice code of TWS and IB Gateway means here. The log shows these words first, then\n"
        "IBKR's own in quotes and the code. A code that is not listed is shown in IBKR's words and changes nothing.\n\n"
        f"## Your own words: `{CODES_NAME}`\n\n```toml\n{head}\n```\n\nAn example of your own file:\n\n"
        '```toml\n[399]\nseverity = "info"\n\n[2175]\nclass = "DATA"\nseverity = "info"\n'
        'means = "A notice that came with a newer TWS."\n```\n'
    ]
    for message_class, title in CODE_GROUPS.items():
        rows = [_code_row(entry) for entry in entries if entry.message_class is message_class]
        columns = ("code", "severity", "means", "for your orders", "press or do")
        parts.append(f"## {title} ({message_class.value})\n\n" + table(columns, rows))
    return "\n".join(parts)


def _code_row(entry: CodeEntry) -> tuple[str, str, str, str, str]:
    marks = [str(entry.severity), *["not said"] * entry.quiet, *["ends a new order"] * entry.ends_new_order]
    return str(entry.code), ", ".join(marks), entry.means, entry.orders, entry.press


def safety_page() -> str:
    """Return the safety page with the matrix filled in."""
    text = (DOCS / "live-trading-safety.md").read_text(encoding="utf-8")
    before, _, rest = text.partition("<!-- gates -->")
    _, _, after = rest.partition("<!-- /gates -->")
    return f"{before}<!-- gates -->\n{to_markdown()}<!-- /gates -->{after}"


def main(argv: list[str]) -> int:
    """Write or check every page."""
    pages = {
        "ibkr-codes.md": codes_page(),
        "settings.md": settings_page(),
        "keys-and-commands.md": keys_page(),
        "live-trading-safety.md": safety_page(),
    }
    stale = []
    for name, text in pages.items():
        path = DOCS / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in argv:
            path.write_text(text, encoding="utf-8")
            print(f"wrote docs/{name}")
    if stale and "--check" in argv:
        print(f"docs differ from the code: {', '.join(stale)}; run `make docs`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
