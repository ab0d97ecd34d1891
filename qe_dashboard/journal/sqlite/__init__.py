"""The journal in one SQLite file per profile: one writer thread, read-only readers, a hash chain (D27, S40)."""
