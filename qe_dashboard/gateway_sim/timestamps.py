"""Times as TWS writes them and as its clients write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# From this version on a time carries its zone; before, it is the gateway machine's local time, two spaces inside.
ZONE_SINCE = 174
# The zone of this gateway's login, in which TWS writes the times of executions and orders.
LOGIN_ZONE = "America/New_York"

# TWS still uses the zone names of before 1993 for these two.
_TWS_ZONES = {"America/New_York": "US/Eastern", "America/Chicago": "US/Central"}

_CLIENT_TIME = re.compile(r"(\d{8})[ -]{1,2}(\d{2}:\d{2}(?::\d{2})?)(?: (\S+))?", re.ASCII)


def tws_zone(zone: str) -> str:
    """Return TWS's own name of a zone."""
    return _TWS_ZONES.get(zone, zone)


def stamp(at: datetime, *, zone: str, version: int) -> str:
    """Write a moment: `20230224 12:04:56 US/Eastern`, or in old sessions `20230224  12:04:56` local."""
    if version < ZONE_SINCE:
        return at.astimezone().strftime("%Y%m%d  %H:%M:%S")
    return f"{at.astimezone(ZoneInfo(zone)):%Y%m%d %H:%M:%S} {tws_zone(zone)}"


def connection_time(at: datetime) -> str:
    """Write the time of the handshake frame."""
    return f"{at.astimezone(UTC):%Y%m%d %H:%M:%S} UTC"


def parse_client_time(text: str, *, zone: str) -> datetime:
    """Read a client's `20230224 12:04:56 US/Eastern` or `20230224-12:04:56` (UTC).

    Without a zone it is in `zone`. Raises ValueError.
    """
    match = _CLIENT_TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no time of the form yyyymmdd hh:mm:ss")
    clock_format = "%H:%M:%S" if match[2].count(":") == 2 else "%H:%M"
    name = match[3] or ("UTC" if "-" in text[:9] else zone)
    try:
        local_zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone") from error
    naive = f"{match[1]} {match[2]}"
    return datetime.strptime(naive, f"%Y%m%d {clock_format}").replace(tzinfo=local_zone).astimezone(UTC)
