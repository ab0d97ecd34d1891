"""The texts of `?`, `help WORD` and About, made from the tables of keys and commands."""

from __future__ import annotations

from collections.abc import Iterable

from qe_dashboard.engine.views import StatusView
from qe_dashboard.ui.action_table import APP, GRID_KEYS, Action
from qe_dashboard.ui.actions import in_scope, keys_label
from qe_dashboard.ui.commands.table import COMMANDS, CommandSpec, find
from qe_dashboard.ui.modals.reading import Section

_TOP_BAR = (
    (
        "words",
        "badge SIM, PAPER, LIVE: whose money. LIVE data, SIM data: quality of the prices, whatever the badge says. "
        "OPEN 5h30m: the session ends in 5h30m. 24h: it has no end. HOURS ?: the venue sent no hours. "
        "BROKER OFFLINE, expected: a restart or reset that was due; next try in 7s: to connect.",
    ),
)


def help_sections(screen: str) -> tuple[Section, ...]:
    """Return keys of this screen, keys of the program, then every command."""
    own = tuple(_key_row(item) for item in in_scope(screen) if item.keys)
    sections = [Section(f"Keys on {screen.upper()}", own)] if own else []
    sections += [Section("Lists and panes", GRID_KEYS), Section("Top bar", _TOP_BAR)]
    program = [item for item in in_scope(APP) if item.keys]
    sections += [
        Section(f"Keys: {group}", tuple(_key_row(item) for item in program if item.group == group))
        for group in _in_order(item.group for item in program)
    ]
    sections += [
        Section(f"Commands: {group}", tuple(_command_row(spec) for spec in COMMANDS if spec.group == group))
        for group in _in_order(spec.group for spec in COMMANDS)
    ]
    return tuple(sections)


def command_sections(word: str) -> tuple[Section, ...]:
    """Return everything about one command. Raises KeyError for a word that is none."""
    spec = find(word)
    if spec is None:
        raise KeyError(word)
    rows = [("Usage", spec.usage), ("Does", spec.description)]
    if spec.aliases:
        rows.append(("Also", ", ".join(spec.aliases)))
    if spec.symbol_first:
        rows.append(("Also", f"SYM {spec.word} ..."))
    examples = tuple((example, "") for example in spec.examples)
    return (Section("", tuple(rows)), Section("Examples", examples))


def about_sections(status: StatusView | None) -> tuple[Section, ...]:
    """Return version and session."""
    if status is None:
        return (Section("", (("qe_dashboard", "The engine is still starting."),)),)
    rows = (
        ("Version", status.engine_version),
        ("Profile", status.profile.value),
        ("Account", status.account or "not known"),
        ("Exchange zone", status.time_zone),
    )
    links = tuple(
        (
            f"{link.name.value} link",
            f"{link.host}:{link.port} client id {link.client_id if link.client_id is not None else '—'} "
            f"{link.state.value}",
        )
        for link in status.links
    )
    return (Section("qe_dashboard", rows), Section("Links", links))


def _key_row(item: Action) -> tuple[str, str]:
    return keys_label(item), f"{item.label}: {item.description}"


def _command_row(spec: CommandSpec) -> tuple[str, str]:
    return spec.usage, spec.description


def _in_order(groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(groups))
