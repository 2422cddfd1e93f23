"""Handlers beside the simulator: the real API (`Upstream`), what keeps its answers (`recording`), `Replay`."""
