"""Asking for the version or the help is instant: nothing heavy is loaded for it (design section 12)."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("eventkit", "ib_async", "ib_insync", "numpy", "pydantic", "sqlite3", "textual")

PROBE = """
import runpy, sys
sys.argv = ["qe-dashboard", {flag!r}]
try:
    runpy.run_module("qe_dashboard", run_name="__main__")
except SystemExit as stop:
    assert not stop.code, stop.code
print("LOADED", *[name for name in {heavy!r} if name in sys.modules])
"""


@pytest.mark.parametrize("flag", ["--version", "--help"])
def test_version_and_help_load_nothing_heavy(project_root: Path, flag: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(flag=flag, heavy=HEAVY)],
        cwd=project_root,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    *said, loaded = done.stdout.splitlines()
    assert loaded == "LOADED"
    assert said
