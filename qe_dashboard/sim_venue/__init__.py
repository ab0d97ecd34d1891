"""A small exchange on an injected clock: seeded prices, matching, ledger. Serves profile `sim` and `gateway_sim`."""
