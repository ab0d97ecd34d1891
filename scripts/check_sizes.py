"""Hold the size limits: files, functions and classes small enough to read in one go.

A line ``# size: reason`` in the head of a file, or on the ``def`` or ``class`` line, says why one is larger.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_CLASS_METHODS = 25
REASON = "# size: "
# A file's reason stands above its first statement or right below the docstring, not buried in the middle.
HEAD_LINES = 10

Function = ast.FunctionDef | ast.AsyncFunctionDef


def violations(path: Path) -> Iterator[str]:
    """Yield one sentence for each limit that the file breaks."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    if len(lines) > MAX_FILE_LINES and not any(_gives_reason(line) for line in lines[:HEAD_LINES]):
        yield f"{path}: {len(lines)} lines, at most {MAX_FILE_LINES}"
    for node in ast.walk(ast.parse(source, filename=str(path))):
        if isinstance(node, Function) and not _gives_reason(lines[node.lineno - 1]):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION_LINES:
                yield f"{path}:{node.lineno}: {node.name} has {length} lines, at most {MAX_FUNCTION_LINES}"
        elif isinstance(node, ast.ClassDef) and not _gives_reason(lines[node.lineno - 1]):
            methods = sum(isinstance(child, Function) for child in node.body)
            if methods > MAX_CLASS_METHODS:
                yield f"{path}:{node.lineno}: {node.name} has {methods} methods, at most {MAX_CLASS_METHODS}"


def _gives_reason(line: str) -> bool:
    _, marker, reason = line.partition(REASON)
    return bool(marker) and bool(reason.strip())


def main(roots: list[str]) -> int:
    found = [line for root in roots for path in sorted(Path(root).rglob("*.py")) for line in violations(path)]
    for line in found:
        print(line)
    print(f"size limits: {len(found)} broken" if found else "size limits: kept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["qe_dashboard"]))
