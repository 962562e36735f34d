"""The disk as a power cut would leave it: what a traced program wrote, less what it had not made durable.

A write or truncation is durable once an fsync or fdatasync of its file that began after it has ended; a name (of a
new, renamed or removed file) once an fsync of its folder has. Of the rest a power cut takes all, or some sectors and
not others.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

from tests.faults.strace import Call

_SECTOR = 512


class _File:
    """Content as the program sees it, content that is durable, and the changes between them: when, where, what."""

    def __init__(self) -> None:
        self.current = bytearray()
        self.durable = bytearray()
        self.pending: list[tuple[int, int, bytes | None]] = []  # no bytes: cut off there

    def change(self, when: int, at: int, data: bytes | None) -> None:
        _apply(self.current, at, data)
        self.pending.append((when, at, data))

    def sync(self, before: int) -> None:
        for when, at, data in self.pending:
            if when < before:
                _apply(self.durable, at, data)
        self.pending = [change for change in self.pending if change[0] >= before]

    def after_cut(self, draw: random.Random | None) -> bytes:
        """Its content after a power cut; `draw` decides which sectors of what is not durable survived, None: none."""
        content = bytearray(self.durable)
        for _, at, data in self.pending if draw else ():
            if data is None:
                if draw.random() < 0.5:
                    _apply(content, at, None)
                continue
            start = 0
            while start < len(data):
                end = min(len(data), start + _SECTOR - (at + start) % _SECTOR)
                if draw.random() < 0.5:
                    _apply(content, at + start, data[start:end])
                start = end
        return bytes(content)


def _apply(content: bytearray, at: int, data: bytes | None) -> None:
    if data is None:
        del content[at:]
        content.extend(bytes(at - len(content)))
    else:
        content.extend(bytes(max(0, at - len(content))))
        content[at : at + len(data)] = data


_Names = dict[str, "_File | None"]  # None: a folder


class Disk:
    """Follows the calls of a traced program.

    Args:
        root: The folder that is followed; its own name is durable.
        folders: Folders in it that are there before the program starts.
    """

    def __init__(self, root: Path, *folders: Path) -> None:
        self._root = str(root)
        self._names: _Names = dict.fromkeys([self._root, *map(str, folders)])
        self._durable: _Names = dict(self._names)
        self._pending: list[
            tuple[int, str, Callable[[_Names], None]]
        ] = []  # changes of names: when, in which folder, what
        self._positions: dict[tuple[str, str], int] = {}  # of descriptors

    def follow(self, call: Call) -> None:
        """Takes the next call in."""
        handle = getattr(self, f"_{call.name}", None)
        if handle is not None:
            handle(call)

    def cut(self, folder: Path, draw: random.Random | None) -> None:
        """Writes into `folder` what a power cut now would leave."""
        names = dict(self._durable)
        for _, _, change in self._pending if draw else ():
            if draw.random() < 0.5:
                change(names)
        for name in sorted(names):
            path, file = folder / os.path.relpath(name, self._root), names[name]
            if not path.parent.is_dir():
                continue  # the name of its folder was lost
            if file is None:
                path.mkdir(exist_ok=True)
            else:
                path.write_bytes(file.after_cut(draw))

    # -- names

    def _rename_entry(self, when: int, folder: str, change: Callable[[_Names], None]) -> None:
        change(self._names)
        self._pending.append((when, folder, change))

    def _create(self, when: int, name: str, file: _File | None) -> None:
        if name not in self._names:
            self._rename_entry(when, os.path.dirname(name), lambda names: names.update({name: file}))

    def _openat(self, call: Call) -> None:
        name = call.texts()[0].decode()
        flags = call.numbers()[2]
        if not name.startswith(self._root) or "O_DIRECTORY" in flags:
            return
        if "O_CREAT" in flags:
            self._create(call.end, name, _File())
        if "O_TRUNC" in flags and (file := self._names.get(name)):
            file.change(call.end, 0, None)
        self._positions[str(call.result), name] = 0

    def _mkdir(self, call: Call) -> None:
        self._create(call.end, call.texts()[0].decode(), None)

    def _unlink(self, call: Call) -> None:
        name = call.texts()[0].decode()
        self._rename_entry(call.end, os.path.dirname(name), lambda names: names.pop(name, None))

    def _rename(self, call: Call) -> None:
        old, new = (text.decode() for text in call.texts())

        def change(names: _Names) -> None:
            if old in names:
                names[new] = names.pop(old)

        self._rename_entry(call.end, os.path.dirname(new), change)

    # -- content

    def _file(self, call: Call) -> tuple[_File | None, tuple[str, str]]:
        name = call.paths()[0]
        return self._names.get(name), (call.numbers()[0], name)

    def _pwrite64(self, call: Call) -> None:
        file, _ = self._file(call)
        if file is not None:
            file.change(call.end, int(call.numbers()[3]), call.texts()[0][: call.result])

    def _write(self, call: Call) -> None:
        file, descriptor = self._file(call)
        if file is not None:
            file.change(call.end, self._positions[descriptor], call.texts()[0][: call.result])
            self._positions[descriptor] += call.result

    def _sendfile(self, call: Call) -> None:
        file, descriptor = self._file(call)
        source = self._names[call.paths()[1]]
        assert source is not None
        at = int(call.numbers()[2].strip("[]").partition("]")[0])
        if file is not None:
            file.change(call.end, self._positions[descriptor], bytes(source.current[at : at + call.result]))
            self._positions[descriptor] += call.result

    def _lseek(self, call: Call) -> None:
        self._positions[self._file(call)[1]] = call.result

    def _ftruncate(self, call: Call) -> None:
        file, _ = self._file(call)
        if file is not None:
            file.change(call.end, int(call.numbers()[1]), None)

    def _truncate(self, call: Call) -> None:
        file = self._names.get(call.texts()[0].decode())
        if file is not None:
            file.change(call.end, int(call.numbers()[1]), None)

    def _fallocate(self, call: Call) -> None:
        raise NotImplementedError(call.name)

    _copy_file_range = _fallocate

    def _fsync(self, call: Call) -> None:
        name = call.paths()[0]
        file = self._names.get(name)
        if file is not None:
            file.sync(call.begin)
            return
        for when, folder, change in self._pending:
            if folder == name and when < call.begin:
                change(self._durable)
        self._pending = [each for each in self._pending if each[1] != name or each[0] >= call.begin]

    _fdatasync = _fsync
