"""The command `gateway-sim`: its arguments, and running it. Importing this loads no server."""

from __future__ import annotations

import argparse
import ipaddress
import re
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path

DESCRIPTION = "Serve the simulated venue to any TWS API client, as TWS or IB Gateway would."
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 4002
EXIT_OK = 0
EXIT_USAGE = 2

_ACCOUNT = re.compile(r"[A-Z]{1,3}[A-Z0-9]{1,17}", re.ASCII)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `gateway-sim` to a parser."""
    add = parser.add_argument
    add("--host", default=DEFAULT_HOST, help="address to listen on (default: %(default)s)")
    add("--port", type=_port, default=DEFAULT_PORT, help="port; 0 picks a free one (default: %(default)s)")
    add("--account", type=_account, help="account id; D... is paper, U... live (default: DU1234567)")
    add("--seed", type=_seed, help="seed of the prices (default: 7)")
    add("--state", type=Path, metavar="FILE", help="remember positions, orders and ids in this file")
    add("--epoch", type=_epoch, metavar="N", help="first part of permIds and execIds (default: start time)")
    add("--starting-cash", type=_cash, metavar="N", help="cash of a new account in USD (default: 1000000)")
    add("--read-only", action="store_true", help="refuse orders, as the API's read-only setting does")
    add("--hours", choices=("always", "real"), default="always", help="market hours (default: %(default)s)")
    add(
        "--replay",
        action="append",
        default=[],
        metavar="SYMBOL=FILE",
        help="let a contract follow bars of a CSV",
    )
    add(
        "--extra-stocks",
        type=_stocks,
        default=0,
        metavar="N",
        help="list N made-up stocks as well, QE0001 on",
    )
    add(
        "--master-client-id",
        type=_client_id,
        metavar="N",
        help="client that hears about every client's orders",
    )
    add("--log", type=Path, metavar="FILE", help="write every message both ways to this file")
    add("--stamps", type=Path, metavar="FILE", help="append a time stamp for each order that was read")
    add("--scenario", metavar="NAME|FILE", help="play a fault scenario (--list names them)")
    add("--list", action="store_true", help="list the scenarios and stop")
    add("--control", action="store_true", help="read fault commands from standard input ('help' lists them)")


def run(args: argparse.Namespace) -> int:
    """Run the gateway until it is told to stop; return the exit code."""
    import asyncio

    from qe_dashboard.gateway_sim.scenario import ScenarioError, find_scenario, shipped_scenarios
    from qe_dashboard.gateway_sim.server import Options, StartRefusedError, serve

    try:
        if args.list:
            sys.stdout.writelines(f"{one.name:<22} {one.description}\n" for one in shipped_scenarios())
            return EXIT_OK
        scenario = None if args.scenario is None else find_scenario(args.scenario)
    except ScenarioError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE

    if not _is_loopback(args.host):
        sys.stderr.write(
            f"WARNING: {args.host} is not this machine alone. Anybody who reaches this port can trade and read "
            "the simulated account; the TWS protocol has no password.\n"
        )
    options = Options(
        host=args.host,
        port=args.port,
        account=args.account,
        seed=args.seed,
        state=args.state,
        epoch=args.epoch,
        starting_cash=args.starting_cash,
        read_only=args.read_only,
        replay=tuple(args.replay),
        extra_stocks=args.extra_stocks,
        real_hours=args.hours == "real",
        master_client_id=args.master_client_id,
        log=args.log,
        stamps=args.stamps,
        control=args.control,
        scenario=scenario,
    )
    try:
        asyncio.run(serve(options))
    except StartRefusedError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE
    return EXIT_OK


def main(argv: list[str] | None = None) -> int:
    """Parse a command line and run."""
    parser = argparse.ArgumentParser(prog="qe-dashboard gateway-sim", description=DESCRIPTION)
    add_arguments(parser)
    return run(parser.parse_args(argv))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _port(text: str) -> int:
    return _integer(text, low=0, high=65_535, what="a port")


def _seed(text: str) -> int:
    return _integer(text, low=0, high=2**63 - 1, what="a seed")


def _epoch(text: str) -> int:
    return _integer(text, low=0, high=2**32 - 1, what="an epoch")


def _stocks(text: str) -> int:
    return _integer(text, low=0, high=9999, what="a number of stocks")


def _client_id(text: str) -> int:
    return _integer(text, low=0, high=2**31 - 1, what="a client id")


def _integer(text: str, *, low: int, high: int, what: str) -> int:
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise argparse.ArgumentTypeError(f"{what} is a whole number from {low} to {high}, got {text!r}")
    return int(text)


def _account(text: str) -> str:
    if _ACCOUNT.fullmatch(text) is None:
        raise argparse.ArgumentTypeError(
            f"an account id is capital letters and digits such as DU1234567, got {text!r}"
        )
    return text


def _cash(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 < amount < Decimal(10) ** 12:
        raise argparse.ArgumentTypeError(f"cash is a positive amount below a trillion, got {text!r}")
    return amount
