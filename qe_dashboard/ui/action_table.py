"""Every key of the program, once. Bindings, footer, `?` help, palette and menu are made from this table by `actions`.

Ids are stable names for a keymap. An action that works on every screen has a first key that is no printable
character: printable keys are dead while an input has focus, and a remap of one dies with them (textual-guide,
finding 6). Keys that terminals swallow (F1, F10, ctrl+comma) always have another one beside them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

APP = "app"
MAIN, TRADE, SETTINGS, HEALTH, ORDERS = "main", "trade", "settings", "health", "orders"

_DESK = (MAIN, TRADE, ORDERS)
"""Screens with a focused symbol."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a key does. `run` is the Textual action, in the namespace of `scopes`.

    `scopes` are `app` or screen names; `footer` shows it there; `menu` is the menu it stands in; `command` is the
    command word that does the same.
    """

    id: str
    label: str
    description: str
    keys: tuple[str, ...]
    run: str
    group: str
    scopes: tuple[str, ...] = (APP,)
    priority: bool = False
    footer: bool = False
    menu: str | None = None
    command: str | None = None


def _screen(name: str, *, keys: tuple[str, ...], description: str) -> Action:
    return Action(
        id=f"screen.{name}",
        label=name.upper(),
        description=description,
        keys=keys,
        run=f"app.show_screen('{name}')",
        group="Screens",
        footer=True,
        menu="View",
        command=name,
    )


ACTIONS: tuple[Action, ...] = (
    _screen(MAIN, keys=("f1", "1"), description="Watchlist, chart, positions, account, fills"),
    _screen(TRADE, keys=("f6", "6"), description="Working orders, executions, log, SAFETY panel"),
    _screen(
        SETTINGS, keys=("f8", "8", "ctrl+comma", "super+comma"), description="Every setting with its source"
    ),
    _screen(
        HEALTH, keys=("f9", "9", "alt+l"), description="Connection ladder, links, data lines, outages, log"
    ),
    _screen(ORDERS, keys=("f10", "0", "ctrl+o"), description="Every order of the account, from every client"),
    Action(
        id="reconnect",
        label="Reconnect",
        description="Drop both links to the broker and connect again now",
        keys=(),
        run="app.reconnect",
        group="Broker",
        menu="Broker",
        command="reconnect",
    ),
    Action(
        id="test_connection",
        label="Test connection",
        description="Climb the connection ladder on client ids of its own; arms and changes nothing",
        keys=("alt+t",),
        run="app.test_connection",
        group="Broker",
        menu="Broker",
        command="test",
    ),
    Action(
        id="connection",
        label="Connection…",
        description="Host, port and client ids; test them, probe the standard ports, save",
        keys=("alt+c",),
        run="app.connection",
        group="Broker",
        menu="Broker",
        command="connection",
    ),
    Action(
        id="reconcile",
        label="Reconcile now",
        description="Read positions, orders and executions from the broker again",
        keys=("ctrl+r", "r"),
        run="app.reconcile",
        group="Broker",
        menu="Broker",
        command="reconcile",
    ),
    Action(
        id="authorise",
        label="Authorise live…",
        description="Type the account id that lets a live session trade",
        keys=(),
        run="app.authorise_live",
        group="Broker",
        menu="Broker",
    ),
    Action(
        id="halt",
        label="HALT",
        description="Block every order that adds risk, at once; touches nothing at the venue",
        keys=("ctrl+g",),
        run="app.halt",
        group="Safety",
        priority=True,
        footer=True,
        menu="Broker",
        command="halt",
    ),
    Action(
        id="resume",
        label="Resume…",
        description="Release HALTED; asks for the word resume",
        keys=(),
        run="app.resume",
        group="Safety",
        menu="Broker",
        command="resume",
    ),
    Action(
        id="command_line",
        label="Command",
        description="Type a command; Tab completes, Esc leaves",
        keys=("ctrl+l", "slash", "colon"),
        run="app.command_line",
        group="General",
        footer=True,
    ),
    Action(
        id="palette",
        label="Palette",
        description="Search everything that can be done",
        keys=("ctrl+p",),
        run="app.command_palette",
        group="General",
    ),
    Action(
        id="menu",
        label="Menu",
        description="Open the menu bar",
        keys=("alt+m",),
        run="app.menu",
        group="General",
        footer=True,
    ),
    Action(
        id="help",
        label="Keys and commands",
        description="All keys and commands of this screen",
        keys=("alt+h", "question_mark"),
        run="app.help",
        group="General",
        footer=True,
        menu="Help",
        command="help",
    ),
    Action(
        id="messages",
        label="Messages",
        description="What the message line said last, in full",
        keys=("alt+e",),
        run="app.messages",
        group="General",
        menu="View",
    ),
    Action(
        id="about",
        label="About",
        description="Version, session and files of this program",
        keys=(),
        run="app.about",
        group="General",
        menu="Help",
    ),
    Action(
        id="time_zone",
        label="Time zone",
        description="Show times in exchange, local or UTC time",
        keys=("alt+z", "z"),
        run="app.time_zone",
        group="View",
        menu="View",
    ),
    Action(
        id="theme",
        label="Dark or light",
        description="Change between the dark and the light theme",
        keys=(),
        run="app.next_theme",
        group="View",
        menu="View",
    ),
    Action(
        id="quit",
        label="Quit",
        description="Leave; asks first while orders work",
        keys=("ctrl+q", "q"),
        run="app.quit",
        group="General",
        footer=True,
        menu="Broker",
        command="quit",
    ),
    Action(
        id="buy",
        label="Buy",
        description="Begin a buy order for the focused symbol in the command line",
        keys=("b",),
        run="screen.buy",
        group="Orders",
        scopes=_DESK,
        footer=True,
        command="buy",
    ),
    Action(
        id="sell",
        label="Sell",
        description="Begin a sell order for the focused symbol in the command line",
        keys=("s",),
        run="screen.sell",
        group="Orders",
        scopes=_DESK,
        footer=True,
        command="sell",
    ),
    Action(
        id="close_position",
        label="Close",
        description="Show the order that closes the position in the focused symbol",
        keys=("c",),
        run="screen.close_position",
        group="Orders",
        scopes=(MAIN,),
        footer=True,
        command="close",
    ),
    Action(
        id="cancel_row",
        label="Cancel",
        description="Cancel the order under the cursor",
        keys=("x",),
        run="screen.cancel_row",
        group="Orders",
        scopes=(TRADE, ORDERS),
        footer=True,
        command="cancel",
    ),
    Action(
        id="cancel_symbol",
        label="Cancel symbol",
        description="Cancel every own order of the symbol under the cursor",
        keys=("X", "shift+x"),
        run="screen.cancel_symbol",
        group="Orders",
        scopes=_DESK,
        command="cancel",
    ),
    Action(
        id="modify_row",
        label="Modify",
        description="Begin new terms for the order under the cursor in the command line",
        keys=("m",),
        run="screen.modify_row",
        group="Orders",
        scopes=(TRADE, ORDERS),
        footer=True,
        command="modify",
    ),
)

_FILTERS = (
    ("all", "a", "every order"),
    ("working", "w", "orders that may still trade"),
    ("own", "o", "orders of this dashboard"),
    ("today", "t", "orders of today, and every open one"),
)

ACTIONS += tuple(
    Action(
        id=f"orders.{name}",
        label=f"Show {name}",
        description=f"List {words}",
        keys=(key,),
        run=f"screen.filter('{name}')",
        group="Orders",
        scopes=(ORDERS,),
    )
    for name, key, words in _FILTERS
)

ACTIONS += (
    Action(
        id="edit_setting",
        label="Edit",
        description="Edit the setting under the cursor in place; Enter saves, Esc leaves it",
        keys=("enter", "e"),
        run="screen.edit",
        group="Settings",
        scopes=(SETTINGS,),
        footer=True,
    ),
    Action(
        id="reset_setting",
        label="Default",
        description="Put the shipped default of the setting under the cursor into its editor",
        keys=("d",),
        run="screen.edit_default",
        group="Settings",
        scopes=(SETTINGS,),
        footer=True,
    ),
)


def _on_screens(action_id: str, key: str, *scopes: str) -> Action:
    """Give an act of the whole program a short key and a place in the footer on the screens that are about it."""
    item = next(item for item in ACTIONS if item.id == action_id)
    return replace(item, id=f"{action_id}.here", keys=(key,), scopes=scopes, footer=True, menu=None)


def _health(name: str, label: str, description: str, *, key: str, run: str, footer: bool = True) -> Action:
    return Action(
        id=f"health.{name}",
        label=label,
        description=description,
        keys=(key,),
        run=f"screen.{run}",
        group="Health",
        scopes=(HEALTH,),
        footer=footer,
    )


ACTIONS += (
    _on_screens("connection", "c", SETTINGS, HEALTH),
    _on_screens("test_connection", "t", SETTINGS, HEALTH),
    _health("next", "Next pane", "Go to the next pane", key="tab", run="step_pane(1)"),
    _health(
        "previous",
        "Previous pane",
        "Go to the pane before",
        key="shift+tab",
        run="step_pane(-1)",
        footer=False,
    ),
    _health("level", "Level", "Show log lines of the next level and above", key="f", run="next_level"),
    _health("search", "Search", "Search the log; Enter filters, Esc clears", key="s", run="search"),
)

PANES = (
    ("ladder", "a", "the connection ladder"),
    ("links", "l", "links, upstream, session, checklist, clock and farms"),
    ("lines", "d", "data lines and message budgets"),
    ("outages", "o", "outages, and what is expected next"),
    ("log", "p", "the program's log"),
)
"""Panes of HEALTH: name, key, and what it shows."""

ACTIONS += tuple(
    _health(name, name.upper(), f"Go to {words}", key=key, run=f"pane('{name}')", footer=False)
    for name, key, words in PANES
)

GRID_KEYS: tuple[tuple[str, str], ...] = (
    ("j ↓", "Next row"),
    ("k ↑", "Previous row"),
    ("g Home", "First row"),
    ("G End", "Last row"),
    ("PgUp PgDn", "One page"),
    ("Tab", "Next pane"),
    ("Enter", "Read the row in full, edit the setting"),
    ("Esc", "One step back; never trades"),
)
"""Keys of every list, for the help; the grid widget binds them."""

MENUS = ("Broker", "View", "Help")
