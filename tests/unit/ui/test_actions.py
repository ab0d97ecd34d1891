from itertools import combinations

import pytest

from qe_dashboard.ui.action_table import ACTIONS, APP, MENUS, Action
from qe_dashboard.ui.actions import (
    action,
    all_bindings,
    bindings,
    footer_actions,
    in_menu,
    in_scope,
    key_label,
    keys_label,
)
from qe_dashboard.ui.commands.table import find

SCREENS = {
    "main": ("f1", "1"),
    "trade": ("f6", "6"),
    "settings": ("f8", "8"),
    "health": ("f9", "9"),
    "orders": ("f10", "0"),
}
# Names Textual gives to keys that type a character.
PRINTABLE_NAMES = {"question_mark", "slash", "colon", "comma", "full_stop", "minus", "plus"}


def is_printable(key: str) -> bool:
    return len(key) == 1 or key in PRINTABLE_NAMES


def test_ids_are_unique() -> None:
    ids = [item.id for item in ACTIONS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("screen", [*SCREENS, "any other"])
def test_no_key_means_two_things_on_a_screen(screen: str) -> None:
    reachable = {item.id: item for item in (*in_scope(APP), *in_scope(screen))}.values()
    for one, other in combinations(reachable, 2):
        assert not set(one.keys) & set(other.keys), f"{one.id} and {other.id}"


@pytest.mark.parametrize(("name", "keys"), SCREENS.items())
def test_each_screen_has_its_f_key_its_digit_and_its_word(name: str, keys: tuple[str, str]) -> None:
    item = action(f"screen.{name}")
    assert item.keys[:2] == keys
    assert item.command == name
    spec = find(name)
    assert spec is not None
    assert spec.handler == "screen"


def test_screens_of_later_steps_have_no_key() -> None:
    screens = {item.id for item in ACTIONS if item.id.startswith("screen.")}
    assert screens == {f"screen.{name}" for name in SCREENS}


def test_the_brake_is_the_only_priority_key() -> None:
    assert [(item.id, item.keys) for item in ACTIONS if item.priority] == [("halt", ("ctrl+g",))]


@pytest.mark.parametrize("item", [item for item in in_scope(APP) if item.keys], ids=lambda item: item.id)
def test_keys_of_the_whole_program_start_with_one_that_an_input_lets_through(item: Action) -> None:
    assert not is_printable(item.keys[0])


def test_every_command_word_of_the_table_exists() -> None:
    assert [item.id for item in ACTIONS if item.command is not None and find(item.command) is None] == []


def test_every_menu_has_rows_and_every_row_a_menu() -> None:
    assert all(in_menu(menu) for menu in MENUS)
    assert {item.menu for item in ACTIONS if item.menu is not None} == set(MENUS)


def test_everything_without_a_key_is_in_a_menu() -> None:
    assert [item.id for item in ACTIONS if not item.keys and item.menu is None] == []


def test_bindings_carry_id_keys_and_the_brake_its_priority() -> None:
    made = {binding.id: binding for binding in bindings(APP)}
    assert made["halt"].priority
    assert made["halt"].key == "ctrl+g"
    assert made["screen.orders"].key == "f10,0,ctrl+o"
    assert not made["screen.orders"].priority
    assert "resume" not in made


def test_bindings_of_screens_that_share_an_action_hold_it_once() -> None:
    ids = [binding.id for binding in all_bindings(["main", "orders"])]
    assert ids.count("buy") == 1
    assert {"close_position", "cancel_row"} <= set(ids)


def test_the_footer_shows_a_screens_own_keys_first() -> None:
    ids = [item.id for item in footer_actions("trade")]
    assert ids.index("cancel_row") < ids.index("screen.main")
    assert "close_position" not in ids


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("f10", "F10"),
        ("question_mark", "?"),
        ("ctrl+comma", "ctrl+,"),
        ("super+comma", "cmd+,"),
        ("X", "X"),
        ("f", "f"),
        ("escape", "Esc"),
    ],
)
def test_keys_read_as_people_write_them(key: str, label: str) -> None:
    assert key_label(key) == label


def test_all_keys_of_an_action_are_named() -> None:
    assert keys_label(action("screen.orders")) == "F10  0  ctrl+o"
