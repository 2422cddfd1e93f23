"""Handlers beside the simulator: the real API (`Upstream`), what records one (`recording`), what replays (`Replay`)."""
