"""Market data that several parts share: which contract a bare futures root means, and lines of bars."""
