"""All that `settings.toml` may say; the descriptions are the manual and the shipped file's comments."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from qe_dashboard.model.connection import HOST_PATTERN, MOST_CLIENT_ID
from qe_dashboard.model.enums import AccountKind, Profile
from qe_dashboard.settings.fieldtypes import (
    Table,
    limit,
    one_of,
    seconds,
    symbol_list,
    text,
    whole,
    whole_or_auto,
)
from qe_dashboard.settings.limits import LiveLimits, OrderLimits
from qe_dashboard.settings.values import Broken, RuleError

SCHEMA_VERSION = 1

Broker = Literal["sim", "ibkr-paper", "ibkr-live"]
Theme = Literal["dark", "light", "dark-safe", "light-safe"]
TimeZone = Literal["exchange", "local", "utc"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Auto = Literal["auto"]

Region = Literal["north-america", "europe", "asia"]

Host = Annotated[
    str,
    text(HOST_PATTERN, "a host name or IP address"),
    Field(description="Where TWS or IB Gateway listens."),
]
Port = Annotated[int, whole(1, 65535, unit="TCP port")]


class IbkrConnection(Table):
    """How a profile reaches TWS or IB Gateway: two links, one for data, one for orders (D21)."""

    host: Host = "127.0.0.1"
    port: Port = Field(default=4002, description="Paper: IB Gateway 4002, TWS 7497.")
    client_id: Annotated[int, whole(1, MOST_CLIENT_ID)] = Field(
        default=1, description="Data link. Keep it: orders belong to their client id, also after a restart."
    )
    order_client_id: Annotated[int | Auto, whole_or_auto(1, MOST_CLIENT_ID + 1)] = Field(
        default="auto", description='Order link; "auto" is client_id + 1. Equal ids are refused.'
    )
    account: Annotated[str, text(r"[A-Za-z0-9]*", "an account id such as DU1234567, or an empty string")] = (
        Field(default="", description="Bind to this account; empty = the only one the login has.")
    )
    connect_timeout_s: Annotated[float, seconds("0.1", "60")] = Field(
        default=10.0, description="Give up one attempt to connect after this long."
    )
    keepalive_s: Annotated[float, seconds("0.05", "20", why="longer would notice a dead link too late")] = (
        Field(default=20.0, description="Each link is asked for the time this often.")
    )
    keepalive_deadline_s: Annotated[float, seconds("0.05", "5", why="a dead link must show within 30 s")] = (
        Field(
            default=5.0,
            description="No answer by then is SUSPECT and asked once more; no answer again is DOWN.",
        )
    )
    retry_min_s: Annotated[float, seconds("0.05", "60")] = Field(
        default=1.0, description="Pause before the first attempt to reconnect; it doubles from there."
    )
    retry_max_s: Annotated[float, seconds("0.05", "300")] = Field(
        default=30.0, description="Longest pause between attempts to reconnect."
    )
    max_data_lines: Annotated[int, whole(1, 1000, unit="lines")] = Field(
        default=100,
        description="Market data lines the login has, TWS's own windows included; past them the least recently watched"
        " symbol is released.",
    )
    daily_restart: Annotated[
        str, text(r"(([01][0-9]|2[0-3]):[0-5][0-9])?", 'a time of day such as "23:45", or an empty string')
    ] = Field(
        default="",
        description="When TWS or IB Gateway restarts by itself each day (its Lock and Exit settings), in this"
        " machine's time; empty = not known. Then that outage reads as expected.",
    )
    ibkr_region: Annotated[Region, one_of(Region)] = Field(
        default="north-america",
        description="Which of IBKR's server regions serves the account: its nightly reset reads as expected.",
    )

    @property
    def resolved_order_client_id(self) -> int:
        """The order link's client id with "auto" worked out."""
        return self.client_id + 1 if self.order_client_id == "auto" else self.order_client_id

    @model_validator(mode="after")
    def _ids_differ_and_waits_fit(self) -> Self:
        broken: list[Broken] = []
        if self.order_client_id == self.client_id:
            message = f'expected "auto" or an id other than client_id, which is {self.client_id} too'
            broken.append(Broken(("order_client_id",), message, others=("client_id",)))
        if self.retry_max_s < self.retry_min_s:
            message = f"expected at least retry_min_s, which is {self.retry_min_s:g}"
            broken.append(Broken(("retry_max_s",), message, others=("retry_min_s",)))
        if broken:
            raise RuleError(broken)
        return self


