"""Which API is asked: the real one or any that is like it, a simulator in this process, or a recording."""
