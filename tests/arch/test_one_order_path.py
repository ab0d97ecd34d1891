"""There is no second path to a broker, and nobody but flatten asks in flatten's name (design section 6, D6)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVICE = "qe_dashboard/execution/order_service.py"
FLATTEN = "qe_dashboard/execution/flatten.py"
SENDS = {"place", "modify", "cancel"}
# Below the port: the adapters themselves, the venue they drive, and the gateway that serves it.
BELOW = ("qe_dashboard/broker/", "qe_dashboard/sim_venue/", "qe_dashboard/gateway_sim/")
# The risk layer defines what the origin means; model names it.
DEFINES = ("qe_dashboard/model/", "qe_dashboard/risk/")


def sources(root: Path) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((root / "qe_dashboard").rglob("*.py")):
        yield path.relative_to(root).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def broker_sends(tree: ast.Module) -> list[tuple[int, str]]:
    """Return where a broker's send is taken hold of: `...broker.place`, called or handed on."""
    return [
        (node.lineno, ast.unparse(node))
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in SENDS
        and "broker" in ast.unparse(node.value).rpartition(".")[2].lower()
    ]


def reflected_sends(tree: ast.Module) -> list[tuple[int, str]]:
    """Return attribute names looked up by text, which would hide a send from the scan above."""
    return [
        (node.lineno, ast.unparse(node))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("getattr", "methodcaller", "attrgetter")
        and any(isinstance(arg, ast.Constant) and arg.value in SENDS for arg in node.args)
    ]


def wire_orders(tree: ast.Module) -> list[tuple[int, str]]:
    """Return imports of the port's `PlaceOrder`: without one nothing can be placed or changed."""
    return [
        (node.lineno, ast.unparse(node))
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module == "qe_dashboard.broker.port"
        and "PlaceOrder" in {alias.name for alias in node.names}
    ]


def flatten_origins(tree: ast.Module) -> list[tuple[int, str]]:
    return [
        (node.lineno, ast.unparse(node))
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "FLATTEN" and ast.unparse(node.value) == "Origin"
    ]


def test_only_the_order_service_sends(project_root: Path) -> None:
    found = {
        name: hits
        for name, tree in sources(project_root)
        if not name.startswith(BELOW) and (hits := broker_sends(tree) + reflected_sends(tree))
    }
    assert list(found) == [SERVICE], found
    assert {text.rpartition(".")[2] for _, text in found[SERVICE]} == SENDS


def test_only_the_order_service_makes_wire_orders(project_root: Path) -> None:
    found = {
        name: hits
        for name, tree in sources(project_root)
        if not name.startswith(BELOW) and (hits := wire_orders(tree))
    }
    assert list(found) == [SERVICE], found


def test_only_flatten_asks_as_flatten(project_root: Path) -> None:
    found = {
        name: hits
        for name, tree in sources(project_root)
        if not name.startswith(DEFINES) and (hits := flatten_origins(tree))
    }
    assert list(found) == [FLATTEN], found


@pytest.mark.parametrize(
    "line",
    [
        "self._broker.place(order)",
        "send(parts.broker.modify)",
        "broker.cancel(key)",
        "getattr(self._broker, 'place')(order)",
    ],
)
def test_the_scan_sees_a_second_path(line: str) -> None:
    tree = ast.parse(line)
    assert broker_sends(tree) + reflected_sends(tree)


def test_the_scan_sees_the_origin() -> None:
    assert flatten_origins(ast.parse("Proposal(a, i, s, Origin.FLATTEN)"))
