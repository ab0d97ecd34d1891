"""F8 SETTINGS: settings.toml as rows under their tables, and the setting under the cursor in full."""

from __future__ import annotations

from qe_dashboard.engine.settings_views import SettingsView, SettingView
from qe_dashboard.ui.format import plain
from qe_dashboard.ui.presenters.cells import EMPTY, Line, Tone
from qe_dashboard.ui.presenters.columns import GAP, Table, fit, table

SETTINGS: Table = table(("SETTING", 1), ("VALUE", 1), ("DEFAULT", 2), ("FROM", 3), ("UNIT", 4))

_HEADING_KEY = "["
"""Starts the row keys of headings: no setting's key can, it is TOML's sign for a table."""


def is_heading(key: str) -> bool:
    """Whether a row is the name of a table, not a setting."""
    return key.startswith(_HEADING_KEY)


def setting_rows(view: SettingsView) -> list[tuple[str, Line]]:
    """Return one row per setting, with a heading before each table."""
    rows: list[tuple[str, Line]] = []
    section = None
    for setting in view.settings:
        if setting.section != section and setting.section:
            heading = f"[{plain(setting.section)}]"
            rows.append((f"{_HEADING_KEY}{setting.section}", ((heading, Tone.TITLE), *_BLANKS)))
        section = setting.section
        rows.append((setting.key, _row(setting)))
    return rows


_BLANKS: Line = tuple(("", Tone.PLAIN) for _ in SETTINGS[1:])


def _row(setting: SettingView) -> Line:
    changed = setting.value != setting.default
    indent = "  " if setting.section else ""
    return (
        (f"{indent}{plain(setting.name)}", Tone.PLAIN),
        (plain(setting.value), Tone.STRONG if changed else Tone.PLAIN),
        (plain(setting.default), Tone.DIM),
        (plain(setting.source), Tone.ACCENT if changed else Tone.DIM),
        (plain(setting.unit), Tone.DIM),
    )


def value_place(width: int) -> tuple[int, int]:
    """Return column and width of VALUE in a list this wide."""
    at = 0
    for slot in fit(SETTINGS, width):
        if SETTINGS[slot.index].column.name == "VALUE":
            return at, slot.width
        at += slot.width + GAP
    return 0, width


def editable(value: str) -> str:
    """Return TOML text as a person edits it: a plain string without its quotes."""
    inner = value[1:-1]
    is_plain_string = len(value) >= 2 and value[0] == value[-1] == '"' and not set(inner) & {'"', "\\"}
    return inner if is_plain_string else value


def detail_lines(setting: SettingView | None) -> tuple[Line, ...]:
    """Return everything about one setting: what it is, what it may be, when a change counts."""
    if setting is None:
        return ((("The cursor is on no setting.", Tone.STALE),),)
    unit = f" ({plain(setting.unit)})" if setting.unit else ""
    choices = f"  One of: {', '.join(setting.choices)} (↑ ↓ while editing)." if setting.choices else ""
    return (
        ((f"{plain(setting.key)}{unit}", Tone.STRONG), (f"  from {plain(setting.source)}", Tone.DIM)),
        ((f"{plain(setting.description)}{choices}", Tone.PLAIN),),
        ((applies_words(setting), Tone.DIM),),
    )


def applies_words(setting: SettingView) -> str:
    """Say when a change counts."""
    if setting.key == "broker":
        return "A change of profile counts at the next launch; this session stays where it is."
    return f"A change counts {plain(setting.applies)}. Default: {plain(setting.default)}."


def file_lines(view: SettingsView) -> tuple[Line, ...]:
    """Return where the settings live, and what is wrong with the file now."""
    where: Line = ((" ", Tone.PLAIN), (plain(view.path), Tone.ACCENT))
    if not view.problems:
        return (where,)
    head: Line = (*where, ("  NOT VALID: the last good settings stay in force", Tone.BAD))
    return (head, *(((f" {plain(problem)}", Tone.BAD),) for problem in view.problems))


def unread_lines(reason: str) -> tuple[Line, ...]:
    """Return what stands there before the settings came."""
    return (((f" {plain(reason)}", Tone.STALE),), EMPTY)
