"""Candles as text. Pure: bars in, toned lines out; half a terminal row is the resolution.

Rising and falling candles differ in shape as well as in colour. Geometry is in floats, labels in exact prices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from itertools import groupby

from qe_dashboard.engine.views import BarsView
from qe_dashboard.model.market_data import Bar
from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.presenters.cells import Line, Tone

_NONE, _WICK, _BODY = 0, 1, 2
_ROWS_PER_LABEL = 4
_VOLUME_ROWS = 3
_TALL = 16
_LEAST_WIDTH, _LEAST_HEIGHT = 24, 5
# A closed night would be hundreds of empty columns; three and a mark say "gap" as well.
_MOST_GAP_COLUMNS = 3
_COLUMNS_PER_TIME_LABEL = 10
_TIME_STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1440)

Halves = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Characters for the upper and lower half of a cell of a rising and of a falling candle."""

    rising: dict[Halves, str]
    falling: dict[Halves, str]
    volume: str
    price_line: str
    gap: str
    marker: str


_WICKS: dict[Halves, str] = {(_WICK, _WICK): "│", (_WICK, _NONE): "╵", (_NONE, _WICK): "╷"}
BOX = Glyphs(
    rising={
        **_WICKS,
        (_BODY, _BODY): "┃",
        (_BODY, _NONE): "╹",
        (_NONE, _BODY): "╻",
        (_WICK, _BODY): "╽",
        (_BODY, _WICK): "╿",
    },
    falling={
        **_WICKS,
        (_BODY, _BODY): "▌",
        (_BODY, _NONE): "▘",
        (_NONE, _BODY): "▖",
        (_WICK, _BODY): "▖",
        (_BODY, _WICK): "▘",
    },
    volume=" ▁▂▃▄▅▆▇█",
    price_line="┈",
    gap="┊",
    marker="◂",
)


def _ascii(body: str) -> dict[Halves, str]:
    halves = (_NONE, _WICK, _BODY)
    return {
        (upper, lower): body if _BODY in (upper, lower) else "|"
        for upper in halves
        for lower in halves
        if upper or lower
    }


ASCII = Glyphs(
    rising=_ascii("O"), falling=_ascii("#"), volume=" ..::||##", price_line="-", gap=":", marker="<"
)


@dataclass(frozen=True, slots=True)
class Scale:
    """Prices to half rows, counted from the top."""

    low: float
    high: float
    halves: int

    def at(self, price: Decimal) -> int:
        place = (self.high - float(price)) / (self.high - self.low) * (self.halves - 1)
        return min(max(round(place), 0), self.halves - 1)


