"""What a database can fail with."""

from __future__ import annotations


class StoreError(Exception):
    """A database did not do what was asked."""


class StorageUnavailableError(StoreError):
    """The database can't take or give anything now (an I/O error); the same call may succeed later."""


class StorageFullError(StorageUnavailableError):
    """The disk or the quota that holds the database is full; writes succeed again once there is space."""


class DatabaseLockedError(StoreError):
    """Another process has this database open."""


class DatabaseTooNewError(StoreError):
    """The database was written by a newer release of Footfall."""
