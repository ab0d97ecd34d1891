"""Small mechanics without trading rules: time, ids, events, rates, tasks, logs, the profile lock."""
