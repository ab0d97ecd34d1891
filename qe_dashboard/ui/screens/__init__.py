"""The top-level screens, one mode each: they keep their state when they are left."""
