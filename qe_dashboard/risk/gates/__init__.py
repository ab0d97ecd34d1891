"""The gates, one subject a file: pure functions of proposal, context and class."""
