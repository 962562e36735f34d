"""Path templates of google.api.http, and finding what a path belongs to.

The syntax, and which characters of a variable are decoded, are those of google/api/http.proto.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Generic, NamedTuple, TypeVar
from urllib.parse import unquote_to_bytes

T = TypeVar("T")

_PART: Final = re.compile(r"\{[^}]*\}|[^/{}]+")
_KEPT_SLASH: Final = re.compile(r"%2f", re.IGNORECASE)


class PathError(ValueError):
    """A path that is not percent-encoded UTF-8."""


class Variable(NamedTuple):
    """A field of the request that is part of the path; `end` is None when it takes all that is left."""

    name: str
    start: int
    end: int | None


class Match(NamedTuple, Generic[T]):
    """What a path belongs to, and the variables in it."""

    target: T
    variables: dict[str, str]


@dataclass(slots=True)
class _Node(Generic[T]):
    literals: dict[str, _Node[T]] = field(default_factory=dict)
    any_one: _Node[T] | None = None
    any_more: _Node[T] | None = None
    # by HTTP method and by what follows the last colon
    leaves: dict[tuple[str, str], tuple[T, list[Variable]]] = field(default_factory=dict)


class Router(Generic[T]):
    """Templates with what they lead to. Literal segments win over `*`, and `*` over `**`."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()

    def add(self, http_method: str, template: str, target: T) -> None:
        """Adds a template such as `/v2/{parent=projects/*}/things:write`.

        Raises:
            ValueError: `**` is not its last segment, or the same template is there already.
        """
        path, verb = _split_verb(template, "}" in template.rpartition(":")[2])
        segments: list[str] = []
        variables = []
        for part in _PART.findall(path):
            if part[0] != "{":
                segments.append(part)
                continue
            name, _, pattern = part[1:-1].partition("=")
            inner = (pattern or "*").split("/")
            end = None if inner[-1] == "**" else len(segments) + len(inner)
            variables.append(Variable(name, len(segments), end))
            segments += inner
        if "**" in segments[:-1]:
            raise ValueError(f"** is not at the end of {template}")
        leaves = self._node(segments).leaves
        if (http_method, verb) in leaves:
            raise ValueError(f"{http_method} {template} is there twice")
        leaves[http_method, verb] = (target, variables)

    def _node(self, segments: list[str]) -> _Node[T]:
        node = self._root
        for segment in segments:
            match segment:
                case "*":
                    node.any_one = node.any_one or _Node()
                    node = node.any_one
                case "**":
                    node.any_more = node.any_more or _Node()
                    node = node.any_more
                case _:
                    node = node.literals.setdefault(segment, _Node())
        return node

    def find(self, http_method: str, path: str) -> Match[T] | None:
        """Returns what `path`, still percent-encoded, leads to.

        Raises:
            PathError: A variable in it is not percent-encoded UTF-8.
        """
        for segments, verb in _readings(path):
            leaf = _walk(self._root, segments, 0, (http_method, verb))
            if leaf is not None:
                target, variables = leaf
                return Match(target, {each.name: _value(segments, each) for each in variables})
        return None

    def methods(self, path: str) -> list[str]:
        """Returns the HTTP methods that `path` takes, sorted."""
        found: set[str] = set()
        for segments, verb in _readings(path):
            _collect(self._root, segments, 0, verb, found)
        return sorted(found)


def _split_verb(path: str, within_variable: bool) -> tuple[str, str]:
    head, colon, verb = path.rpartition(":")
    return (head, verb) if colon and "/" not in verb and not within_variable else (path, "")


def _readings(path: str) -> list[tuple[list[str], str]]:
    """The segments of a path, and the verb; without one, too, for ids may have colons."""
    head, verb = _split_verb(path, within_variable=False)
    whole = (path[1:].split("/"), "")
    return [(head[1:].split("/"), verb), whole] if verb else [whole]


def _walk(node: _Node[T], segments: list[str], at: int, key: tuple[str, str]) -> tuple[T, list[Variable]] | None:
    if at == len(segments):
        return node.leaves.get(key)
    segment = segments[at]
    if segment:
        for child in (node.literals.get(segment), node.any_one):
            found = _walk(child, segments, at + 1, key) if child else None
            if found is not None:
                return found
    return node.any_more.leaves.get(key) if node.any_more else None


def _collect(node: _Node[T], segments: list[str], at: int, verb: str, found: set[str]) -> None:
    if at == len(segments):
        found.update(http_method for http_method, theirs in node.leaves if theirs == verb)
        return
    if segments[at]:
        for child in (node.literals.get(segments[at]), node.any_one):
            if child:
                _collect(child, segments, at + 1, verb, found)
    if node.any_more:
        found.update(http_method for http_method, theirs in node.any_more.leaves if theirs == verb)


def _value(segments: list[str], variable: Variable) -> str:
    parts = segments[variable.start : variable.end]
    text = "/".join(parts)
    if "%" not in text:
        return text
    if len(parts) > 1 or variable.end is None:
        text = _KEPT_SLASH.sub("%252F", text)  # of several segments, it can't be told from a slash between them
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise PathError(f"`{variable.name}` in the path is not UTF-8: {error.reason}") from None
