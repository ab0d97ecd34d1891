"""The one path an order takes: gates, journal, wire, reducer, books (design section 6)."""