class PaperConnection(IbkrConnection):
    """The paper account's TWS or IB Gateway."""


class LiveConnection(IbkrConnection):
    """The real-money account's TWS or IB Gateway."""

    port: Port = Field(default=4001, description="Live: IB Gateway 4001, TWS 7496.")


class Connections(Table):
    """One table per broker profile."""

    ibkr_paper: PaperConnection = Field(default=PaperConnection(), alias="ibkr-paper")
    ibkr_live: LiveConnection = Field(default=LiveConnection(), alias="ibkr-live")


class Limits(Table):
    """One table per kind of account: what the account is found to be, not the profile's name (D18)."""

    sim: OrderLimits = OrderLimits()
    paper: OrderLimits = OrderLimits()
    live: LiveLimits = LiveLimits()

    def of(self, kind: AccountKind) -> OrderLimits:
        """Return the limits of one kind of account."""
        return {AccountKind.SIM: self.sim, AccountKind.PAPER: self.paper, AccountKind.LIVE: self.live}[kind]


class Watchlist(Table):
    """The symbols F1 shows at start."""

    # IBKR gives a login 100 market data lines at once (design section 7).
    symbols: Annotated[tuple[str, ...], symbol_list(100)] = Field(
        default=("AAPL", "MSFT", "NVDA", "SPY", "TSLA", "AMZN", "MNQ", "MES"),
        description="Symbols in order; a futures root shows its lead month.",
    )


class Display(Table):
    """How things look; nothing here changes an order."""

    theme: Annotated[Theme, one_of(Theme)] = Field(
        default="dark", description="Colours of every screen; -safe uses blue and orange for green and red."
    )
    time_zone: Annotated[TimeZone, one_of(TimeZone)] = Field(
        default="exchange", description="Zone of TIME columns; the column says which."
    )
    quotes_fps: Annotated[int, whole(1, 30, unit="frames/s")] = Field(
        default=30, description="How often ticking cells are drawn; lower it over a slow SSH line."
    )


class Diagnostics(Table):
    """What the log file records."""

    log_level: Annotated[LogLevel, one_of(LogLevel)] = Field(
        default="INFO", description="Least severe message that is written to logs/."
    )


class Simulated(Table):
    """The bundled simulated venue of profile sim."""

    seed: Annotated[int, whole(0, 2**31 - 1)] = Field(
        default=7, description="Prices are a function of it: the same seed, the same market."
    )
    starting_cash: Annotated[Decimal, limit("USD", may_be_off=False)] = Field(
        default=Decimal(100000), description="Cash of a new simulated account; an existing one keeps its own."
    )


class Settings(Table):
    """The whole file."""

    version: Annotated[int, whole(1, SCHEMA_VERSION)] = Field(
        default=SCHEMA_VERSION, alias="schema", description="Version of this file's layout."
    )
    broker: Annotated[Broker, one_of(Broker)] = Field(
        default="sim",
        description="Where orders go: the simulated venue, an IBKR paper account, or real money.",
    )
    connection: Connections = Connections()
    limits: Limits = Limits()
    watchlist: Watchlist = Watchlist()
    display: Display = Display()
    diagnostics: Diagnostics = Diagnostics()
    simulated: Simulated = Simulated()

    @property
    def profile(self) -> Profile:
        """The profile that `broker` names."""
        return Profile(self.broker)

    def connection_of(self, profile: Profile) -> IbkrConnection:
        """Return how a broker profile connects; raise KeyError for `sim`, which has no socket."""
        return {
            Profile.IBKR_PAPER: self.connection.ibkr_paper,
            Profile.IBKR_LIVE: self.connection.ibkr_live,
        }[profile]
