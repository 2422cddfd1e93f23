"""What the simulated platform remembers: JSON objects in tables, file contents in blobs."""

from drytune_simulator.store.blobs import Blobs, DirectoryBlobs, MemoryBlobs
from drytune_simulator.store.tables import Row, Store, StoreError

__all__ = ["Blobs", "DirectoryBlobs", "MemoryBlobs", "Row", "Store", "StoreError"]
