"""What a server asked of the kernel, in order, with every byte: runs it under strace and reads the trace."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.support.server import Server

_CALLS = (
    "openat,mkdir,write,pwrite64,ftruncate,truncate,lseek,sendfile,copy_file_range,fallocate,fsync,fdatasync,rename,unlink,"
    "sendmsg,recvmsg"
)
_LONGEST = 2**24  # bytes shown of one call: all of them
_HEX = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
_PATH = re.compile(r"<((?:\\x[0-9a-f]{2})+)>")


class Call(NamedTuple):
    """One system call that succeeded. `begin` and `end` are its places in the order of all that happened."""

    begin: int
    end: int
    name: str
    arguments: str
    result: int

    def paths(self) -> list[str]:
        """The files behind its descriptors."""
        return [_unhex(match) for match in _PATH.findall(self.arguments)]

    def texts(self) -> list[bytes]:
        """Its strings: data, or names of files."""
        found = _HEX.findall(self.arguments)
        assert not any(cut for _, cut in found), "strace cut a string"
        return [bytes.fromhex(text.replace("\\x", "")) for text, _ in found]

    def numbers(self) -> list[str]:
        """Its arguments without data and paths."""
        return [each.strip() for each in _PATH.sub("", _HEX.sub("", self.arguments)).split(",")]


def _unhex(text: str) -> str:
    return bytes.fromhex(text.replace("\\x", "")).decode()


def available() -> bool:
    """Whether strace is there."""
    return shutil.which("strace") is not None


class TracedServer(Server):
    """A server whose calls go to `trace`. It ends by SIGKILL, which ends the trace too."""

    def __init__(self, folder: Path, trace: Path, *flags: str) -> None:
        self.trace = trace
        wrapper = (
            *("strace", "--follow-forks", "--seccomp-bpf", "--decode-fds=path", "-xx", "--string-limit", str(_LONGEST)),
            *("--trace", _CALLS, "--signal", "none", "--quiet=attach,exit", "--output", str(trace)),
        )
        super().__init__(folder, *flags, wrapper=wrapper)

    def kill(self) -> None:
        """SIGKILL of the server itself; strace then ends as it did."""
        for child in psutil.Process(self.pid).children():
            child.kill()
        self.wait()


def calls(trace: Path, root: Path) -> Iterator[Call]:
    """The calls that touched a file under `root` or a socket, in the order of their ends."""
    root_hex = "".join(f"\\x{byte:02x}" for byte in str(root).encode())
    unfinished: dict[str, tuple[int, str]] = {}
    with trace.open() as file:
        for number, line in enumerate(file):
            pid, _, rest = line.rstrip("\n").partition(" ")
            rest = rest.lstrip()
            begin = number
            if rest.endswith("<unfinished ...>"):
                unfinished[pid] = number, rest.removesuffix("<unfinished ...>")
                continue
            if rest.startswith("<... "):
                begin, start = unfinished.pop(pid)
                rest = start + rest.partition(" resumed>")[2]
            name, bracket, rest = rest.partition("(")
            if not bracket or (root_hex not in rest and name not in {"sendmsg", "recvmsg"}):
                continue
            arguments, _, result = rest.rpartition(" = ")
            value = result.partition("<")[0].partition(" ")[0]
            if value.isdigit():
                yield Call(begin, number, name, arguments.rstrip().removesuffix(")"), int(value))
