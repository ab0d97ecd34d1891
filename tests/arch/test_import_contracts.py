"""The import contracts of pyproject.toml hold on an innocent tree and each breaks on a planted violation."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PACKAGES = """
    ui broker broker.simulated broker.ibkr journal journal.sqlite gateway_sim
    settings engine execution data strategy risk sim_venue core model
"""
MODULES = "cli bootstrap broker.port journal.port engine.facade engine.views engine.loop settings.schema"

# Start of the contract's name, the module that gets the import, what it imports.
PLANTED = [
    ("Layers", "core.planted", "import qe_dashboard.engine.loop"),
    ("Layers", "gateway_sim.planted", "import qe_dashboard.broker.ibkr.inner"),
    ("Layers", "broker.simulated.planted", "from qe_dashboard.journal.sqlite import writer"),
    ("Pure", "strategy.planted", "import asyncio"),
    ("Pure", "sim_venue.planted", "from socket import create_connection"),
    ("Broker library", "engine.planted", "import ib_async"),
    ("Textual and Rich", "settings.planted", "from textual.app import App"),
    ("SQLite", "journal.planted", "import sqlite3"),
    ("The front end", "ui.planted", "from qe_dashboard.core import planted"),
    ("The front end", "ui.planted", "from qe_dashboard.engine import loop"),
]
INNOCENT = {
    "ui.screen": "import textual, rich\nfrom qe_dashboard.engine.facade import x\nimport qe_dashboard.model",
    "broker.ibkr.inner": "import ib_insync, asyncio",
    "journal.sqlite.writer": "import sqlite3",
    "model.price": "import decimal",
}


def module_file(root: Path, name: str) -> Path:
    return root / "qe_dashboard" / Path(*name.split(".")).with_suffix(".py")


def contract_names(root: Path) -> list[str]:
    with (root / "pyproject.toml").open("rb") as file:
        return [contract["name"] for contract in tomllib.load(file)["tool"]["importlinter"]["contracts"]]


def verdicts(tree: Path) -> dict[str, str]:
    """Run the real contracts on the tree and return KEPT or BROKEN by contract name."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from importlinter.cli import lint_imports_command as main; main()",
        ],
        cwd=tree,
        env={**os.environ, "COLUMNS": "300", "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )
    found = dict(re.findall(r"^(.+?) ?(KEPT|BROKEN)\s*$", done.stdout, flags=re.MULTILINE))
    assert found, done.stdout + done.stderr
    return found


@pytest.fixture
def tree(tmp_path: Path, project_root: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    shutil.copy(project_root / "pyproject.toml", tmp_path)
    shutil.copy(project_root / "scripts" / "import_contracts.py", tmp_path / "scripts")
    (tmp_path / "qe_dashboard").mkdir()
    (tmp_path / "qe_dashboard" / "__init__.py").touch()
    for package in PACKAGES.split():
        directory = module_file(tmp_path, package).with_suffix("")
        directory.mkdir()
        (directory / "__init__.py").touch()
    for module in MODULES.split():
        module_file(tmp_path, module).touch()
    for module, text in INNOCENT.items():
        module_file(tmp_path, module).write_text(text + "\n", encoding="utf-8")
    return tmp_path


def test_contracts_hold_where_every_import_points_down(tree: Path) -> None:
    assert verdicts(tree) == dict.fromkeys(contract_names(tree), "KEPT")


@pytest.mark.parametrize(("contract", "module", "text"), PLANTED)
def test_contract_breaks_on_its_planted_violation(tree: Path, contract: str, module: str, text: str) -> None:
    module_file(tree, module).write_text(text + "\n", encoding="utf-8")

    (broken,) = (name for name, verdict in verdicts(tree).items() if verdict == "BROKEN")

    assert broken.startswith(contract)


def test_every_contract_has_a_planted_violation(project_root: Path) -> None:
    names = contract_names(project_root)
    starts = {contract for contract, _, _ in PLANTED}
    assert len(names) == len(starts)
    assert all(name.startswith(tuple(starts)) for name in names)
