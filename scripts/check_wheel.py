"""Build the wheel, install it in a clean environment and start what people start from it.

Everything runs outside the source tree, so that a data file that is missing from the wheel is missed here.
"""

import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30.0
STOP_SECONDS = 15.0
# What the dashboard shows once its screen is painted and its settings are read.
BADGE = b"SIM"
SIZE = (36, 120)


def run(*command: str | Path, cwd: Path) -> str:
    """Run to the end and return what was printed; an exit code other than 0 ends the check."""
    print("$", *command, flush=True)
    return subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout


def install(scratch: Path) -> Path:
    """Return the program installed from a fresh wheel and the run lock."""
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", scratch / "dist", cwd=ROOT)
    (wheel,) = (scratch / "dist").glob("*.whl")
    run(sys.executable, "-m", "venv", scratch / "venv", cwd=scratch)
    python = scratch / "venv" / "bin" / "python"
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--require-hashes", "-r", ROOT / "requirements" / "run.lock", cwd=scratch)
    run(*pip, "--no-deps", wheel, cwd=scratch)
    return python.with_name("qe-dashboard")


def check_gateway_simulator(program: Path, scratch: Path) -> None:
    """Start the gateway simulator on a free port, wait for its word, stop it."""
    command = (program, "gateway-sim", "--port", "0", "--account", "DU1234567", "--seed", "7")
    print("$", *command, flush=True)
    with subprocess.Popen(command, cwd=scratch, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = read_until(process.stdout.fileno(), b"DU1234567")
        process.send_signal(signal.SIGTERM)
        code = exit_code(process)
    if not said.startswith(b"listening on ") or code != 0:
        raise SystemExit(f"gateway-sim said {said!r} and ended with {code}")


def check_dashboard(program: Path, scratch: Path) -> None:
    """Start the dashboard in a terminal, wait for its badge, end it with SIGTERM."""
    print("$", program, flush=True)
    controller, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, SIZE)
    environment = {**os.environ, "TERM": "xterm-256color", "QE_DASHBOARD_HOME": str(scratch / "home")}
    with subprocess.Popen(
        program, cwd=scratch, env=environment, stdin=terminal, stdout=terminal, stderr=terminal
    ) as process:
        os.close(terminal)
        seen = read_until(controller, BADGE)
        process.send_signal(signal.SIGTERM)
        # Keeps reading: a program that restores the screen into a full pipe would never end.
        read_until(controller, None, seconds=STOP_SECONDS)
        code = exit_code(process)
    os.close(controller)
    if BADGE not in seen or code != 0:
        raise SystemExit(f"the dashboard ended with {code}; its last words: {seen[-2000:]!r}")


def exit_code(process: "subprocess.Popen[bytes]") -> int:
    """Return how the process ended; one that does not end in time is killed, and the check fails."""
    try:
        return process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise SystemExit(f"{process.args!r} did not end within {STOP_SECONDS:g} s of SIGTERM") from None


def read_until(descriptor: int, wanted: bytes | None, *, seconds: float = START_SECONDS) -> bytes:
    """Return what comes up to and with the wanted bytes, or up to the end or the time limit."""
    seen = b""
    end = time.monotonic() + seconds
    while wanted is None or wanted not in seen:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, end - time.monotonic()))
        try:
            data = os.read(descriptor, 65536) if ready else b""
        except OSError:
            # How Linux says that the other side of a terminal is gone.
            data = b""
        if not data:
            break
        seen += data
    return seen


def main() -> None:
    """Check the wheel; any failure ends with an exit code other than 0."""
    with tempfile.TemporaryDirectory(prefix="qe-wheel-") as name:
        scratch = Path(name)
        program = install(scratch)
        print(run(program, "--version", cwd=scratch).strip())
        check_gateway_simulator(program, scratch)
        check_dashboard(program, scratch)
    print("wheel: installs and starts")


if __name__ == "__main__":
    main()
