"""Objects named by `gs://` URIs: finding, reading and writing them, wherever they are kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

MAX_URIS = 100  # files in one import request
MAX_URI_CHARS = 2_000
MAX_DEEP_WILDCARDS = 2  # `**` in one URI

_URI = re.compile(r"gs://([a-z0-9](?:[a-z0-9._-]{0,220}[a-z0-9])?)(?:/(.*))?", re.DOTALL)
_WILDCARD = re.compile(r"[*?]")


class ObjectError(Exception):
    """An object can't be used as asked; the text says why, for whom asked."""


class ObjectNotFoundError(ObjectError):
    """A bucket or an object does not exist.

    Attributes:
        uri: What was looked for.
    """

    def __init__(self, text: str, uri: str) -> None:
        super().__init__(text)
        self.uri = uri


class ObjectStorageUnavailableError(ObjectError):
    """The place where objects are kept does not answer now."""


class ObjectChangedError(ObjectError):
    """An object is not the one any more that was there when the import was accepted."""


class ObjectInfo(NamedTuple):
    """One version of one object."""

    uri: str
    size: int  # bytes
    version: str  # differs whenever the content may


class ObjectStore(Protocol):
    """A place for objects. Every call blocks: callers run them in threads."""

    def find(self, uri: str) -> list[ObjectInfo]:
        """The objects that `uri` names, sorted; `*` and `?` stay within one path segment, `**` crosses them.

        Raises:
            ObjectNotFoundError: There is no such bucket or no such object.
        """

    def open(self, info: ObjectInfo) -> BinaryIO:
        """The object's bytes as stored, from the start.

        Raises:
            ObjectChangedError: The object has changed or gone since `info` was made.
        """

    def verify(self, info: ObjectInfo) -> None:
        """Checks that the object is still the one of `info`.

        Raises:
            ObjectChangedError: It is not.
        """

    def verify_writable(self, uri: str) -> None:
        """Checks that objects may be written below `uri`.

        Raises:
            ObjectError: They can't.
        """

    def write(self, uri: str, file: Path, *, is_final: bool = False) -> None:
        """Makes the content of `file` the object `uri`, whole or not at all.

        Args:
            uri: Of an object that may be there already.
            file: A local file.
            is_final: Whether it is never written to again, so that the object may be the same file under a second name.

        Raises:
            ObjectError: It can't be written.
            OSError: The disk is full.
        """


def split(uri: str) -> tuple[str, str]:
    """Bucket and object name of a `gs://` URI; the name is empty where the URI ends with the bucket.

    Raises:
        ValueError: It is not one; the text says what is wrong.
    """
    if len(uri) > MAX_URI_CHARS:
        raise ValueError(f"has {len(uri)} characters; at most {MAX_URI_CHARS} are allowed")
    match = _URI.fullmatch(uri)
    if not match:
        raise ValueError("is not of the form gs://bucket/path")
    bucket, name = match[1], match[2] or ""
    if any(part in {"", ".", ".."} for part in name.removesuffix("/").split("/") if name) or ".." in bucket:
        raise ValueError("has an empty, '.' or '..' path segment")
    if "\0" in name or "\\" in name:
        raise ValueError("has a NUL or a backslash in its path")
    if name.count("**") > MAX_DEEP_WILDCARDS:
        raise ValueError(f"has more than {MAX_DEEP_WILDCARDS} wildcards of the form **")
    return bucket, name


def is_pattern(name: str) -> bool:
    """Whether an object name holds wildcards."""
    return bool(_WILDCARD.search(name))


def pattern(name: str) -> re.Pattern[str]:
    """The expression that matches the object names meant by a name with wildcards.

    Between two `**`, the first place where what follows a `*` fits is as good as any later one, so no other is tried
    (atomic groups): matching takes linear time for each `**`, of which there are at most `MAX_DEEP_WILDCARDS`.
    """
    *heads, last = name.split("**")
    return re.compile("".join(f"{_atomic(head)}.*?" for head in heads) + _anchored(last), re.DOTALL)


def _atomic(part: str) -> str:
    first, *rest = (_literal(piece) for piece in part.split("*"))
    return first + "".join(f"(?>[^/]*?{piece})" for piece in rest)


def _anchored(part: str) -> str:
    *before, last = part.split("*")
    if not before:
        return _literal(last)
    return f"{_atomic('*'.join(before))}[^/]*{_literal(last)}"


def _literal(text: str) -> str:
    return "[^/]".join(re.escape(piece) for piece in text.split("?"))


def literal_prefix(name: str) -> str:
    """What stands before the first wildcard of an object name."""
    return _WILDCARD.split(name, maxsplit=1)[0]