class Canvas:
    """Characters and tones by row and column."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._chars = [[" "] * width for _ in range(height)]
        self._tones = [[Tone.PLAIN] * width for _ in range(height)]

    def put(self, column: int, row: int, char: str, tone: Tone) -> None:
        self._chars[row][column] = char
        self._tones[row][column] = tone

    def write(self, column: int, row: int, text: str, tone: Tone) -> None:
        for index, char in enumerate(text[: self.width - column]):
            self.put(column + index, row, char, tone)

    def is_blank(self, column: int, row: int) -> bool:
        return self._chars[row][column] == " "

    def lines(self) -> tuple[Line, ...]:
        return tuple(
            tuple(
                ("".join(char for char, _ in run), tone)
                for tone, run in groupby(zip(chars, tones, strict=True), key=lambda cell: cell[1])
            )
            for chars, tones in zip(self._chars, self._tones, strict=True)
        )


def candle_lines(
    view: BarsView, *, width: int, height: int, zone: str, glyphs: Glyphs = BOX
) -> tuple[Line, ...]:
    """Draw the latest candles that fit, with prices at the right and times below."""
    if view.problem:
        return (((fmt.plain(view.problem), Tone.WARN),),)
    if not view.bars:
        return ((("no candles yet", Tone.STALE),),)
    if width < _LEAST_WIDTH or height < _LEAST_HEIGHT:
        return ((("too small for a chart", Tone.STALE),),)
    last = view.bars[-1]
    axis_width = max(len(fmt.price(bar.high, view.decimals)) for bar in (last, view.bars[0])) + 2
    columns = spread(view.bars, view.seconds, width - axis_width)
    bars = [bar for bar in columns if bar is not None]
    has_volume = height >= _TALL and any(bar.volume > 0 for bar in bars)
    plot_height = height - 1 - (_VOLUME_ROWS if has_volume else 0)
    canvas = Canvas(width, height)
    scale = _scale(bars, view.decimals, plot_height)
    for column, bar in enumerate(columns):
        if bar is not None:
            _draw_bar(canvas, column, bar, scale, glyphs)
        elif column > 0 and columns[column - 1] is None and columns[column + 1 : column + 2] != [None]:
            canvas.put(column, plot_height - 1, glyphs.gap, Tone.DIM)
    _draw_prices(canvas, scale, view.decimals, left=width - axis_width)
    _draw_last(canvas, last, scale, view.decimals, glyphs, left=width - axis_width)
    if has_volume:
        _draw_volume(canvas, columns, glyphs, top=plot_height)
    _draw_times(canvas, columns, view.seconds, zone, right=width - axis_width)
    return canvas.lines()


def bar_words(view: BarsView) -> Line:
    """Say the last candle in one line: open, high, low, close, volume."""
    if not view.bars or view.problem:
        return ()
    bar = view.bars[-1]
    values = (
        ("O", fmt.price(bar.open, view.decimals)),
        ("H", fmt.price(bar.high, view.decimals)),
        ("L", fmt.price(bar.low, view.decimals)),
        ("C", fmt.price(bar.close, view.decimals)),
        ("V", fmt.compact(bar.volume)),
    )
    tone = _tone(bar)
    return tuple(cell for name, text in values for cell in ((f"{name} ", Tone.DIM), (f"{text}  ", tone)))


def interval_words(seconds: int) -> str:
    """Say a bar length: `30s`, `1m`, `4h`, `1d`."""
    for size, letter in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds % size == 0:
            return f"{seconds // size}{letter}"
    return f"{seconds}s"


def spread(bars: Sequence[Bar], seconds: int, width: int) -> list[Bar | None]:
    """Return what each column shows, latest at the right; missing bars leave empty columns."""
    columns: list[Bar | None] = []
    later: Bar | None = None
    for bar in reversed(bars):
        if later is not None:
            missing = round((later.start - bar.start).total_seconds() / seconds) - 1
            columns.extend([None] * min(missing, _MOST_GAP_COLUMNS))
        columns.append(bar)
        later = bar
        if len(columns) >= width:
            break
    return columns[:width][::-1]


def _scale(bars: Sequence[Bar], decimals: int, height: int) -> Scale:
    low, high = min(bar.low for bar in bars), max(bar.high for bar in bars)
    if low == high:
        tick = Decimal(1).scaleb(-decimals)
        low, high = low - tick, high + tick
    return Scale(float(low), float(high), height * 2)


def _tone(bar: Bar) -> Tone:
    return Tone.UP if bar.close >= bar.open else Tone.DOWN


def _draw_bar(canvas: Canvas, column: int, bar: Bar, scale: Scale, glyphs: Glyphs) -> None:
    rises = bar.close >= bar.open
    shapes, tone = (glyphs.rising if rises else glyphs.falling), _tone(bar)
    top, bottom = scale.at(bar.high), scale.at(bar.low)
    ends = scale.at(bar.close), scale.at(bar.open)
    body_top, body_bottom = ends if rises else ends[::-1]
    for row in range(top // 2, bottom // 2 + 1):
        upper, lower = row * 2, row * 2 + 1
        halves = (
            _BODY if body_top <= upper <= body_bottom else _WICK if top <= upper <= bottom else _NONE,
            _BODY if body_top <= lower <= body_bottom else _WICK if top <= lower <= bottom else _NONE,
        )
        canvas.put(column, row, shapes[halves], tone)


def _draw_prices(canvas: Canvas, scale: Scale, decimals: int, *, left: int) -> None:
    step = price_step(scale.high - scale.low, scale.halves // 2 // _ROWS_PER_LABEL, decimals)
    price = (Decimal(repr(scale.low)) / step).to_integral_value(ROUND_CEILING) * step
    while float(price) <= scale.high:
        canvas.write(left + 2, scale.at(price) // 2, fmt.price(price, decimals), Tone.DIM)
        price += step


def price_step(span: float, labels: int, decimals: int) -> Decimal:
    """Return the smallest round step (1, 2 or 5 times a power of ten, at least a tick) that needs no more labels."""
    step = Decimal(1).scaleb(-decimals)
    factors = (Decimal(2), Decimal("2.5"), Decimal(2))
    index = 0
    while span / float(step) > max(labels, 1):
        step *= factors[index % 3]
        index += 1
    return step.normalize()


def _draw_last(canvas: Canvas, last: Bar, scale: Scale, decimals: int, glyphs: Glyphs, *, left: int) -> None:
    row, tone = scale.at(last.close) // 2, _tone(last)
    for column in range(left):
        if canvas.is_blank(column, row):
            canvas.put(column, row, glyphs.price_line, Tone.FAINT)
    text = f"{glyphs.marker}{fmt.price(last.close, decimals)}"
    canvas.write(left + 1, row, text.ljust(canvas.width - left - 1), tone)


def _draw_volume(canvas: Canvas, columns: Sequence[Bar | None], glyphs: Glyphs, *, top: int) -> None:
    most = max(float(bar.volume) for bar in columns if bar is not None)
    steps = len(glyphs.volume) - 1
    for column, bar in enumerate(columns):
        if bar is None:
            continue
        level = round(float(bar.volume) / most * _VOLUME_ROWS * steps)
        for row in range(_VOLUME_ROWS):
            part = min(max(level - (_VOLUME_ROWS - 1 - row) * steps, 0), steps)
            if part:
                canvas.put(column, top + row, glyphs.volume[part], Tone.FAINT)


def _draw_times(
    canvas: Canvas, columns: Sequence[Bar | None], seconds: int, zone: str, *, right: int
) -> None:
    minutes = next(
        (step for step in _TIME_STEPS_MIN if step * 60 >= seconds * _COLUMNS_PER_TIME_LABEL),
        _TIME_STEPS_MIN[-1],
    )
    info, row, free_from = fmt.zone_info(zone), canvas.height - 1, 0
    day: object = None
    for column, bar in enumerate(columns):
        if bar is None:
            continue
        at = bar.start.astimezone(info)
        changed_day = day is not None and at.date() != day
        day = at.date()
        if not changed_day and (at.hour * 60 + at.minute) % minutes:
            continue
        text = _time_words(at, changed_day=changed_day or seconds >= 86400)
        if column >= free_from and column + len(text) <= right:
            canvas.write(column, row, text, Tone.DIM)
            free_from = column + len(text) + 2


def _time_words(at: datetime, *, changed_day: bool) -> str:
    return f"{at:%d %b}" if changed_day else f"{at:%H:%M}"
