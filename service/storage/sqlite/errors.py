"""What SQLite reports, in the words of the seam."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import apsw

from service.storage.errors import StorageFullError, StorageUnavailableError, StoreError

_PASSING = (apsw.IOError, apsw.CantOpenError, apsw.BusyError, apsw.LockedError, apsw.NoMemError, apsw.ReadOnlyError)


@contextmanager
def translated() -> Iterator[None]:
    """Raises StoreError in place of APSW's errors."""
    try:
        yield
    except apsw.FullError as error:
        raise StorageFullError(str(error)) from error
    except _PASSING as error:
        raise StorageUnavailableError(f"{type(error).__name__}: {error}") from error
    except apsw.Error as error:
        raise StoreError(f"{type(error).__name__}: {error}") from error
