"""Files of exports while they are written, from pieces that `rendering` made."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, cast

from service.sources.event_files import SUFFIXES, Content, pyarrow
from service.sources.rendering import Column, Rendered

_ROWS_PER_GROUP = 20_000  # of Parquet: its own overhead is small then, and so is the memory of who reads one
_BYTES_PER_GROUP = 32 * 2**20


class WrittenFile(Protocol):
    """A file being written."""

    def write(self, rendered: Rendered) -> None:
        """Adds a piece."""

    def close(self) -> None:
        """Completes the file."""

    def abandon(self) -> None:
        """Lets go of a file that is not to be completed; never raises."""


class _Plain:
    """JSON lines, or gzip, of which several may stand behind each other."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def write(self, rendered: Rendered) -> None:
        self._file.write(cast("bytes", rendered.content))

    def close(self) -> None:
        self._file.close()

    def abandon(self) -> None:
        with suppress(OSError):
            self._file.close()


class _Parquet:
    def __init__(self, path: Path, content: Content) -> None:
        parquet, self._arrow = pyarrow()
        arrow = self._arrow
        text, time = arrow.string(), arrow.timestamp("us", tz="UTC")
        columns = [*((name, text) for name in content.texts), *((name, time) for name in content.times)]
        self._schema = arrow.schema([*columns, (content.json_column, text)])
        # No two events are the same: their least and greatest would help nobody. Of ids zstd makes less than a
        # dictionary does.
        self._writer = parquet.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            use_dictionary=list(content.kinds),
            write_statistics=[name for name, _ in columns],
        )
        self._pieces: list[Any] = []
        self._rows = self._bytes = 0

    def write(self, rendered: Rendered) -> None:
        columns = cast("list[Column]", rendered.content)
        arrays = [
            self._array(field.type, rendered.total, column) for field, column in zip(self._schema, columns, strict=True)
        ]
        self._pieces.append(self._arrow.RecordBatch.from_arrays(arrays, schema=self._schema))
        self._rows += rendered.total
        self._bytes += sum(len(column.values) for column in columns)
        if self._rows >= _ROWS_PER_GROUP or self._bytes >= _BYTES_PER_GROUP:
            self._write_group()

    def _array(self, type_: Any, count: int, column: Column) -> Any:
        buffers = [column.valid, column.values] if column.offsets is None else column
        return self._arrow.Array.from_buffers(
            type_, count, [None if each is None else self._arrow.py_buffer(each) for each in buffers]
        )

    def _write_group(self) -> None:
        table = self._arrow.Table.from_batches(self._pieces, schema=self._schema)
        self._writer.write_table(table, row_group_size=max(self._rows, 1))
        self._pieces, self._rows, self._bytes = [], 0, 0

    def close(self) -> None:
        if self._pieces:
            self._write_group()
        self._writer.close()

    def abandon(self) -> None:
        self._pieces = []
        with suppress(OSError):
            self._writer.close()


def written_file(path: Path, export_format: str, content: Content) -> WrittenFile:
    """A new file at `path`.

    Args:
        path: What is there gives way; it stays as it is where it has a second name.
        export_format: Number of an ExportFormat; a key of `SUFFIXES`.
        content: What it is to hold.

    Raises:
        ObjectError: Parquet, and pyarrow is not installed.
    """
    path.unlink(missing_ok=True)
    return _Parquet(path, content) if SUFFIXES[export_format] == ".parquet" else _Plain(path)
