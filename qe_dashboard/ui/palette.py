"""The command palette: every action and every command, with what it would do now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from qe_dashboard.engine.views import StatusView
from qe_dashboard.model.enums import AccountKind
from qe_dashboard.ui.action_table import APP, Action
from qe_dashboard.ui.actions import in_scope, keys_label
from qe_dashboard.ui.commands.table import COMMANDS, CommandSpec
from qe_dashboard.ui.format import plain

if TYPE_CHECKING:
    from qe_dashboard.ui.flows import Flows


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: what it is called, what it does now, and how to start it."""

    name: str
    help: str
    run: Callable[[], object]


def effect_words(status: StatusView | None) -> str:
    """Say what acting means in this session: real money, no broker, or nothing special."""
    if status is None:
        return "the engine is still starting"
    notes = []
    if status.account_kind is AccountKind.LIVE:
        notes.append(f"REAL MONEY in {status.account}")
    if status.offline_since is not None:
        notes.append("BROKER OFFLINE: nothing can be sent")
    elif not status.can_trade and status.cannot_trade_because:
        notes.append(f"no new orders: {status.cannot_trade_because}")
    return " · ".join(notes)


class ActionProvider(Provider):
    """Feeds the palette from the two tables. The app's `flows` attribute starts what is picked."""

    @property
    def _flows(self) -> Flows:
        return cast("Flows", self.app.flows)  # type: ignore[attr-defined]  # every app with this palette has flows

    async def discover(self) -> Hits:
        """List everything, keys first."""
        for entry in self.entries():
            yield DiscoveryHit(entry.name, entry.run, text=entry.name, help=entry.help)

    async def search(self, query: str) -> Hits:
        """List what fits the typed letters, best first."""
        matcher = self.matcher(query)
        for entry in self.entries():
            score = max(matcher.match(entry.name), matcher.match(entry.help) / 2)
            if score > 0:
                yield Hit(score, matcher.highlight(entry.name), entry.run, text=entry.name, help=entry.help)

    def entries(self) -> Iterator[Entry]:
        """Yield every row: actions of the program and the screen, then commands."""
        effect = effect_words(self._flows.status)
        # A screen may have a key of its own for an act of the whole program: one row is enough.
        listed = {"app.command_palette"}
        for item in (*in_scope(APP), *in_scope(self.app.current_mode)):
            if item.run not in listed and self._is_possible(item):
                listed.add(item.run)
                yield Entry(_action_name(item), _literal(item.description), self._starter(item))
        for spec in COMMANDS:
            note = effect if spec.touches_orders else ""
            words = f"{spec.usage} · {spec.description}"
            yield Entry(f"/{spec.word}", _literal(f"{words} · {note}" if note else words), self._writer(spec))

    def _is_possible(self, item: Action) -> bool:
        node = self.app if item.run.startswith("app.") else self.screen
        name = item.run.partition(".")[2].partition("(")[0]
        return node.check_action(name, ()) is True and hasattr(node, f"action_{name}")

    def _starter(self, item: Action) -> Callable[[], object]:
        return lambda: self.app.run_action(item.run)

    def _writer(self, spec: CommandSpec) -> Callable[[], object]:
        """Complete commands run; others are begun in the command line for a person to finish."""
        if spec.needs_arguments:
            return lambda: self._flows.begin(f"{spec.word} ")
        return lambda: self._flows.run_command(spec.word)


def _literal(text: str) -> str:
    """Escape what the palette would read as markup: usages have brackets, and a broker's words may."""
    return plain(text).replace("\\", "\\\\").replace("[", "\\[")


def _action_name(item: Action) -> str:
    return f"{item.label}  {keys_label(item)}" if item.keys else item.label


def action_provider() -> type[Provider]:
    """Return the provider; given to `App.COMMANDS` as a callable, so that it loads when first used."""
    return ActionProvider
