"""The one way in which a store says that it cannot do its work."""

__all__ = ["StoreError"]


class StoreError(Exception):
    """The state cannot be kept where it should be; the text says where, why, and what to do."""
