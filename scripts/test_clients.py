"""Drive the gateway simulator with five real TWS API clients, each in an environment of its own.

`make test-clients` lets each client read every message and send an order in which every field has its own value;
`make test-clients-mutation` (`--mutation`) spoils every field of every message and checks that one of them notices.
What cannot be had on this machine is skipped, and said. Environments are kept in `.clients/`.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from clients.mutants import all_mutations, survivors
from clients.proof import Client, check, check_live, ibapi_client, library_client, open_gallery, stoqey_client
from support.gateway_process import running_gateway

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".clients"
INSTALL_S = 600


class NotToBeHadError(Exception):
    """A client that this machine cannot run; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A client by name and how it is made ready."""

    name: str
    prepare: Callable[[], Client]


def wishes() -> Iterator[Wish]:
    """Yield the clients, those first that notice most of a mutation."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    yield Wish("ib_insync", lambda: library_client("ib_insync", _venv("ib_insync", "ib_insync==0.9.86")))
    yield Wish("@stoqey/ib", _stoqey)
    yield Wish(
        f"ib_async on {here}", lambda: library_client("ib_async", _venv("ib_async", "ib_async==2.1.0"))
    )
    yield Wish("ib_async on another Python", _ib_async_elsewhere)
    yield Wish("ibapi", lambda: ibapi_client("ibapi", _venv("ibapi", "ibapi==9.81.1.post1")))
    # It imports protobuf and does not say so.
    yield Wish(
        "nautilus_ibapi",
        lambda: ibapi_client(
            "nautilus_ibapi", _venv("nautilus_ibapi", "nautilus_ibapi==10.46.1", "protobuf>=5.29.5")
        ),
    )


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mutation", action="store_true", help="spoil every field instead")
    options = parser.parse_args(argv)
    clients = []
    for wish in wishes():
        try:
            clients.append(wish.prepare())
        except NotToBeHadError as error:
            print(f"SKIPPED {wish.name}: {error}")
    return _mutate(clients) if options.mutation else _prove(clients)


def _prove(clients: list[Client]) -> int:
    failures = 0
    for client in clients:
        with open_gallery() as gallery, running_gateway() as gateway:
            wrong = check(client, gallery) or check_live(client, gateway.host, gateway.port)
        failures += bool(wrong)
        print(f"{'FAILED ' + wrong if wrong else 'ok'}: {client.name}")
    print(f"{len(clients) - failures} of {len(clients)} clients read and wrote every field as it should be")
    return 1 if failures or not clients else 0


def _mutate(clients: list[Client]) -> int:
    left = all_mutations()
    total = len(left)
    for client in clients:
        with open_gallery() as gallery:
            left = list(survivors(client, gallery, left))
        print(f"{client.name}: {len(left)} of {total} not noticed so far", flush=True)
        if not left:
            break
    for mutation in left:
        print(f"NOT NOTICED by any client: {mutation}")
    return 1 if left or not clients else 0


def _venv(name: str, *packages: str, python: str = sys.executable) -> str:
    """Return the interpreter of an environment with some packages, made on first use."""
    home = CACHE / name
    interpreter, stamp = home / "bin" / "python", home / ".ready"
    if not stamp.exists() or stamp.read_text() != " ".join(packages):
        _run([python, "-m", "venv", "--clear", str(home)])
        _run([str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages])
        stamp.write_text(" ".join(packages))
    return str(interpreter)


def _ib_async_elsewhere() -> Client:
    for version in ("3.13", "3.12", "3.11"):
        if version == f"{sys.version_info.major}.{sys.version_info.minor}":
            continue
        for python in _interpreters(version):
            # A version manager's shim may exist for a version that is not active: it must also run.
            trial = [python, "-c", "import venv, ensurepip"]
            if subprocess.run(trial, capture_output=True, check=False).returncode == 0:
                return library_client(
                    "ib_async", _venv(f"ib_async-{version}", "ib_async==2.1.0", python=python)
                )
    raise NotToBeHadError("there is no second Python of 3.11 to 3.13")


def _interpreters(version: str) -> Iterator[str]:
    """Yield where a version may be: on PATH, and among those that pyenv keeps."""
    found = shutil.which(f"python{version}")
    if found is not None:
        yield found
    yield from map(str, Path.home().glob(f".pyenv/versions/{version}*/bin/python{version}"))


def _stoqey() -> Client:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NotToBeHadError("Node.js and npm are not installed")
    home = CACHE / "stoqey"
    package = home / "node_modules" / "@stoqey" / "ib"
    if not package.is_dir():
        home.mkdir(parents=True, exist_ok=True)
        _run(
            [
                npm,
                "install",
                "--silent",
                "--no-audit",
                "--no-fund",
                "--prefix",
                str(home),
                "@stoqey/ib@1.6.10",
            ]
        )
    return stoqey_client(node, package)


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotToBeHadError(str(error)) from error
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise NotToBeHadError(f"{' '.join(command[:5])} failed: {words[-1]}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
