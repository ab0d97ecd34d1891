#!/usr/bin/env bash
# Print an interpreter that can run the project: $PYTHON when given, else the first fit one on PATH.
set -u
# 3.14 is out: ib_insync does not import on it (D30).
fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'

if [ -n "${PYTHON:-}" ]; then
    if ! command -v "$PYTHON" >/dev/null; then
        echo "PYTHON=$PYTHON was not found. Give the path of a Python 3.11, 3.12 or 3.13." >&2
        exit 1
    fi
    if ! "$PYTHON" -c "$fits" 2>/dev/null; then
        echo "PYTHON=$PYTHON is $("$PYTHON" --version 2>&1); qe_dashboard needs Python 3.11, 3.12 or 3.13." >&2
        exit 1
    fi
    echo "$PYTHON"
    exit 0
fi

seen=""
for name in python3 python3.13 python3.12 python3.11; do
    command -v "$name" >/dev/null || continue
    # A version manager's shim may exist for a version that is not active: it must also run.
    if "$name" -c "$fits" 2>/dev/null && "$name" -c 'import venv, ensurepip' 2>/dev/null; then
        echo "$name"
        exit 0
    fi
    seen="$seen $name ($("$name" --version 2>&1 | head -n 1))"
done
echo "qe_dashboard needs Python 3.11, 3.12 or 3.13 with its venv module; found:${seen:- none}." >&2
echo "Install one (Debian and Ubuntu: apt install python3-venv), or name it: make setup PYTHON=/path/to/python3.12" >&2
exit 1
