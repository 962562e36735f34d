"""A file of lines, read in pieces that each begin and end with a line, from any line on."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple, cast

DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)
"""What reading raises when a gzip file is cut or broken."""

_GZIP_MAGIC = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_BYTES_PER_LINE = 128  # a chunk has no more lines than if each had so many: each has its price, however short it is
_KEPT_BYTES = 20 * 1024  # of a line that is too long: a little more than a rejection keeps


class Chunk(NamedTuple):
    """Some whole lines of a file; offsets count uncompressed bytes."""

    data: bytes
    first_line: int  # 1-based number of the first of them
    next_line: int  # number of the line that follows
    next_offset: int  # where that line begins
    too_long: bool = False  # a single line over the limit; `data` is its beginning


def plain(file: BinaryIO) -> BinaryIO:
    """`file` itself, or what it holds when it is gzip, told by its first bytes."""
    magic = file.read(len(_GZIP_MAGIC))
    file.seek(0)
    return cast("BinaryIO", gzip.GzipFile(fileobj=file)) if magic == _GZIP_MAGIC else file


def chunks(
    file: BinaryIO, *, offset: int, line: int, chunk_bytes: Callable[[], int], max_line_bytes: int
) -> Iterator[Chunk]:
    """Reads `file` from `offset`, where line number `line` begins, in chunks of at most about `chunk_bytes()`.

    A line over `max_line_bytes` comes as a chunk of its own and is never held in memory whole.
    """
    file.seek(offset)
    rest = b""
    while True:
        size = chunk_bytes()
        read = file.read(size)
        data = rest + read
        end = data.rfind(b"\n") + 1 if read else len(data)
        whole, rest = data[:end], data[end:]
        for chunk in _split(whole, line, offset, max_line_bytes):
            yield from _parts(chunk, size // _BYTES_PER_LINE)
            line, offset = chunk.next_line, chunk.next_offset
        if not read:
            return
        if len(rest) > max_line_bytes:
            kept, length = rest[:_KEPT_BYTES], len(rest)
            skipped, rest = _skip_line(file, size)
            yield Chunk(kept, line, line + 1, offset + length + skipped, too_long=True)
            line, offset = line + 1, offset + length + skipped


def _split(whole: bytes, line: int, offset: int, max_line_bytes: int) -> Iterator[Chunk]:
    """`whole` lines as one chunk, or as several where lines over the limit stand among them."""
    if not whole:
        return
    start = 0
    position = 0
    if len(whole) > max_line_bytes:
        for text in _lines(whole):
            if len(text) > max_line_bytes:
                if position > start:
                    before = whole[start:position]
                    count = before.count(b"\n")
                    yield Chunk(before, line, line + count, offset + len(before))
                    line, offset = line + count, offset + len(before)
                yield Chunk(text[:_KEPT_BYTES], line, line + 1, offset + len(text), too_long=True)
                line, offset = line + 1, offset + len(text)
                start = position + len(text)
            position += len(text)
    last = whole[start:]
    if last:
        count = last.count(b"\n") + (not last.endswith(b"\n"))
        yield Chunk(last, line, line + count, offset + len(last))


def _parts(chunk: Chunk, max_lines: int) -> Iterator[Chunk]:
    """A chunk, or several where its lines are many."""
    if chunk.next_line - chunk.first_line <= max_lines:
        yield chunk
        return
    lines = _lines(chunk.data)
    offset = chunk.next_offset - len(chunk.data)
    for start in range(0, len(lines), max_lines):
        part = lines[start : start + max_lines]
        data, line = b"".join(part), chunk.first_line + start
        offset += len(data)
        yield Chunk(data, line, line + len(part), offset)


def _lines(whole: bytes) -> list[bytes]:
    parts = whole.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _skip_line(file: BinaryIO, chunk_bytes: int) -> tuple[int, bytes]:
    """Reads to the end of the current line; returns how many bytes of it there were, and what was read beyond it."""
    skipped = 0
    while read := file.read(chunk_bytes):
        end = read.find(b"\n") + 1
        if end:
            return skipped + end, read[end:]
        skipped += len(read)
    return skipped, b""


def numbered(data: bytes, first_line: int) -> Iterator[tuple[int, bytes]]:
    """The lines of a chunk that are not blank, with their numbers; a byte order mark is passed over."""
    for number, text in enumerate(data.split(b"\n"), first_line):
        line = text.removeprefix(_BOM) if number == 1 else text
        if line and not line.isspace():
            yield number, line
