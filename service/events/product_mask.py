"""Field masks of products: which fields a reader gets, and which a writer changes (product.proto).

Paths are taken in snake_case and in lowerCamelCase. `attributes.KEY` names one attribute; all that follows the dot is
its key, since keys may have dots of their own. Other lists, and google.protobuf types, are read and changed whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from google.api.field_behavior_pb2 import IMMUTABLE, OUTPUT_ONLY, field_behavior
from google.protobuf.message import Message

from generated.google.cloud.retail.v2.product_pb2 import Product
from service.events import errors, paths
from service.events.errors import Findings, Violation, violation

Path = tuple[str, ...]
"""Where a field is: the proto names that lead to it, or `attributes` and a key."""

Fields = tuple[Path, ...]
"""A mask that was read: paths of fields that there are, none twice."""

_Behaviours = frozenset[int]  # of google.api.FieldBehavior

_ATTRIBUTES: Final = "attributes"
_ALL: Final = ("*",)
_EXPIRATION: Final = {("expire_time",), ("ttl",)}
_ORIGINAL_PRICE: Final = {("price_info",), ("price_info", "original_price")}
_CAPITAL: Final = re.compile("[A-Z]")
_WORD_START: Final = re.compile("_([a-z])")


def read_fields(mask_paths: Iterable[str] | None, field: str = "read_mask") -> Fields:
    """Reads the mask of ListProducts, once for all its products.

    Args:
        mask_paths: As the caller sent them. `*` stands for all fields; none at all, for name, id, title, uri, images,
            price_info and brands.
        field: Where, for the error.

    Returns:
        The fields, and `name` with them.

    Raises:
        RpcError: INVALID_ARGUMENT with every path that leads to no field of Product.
    """
    fields = _read_paths(mask_paths or (), field, for_update=False) or _DEFAULT_FIELDS
    return _ALL_FIELDS if _ALL in fields else tuple(dict.fromkeys((("name",), *fields)))


def read(product: Product, fields: Fields) -> Product:
    """Returns a product with those of the fields that `product` has; `fields` as `read_fields` returned them."""
    chosen = Product()
    for path in fields:
        _copy(product, chosen, _with_known_key(path, product))
    return chosen


def update_fields(mask_paths: Iterable[str] | None, field: str = "update_mask") -> Fields:
    """Reads the mask of UpdateProduct or ImportProducts.

    Args:
        mask_paths: As the caller sent them; none at all stands for every field that can be updated.
        field: Where, for the error.

    Raises:
        RpcError: INVALID_ARGUMENT with every path that leads to no field of Product, or to one that never changes or
            that only the service fills.
    """
    return _read_paths(mask_paths or (), field, for_update=True) or _UPDATABLE_FIELDS


def apply(target: Product, source: Product, fields: Fields) -> None:
    """Sets the fields of `target` to what they are in `source`; one that `source` does not have is deleted.

    The result is neither checked nor in normal form. expire_time and ttl say the same thing in two ways: either, named
    without a value, deletes the expiry. Where the price of a product without a reduction is raised, and original_price
    not named, that is emptied, for `product.normalise` to fill it with the price again.

    Args:
        target: The stored product; changed in place.
        source: What the caller sent.
        fields: As `update_fields` returned them.
    """
    full_price = target.price_info.original_price
    reduced = target.price_info.price != full_price
    known = [_with_known_key(path, source, target) for path in fields]
    for path in known:
        _clear(target, path)
    for path in known:
        _copy(source, target, path)
    raised = target.price_info.original_price == full_price < target.price_info.price
    if raised and not reduced and _ORIGINAL_PRICE.isdisjoint(known):
        target.price_info.original_price = 0


def _read_paths(mask_paths: Iterable[str], field: str, *, for_update: bool) -> Fields:
    found = Findings()
    known = {}
    try:
        for index, text in enumerate(mask_paths):
            path = _path(text)
            if problem := _problem(f"{field}.paths[{index}]", text, path, for_update=for_update):
                found.add(problem)
            known[path] = True
    except Findings.Enough:
        pass
    if found:
        raise errors.invalid_argument(found)
    return tuple(known)


def _path(text: str) -> Path:
    first, _, rest = text.partition(".")
    if first == _ATTRIBUTES and rest:
        return first, rest
    return tuple(_CAPITAL.sub(lambda match: f"_{match[0].lower()}", text).split("."))


def _problem(field: str, text: str, path: Path, *, for_update: bool) -> Violation | None:
    if path == _ALL and not for_update:
        return None
    behaviours = _PATHS.get(path[:1] if path[0] == _ATTRIBUTES and path[-1] else path)
    if behaviours is None:
        rule = "must be a field of Product, such as title, price_info.price or attributes.KEY"
        return violation(field, f"{rule}, but is {paths.quoted(text)}.", "UNKNOWN_FIELD")
    if for_update and IMMUTABLE in behaviours:
        return violation(field, f"must not be {paths.quoted(text)}, which never changes.", "IMMUTABLE_FIELD")
    if for_update and OUTPUT_ONLY in behaviours:
        return violation(field, f"must not be {paths.quoted(text)}, which only the service fills.", "OUTPUT_ONLY_FIELD")
    return None


def _walk(
    message_type: Any, prefix: Path = (), inherited: _Behaviours = frozenset()
) -> Iterator[tuple[Path, _Behaviours]]:
    """Yields each field that a path can lead to, with its behaviours and those of the messages that it is in."""
    for field in message_type.fields:
        path = (*prefix, field.name)
        behaviours = inherited | set(field.GetOptions().Extensions[field_behavior])
        yield path, behaviours
        inner = field.message_type
        if inner is not None and not field.is_repeated and inner.file.package != "google.protobuf":
            yield from _walk(inner, path, behaviours)


def _with_known_key(path: Path, *products: Product) -> Path:
    """Returns the path of the attribute that is meant.

    In the JSON form of a field mask, `attributes.ecoFriendly` can't be told from `attributes.eco_friendly`; the latter
    arrives. Where no product has that key, the one with capitals is taken.
    """
    if path[0] == _ATTRIBUTES and len(path) > 1 and not any(path[1] in product.attributes for product in products):
        key = _WORD_START.sub(lambda match: match[1].upper(), path[1])
        if any(key in product.attributes for product in products):
            return _ATTRIBUTES, key
    return path


def _clear(message: Any, path: Path) -> None:
    if path[0] == _ATTRIBUTES and len(path) > 1:
        message.attributes.pop(path[1], None)
        return
    for name in path[:-1]:
        if not message.HasField(name):
            return
        message = getattr(message, name)
    message.ClearField("expiration" if path in _EXPIRATION else path[-1])


def _copy(source: Any, target: Any, path: Path) -> None:
    """Copies the field of `source`, if it has it, onto that of `target`."""
    if path[0] == _ATTRIBUTES and len(path) > 1:
        if path[1] in source.attributes:
            target.attributes[path[1]].CopyFrom(source.attributes[path[1]])
        return
    for name in path[:-1]:
        if not source.HasField(name):
            return
        source, target = getattr(source, name), getattr(target, name)
    value = getattr(source, path[-1])
    if source.DESCRIPTOR.fields_by_name[path[-1]].is_repeated:
        target.ClearField(path[-1])
        getattr(target, path[-1]).MergeFrom(value)
    elif not isinstance(value, Message):
        setattr(target, path[-1], value)
    elif source.HasField(path[-1]):
        getattr(target, path[-1]).CopyFrom(value)


_PATHS: Final[dict[Path, _Behaviours]] = dict(_walk(Product.DESCRIPTOR))
_ALL_FIELDS: Final[Fields] = tuple(path for path in _PATHS if len(path) == 1)
_UPDATABLE_FIELDS: Final[Fields] = tuple(
    path for path in _ALL_FIELDS if not _PATHS[path].intersection((IMMUTABLE, OUTPUT_ONLY))
)
_DEFAULT_FIELDS: Final[Fields] = (("name",), ("id",), ("title",), ("uri",), ("images",), ("price_info",), ("brands",))
