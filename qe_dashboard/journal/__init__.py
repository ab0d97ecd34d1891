"""The journal: what was asked, decided, sent and answered. One port, one SQLite implementation."""
