"""Run the dashboard with ``python -m qe_dashboard``."""

from qe_dashboard.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
