"""What the simulated platform remembers: JSON objects in tables, file contents in blobs."""

from drytune_simulator.store.blobs import Blobs, DirectoryBlobs, Kept, MemoryBlobs
from drytune_simulator.store.error import StoreError
from drytune_simulator.store.remote import FsspecBlobs
from drytune_simulator.store.rows import Row
from drytune_simulator.store.tables import Store

__all__ = ["Blobs", "DirectoryBlobs", "FsspecBlobs", "Kept", "MemoryBlobs", "Row", "Store", "StoreError"]
