"""What Windows reserves, who listens here, and which of our addresses leads to a host."""

import os
import socket
import sys
from pathlib import Path

import pytest

from qe_dashboard.broker.ibkr.this_machine import (
    connections_of,
    free_port,
    listener,
    own_address,
    parse_reserved,
    reserved_for,
    reserved_ranges,
)

ENGLISH = """
Protocol tcp Port Exclusion Ranges

Start Port    End Port
----------    --------
      3969        4068
      7462        7561
     50000       50059     *

* - Administered port exclusions.
"""
GERMAN = """
Portausschlussbereiche für das Protokoll "tcp"

Startport    Endport
----------    --------
      5357        5357
      7671        7680

* - Verwaltete Portausschlüsse.
"""


def test_the_ranges_are_read_in_any_language() -> None:
    assert parse_reserved(ENGLISH) == ((3969, 4068), (7462, 7561), (50000, 50059))
    assert parse_reserved(ENGLISH.replace("\n", "\r\n")) == parse_reserved(ENGLISH)
    assert parse_reserved(GERMAN) == ((5357, 5357), (7671, 7680))


@pytest.mark.parametrize("text", ["", "The following command was not found: ipv4.", "99999 3", "9 3", "0 1"])
def test_what_is_no_range_is_none(text: str) -> None:
    assert parse_reserved(text) == ()


@pytest.mark.parametrize(
    ("port", "found"),
    [(4002, (3969, 4068)), (3969, (3969, 4068)), (4068, (3969, 4068)), (4069, None), (7497, (7462, 7561))],
)
def test_a_port_is_found_in_its_range(port: int, found: tuple[int, int] | None) -> None:
    assert reserved_for(port, parse_reserved(ENGLISH)) == found


def test_the_port_offered_instead_lies_outside_every_range() -> None:
    assert free_port(parse_reserved(ENGLISH)) == 7671
    assert free_port(parse_reserved(GERMAN)) == 7681


@pytest.mark.skipif(sys.platform == "win32", reason="asks netsh there")
def test_elsewhere_nothing_is_reserved() -> None:
    assert reserved_ranges() == ()


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="told by /proc only")
def test_the_listening_process_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert listener(port).endswith(f", process {os.getpid()}")
    assert listener(port) == ""


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="told by /proc only")
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_the_connections_of_a_process_to_a_port_are_counted(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as server:
        port = server.getsockname()[1]
        assert connections_of(os.getpid(), (address,), port) == 0
        with socket.create_connection((address, port)), socket.create_connection((address, port)):
            assert connections_of(os.getpid(), (address,), port) == 2
            assert connections_of(os.getpid(), ("127.0.0.2",), port) == 0
            assert connections_of(os.getpid(), (address,), port + 1) == 0


def test_where_nothing_tells_of_a_process_its_connections_are_not_known(tmp_path: Path) -> None:
    assert connections_of(os.getpid(), ("127.0.0.1",), 4002, proc=tmp_path) is None
    assert connections_of(0x7FFFFFFF, ("127.0.0.1",), 4002) is None


def test_without_proc_nobody_is_named(tmp_path: Path) -> None:
    assert listener(4002, proc=tmp_path) == ""


def test_our_address_towards_this_machine_is_loopback() -> None:
    assert own_address("127.0.0.1", 4002) == "127.0.0.1"


def test_without_a_route_there_is_no_address() -> None:
    assert own_address("not an address", 4002) == ""
