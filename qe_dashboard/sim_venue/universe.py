"""What trades here: a dozen liquid stocks, four index futures and three currency pairs, with their terms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from qe_dashboard.model.enums import SecType
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.instrument import Instrument, Session, TickRule, instrument_id
from qe_dashboard.sim_venue.days import quarterly_expiries, settlement, third_friday
from qe_dashboard.sim_venue.hours import ALWAYS_OPEN, Calendar, Hours

CURRENCY = "USD"
LISTED_MONTHS = 2
# A month that does not lead trades this many times less.
_BACK_MONTH_SHARE = 12
_MONTH_CODES = {3: "H", 6: "M", 9: "U", 12: "Z"}
ALWAYS = Calendar(Hours.ALWAYS)


@dataclass(frozen=True, slots=True)
class Underlying:
    """A price process. `volatility` is of one day; `correlation` with the market; `volume` units a day."""

    name: str
    base: float
    volatility: float
    correlation: float
    volume: int


@dataclass(frozen=True, slots=True)
class Listing:
    """A contract with how it prices and what it costs to hold.

    Its price is `scale` times the underlying's, its volume `units_on` that day times. Margins are a share of value for
    stocks and currencies, an amount per contract for futures. `commission` is USD per share, contract or unit of the
    base currency, `minimum_commission` USD per order.
    """

    instrument: Instrument
    underlying: Underlying
    scale: float
    lead_units: int
    widest_spread: int
    size_unit: int
    largest_size: int
    init_margin: Decimal
    maint_margin: Decimal
    commission: Decimal
    minimum_commission: Decimal
    leads: tuple[date, date] | None = None
    """From when until before when it is the busiest month; None = always."""

    @property
    def is_margined(self) -> bool:
        """Whether a position moves cash only when it closes, by its profit; stocks are paid in full."""
        return self.instrument.sec_type is not SecType.STOCK

    def in_usd(self, amount: Decimal, price: Decimal) -> Decimal:
        """Return an amount of the contract's currency in USD; one not quoted in USD prices the dollar itself."""
        return amount if self.instrument.currency == CURRENCY else amount / price

    def units_on(self, day: date) -> int:
        """Return how many of the underlying's volume units trade in it on a UTC day."""
        if self.leads is None or self.leads[0] <= day < self.leads[1]:
            return self.lead_units
        return max(self.lead_units // _BACK_MONTH_SHARE, 1)


NDX = Underlying("NDX", 21_100.0, 0.013, 0.95, 60_000)
SPX = Underlying("SPX", 5_950.0, 0.011, 0.97, 60_000)


@dataclass(frozen=True, slots=True)
class _Stock:
    symbol: str
    name: str
    primary: str
    con_id: int
    underlying: Underlying
    scale: float = 1.0
    volume_units: int = 1
    widest_spread: int = 3


def _own(symbol: str, base: float, volatility: float, correlation: float, volume: int) -> Underlying:
    return Underlying(symbol, base, volatility, correlation, volume)


_STOCKS = (
    _Stock("AAPL", "Apple Inc.", "NASDAQ", 265598, _own("AAPL", 233.0, 0.017, 0.85, 48_000_000)),
    _Stock("MSFT", "Microsoft Corp.", "NASDAQ", 272093, _own("MSFT", 428.0, 0.016, 0.87, 21_000_000)),
    _Stock("NVDA", "NVIDIA Corp.", "NASDAQ", 4815747, _own("NVDA", 141.0, 0.030, 0.80, 190_000_000)),
    _Stock("AMZN", "Amazon.com Inc.", "NASDAQ", 3691937, _own("AMZN", 207.0, 0.020, 0.83, 38_000_000)),
    _Stock(
        "GOOGL", "Alphabet Inc. Class A", "NASDAQ", 208813719, _own("GOOGL", 178.0, 0.019, 0.82, 26_000_000)
    ),
    _Stock("META", "Meta Platforms Inc.", "NASDAQ", 107113386, _own("META", 585.0, 0.021, 0.80, 13_000_000)),
    _Stock("TSLA", "Tesla Inc.", "NASDAQ", 76792991, _own("TSLA", 322.0, 0.034, 0.70, 85_000_000)),
    _Stock("AMD", "Advanced Micro Devices Inc.", "NASDAQ", 4391, _own("AMD", 144.0, 0.030, 0.76, 41_000_000)),
    _Stock("NFLX", "Netflix Inc.", "NASDAQ", 15124833, _own("NFLX", 872.0, 0.020, 0.68, 3_600_000)),
    _Stock("JPM", "JPMorgan Chase & Co.", "NYSE", 1520593, _own("JPM", 244.0, 0.015, 0.72, 9_000_000)),
    _Stock("SPY", "SPDR S&P 500 ETF Trust", "ARCA", 756733, SPX, 0.0995, 850, 1),
    _Stock("QQQ", "Invesco QQQ Trust", "NASDAQ", 320227571, NDX, 0.0244, 620, 1),
)


@dataclass(frozen=True, slots=True)
class _Future:
    symbol: str
    name: str
    underlying: Underlying
    multiplier: Decimal
    init_margin: Decimal
    maint_margin: Decimal
    commission: Decimal
    con_id_base: int
    lead_volume: int


_MICRO, _MINI = Decimal("0.62"), Decimal("2.25")
_FUTURES = (
    _Future(
        "MNQ",
        "Micro E-mini Nasdaq-100",
        NDX,
        Decimal(2),
        Decimal(3300),
        Decimal(3000),
        _MICRO,
        770_000_000,
        24,
    ),
    _Future(
        "MES", "Micro E-mini S&P 500", SPX, Decimal(5), Decimal(2450), Decimal(2230), _MICRO, 771_000_000, 20
    ),
    _Future(
        "NQ", "E-mini Nasdaq-100", NDX, Decimal(20), Decimal(33000), Decimal(30000), _MINI, 772_000_000, 9
    ),
    _Future("ES", "E-mini S&P 500", SPX, Decimal(50), Decimal(24500), Decimal(22300), _MINI, 773_000_000, 25),
)
# A later month costs this much more, as carry has it; constant per month, so bars scale like ticks.
_CARRY_PER_QUARTER = 0.009
_CARRY_FROM_YEAR = 2026
# Volume moves on to the next month this long before the third Friday.
_ROLLS_BEFORE = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class _Pair:
    base: str
    quote: str
    con_id: int
    underlying: Underlying
    tick: Decimal
    volume_units: int = 1_000


_SYNTHETIC_CON_IDS = 900_000_000
# Half a pip, as IDEALPRO quotes them.
_HALF_PIP, _HALF_PIP_JPY = Decimal("0.00005"), Decimal("0.005")
_PAIRS = (
    _Pair("EUR", "USD", 12087792, _own("EURUSD", 1.0850, 0.0048, -0.10, 2_000_000), _HALF_PIP),
    _Pair("GBP", "USD", 12087797, _own("GBPUSD", 1.2650, 0.0052, 0.15, 1_200_000), _HALF_PIP),
    _Pair("USD", "JPY", 15016059, _own("USDJPY", 152.50, 0.0060, 0.20, 1_500_000), _HALF_PIP_JPY),
)


class Universe:
    """Contracts by id and by symbol. Which months are listed is a function of time alone."""

    def __init__(self, now: datetime, calendar: Calendar = ALWAYS, *, synthetic: int = 0) -> None:
        """List the contracts of a time, and so many made-up stocks, for those who need many lines or positions."""
        self._calendar = calendar
        stocks = (*_STOCKS, *map(_synthetic, range(1, synthetic + 1)))
        listings = (*map(_stock_listing, stocks), *map(_pair_listing, _PAIRS))
        self._lasting = {listing.instrument.id: listing for listing in listings}
        self._futures: dict[InstrumentId, Listing] = {}
        self._listed: tuple[Listing, ...] = ()
        self.roll(now)

    def roll(self, now: datetime) -> None:
        """List the months that trade at a time, and the sessions ahead."""
        expiries = quarterly_expiries(now, count=LISTED_MONTHS)
        futures = tuple(self._future(future, expiry) for future in _FUTURES for expiry in expiries)
        pairs = tuple(one for one in self._lasting.values() if one.instrument.sec_type is SecType.FOREX)
        stocks = tuple(one for one in self._lasting.values() if one.instrument.sec_type is SecType.STOCK)
        # Servers number tick rules in this order: what is added goes last.
        self._listed = (*stocks, *futures, *pairs)
        if self._calendar.hours is Hours.REAL:
            self._listed = tuple(self._with_sessions(listing, now) for listing in self._listed)
            for listing in self._listed:
                known = self._futures if listing.instrument.is_future else self._lasting
                known[listing.instrument.id] = listing

    def _with_sessions(self, listing: Listing, now: datetime) -> Listing:
        instrument = listing.instrument
        trading, liquid = (
            tuple(
                item
                for item in self._calendar.shown(instrument.sec_type, now, extended=extended)
                if instrument.expiry is None or item.start < settlement(instrument.expiry)
            )
            for extended in (True, False)
        )
        return replace(listing, instrument=replace(instrument, trading_hours=trading, liquid_hours=liquid))

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """All listed contracts."""
        return tuple(listing.instrument for listing in self._listed)

    def get(self, wanted: InstrumentId) -> Listing | None:
        """Return a contract, listed or expired; None when there never was one."""
        found = self._lasting.get(wanted) or self._futures.get(wanted)
        if found is not None:
            return found
        symbol, _, rest = wanted.partition(".")
        for future in _FUTURES:
            if future.symbol == symbol:
                for expiry in _expiries_named(rest.split(".")[1] if "." in rest else ""):
                    listing = self._future(future, expiry)
                    return listing if listing.instrument.id == wanted else None
        return None

    def find(self, symbol: str, sec_type: SecType, *, expiry: str = "") -> tuple[Instrument, ...]:
        """Look up listed contracts; futures nearest month first."""
        return tuple(
            instrument
            for instrument in self.instruments
            if instrument.symbol == symbol.upper()
            and instrument.sec_type is sec_type
            and (instrument.expiry is None or instrument.expiry.strftime("%Y%m%d").startswith(expiry))
        )

    def _future(self, future: _Future, expiry: date) -> Listing:
        listing = _future_listing(future, expiry)
        return self._futures.setdefault(listing.instrument.id, listing)


def _synthetic(number: int) -> _Stock:
    symbol = f"QE{number:04d}"
    own = _own(symbol, 20.0 + number * 37 % 400, 0.02, 0.6, 5_000_000)
    return _Stock(symbol, f"Synthetic Stock {number}", "NYSE", _SYNTHETIC_CON_IDS + number, own)


def _expiries_named(text: str) -> tuple[date, ...]:
    if len(text) != 8 or not text.isdigit():
        return ()
    year, month = int(text[:4]), int(text[4:6])
    if month not in _MONTH_CODES or not ALWAYS_OPEN.start.year <= year < ALWAYS_OPEN.end.year:
        return ()
    return (third_friday(year, month),)


def _stock_listing(stock: _Stock) -> Listing:
    hours = (ALWAYS_OPEN,)
    return Listing(
        instrument=Instrument(
            id=instrument_id(symbol=stock.symbol, sec_type=SecType.STOCK, currency=CURRENCY),
            symbol=stock.symbol,
            sec_type=SecType.STOCK,
            exchange="SMART",
            currency=CURRENCY,
            multiplier=Decimal(1),
            tick_rules=(TickRule(Decimal(0), Decimal("0.01")),),
            primary_exchange=stock.primary,
            local_symbol=stock.symbol,
            trading_class="NMS" if stock.primary == "NASDAQ" else stock.symbol,
            name=stock.name,
            con_id=stock.con_id,
            trading_hours=hours,
            liquid_hours=hours,
        ),
        underlying=stock.underlying,
        scale=stock.scale,
        lead_units=stock.volume_units,
        widest_spread=stock.widest_spread,
        size_unit=100,
        largest_size=14,
        init_margin=Decimal("0.5"),
        maint_margin=Decimal("0.25"),
        commission=Decimal("0.005"),
        minimum_commission=Decimal(1),
    )


def _pair_listing(pair: _Pair) -> Listing:
    local = f"{pair.base}.{pair.quote}"
    return Listing(
        instrument=Instrument(
            id=instrument_id(symbol=pair.base, sec_type=SecType.FOREX, currency=pair.quote),
            symbol=pair.base,
            sec_type=SecType.FOREX,
            exchange="IDEALPRO",
            currency=pair.quote,
            multiplier=Decimal(1),
            tick_rules=(TickRule(Decimal(0), pair.tick),),
            local_symbol=local,
            trading_class=local,
            name=f"{pair.base} in {pair.quote}",
            con_id=pair.con_id,
            trading_hours=(ALWAYS_OPEN,),
            liquid_hours=(ALWAYS_OPEN,),
        ),
        underlying=pair.underlying,
        scale=1.0,
        lead_units=pair.volume_units,
        widest_spread=2,
        size_unit=250_000,
        largest_size=20,
        init_margin=Decimal("0.03"),
        maint_margin=Decimal("0.025"),
        commission=Decimal("0.00002"),
        minimum_commission=Decimal(2),
    )


def _future_listing(future: _Future, expiry: date) -> Listing:
    hours = (Session(ALWAYS_OPEN.start, settlement(expiry)),)
    quarters = (expiry.year - _CARRY_FROM_YEAR) * 4 + expiry.month // 3
    before = (
        third_friday(expiry.year - 1, 12)
        if expiry.month == 3
        else third_friday(expiry.year, expiry.month - 3)
    )
    return Listing(
        instrument=Instrument(
            id=instrument_id(symbol=future.symbol, sec_type=SecType.FUTURE, currency=CURRENCY, expiry=expiry),
            symbol=future.symbol,
            sec_type=SecType.FUTURE,
            exchange="CME",
            currency=CURRENCY,
            multiplier=future.multiplier,
            tick_rules=(TickRule(Decimal(0), Decimal("0.25")),),
            primary_exchange="CME",
            local_symbol=f"{future.symbol}{_MONTH_CODES[expiry.month]}{expiry.year % 10}",
            trading_class=future.symbol,
            name=future.name,
            con_id=future.con_id_base + expiry.year * 100 + expiry.month,
            expiry=expiry,
            time_zone="America/Chicago",
            trading_hours=hours,
            liquid_hours=hours,
        ),
        underlying=future.underlying,
        scale=1.0 + _CARRY_PER_QUARTER * (quarters - 4),
        lead_units=future.lead_volume,
        widest_spread=2,
        size_unit=1,
        largest_size=40,
        init_margin=future.init_margin,
        maint_margin=future.maint_margin,
        commission=future.commission,
        minimum_commission=Decimal(0),
        leads=(before - _ROLLS_BEFORE, expiry - _ROLLS_BEFORE),
    )
