"""Which recorded exchange answers a request: what means the same, in which order, how often, what is near."""
