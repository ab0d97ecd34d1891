"""The gateway: the desks around one venue, the sessions, and the beat that moves both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from qe_dashboard.core.clock import Clock, TimerHandle
from qe_dashboard.gateway_sim import encode_session
from qe_dashboard.gateway_sim.account_desk import AccountDesk
from qe_dashboard.gateway_sim.contract_desk import ContractDesk
from qe_dashboard.gateway_sim.depth_desk import DepthDesk
from qe_dashboard.gateway_sim.execution_desk import ExecutionDesk
from qe_dashboard.gateway_sim.faults import CONTRACT_FARM, HISTORY_FARM, MARKET_FARM, Faults
from qe_dashboard.gateway_sim.history_desk import HistoryDesk
from qe_dashboard.gateway_sim.hub import Hub, log
from qe_dashboard.gateway_sim.order_desk import OrderDesk
from qe_dashboard.gateway_sim.order_reports import OrderReports
from qe_dashboard.gateway_sim.pnl_desk import PnlDesk
from qe_dashboard.gateway_sim.quote_desk import QuoteDesk
from qe_dashboard.gateway_sim.routes import Desks, build_routes
from qe_dashboard.gateway_sim.session import Session
from qe_dashboard.gateway_sim.tick_desk import TickDesk
from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.model.reports import CommissionReport
from qe_dashboard.sim_venue.events import (
    AccountChanged,
    CancelRefused,
    CommissionCharged,
    Executed,
    HaltChanged,
    OrderChanged,
    OrderNoticed,
    OrderRefused,
    PositionChanged,
    VenueEvent,
)
from qe_dashboard.sim_venue.venue import Venue

# Half a step of the venue's prices is 125 ms; at 50 a quote waits no longer than a frame or two.
BEAT_S = 0.05
SLOW_BEAT_S = 1.0
# Between fills TWS sends account values every three minutes (reference 4.7).
ACCOUNT_BEAT_S = 180.0
# TWS repeats 1100 every few seconds while it lasts (reference 3.3).
LOST_BEAT_S = 5.0
LOST_WORDS = "Connectivity between IB and Trader Workstation has been lost."


@dataclass(frozen=True, slots=True)
class Farm:
    """A data farm: its kind in words, and the codes that say it is broken and that it is well."""

    words: str
    broken: int
    well: int


FARMS = {
    MARKET_FARM: Farm("Market data farm", 2103, 2104),
    HISTORY_FARM: Farm("HMDS data farm", 2105, 2106),
    CONTRACT_FARM: Farm("Sec-def data farm", 2157, 2158),
}


class Gateway:  # size: the faults a gateway can play, each one method, and the beat that drives them
    """Serves one venue to any number of sessions."""

    def __init__(
        self,
        *,
        venue: Venue,
        clock: Clock,
        faults: Faults,
        save: Callable[[Venue], None],
        on_order_read: Callable[[], None],
        latency: timedelta,
        master_client_id: int | None = None,
    ) -> None:
        self.hub = Hub(venue=venue, clock=clock, faults=faults, master_client_id=master_client_id)
        self.faults = faults
        self._clock = clock
        self._save = save
        self._latency_s = latency.total_seconds()
        self._contracts = ContractDesk(self.hub)
        self._reports = OrderReports(self.hub)
        self.orders = OrderDesk(self.hub, self._contracts, self._reports, on_order_read=on_order_read)
        self._executions = ExecutionDesk(self.hub)
        self._account = AccountDesk(self.hub)
        self._pnl = PnlDesk(self.hub)
        self._quotes = QuoteDesk(self.hub, self._contracts)
        self._history = HistoryDesk(self.hub, self._contracts)
        self._depth = DepthDesk(self.hub, self._contracts)
        self._ticks = TickDesk(self.hub, self._contracts)
        desks = Desks(
            contracts=self._contracts,
            orders=self.orders,
            executions=self._executions,
            account=self._account,
            pnl=self._pnl,
            quotes=self._quotes,
            history=self._history,
            depth=self._depth,
            ticks=self._ticks,
        )
        self._routes = build_routes(self.hub, desks)
        self._sessions: set[Session] = set()
        self._on_doors: Callable[[bool], None] = lambda opened: None
        self._on_request: Callable[[int], None] = lambda number: None
        self._on_client: Callable[[int], None] = lambda client_id: None
        self._timers: dict[Callable[[], None], TimerHandle] = {}
        self._running = False
        self._flooded_until = clock.monotonic()

    # life -----------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin the beat."""
        self._running = True
        self.hub.on_command(self._fetch_answer)
        self._every(BEAT_S, self.pump)
        self._every(SLOW_BEAT_S, self._slow_beat)
        self._every(ACCOUNT_BEAT_S, self._account_beat)
        self._every(LOST_BEAT_S, self._repeat_loss)

    def stop(self) -> None:
        """End the beat and every session."""
        self._running = False
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self.drop_sessions("the gateway stops")
        self._save(self.hub.venue)

    def new_session(self) -> Session:
        """Make the protocol of an accepted socket."""
        session = Session(
            clock=self._clock,
            faults=self.faults,
            routes=self._routes,
            on_start=self._start_session,
            on_request=lambda number: self._on_request(number),
            on_end=self._end_session,
        )
        self._sessions.add(session)
        return session

    def drop_sessions(self, reason: str) -> int:
        """Close every socket, named or not; return how many."""
        sessions = tuple(self._sessions)
        for session in sessions:
            session.close(reason)
        return len(sessions)

    def half_close_sessions(self) -> int:
        """End the sending side of every socket; return how many."""
        sessions = tuple(self._sessions)
        for session in sessions:
            session.half_close()
        return len(sessions)

    def on_request(self, watch: Callable[[int], None]) -> None:
        """Set what sees the message id of each request before it is served."""
        self._on_request = watch

    def on_client(self, watch: Callable[[int], None]) -> None:
        """Set what sees the client id of each session that names itself, before it is let in or not."""
        self._on_client = watch

    def on_doors(self, move: Callable[[bool], None]) -> None:
        """Set what opens (True) and shuts (False) the listening socket."""
        self._on_doors = move

    # faults that act at once ----------------------------------------------------------------------------------------

    def lose_upstream(self) -> None:
        """Lose the connection to the venue (1100): nothing moves until it is back, sockets stay up."""
        self.faults.upstream_down = True
        self._repeat_loss()

    def restore_upstream(self, *, data_kept: bool) -> None:
        """Get it back, with data lines lost (1101) or kept (1102)."""
        if data_kept:
            farms = "All data farms are connected: usfarm; ushmds; secdefil."
            text = (
                f"Connectivity between IB and Trader Workstation has been restored - data maintained. {farms}"
            )
        else:
            for desk in (self._quotes, self._history, self._depth, self._ticks):
                desk.drop_all()
            text = "Connectivity between IB and Trader Workstation has been restored - data lost."
        self.faults.upstream_down = False
        self._notice(1102 if data_kept else 1101, text)

    def set_competing(self, competing: bool) -> None:
        """Let another session of the login take the data, or give it back."""
        self.faults.competing = competing
        if competing:
            self._quotes.start_competing()

    def restart(self, seconds: float) -> None:
        """Close every socket and listen again after so long, as a nightly restart does. The venue goes on."""
        self._on_doors(False)
        self.drop_sessions("the gateway restarts")
        self._clock.call_later(seconds, lambda: self._on_doors(True))

    def set_farm(self, name: str, *, up: bool) -> None:
        """Break or mend a data farm. What it serves stops meanwhile."""
        (self.faults.farms_down.discard if up else self.faults.farms_down.add)(name)
        code, text = _farm_notice(name, up=up)
        self._notice(code, text)

    def cancel_orders(self) -> int:
        """Cancel every working order without anybody having asked; return how many."""
        with self.hub.command() as venue:
            working = [order.key for order in venue.open_orders() if order.perm_id]
            for key in working:
                venue.break_off(key, "the exchange cancelled it")
        return len(working)

    # the beat -------------------------------------------------------------------------------------------------------

    def pump(self) -> None:
        """Move the venue to now, report what happened there, and send the quotes that moved."""
        venue = self.hub.venue
        venue.advance(self._clock.now())
        # While the gateway has no connection to the venue it cannot know; it reports when it is back.
        if self.faults.upstream_down:
            return
        events = venue.take_events()
        if events:
            self._report(events)
            self._save(venue)
        self._quotes.send_changes()
        self._depth.send_changes()
        self._ticks.send_changes()
        self._flood()

    def _flood(self) -> None:
        """Send as many ticks as are due since the last beat, so that a late one loses none."""
        since, self._flooded_until = self._flooded_until, self._clock.monotonic()
        self._quotes.flood(round(self.faults.flood_per_s * (self._flooded_until - since)))

    def _slow_beat(self) -> None:
        self._history.send_changes()
        if not self.faults.upstream_down:
            self._pnl.send_changes()

    def _account_beat(self) -> None:
        if not self.faults.upstream_down:
            self._account.send_periodic()

    def _repeat_loss(self) -> None:
        if self.faults.upstream_down:
            self._notice(1100, LOST_WORDS)

    def _fetch_answer(self) -> None:
        """Look at the venue right when an answer is due, not a beat later."""
        self._clock.call_later(self._latency_s, self._pump_if_running)

    def _pump_if_running(self) -> None:
        if self._running:
            self.pump()

    def _every(self, seconds: float, action: Callable[[], None]) -> None:
        def beat() -> None:
            if self._running:
                self._timers[action] = self._clock.call_later(seconds, beat)
                action()

        self._timers[action] = self._clock.call_later(seconds, beat)

    # the venue's events ---------------------------------------------------------------------------------------------

    def _report(self, events: tuple[VenueEvent, ...]) -> None:
        commissions: dict[OrderKey, list[CommissionReport]] = {}
        moved: dict[object, PositionChanged] = {}
        cash_moved = False
        for event in events:
            match event:
                case OrderChanged(order):
                    self._reports.on_changed(order)
                case OrderRefused():
                    self._reports.on_refused(event)
                case OrderNoticed():
                    self._reports.on_noticed(event)
                case HaltChanged():
                    self._quotes.on_halt(event.instrument, halted=event.halted)
                case CancelRefused():
                    self._reports.on_cancel_refused(event)
                case Executed():
                    self._executions.on_executed(event)
                case CommissionCharged():
                    commissions.setdefault(event.key, []).append(event.report)
                case PositionChanged(position):
                    moved[position.instrument.id] = event
                case AccountChanged():
                    cash_moved = True
        # Commissions come after the status that their fills led to: 11, 5, 3, 5, 59 (reference 4.7).
        for key, reports in commissions.items():
            self._reports.on_commissions(key, reports)
            self._executions.on_commissions(key, reports)
        if moved or cash_moved:
            self._account.on_books_changed([event.position for event in moved.values()])

    # sessions -------------------------------------------------------------------------------------------------------

    def _start_session(self, session: Session) -> bool:
        self._on_client(session.client_id)
        if not self.hub.register(session):
            return False
        log.info("%s speaks version %s", session, session.version)
        session.send(encode_session.managed_accounts(self.hub.accounts))
        session.send(encode_session.next_valid_id(self.orders.next_valid_id(session.client_id)))
        is_lost = self.faults.upstream_down
        for name in FARMS:
            session.error(*_farm_notice(name, up=not is_lost and name not in self.faults.farms_down))
        if is_lost:
            session.error(1100, LOST_WORDS)
        return True

    def _end_session(self, session: Session) -> None:
        self._sessions.discard(session)
        self.hub.unregister(session)
        for desk in (self._account, self._pnl, self._quotes, self._history, self._depth, self._ticks):
            desk.forget(session)

    def _notice(self, code: int, text: str) -> None:
        for client in self.hub.clients():
            client.error(code, text)


def _farm_notice(name: str, *, up: bool) -> tuple[int, str]:
    farm = FARMS[name]
    return (farm.well if up else farm.broken), f"{farm.words} connection is {'OK' if up else 'broken'}:{name}"
