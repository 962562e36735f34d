"""Make the .proto files of a version: those of its base, renamed, with an overlay on top.

An overlay (`overlays/PACKAGE/VERSION/FILE.proto`) holds only what the version has beyond its base, in the form of a
.proto file. Laid over the base's file of the same name, from the outside inwards:

- a message, enum, service or oneof that the base has is merged with it; its comment stays unless the overlay has one;
- any other element that the base has (a field or enum value by its name, a method, an option) is replaced;
- what the base lacks is added at the end. A file that the base lacks is the version's as it is.

The files are taken apart line by line, by their indentation: `buf format`, which `lint.py` insists on, leaves no doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

_CONTAINERS = ("message", "enum", "service", "oneof")
_NAMED = re.compile(r"(message|enum|service|oneof|rpc|option|import)\s+(\"[^\"]+\"|\([\w.]+\)[\w.]*|[\w.]+)")
_MEMBER = re.compile(r"(\w+) = -?\d")
_NAMELESS = re.compile(r"(syntax|package)\b")


@dataclass(frozen=True)
class Version:
    """A version that is derived from another one.

    Attributes:
        directory: Of the package without its version, such as `google/cloud/retail`.
        base: The version that it is derived from: one in `protos/`, or one derived before it.
        name: Its own name.
    """

    directory: str
    base: str
    name: str


VERSIONS = (
    Version("google/cloud/retail", base="v2", name="v2beta"),
    Version("google/cloud/retail", base="v2beta", name="v2alpha"),
    Version("google/cloud/talent", base="v4", name="v4beta1"),
    Version("google/cloud/talent", base="v3", name="v3p1beta1"),
)


@dataclass(frozen=True)
class Element:
    """A statement or block of a .proto file.

    Attributes:
        lead: The blank lines and comments before it.
        lines: Its own lines.
    """

    lead: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str]:
        """What it is and its name: the same for what takes the same place."""
        text = self.lines[0].strip()
        if named := _NAMED.match(text):
            return named[1], named[2]
        if nameless := _NAMELESS.match(text):
            return nameless[1], ""
        if member := _MEMBER.search(text):
            return "member", member[1]
        return "statement", text

    @property
    def commented(self) -> bool:
        """Whether a comment stands before it."""
        return any(self.lead)

    def spaced(self, blank: bool) -> Element:
        """Return it with one blank line before it and its comment, or with none."""
        lead = list(self.lead)
        while lead and not lead[0]:
            del lead[0]
        return replace(self, lead=("", *lead) if blank else tuple(lead))


def parse(lines: Iterable[str]) -> list[Element]:
    """Take apart the lines of a file, or of the inside of a block.

    Raises:
        ValueError: There is a comment of another form than `//`, or one that belongs to nothing.
    """
    elements: list[Element] = []
    waiting: list[str] = []
    margin: int | None = None
    for line in lines:
        text = line.strip()
        depth = len(line) - len(line.lstrip())
        margin = depth if margin is None and text else margin
        if text.startswith("/*"):
            raise ValueError(f"only // comments can be laid over: {text}")
        if not text or (depth == margin and text.startswith("//")):
            waiting.append(line)
        elif depth == margin and not text.startswith(("}", "]")):
            elements.append(Element(tuple(waiting), (line,)))
            waiting.clear()
        else:
            last = elements[-1]
            elements[-1] = replace(last, lines=(*last.lines, *waiting, line))
            waiting.clear()
    if any(waiting):
        raise ValueError(f"nothing follows the comment {waiting[-1].strip()}")
    return elements


def render(elements: Iterable[Element]) -> list[str]:
    """Return the lines that `parse` took apart."""
    return [line for element in elements for line in (*element.lead, *element.lines)]


def merge(base: Sequence[Element], overlay: Iterable[Element]) -> list[Element]:
    """Lay elements over those of the base.

    Raises:
        ValueError: The base has several elements of one name, so that the one that is meant can't be told.
    """
    merged = list(base)
    for element in overlay:
        places = [place for place, each in enumerate(merged) if each.key == element.key]
        if len(places) > 1:
            raise ValueError(f"the base has {len(places)} times {' '.join(element.key)}")
        if places:
            merged[places[0]] = _over(merged[places[0]], element)
        else:
            merged.append(element.spaced(bool(merged)))
    return merged


def _over(base: Element, overlay: Element) -> Element:
    """Lay an element over the one of the same name."""
    lines = _merged_block(base, overlay) if overlay.key[0] in _CONTAINERS else overlay.lines
    lead = overlay.spaced(base.lead[:1] == ("",)).lead if overlay.commented else base.lead
    return Element(lead, lines)


def _merged_block(base: Element, overlay: Element) -> tuple[str, ...]:
    body = render(merge(parse(_inside(base)), parse(_inside(overlay))))
    if not body:
        return base.lines
    header = base.lines[0].removesuffix("}")
    closing = header[: len(header) - len(header.lstrip())] + "}"
    return (header, *body, closing)


def _inside(block: Element) -> tuple[str, ...]:
    if len(block.lines) == 1 and not block.lines[0].endswith("{}"):
        raise ValueError(f"a block has a line for each of its elements: {block.lines[0].strip()}")
    return block.lines[1:-1]


def lay_over(base: str, overlay: str) -> str:
    """Return the text of a file with an overlay, both of the same package, on top.

    Raises:
        ValueError: The packages differ, or the texts can't be laid over each other.
    """
    lower, upper = parse(base.splitlines()), parse(overlay.splitlines())
    packages = [[line for each in file if each.key[0] == "package" for line in each.lines] for file in (lower, upper)]
    if packages[0] != packages[1]:
        raise ValueError(f"an overlay of {packages[0]} says {packages[1]}")
    elements = merge(lower, upper)
    imports = sorted((each for each in elements if each.key[0] == "import"), key=lambda each: each.key)
    imports = [each.spaced(number == 0) for number, each in enumerate(imports)]
    rest = [each for each in elements if each.key[0] != "import"]
    head = next(place for place, each in enumerate(rest) if each.key[0] == "package") + 1
    return "\n".join(render([*rest[:head], *imports, *rest[head:]])) + "\n"


def rename(text: str, version: Version) -> str:
    """Return the text of a file of `version.base` as one of `version`: package, imports and HTTP paths."""
    package = re.escape(version.directory.replace("/", "."))
    text = re.sub(rf"\b({package}\.){version.base}\b", rf"\g<1>{version.name}", text)
    text = re.sub(rf"\b({re.escape(version.directory)}/){version.base}/", rf"\g<1>{version.name}/", text)
    return re.sub(rf"\"/{version.base}/", f'"/{version.name}/', text)


@dataclass(frozen=True)
class ProtoFile:
    """A file of a version: its text, and the files that it was written in."""

    text: str
    origins: tuple[str, ...]


def derive(version: Version, base: Mapping[str, ProtoFile], overlay: Mapping[str, ProtoFile]) -> dict[str, ProtoFile]:
    """Return the files of a version by name, given those of its base and its overlay.

    Raises:
        ValueError: An overlay does not fit; the text names the file.
    """
    files = {name: replace(file, text=rename(file.text, version)) for name, file in base.items()}
    for name, file in overlay.items():
        if name not in files:
            files[name] = file
            continue
        try:
            text = lay_over(files[name].text, file.text)
        except ValueError as error:
            raise ValueError(f"{file.origins[0]}: {error}") from error
        files[name] = ProtoFile(text, files[name].origins + file.origins)
    return files


def read(protos: Path, directory: str) -> dict[str, ProtoFile]:
    """Return the files of a directory below `protos`, by name."""
    paths = sorted((protos / directory).glob("*.proto"))
    return {path.name: ProtoFile(path.read_text(encoding="utf-8"), (f"{directory}/{path.name}",)) for path in paths}


def derived(protos: Path, versions: Iterable[Version] = VERSIONS) -> dict[str, str]:
    """Return the text of every file of the derived versions, by its path in the way of `protos`.

    Raises:
        ValueError: An overlay does not fit, or a version has no base.
    """
    known: dict[str, dict[str, ProtoFile]] = {}
    for version in versions:
        below, own = f"{version.directory}/{version.base}", f"{version.directory}/{version.name}"
        base = known.get(below) or read(protos, below)
        if not base:
            raise ValueError(f"{own} is to be made from {below}, where there is nothing")
        known[own] = derive(version, base, read(protos, f"overlays/{own}"))
    return {f"{own}/{name}": _marked(file) for own, files in known.items() for name, file in files.items()}


def _marked(file: ProtoFile) -> str:
    origins = "".join(f"//   protos/{origin}\n" for origin in file.origins)
    return f"// Made by protos/generate.py; change what it is made from:\n{origins}\n{file.text}"
