"""Object storage in a folder: `gs://bucket/path` is `DIR/bucket/path`."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from service.sources import objects
from service.sources.objects import ObjectChangedError, ObjectError, ObjectInfo, ObjectNotFoundError
from service.storage.folders import make_folder, sync_folder


class BucketsDir:
    """An `ObjectStore` over local files, which nothing can leave: neither `..` nor a symbolic link leads out.

    Args:
        root: The folder whose folders are the buckets.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def _path(self, uri: str) -> Path:
        bucket, name = objects.split(uri)
        path = (self._root / bucket / name).resolve()
        if not path.is_relative_to(self._root / bucket):
            raise ObjectNotFoundError(f"{uri} leads out of its bucket", uri)
        return path

    def _info(self, path: Path) -> ObjectInfo:
        stat = path.stat()
        return ObjectInfo(
            f"gs://{path.relative_to(self._root).as_posix()}", stat.st_size, f"{stat.st_size}-{stat.st_mtime_ns}"
        )

    def find(self, uri: str) -> list[ObjectInfo]:
        """See `ObjectStore`."""
        with _told(uri):
            return self._find(uri)

    def _find(self, uri: str) -> list[ObjectInfo]:
        bucket, name = objects.split(uri)
        if not (self._root / bucket).is_dir():
            raise _no_bucket(bucket, uri)
        if not objects.is_pattern(name):
            path = self._path(uri)
            if not path.is_file():
                raise ObjectNotFoundError(f"{uri} not found", uri)
            return [self._info(path)]
        matches = objects.pattern(name).fullmatch
        base = self._root / bucket
        files = (Path(folder, file) for folder, _, names in os.walk(base) for file in names)
        inside = (path for path in files if path.resolve().is_relative_to(base))  # the bucket may be a link itself
        found = [self._info(path) for path in inside if matches(path.relative_to(base).as_posix()) and _is_object(path)]
        if not found:
            raise ObjectNotFoundError(f"no object matches {uri}", uri)
        return sorted(found)

    def open(self, info: ObjectInfo) -> BinaryIO:
        """See `ObjectStore`."""
        self.verify(info)
        with _told(info.uri):
            return self._path(info.uri).open("rb")

    def verify(self, info: ObjectInfo) -> None:
        """See `ObjectStore`."""
        with _told(info.uri):
            path = self._path(info.uri)
            now = self._info(path) if path.is_file() else None
        if now != info:
            state = f"has {now.size} bytes, version {now.version}" if now else "is gone"
            raise ObjectChangedError(
                f"{info.uri} changed while it was being imported: it had {info.size} bytes, version {info.version}, "
                f"and now "
                f"{state}. Import it again; events that are stored already are not stored twice."
            )

    def verify_writable(self, uri: str) -> None:
        """See `ObjectStore`."""
        bucket, _ = objects.split(uri)
        if not (self._root / bucket).is_dir():
            raise _no_bucket(bucket, uri)
        with _told(uri):
            folder = self._path(uri)
            while not folder.exists():
                folder = folder.parent
            if not folder.is_dir() or not os.access(folder, os.W_OK):
                raise ObjectError(f"{uri} can't be written to: it is a file, or in a folder that may not be written to")

    def write(self, uri: str, file: Path, *, is_final: bool = False) -> None:
        """See `ObjectStore`."""
        path = self._path(uri)
        partial = path.with_name(f".{path.name}.partial")
        try:
            make_folder(path.parent)
            partial.unlink(missing_ok=True)
            if not (is_final and _is_linked(file, partial)):
                shutil.copyfile(file, partial)
            with partial.open("rb") as copy:
                os.fsync(copy.fileno())
            partial.replace(path)
            partial.unlink(missing_ok=True)  # which stays where both were one file already
            sync_folder(path.parent)
        except OSError as error:
            partial.unlink(missing_ok=True)
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise
            raise ObjectError(f"{uri} can't be written: {error.strerror}") from error


def _is_linked(file: Path, name: Path) -> bool:
    """Gives a file a second name, where the file system lets it; across two it does not."""
    try:
        os.link(file, name)
    except OSError:
        return False
    return True


def _is_object(path: Path) -> bool:
    """Whether a file is an object: a regular one, no link, with a name that a URI can hold."""
    return path.is_file() and not path.is_symlink() and "\\" not in path.name and path.name.isprintable()


@contextmanager
def _told(uri: str) -> Iterator[None]:
    """Raises ObjectError in place of what the file system says."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ObjectNotFoundError(f"{uri} not found", uri) from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise ObjectNotFoundError(f"{uri[:64]}… not found: no file has so long a name", uri[:64]) from error
        raise ObjectError(f"{uri} can't be used: {error.strerror}") from error
    except ValueError as error:
        raise ObjectError(f"{uri} can't be used: {error}") from error


def _no_bucket(bucket: str, uri: str) -> ObjectNotFoundError:
    return ObjectNotFoundError(
        f"bucket {bucket} not found: it would be the folder {bucket} in the server's --buckets-dir", uri
    )
