"""TWS / IB Gateway look-alike: serves `sim_venue` over TCP in the TWS API's own protocol.

It shares no code with `broker.ibkr`: each is a check on the other (design section 11). Importing this package
loads no server; `qe_dashboard.gateway_sim.cli` holds the command.
"""
