"""The embedded engine: SQLite in WAL mode, nothing to install."""

from __future__ import annotations

from service.storage.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
