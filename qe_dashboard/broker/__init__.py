"""Brokers: one port, two adapters (`simulated`, `ibkr`) held to one contract suite."""
