"""The filter of ExportProducts (export_config.proto): which products it writes.

It is written as the filter of ExportUserEvents is, over other fields; here, several terms on tags must all hold.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final, NamedTuple

from generated.google.cloud.retail.v2.product_pb2 import Product
from service.events.filter_terms import Condition, Field, InvalidFilterError, Reader

_TYPES: Final = {name: number for name, number in Product.Type.items() if number}
_FIELDS: Final = (
    Field("", ("lastModifiedTime", "last_modified_time")),
    Field(
        "type",
        ("productType", "product_type"),
        {name.lower(): number for name, number in _TYPES.items()} | _TYPES,
        can_be_excluded=True,
    ),
    Field(
        "availability",
        ("availability",),
        {name: number for name, number in Product.Availability.items() if number},
        can_be_excluded=True,
    ),
    Field("tags", ("tag",), can_be_excluded=True),
)
_EXAMPLES: Final = (
    'lastModifiedTime > "2012-04-23T18:25:43.511Z" productType = "variant", availability = (IN_STOCK OR BACKORDER), '
    'tag=("Red" OR "Blue") tag="New-Arrival" tag=(NOT "promotional")'
)


class Exported(NamedTuple):
    """What a filter may ask of a product.

    Attributes:
        type: Number of its Product.Type.
        availability: Number of its Product.Availability; a product that has none is IN_STOCK.
        tags: All of them.
        change_time_us: When it was last changed, in microseconds since the Unix epoch.
    """

    type: int
    availability: int
    tags: Collection[str]
    change_time_us: int


def parse(text: str) -> tuple[Condition, ...]:
    """Reads a filter; one that is empty, or `*`, selects every product.

    Args:
        text: At most 5,000 characters.

    Returns:
        What must all hold.

    Raises:
        RpcError: INVALID_ARGUMENT, reason INVALID_FILTER, with the position and what was expected there.
    """
    if not text.strip():
        return ()
    try:
        return tuple(Reader(_FIELDS, combines=True).conditions(text) or ())
    except InvalidFilterError as error:
        raise error.to_rpc_error(text, _EXAMPLES) from None


def matches(conditions: Collection[Condition], product: Exported) -> bool:
    """Whether a product is one of those that a filter selects; `conditions` as `parse` returned them."""
    return all(_holds(condition, product) for condition in conditions)


_VALUES: Final[dict[str, Callable[[Exported], Collection[object]]]] = {
    "type": lambda product: (product.type,),
    "availability": lambda product: (product.availability or Product.IN_STOCK,),
    "tags": lambda product: product.tags,
}


def _holds(condition: Condition, product: Exported) -> bool:
    if condition.field.is_time:
        return condition.from_us <= product.change_time_us < condition.until_us
    found = _VALUES[condition.field.attribute](product)
    return condition.values.isdisjoint(found) is condition.excluded
