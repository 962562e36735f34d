"""Object storage at Google, through its official client; `STORAGE_EMULATOR_HOST` leads it to an emulator."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import google.cloud.storage as storage  # noqa: PLR0402  types of other google.cloud packages hide it from mypy
import requests
from google.api_core import exceptions
from google.auth import exceptions as auth_exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage.retry import DEFAULT_RETRY

from service.sources import objects
from service.sources.objects import (
    ObjectChangedError,
    ObjectError,
    ObjectInfo,
    ObjectNotFoundError,
    ObjectStorageUnavailableError,
)

_PATIENCE_SECONDS = 10.0  # with a service that does not answer
_RETRY = DEFAULT_RETRY.with_timeout(_PATIENCE_SECONDS)
_READ_BYTES = 8 * 2**20  # one request to the service fetches this much


@contextmanager
def _told(uri: str) -> Iterator[None]:
    """Raises ObjectError in place of what the client raises."""
    try:
        yield
    except exceptions.NotFound as error:
        raise ObjectNotFoundError(f"{uri}: {error.message}", uri) from error
    except (
        exceptions.RetryError,
        exceptions.ServerError,
        requests.RequestException,
        auth_exceptions.TransportError,
    ) as error:
        raise ObjectStorageUnavailableError(f"{uri}: Google Cloud Storage does not answer: {error}") from error
    except exceptions.GoogleAPICallError as error:
        raise ObjectError(f"{uri}: {error.message}") from error


class _Reader:
    """A blob being read; what goes wrong is told as an ObjectStore does."""

    def __init__(self, file: BinaryIO, info: ObjectInfo) -> None:
        self._file = file
        self._info = info

    def read(self, size: int = -1) -> bytes:
        """As a file's."""
        with self._told():
            return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """As a file's."""
        with self._told():
            return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As a file's."""
        return self._file.tell()

    def close(self) -> None:
        """As a file's."""
        self._file.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            with _told(self._info.uri):
                yield
        except ObjectNotFoundError as error:  # this generation of it
            raise _changed(self._info, "that is gone now") from error


def _changed(info: ObjectInfo, state: str) -> ObjectChangedError:
    return ObjectChangedError(
        f"{info.uri} changed while it was being imported: it was generation {info.version}, and {state}. "
        "Import it again; events that are stored already are not stored twice."
    )


class GoogleStorage:
    """An `ObjectStore` over Google Cloud Storage."""

    def __init__(self) -> None:
        try:
            if os.environ.get("STORAGE_EMULATOR_HOST"):
                self._client = storage.Client(project="footfall", credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
            else:
                self._client = storage.Client()
        except auth_exceptions.DefaultCredentialsError as error:
            raise ObjectError(
                "gs:// needs Google credentials (GOOGLE_APPLICATION_CREDENTIALS or `gcloud auth application-default "
                "login`), or "
                f"a folder in its place: serve with --buckets-dir DIR. {error}"
            ) from error

    def _info(self, blob: storage.Blob) -> ObjectInfo:
        return ObjectInfo(f"gs://{blob.bucket.name}/{blob.name}", blob.size, str(blob.generation))

    def find(self, uri: str) -> list[ObjectInfo]:
        """See `ObjectStore`."""
        bucket, name = objects.split(uri)
        with _told(uri):
            if not objects.is_pattern(name):
                blob = self._client.bucket(bucket).get_blob(name, retry=_RETRY)
                if blob is None:
                    raise ObjectNotFoundError(f"{uri} not found", uri)
                return [self._info(blob)]
            matches = objects.pattern(name).fullmatch
            listed = self._client.list_blobs(bucket, prefix=objects.literal_prefix(name), retry=_RETRY)
            found = sorted(self._info(blob) for blob in listed if matches(blob.name))
        if not found:
            raise ObjectNotFoundError(f"no object matches {uri}", uri)
        return found

    def open(self, info: ObjectInfo) -> BinaryIO:
        """See `ObjectStore`."""
        self.verify(info)
        bucket, name = objects.split(info.uri)
        blob = self._client.bucket(bucket).blob(name, generation=int(info.version))
        return cast("BinaryIO", _Reader(blob.open("rb", chunk_size=_READ_BYTES, raw_download=True), info))

    def verify(self, info: ObjectInfo) -> None:
        """See `ObjectStore`."""
        bucket, name = objects.split(info.uri)
        with _told(info.uri):
            blob = self._client.bucket(bucket).get_blob(name, retry=_RETRY)
        if blob is None or str(blob.generation) != info.version:
            raise _changed(info, f"is generation {blob.generation} now" if blob else "is gone now")

    def verify_writable(self, uri: str) -> None:
        """See `ObjectStore`."""
        bucket, _ = objects.split(uri)
        with _told(uri):
            exists = self._client.bucket(bucket).exists(retry=_RETRY)
        if not exists:
            raise ObjectNotFoundError(f"bucket {bucket} not found", uri)

    def write(self, uri: str, file: Path, *, is_final: bool = False) -> None:  # noqa: ARG002
        """See `ObjectStore`."""
        bucket, name = objects.split(uri)
        with _told(uri):
            self._client.bucket(bucket).blob(name).upload_from_filename(str(file), content_type="application/json")
