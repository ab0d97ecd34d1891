"""What the data link serves: account, positions, every client's open orders, contracts, quotes and bars (D21)."""

from __future__ import annotations

import asyncio

from qe_dashboard.broker.ibkr.account import AccountBook
from qe_dashboard.broker.ibkr.asking import Asker
from qe_dashboard.broker.ibkr.bars import BarFeed
from qe_dashboard.broker.ibkr.config import IbkrConfig
from qe_dashboard.broker.ibkr.executions import Executions
from qe_dashboard.broker.ibkr.farms import Farms
from qe_dashboard.broker.ibkr.history import History
from qe_dashboard.broker.ibkr.instruments import Catalogue
from qe_dashboard.broker.ibkr.line_care import LineCare
from qe_dashboard.broker.ibkr.lines import LineWatch
from qe_dashboard.broker.ibkr.market_data import MarketData
from qe_dashboard.broker.ibkr.open_orders import OpenOrders
from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.broker.ibkr.positions import PositionBook
from qe_dashboard.broker.ibkr.rounds import Chores
from qe_dashboard.broker.ibkr.upstream import Upstream
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.connection import FarmKind, Meter
from qe_dashboard.model.reports import Identity


class DataSide:
    """The parts of the data link, attached and detached together."""

    def __init__(
        self,
        *,
        clock: Clock,
        outlet: Outlet,
        catalogue: Catalogue,
        upstream: Upstream,
        executions: Executions,
        config: IbkrConfig,
    ) -> None:
        self.catalogue = catalogue
        self.positions = PositionBook(clock=clock, outlet=outlet, catalogue=catalogue)
        self.account = AccountBook(clock=clock, outlet=outlet)
        self.open_orders = OpenOrders(
            clock=clock, catalogue=catalogue, order_client_id=config.order_client_id
        )
        self.farms = Farms(clock)
        self.watch = LineWatch(clock=clock, first_tick_s=config.first_tick_s, silent_s=config.silent_line_s)
        self.quotes = MarketData(
            clock=clock,
            outlet=outlet,
            watch=self.watch,
            max_lines=config.max_data_lines,
            held=lambda: self.positions.held,
        )
        self.history = History(clock)
        self.bars = BarFeed(clock=clock, outlet=outlet, watch=self.watch, history=self.history)
        self.care = LineCare(
            clock=clock,
            outlet=outlet,
            watch=self.watch,
            quotes=self.quotes,
            bars=self.bars,
            farms=self.farms,
            look_s=min(1.0, config.first_tick_s / 5),
        )
        self._upstream = upstream
        self._executions = executions
        self._chores = Chores()
        catalogue.on_resolved = self.positions.changed
        catalogue.farm_down = lambda: self.farms.down(FarmKind.CONTRACTS)
        self.farms.changed = self._farm_changed

    async def sync(self, asker: Asker, identity: Identity) -> None:
        """Attach to a new session; done when positions and account values were answered, or not in time."""
        self.catalogue.attach(asker)
        self.positions.attach(asker, identity.account)
        self.account.attach(asker, identity)
        self.open_orders.attach(asker, identity.account)
        self._executions.attach(asker, identity.account, live=False)
        await asyncio.gather(self.positions.read(), self.account.subscribe())
        # After the books: they are what the wire budget is for first.
        self.history.attach(asker)
        self.care.attached(upstream_is_down=self._upstream.status.up is False)
        self.quotes.attach(asker)
        self.bars.attach(asker)

    def lost(self, reason: str) -> None:
        """Forget the session: every book is unknown, every quote history."""
        self._chores.cancel()
        self.catalogue.detach()
        self.positions.detach(reason)
        self.account.detach(reason)
        self.open_orders.detach(reason)
        self.history.detach()
        self.quotes.detach()
        self.bars.detach()
        self.care.detached(reason)

    def account_taken(self) -> None:
        """Ask for the account stream again: another request took it over (2100)."""
        self._chores.spawn(self.account.subscribe())

    def on_notice(self, code: int, text: str) -> None:
        """Take in what the gateway says of itself, before it is told: farms and gaps."""
        self.farms.on_code(code, text)
        self.care.on_code(code, text)

    def meters(self) -> tuple[Meter, ...]:
        """Return the use of every budget of data."""
        return (*self.history.budget.meters(), self.quotes.meter())

    def _farm_changed(self, kind: FarmKind) -> None:
        broken = self.farms.down(kind)
        if kind is FarmKind.HISTORY:
            self.history.budget.hold(f"IBKR's history farm {broken} is broken" if broken else "")
            if broken:
                self.bars.unprove(f"IBKR's history farm {broken} is broken")
        elif kind is FarmKind.CONTRACTS and not broken:
            self.catalogue.resume()
