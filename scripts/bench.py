"""Measure speed side by side in one run: ratios, not promises (design section 13, performance.md section 7).

make bench                    all of it, about two minutes
make bench ARGS=startup       one part: startup, keys, grid, gates, journal, gateway
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from support.terminal import Program

HERE = Path(__file__).resolve().parent
TRIVIAL = (sys.executable, str(HERE / "bench_apps" / "trivial.py"))
PRODUCT = (sys.executable, "-m", "qe_dashboard", "--profile", "sim")


def environment(home: str) -> dict[str, str]:
    """Return an environment with a home of its own."""
    return {**os.environ, "QE_DASHBOARD_HOME": home, "TEXTUAL_ANIMATIONS": "none"}


def quantile(values: Sequence[float], part: float) -> float:
    """Return a quantile of at least two values by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def line(name: str, values: Sequence[float], *, unit: str = "ms", factor: float = 1000.0) -> None:
    """Print one measure: median, p99, count."""
    scaled = [value * factor for value in values]
    print(
        f"  {name:<34} p50 {statistics.median(scaled):9.2f}  p99 {quantile(scaled, 0.99):9.2f} {unit}  n={len(scaled)}"
    )


def ratio(name: str, top: Sequence[float], bottom: Sequence[float], goal: float) -> None:
    """Print a ratio of medians beside its goal."""
    value = statistics.median(top) / statistics.median(bottom)
    print(f"  {name:<34} {value:.2f}   goal <= {goal:g}   {'met' if value <= goal else 'MISSED'}")


def startup() -> None:
    """P1: first paint of the first screen against a trivial Textual app, interleaved."""
    runs = 12
    product: list[float] = []
    trivial: list[float] = []
    with tempfile.TemporaryDirectory() as home:
        for number in range(runs + 1):
            for command, needle, times in ((TRIVIAL, b"READY", trivial), (PRODUCT, b"POSITIONS", product)):
                with Program(command, environment(home)) as program:
                    seconds = program.seconds_to_bytes(needle)
                    program.drain(0.3)
                # The first round compiles and warms the page cache.
                if number:
                    times.append(seconds)
    line("trivial app, first paint", trivial)
    line("dashboard, first paint of MAIN", product)
    ratio("P1 dashboard / trivial", product, trivial, 1.30)


def keys() -> None:
    """P4: a cursor key to the screen, with the simulated venue ticking, against a trivial app."""
    presses = 120
    found: dict[str, list[float]] = {"trivial": [], "product": []}
    with (
        tempfile.TemporaryDirectory() as home,
        Program(TRIVIAL, environment(home)) as trivial,
        Program(PRODUCT, environment(home)) as product,
    ):
        trivial.wait(lambda text: "READY" in text)
        product.wait(lambda text: "Connected" in text)
        product.drain(2.0)
        cpu, began = product.cpu_seconds(), time.perf_counter()
        for number in range(presses):
            found["trivial"].append(trivial.press(b"j"))
            found["product"].append(product.press(b"j" if number // 5 % 2 == 0 else b"k"))
            product.drain(0.03)
        share = (product.cpu_seconds() - cpu) / (time.perf_counter() - began)
    line("trivial app, key -> screen", found["trivial"])
    line("dashboard, key -> screen", found["product"])
    ratio("P4 dashboard / trivial", found["product"], found["trivial"], 1.5)
    print(f"  dashboard CPU while ticking        {share * 100:.1f} % of a core")


def grid() -> None:
    """P3: repaint of all visible cells at 120x40, our grid against DataTable."""
    from scripts.bench_grid import measure

    ours, theirs = asyncio.run(measure())
    line("LiveGrid, all cells", ours)
    line("DataTable, one cell", theirs)
    ratio("P3 LiveGrid / DataTable", ours, theirs, 0.2)


def gates() -> None:
    """P16: a whole check with its audit record, in parts, and with the table run twice for the gates to come."""
    from scripts.bench_gates import measure

    for name, rounds in measure().items():
        best = min(rounds, key=lambda each: quantile(each, 0.99))
        line(name, best, unit="us", factor=1e6)
        p99s = [quantile(each, 0.99) * 1e6 for each in rounds]
        print(f"  {'':<34} p99 over {len(rounds)} rounds: {min(p99s):.1f} .. {max(p99s):.1f} us")
    print("  P16 p99 goal <= 50 us with 40 gates; floor of 15 bare checks 2.7 us")


def journal() -> None:
    """Durable intent commits, 20 ms apart as real orders are (back to back flatters by 3.7x)."""
    from scripts.bench_journal import measure

    with tempfile.TemporaryDirectory() as folder:
        line("intent committed, FULL, 20 ms apart", asyncio.run(measure(Path(folder))))


def gateway() -> None:
    """Gateway simulator: a flood of ticks to one client, 32 clients, 1,000 positions and 2,000 orders synced."""
    from scripts.bench_gateway import measure

    measure()


PARTS: dict[str, Callable[[], None]] = {
    "startup": startup,
    "keys": keys,
    "grid": grid,
    "gates": gates,
    "journal": journal,
    "gateway": gateway,
}


def main(argv: list[str]) -> int:
    """Run the named parts, or all."""
    unknown = [name for name in argv if name not in PARTS]
    if unknown:
        print(f"no part is called {unknown[0]}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    for name in argv or list(PARTS):
        print(f"{name}: {(PARTS[name].__doc__ or '').splitlines()[0]}")
        PARTS[name]()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
