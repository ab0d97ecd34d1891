"""Interactive Brokers behind the broker port: the only package that knows ib_insync or ib_async (D31)."""
