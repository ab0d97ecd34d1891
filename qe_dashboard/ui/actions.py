"""What is made of the table of keys: bindings, rows of menus and footers, names for help.

Textual is imported only by `bindings`, so that the table can be read (docs, `keys`) without it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from qe_dashboard.ui.action_table import ACTIONS, APP, Action

if TYPE_CHECKING:
    from textual.binding import Binding

_BY_ID = {action.id: action for action in ACTIONS}


def action(action_id: str) -> Action:
    """Return an action by id. Raises KeyError."""
    return _BY_ID[action_id]


def in_scope(scope: str) -> tuple[Action, ...]:
    """Return the actions of `app` or of one screen, in table order."""
    return tuple(item for item in ACTIONS if scope in item.scopes)


def in_menu(menu: str) -> tuple[Action, ...]:
    """Return the rows of one menu."""
    return tuple(item for item in ACTIONS if item.menu == menu)


def footer_actions(scope: str) -> tuple[Action, ...]:
    """Return what the footer of a screen shows: its own keys first, then the program's."""
    return tuple(item for item in (*in_scope(scope), *in_scope(APP)) if item.footer)


_KEY_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "comma": ",",
    "escape": "Esc",
    "enter": "Enter",
    "super": "cmd",
}


def key_label(key: str) -> str:
    """Return a key as a person reads it: `question_mark` is `?`, `f10` is `F10`."""
    *modifiers, last = key.split("+")
    name = _KEY_NAMES.get(last, last.upper() if last[0] == "f" and last[1:].isdigit() else last)
    return "+".join([*(_KEY_NAMES.get(item, item) for item in modifiers), name])


def keys_label(item: Action) -> str:
    """Return all keys of an action for help texts."""
    return "  ".join(key_label(key) for key in item.keys)


def bindings(scope: str) -> list[Binding]:
    """Return Textual bindings of `app` or of one screen, with ids for a keymap."""
    return [_binding(item) for item in in_scope(scope) if item.keys]


def all_bindings(scopes: Iterable[str]) -> list[Binding]:
    """Return the bindings of several scopes, each action once."""
    wanted = set(scopes)
    return [_binding(item) for item in ACTIONS if item.keys and wanted & set(item.scopes)]


def _binding(item: Action) -> Binding:
    from textual.binding import Binding

    return Binding(
        ",".join(item.keys),
        item.run,
        item.label,
        show=item.footer,
        key_display=key_label(item.keys[0]),
        priority=item.priority,
        tooltip=item.description,
        id=item.id,
    )
