"""Documents: parsed, held against the schema, and kept small, so that one request can't ask for the work of many."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_operation_ast,
    parse,
    validate,
)

from service.doors.graphql import problems

MAX_TOKENS: Final = 10_000  # 100 signals written into the document fit
MAX_FIELDS: Final = 300  # selected in all, fragments counted each time; the introspection of tools has some 200
MAX_DEPTH: Final = 20  # of that introspection 15
MAX_ROOT_FIELDS: Final = 10  # mutations of one request
_MAX_ERRORS: Final = 10
_KEPT_DOCUMENTS: Final = 64
_KEPT_LENGTH: Final = 10_000  # characters; longer documents are not kept


class DocumentError(Exception):
    """A document can't be executed.

    Attributes:
        errors: Why.
    """

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors)
        self.errors = errors


class Documents:
    """Reads documents; those that clients send again and again are read once.

    Args:
        schema: What they are about.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._kept = lru_cache(_KEPT_DOCUMENTS)(self._read)

    def read(self, text: str) -> DocumentNode:
        """Returns a valid document.

        Raises:
            DocumentError: It is malformed, too large, or does not fit the schema.
        """
        return self._kept(text) if len(text) <= _KEPT_LENGTH else self._read(text)

    def _read(self, text: str) -> DocumentNode:
        try:
            document = parse(text, max_tokens=MAX_TOKENS)
            _check_size(document)
        except GraphQLError as error:
            raise DocumentError([_with_code(error)]) from None
        except RecursionError:
            raise DocumentError([problems.error("The document is nested too deeply.")]) from None
        found = validate(self._schema, document, max_errors=_MAX_ERRORS)
        if found:
            raise DocumentError([_with_code(error) for error in found])
        return document


def operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """Returns the operation that a request means.

    Raises:
        DocumentError: It has none of this name, or several where none is named.
    """
    operation = get_operation_ast(document, name)
    if operation is None:
        which = f'has no operation "{name}"' if name else "has several operations; name one with operationName"
        raise DocumentError([problems.error(f"The document {which}.")])
    return operation


def _with_code(error: GraphQLError) -> GraphQLError:
    return GraphQLError(
        error.message, error.nodes, error.source, error.positions, extensions={"code": problems.BAD_USER_INPUT}
    )


def _check_size(document: DocumentNode) -> None:
    """Counts before anything else looks at the document, since rules compare its fields with one another.

    Raises:
        GraphQLError: It selects too much.
    """
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    size = _Size(fragments)
    for each in document.definitions:
        if isinstance(each, OperationDefinitionNode | FragmentDefinitionNode):
            before = size.root_fields
            size.add(each.selection_set, 1)
            if isinstance(each, OperationDefinitionNode) and size.root_fields - before > MAX_ROOT_FIELDS:
                raise GraphQLError(f"An operation may have at most {MAX_ROOT_FIELDS} fields; send several requests.")


class _Size:
    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._fields = 0
        self._spreads = 0
        self.root_fields = 0

    def add(self, selected: SelectionSetNode | None, depth: int) -> None:
        if selected is None:
            return
        for each in selected.selections:
            match each:
                case FieldNode():
                    self._fields += 1
                    self.root_fields += depth == 1
                    self.add(each.selection_set, depth + 1)
                case InlineFragmentNode():
                    self.add(each.selection_set, depth)
                case FragmentSpreadNode():
                    self._spread(each.name.value, depth)
            if self._fields > MAX_FIELDS or depth > MAX_DEPTH:
                raise GraphQLError(
                    f"A document may select at most {MAX_FIELDS} fields, {MAX_DEPTH} levels deep; ask for less."
                )

    def _spread(self, name: str, depth: int) -> None:
        self._spreads += 1  # a fragment of nothing but fragments has no fields to count, and may contain itself
        if self._spreads > MAX_FIELDS:
            raise GraphQLError(f"A document may use at most {MAX_FIELDS} fragments; ask for less.")
        fragment = self._fragments.get(name)
        if fragment is not None:
            self.add(fragment.selection_set, depth)
