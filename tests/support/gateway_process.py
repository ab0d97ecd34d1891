"""The gateway simulator in a process of its own, for tests that talk TCP to it."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

# Generous: a loaded machine with two cores starts several of these at once. Nothing waits this long when all is well.
START_SECONDS = 30.0
ANSWER_SECONDS = 10.0
STOP_SECONDS = 10.0

_LISTENING = re.compile(r"listening on (\S+):(\d+) account (\S+)")


class GatewayProcessError(Exception):
    """The gateway did not do what was asked of its process; the text holds what it wrote."""


@dataclass(slots=True)
class GatewayProcess:
    """A running gateway simulator. `host` and `port` are where it listens, `account` what it presents."""

    process: subprocess.Popen[str]
    host: str
    port: int
    account: str
    stderr: IO[str]

    @classmethod
    def start(
        cls, *arguments: str, port: int = 0, account: str = "DU1234567", seed: int = 7
    ) -> GatewayProcess:
        """Start one on a free port (or the given one) with the control on standard input; return once it listens."""
        stderr = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - lives as long as the process
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "qe_dashboard.gateway_sim", "--control"),
                *("--port", str(port), "--account", account, "--seed", str(seed)),
                *arguments,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            bufsize=1,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        gateway = cls(process, "", 0, "", stderr)
        try:
            match = _LISTENING.fullmatch(gateway._read_line(START_SECONDS))
            if match is None:
                raise GatewayProcessError(f"the gateway did not say where it listens: {gateway.errors()}")
        except GatewayProcessError:
            gateway.kill()
            raise
        gateway.host, gateway.port, gateway.account = match[1], int(match[2]), match[3]
        return gateway

    def control(self, command: str) -> str:
        """Fire a fault (`help` lists them) and return the answer. Raises GatewayProcessError unless it is `ok ...`."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()
        answer = self._read_line(ANSWER_SECONDS)
        if not answer.startswith("ok"):
            raise GatewayProcessError(f"{command!r}: {answer!r} {self.errors()}")
        return answer

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self._wait()

    def kill(self) -> None:
        """End it without asking, as a crash would."""
        if self.process.poll() is None:
            self.process.kill()
        self._wait()

    def errors(self) -> str:
        """Return everything it wrote to standard error so far."""
        if self.stderr.closed:
            return ""
        self.stderr.seek(0)
        return self.stderr.read()

    def _wait(self) -> int:
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.stderr):
            if stream is not None and not stream.closed:
                stream.close()
        return code

    def _read_line(self, seconds: float) -> str:
        stdout = self.process.stdout
        assert stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            if not selector.select(seconds):
                raise GatewayProcessError(f"the gateway said nothing for {seconds:g} s: {self.errors()}")
        return stdout.readline().rstrip("\n")


@contextmanager
def running_gateway(
    *arguments: str, port: int = 0, account: str = "DU1234567", seed: int = 7, state: Path | None = None
) -> Iterator[GatewayProcess]:
    """Run a gateway for a block; it is gone afterwards, whatever happened."""
    if state is not None:
        arguments = (*arguments, "--state", str(state))
    gateway = GatewayProcess.start(*arguments, port=port, account=account, seed=seed)
    try:
        yield gateway
    finally:
        gateway.kill()
