"""Run the gateway simulator: `python -m qe_dashboard.gateway_sim`."""

import sys

from qe_dashboard.gateway_sim.cli import main

if __name__ == "__main__":
    sys.exit(main())
