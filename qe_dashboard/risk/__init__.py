"""Pre-trade checks: pure, synchronous, fail closed. What an order can do to risk, and whether it may."""
