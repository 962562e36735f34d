"""Files that operations keep beside the database: uploads, and the rejected lines on their way to an errors file."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from service.storage.folders import make_folder, sync_folder

_EXPORTS = (".export", ".export2")


class Spool:
    """A folder of files named after operations.

    Args:
        folder: Made when it does not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        make_folder(folder)

    def upload(self, operation_id: str) -> Path:
        """Where the uploaded file of an operation is."""
        return self._folder / f"{operation_id}.upload"

    def errors(self, operation_id: str) -> Path:
        """Where the report lines of an operation are gathered."""
        return self._folder / f"{operation_id}.errors"

    def export(self, operation_id: str, shard: int) -> Path:
        """Where a shard of an export is while it is written; two that follow each other are in different places."""
        return self._folder / f"{operation_id}{_EXPORTS[shard % len(_EXPORTS)]}"

    def new_upload(self, operation_id: str) -> BinaryIO:
        """An empty file to write an upload to; `sync` makes it durable."""
        return self.upload(operation_id).open("wb")

    def sync(self, file: BinaryIO) -> None:
        """Makes a file of this spool, and its being there, durable."""
        file.flush()
        os.fsync(file.fileno())
        sync_folder(self._folder)

    def append_errors(self, operation_id: str, at: int, reports: Iterable[str]) -> int:
        """Writes report lines at offset `at`, over whatever an attempt that was not committed left there.

        Returns:
            The offset behind them, on disk: the next `at`, to be committed with the step.
        """
        path = self.errors(operation_id)
        with path.open("r+b" if path.exists() else "wb") as file:
            file.truncate(at)
            file.seek(at)
            file.writelines(f"{report}\n".encode() for report in reports)
            self.sync(file)
            return file.tell()

    def settle_errors(self, operation_id: str, at: int) -> Path | None:
        """The file of report lines, cut back to what was committed; None when there are none."""
        path = self.errors(operation_id)
        if not at:
            return None
        os.truncate(path, at)
        return path

    def first_errors(self, operation_id: str, count: int) -> list[str]:
        """The first `count` report lines."""
        path = self.errors(operation_id)
        if not path.exists():
            return []
        with path.open(encoding="utf-8", newline="\n") as file:
            return [line.rstrip("\n") for line in itertools.islice(file, count)]

    def discard(self, operation_id: str) -> None:
        """Removes the files of an operation."""
        self.upload(operation_id).unlink(missing_ok=True)
        self.errors(operation_id).unlink(missing_ok=True)
        for shard in range(len(_EXPORTS)):
            self.export(operation_id, shard).unlink(missing_ok=True)

    def discard_others(self, operation_ids: Iterable[str]) -> None:
        """Removes the files of every operation but these: what a crash left of uploads that never became one."""
        wanted = set(operation_ids)
        for path in self._folder.iterdir():
            if path.suffix in {".upload", ".errors", *_EXPORTS} and path.stem not in wanted:
                path.unlink(missing_ok=True)
