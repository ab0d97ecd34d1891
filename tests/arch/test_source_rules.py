"""Rules that hold for every source file and that no ready-made linter knows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

CLOCK_MODULE = "qe_dashboard/core/clock.py"

# D32: every time and timer comes from core.clock, so that tests and backtests own the time.
CLOCK_CALLS = {
    "asyncio.sleep",
    "asyncio.timeout",
    "asyncio.timeout_at",
    "asyncio.wait_for",
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "time.monotonic",
    "time.monotonic_ns",
    "time.sleep",
    "time.time",
    "time.time_ns",
}
SLEEPS = {"asyncio.sleep", "time.sleep"}
UNFINISHED = re.compile("TO" + "DO|FIX" + "ME|NotImplemented" + "Error")
# Bracketed, so that this line does not match itself.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:w[o]rk|r[o]ot|f[a]rm)/\w|/o[p]t/(?:wheels|p[y]pi)")
TEXT_SUFFIXES = {
    ".py",
    ".toml",
    ".md",
    ".sh",
    ".tcss",
    ".sql",
    ".txt",
    ".lock",
    ".json",
    ".cfg",
    ".yml",
    ".svg",
}


def python_files(root: Path, *folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (root / folder).rglob("*.py"))


def text_files(root: Path) -> Iterator[Path]:
    """Yield the project's own text files, not what tools leave behind (dot folders, builds)."""
    for top in sorted(root.iterdir()):
        if top.is_file() and (top.suffix in TEXT_SUFFIXES or top.name == "Makefile"):
            yield top
        elif top.name == ".ci" or (
            top.is_dir() and not top.name.startswith(".") and top.name not in ("build", "dist")
        ):
            yield from (
                path
                for path in sorted(top.rglob("*"))
                if path.is_file() and (path.suffix in TEXT_SUFFIXES or top.name == ".ci")
            )


def imported_names(tree: ast.Module) -> dict[str, str]:
    """Return the dotted origin of each name that the module's imports bind, at any depth."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.partition(".")[0]] = alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def dotted(node: ast.expr, names: dict[str, str]) -> str:
    """Return what an expression such as ``dt.datetime.now`` refers to, or an empty text."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value, names)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def references(source: str, wanted: set[str]) -> list[tuple[int, str]]:
    """Return line and name of each use of a wanted function; ``asyncio.sleep(0)`` only yields and is none."""
    tree = ast.parse(source)
    names = imported_names(tree)
    yields = {
        id(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and [ast.dump(arg) for arg in node.args] == [ast.dump(ast.Constant(0))]
    }
    return [
        (node.lineno, name)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute)
        and (name := dotted(node, names)) in wanted
        and not (name == "asyncio.sleep" and id(node) in yields)
    ]


def broad_excepts(source: str) -> list[int]:
    """Return the lines of handlers that catch everything and give no reason beside it."""
    lines = source.splitlines()
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        broad = any(
            item is None or (isinstance(item, ast.Name) and item.id in ("Exception", "BaseException"))
            for item in caught
        )
        beside = lines[node.lineno - 1].partition("#")[2]
        above = lines[node.lineno - 2].strip()
        reason = re.sub(r"(noqa|type: ignore|pragma)\S*( [A-Z]+\d+)?", "", beside).strip(" -:#")
        if broad and not reason and not above.startswith("#"):
            found.append(node.lineno)
    return found


def test_time_is_read_and_awaited_only_through_the_clock(project_root: Path) -> None:
    found = [
        f"{path.relative_to(project_root)}:{line} {name}"
        for path in python_files(project_root, "qe_dashboard")
        if path.relative_to(project_root).as_posix() != CLOCK_MODULE
        for line, name in references(path.read_text(encoding="utf-8"), CLOCK_CALLS)
    ]
    assert found == []


def test_no_test_waits_by_sleeping(project_root: Path) -> None:
    # The clock of a loop whose time is virtual has to sleep on that loop.
    virtual = project_root / "tests" / "support" / "virtual_loop.py"
    found = [
        f"{path.relative_to(project_root)}:{line} {name}"
        for path in python_files(project_root, "tests")
        if path != virtual
        for line, name in references(path.read_text(encoding="utf-8"), SLEEPS)
    ]
    assert found == []


def test_broad_excepts_give_their_reason(project_root: Path) -> None:
    found = [
        f"{path.relative_to(project_root)}:{line}"
        for path in python_files(project_root, "qe_dashboard", "tests", "scripts")
        for line in broad_excepts(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_nothing_is_left_unfinished(project_root: Path) -> None:
    found = [
        f"{path.relative_to(project_root)}:{number}"
        for path in python_files(project_root, "qe_dashboard", "tests", "scripts")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_no_path_of_one_machine_is_in_the_tree(project_root: Path) -> None:
    found = [
        f"{path.relative_to(project_root)}:{number}"
        for path in text_files(project_root)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if MACHINE_PATH.search(line)
    ]
    assert found == []


def test_the_package_root_imports_nothing(project_root: Path) -> None:
    tree = ast.parse((project_root / "qe_dashboard" / "__init__.py").read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.monotonic()",
        "import time as t\nread = t.time",
        "from time import sleep\nsleep(1)",
        "from datetime import datetime as d, UTC\nd.now(UTC)",
        "import datetime\ndatetime.datetime.utcnow()",
        "import asyncio\nasync def f():\n    await asyncio.sleep(0.1)",
        "def f():\n    from asyncio import wait_for\n    return wait_for",
    ],
)
def test_the_clock_rule_sees_every_spelling(source: str) -> None:
    assert references(source, CLOCK_CALLS)


@pytest.mark.parametrize(
    "source",
    [
        "import asyncio\nasync def f():\n    await asyncio.sleep(0)",
        "async def f(clock):\n    await clock.sleep(5)\n    return clock.now(), clock.monotonic()",
    ],
)
def test_the_clock_rule_leaves_the_injected_clock_alone(source: str) -> None:
    assert references(source, CLOCK_CALLS) == []


@pytest.mark.parametrize(
    ("handler", "offends"),
    [
        ("except:", True),
        ("except Exception:", True),
        ("except (ValueError, BaseException):  # noqa: BLE001", True),
        ("except Exception:  # a handler's fault must not stop the others", False),
        ("except ValueError:", False),
    ],
)
def test_the_except_rule_wants_a_reason(handler: str, offends: bool) -> None:
    assert bool(broad_excepts(f"try:\n    pass\n{handler}\n    pass\n")) is offends


def test_the_path_rule_sees_a_path() -> None:
    assert MACHINE_PATH.search("see /" + "work/main/x")
    assert not MACHINE_PATH.search("docs/" + "work/x and a/" + "root/b")
