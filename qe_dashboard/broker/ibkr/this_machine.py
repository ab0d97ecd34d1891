"""What this machine itself tells about an address: our side of the route, who listens, what is reserved.

Everything here may block for moments: call it in a thread.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Iterable
from pathlib import Path

_IS_WINDOWS = os.name == "nt"
_NETSH = ("netsh", "interface", "ipv4", "show", "excludedportrange", "protocol=tcp")
_NETSH_SECONDS = 3.0
_RANGE = re.compile(r"^\s*(\d{1,5})\s+(\d{1,5})\s*\*?\s*$", re.MULTILINE)
_LISTEN_STATE = "0A"
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


def _listening_inodes(proc: Path, port: int) -> set[str]:
    found: set[str] = set()
    for name in ("tcp", "tcp6"):
        try:
            lines = (proc / "net" / name).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for fields in (line.split() for line in lines):
            if fields[3] == _LISTEN_STATE and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(fields[9])
    return found


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
