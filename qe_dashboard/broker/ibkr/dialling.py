"""From a host name to an open TCP connection, without ever waiting for a resolver that hangs."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Callable

Resolver = Callable[[str, int], tuple[str, ...]]


def system_resolver(host: str, port: int) -> tuple[str, ...]:
    """Return the numeric addresses of a host, in the system's order. Blocks; raises socket.gaierror."""
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(row[4][0]) for row in rows))


async def addresses_of(host: str, port: int, *, resolver: Resolver = system_resolver) -> tuple[str, ...]:
    """Return a host's numeric addresses. Raises socket.gaierror."""
    try:
        return (str(ipaddress.ip_address(host)),)
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[tuple[str, ...]] = loop.create_future()

    def settle(found: tuple[str, ...] | None, error: Exception | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        elif found is not None:
            answer.set_result(found)

    def resolve() -> None:
        found: tuple[str, ...] | None = None
        error: Exception | None = None
        try:
            found = resolver(host, port)
        # UnicodeError: a label of more than 63 characters cannot even be asked for.
        except (OSError, UnicodeError) as problem:
            error = problem if isinstance(problem, OSError) else socket.gaierror(str(problem))
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, found, error)

    # A thread of its own and not the loop's pool: the pool is joined at exit, and a resolver may hang for minutes.
    threading.Thread(target=resolve, name=f"resolve {host}", daemon=True).start()
    return await answer


async def dial(
    protocol: asyncio.Protocol, host: str, port: int, *, resolver: Resolver = system_resolver
) -> asyncio.Transport:
    """Connect to the first address that accepts. Raises OSError: the first refusal, else the last address's error.

    asyncio's own loop over several addresses ends in one error without a number, which hides that localhost refused.
    """
    loop = asyncio.get_running_loop()
    errors: list[OSError] = []
    for address in await addresses_of(host, port, resolver=resolver):
        try:
            transport, _ = await loop.create_connection(lambda: protocol, address, port)
        except OSError as error:
            errors.append(error)
        else:
            return transport
    if not errors:
        raise socket.gaierror(f"{host} has no address")
    raise next((error for error in errors if isinstance(error, ConnectionRefusedError)), errors[-1])
