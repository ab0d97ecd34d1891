"""Profile `sim`: the broker port over the simulated venue, in process, in real time, remembered across restarts."""
