"""Rows of F9 in full, for the reading modal: lists cut what does not fit."""

from __future__ import annotations

from datetime import datetime

from qe_dashboard.engine.health_views import HealthView, ProgramLine
from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.desk import Book
from qe_dashboard.ui.modals.reading import Section, TextModal
from qe_dashboard.ui.presenters import data_lines, outages
from qe_dashboard.ui.presenters.program_log import part_words

Rows = tuple[tuple[str, str], ...]


def read_row(
    pane: str, key: str, *, health: HealthView | None, log: Book[ProgramLine], now: datetime | None, zone: str
) -> TextModal | None:
    """Return the modal that shows one row of a pane in full, None when the row is gone."""
    rows: Rows = ()
    if pane == "log" and key in log.rows:
        rows = _log_line(log.rows[key], zone, now)
    elif health is not None:
        rows = {
            "ladder": lambda: _rung(health, key),
            "links": lambda: _farm(health, key, now, zone),
            "lines": lambda: _line(health, key, now, zone),
            "outages": lambda: _outage(health, key, now, zone),
        }.get(pane, lambda: ())()
    return TextModal(pane.upper(), sections=(Section("", rows),)) if rows else None


def _log_line(line: ProgramLine, zone: str, now: datetime | None) -> Rows:
    head = f"{fmt.moment(line.at, zone, now)} {fmt.zone_label(line.at, zone)}"
    return (("Time", head), ("Level", line.level), ("Part", part_words(line)), ("Text", line.text))


def _rung(health: HealthView, key: str) -> Rows:
    rung = next((rung for rung in health.ladder.rungs if rung.name.value == key), None)
    if rung is None:
        return ()
    fix: Rows = (("Fix", rung.fix),) if rung.fix else ()
    return (("Rung", rung.name.value), ("State", rung.state.value), ("Detail", rung.detail or fmt.DASH), *fix)


def _farm(health: HealthView, key: str, now: datetime | None, zone: str) -> Rows:
    farm = next((farm for farm in health.farms if f"{farm.name}|{farm.kind.value}" == key), None)
    if farm is None:
        return ()
    since = f"{fmt.moment(farm.since, zone, now)}, {fmt.age_since(farm.since, now)} ago"
    return (("Farm", farm.name), ("Serves", farm.kind.value), ("State", farm.state.value), ("Since", since))


def _line(health: HealthView, key: str, now: datetime | None, zone: str) -> Rows:
    line = next((line for line in health.lines if data_lines.line_key(line) == key), None)
    if line is None:
        return ()
    tick = fmt.moment(line.last_tick_at, zone, now)
    return (
        ("Instrument", f"{line.label} ({line.instrument_id})"),
        ("Line", data_lines.kind_words(line)),
        ("State", f"{line.state.value} for {fmt.age_since(line.since, now)}"),
        (
            "Last tick",
            f"{tick}, {fmt.age_since(line.last_tick_at, now)} ago" if line.last_tick_at else "never",
        ),
        ("Why", line.why or fmt.DASH),
    )


def _outage(health: HealthView, key: str, now: datetime | None, zone: str) -> Rows:
    outage = next((item for item in health.outages if outages.outage_key(item) == key), None)
    if outage is None:
        return ()
    ended = "still down" if outage.ended_at is None else fmt.moment(outage.ended_at, zone, now)
    return (
        ("What", outage.what),
        ("Began", f"{fmt.moment(outage.began_at, zone, now)} {fmt.zone_label(outage.began_at, zone)}"),
        ("Ended", ended),
        ("Down for", outages.duration_words(outage, now)),
        ("Why", outages.reason_words(outage)),
    )
