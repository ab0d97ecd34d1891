"""What this machine itself tells about an address: our side of the route, who listens or is connected, what is kept.

Everything here may block for moments: call it in a thread.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

_IS_WINDOWS = os.name == "nt"
_NETSH = ("netsh", "interface", "ipv4", "show", "excludedportrange", "protocol=tcp")
_NETSH_SECONDS = 3.0
_RANGE = re.compile(r"^\s*(\d{1,5})\s+(\d{1,5})\s*\*?\s*$", re.MULTILINE)
_LISTEN_STATE = "0A"
_ESTABLISHED_STATE = "01"
# What IBKR's own advice and ours name first, then upwards from it.
_FREE_FROM = 7671


def own_address(address: str, port: int) -> str:
    """Return this machine's address on the way to another; empty without a route. Sends nothing."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, port))
            return str(probe.getsockname()[0])
    except OSError:
        return ""


def listener(port: int, proc: Path = Path("/proc")) -> str:
    """Return the program of this user that listens on a local port, as `java, process 4711`; empty when not told."""
    inodes = _listening_inodes(proc, port)
    if not inodes:
        return ""
    for process in proc.iterdir():
        if process.name.isdigit() and inodes & _sockets_of(process):
            return f"{_name_of(process)}, process {process.name}"
    return ""


def connections_of(pid: int, addresses: Collection[str], port: int, proc: Path = Path("/proc")) -> int | None:
    """Return how many TCP connections a process of this user has to a port of these addresses; None when not told."""
    process = proc / str(pid)
    rows = _tcp_rows(process)
    try:
        list((process / "fd").iterdir())
    except OSError:
        return None  # no /proc here, another user's process, or gone
    if not rows or not addresses:
        return None
    wanted = {_plain(ip_address(address.partition("%")[0])) for address in addresses}
    sockets = _sockets_of(process)
    return sum(
        fields[3] == _ESTABLISHED_STATE
        and fields[9] in sockets
        and _far_end(fields[2]) in {(one, port) for one in wanted}
        for fields in rows
    )


def _far_end(field: str) -> tuple[IPv4Address | IPv6Address, int]:
    """Read `0100007F:0FA2`: four bytes at a time, the least first."""
    digits, _, port = field.partition(":")
    words = [bytes.fromhex(digits[at : at + 8])[::-1] for at in range(0, len(digits), 8)]
    return _plain(ip_address(b"".join(words))), int(port, 16)


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    return getattr(address, "ipv4_mapped", None) or address


def _listening_inodes(proc: Path, port: int) -> set[str]:
    return {
        fields[9]
        for fields in _tcp_rows(proc)
        if fields[3] == _LISTEN_STATE and int(fields[1].rpartition(":")[2], 16) == port
    }


def _tcp_rows(process: Path) -> list[list[str]]:
    """Return the TCP sockets that a process sees, of /proc itself for this one; empty without /proc."""
    rows: list[list[str]] = []
    for name in ("tcp", "tcp6"):
        try:
            lines = (process / "net" / name).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        rows += (line.split() for line in lines)
    return rows


def _sockets_of(process: Path) -> set[str]:
    found: set[str] = set()
    try:
        descriptors = list((process / "fd").iterdir())
    except OSError:
        return found  # another user's, or gone meanwhile
    for descriptor in descriptors:
        try:
            target = os.readlink(descriptor)
        except OSError:
            continue
        if target.startswith("socket:["):
            found.add(target[len("socket:[") : -1])
    return found


def _name_of(process: Path) -> str:
    try:
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "a program"


def reserved_ranges() -> tuple[tuple[int, int], ...]:
    """Return the port ranges Windows keeps for itself, ends included; empty elsewhere and when it does not say."""
    if not _IS_WINDOWS:
        return ()
    try:
        done = subprocess.run(_NETSH, capture_output=True, timeout=_NETSH_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return parse_reserved(done.stdout.decode(errors="replace"))


def parse_reserved(text: str) -> tuple[tuple[int, int], ...]:
    """Read what `netsh ... excludedportrange` prints: two numbers a line, in any language."""
    pairs = ((int(first), int(last)) for first, last in _RANGE.findall(text))
    return tuple((first, last) for first, last in pairs if 0 < first <= last <= 65535)


def reserved_for(port: int, ranges: Iterable[tuple[int, int]]) -> tuple[int, int] | None:
    """Return the reserved range a port lies in, None when it is free of them."""
    return next(((first, last) for first, last in ranges if first <= port <= last), None)


def free_port(ranges: Iterable[tuple[int, int]]) -> int:
    """Return a port outside all reserved ranges, the first from 7671 up."""
    kept = tuple(ranges)
    return next(port for port in range(_FREE_FROM, 65536) if reserved_for(port, kept) is None)


@dataclass(frozen=True, slots=True)
class Machine:
    """The questions a probe asks of this machine."""

    own_address: Callable[[str, int], str] = own_address
    listener: Callable[[int], str] = listener
    reserved_ranges: Callable[[], tuple[tuple[int, int], ...]] = reserved_ranges
    connections_of: Callable[[int, Collection[str], int], int | None] = connections_of
