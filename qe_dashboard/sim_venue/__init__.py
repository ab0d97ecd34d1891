"""A small exchange on an injected clock: seeded prices, matching, ledger. Pure; serves profile `sim` and `gateway_sim`."""
