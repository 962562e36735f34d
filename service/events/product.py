"""The rules and the normal form of a product (product.proto), as far as the product alone can break them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from generated.google.cloud.retail.v2.product_pb2 import Product
from service.events import limits, names, paths
from service.events import product_parts as parts
from service.events.errors import Findings, Violation, missing, violation
from service.events.printable import check_printable

_JSON_NAME: Final = r"[a-z][a-z0-9]*(?:_[a-z][a-z0-9]*)*"  # comes back from lowerCamelCase as it was
_JSON_PATH: Final = re.compile(rf"\*|{_JSON_NAME}(?:\.{_JSON_NAME})*")

TITLE_LENGTH: Final = 1_000  # characters
DESCRIPTION_LENGTH: Final = 5_000  # characters
URI_LENGTH: Final = 5_000  # characters
MAX_MEMBERS: Final = 1_000  # of a collection

CATEGORIES: Final = parts.TextLimits(size=250, length=5_000)
BRANDS: Final = parts.TextLimits(size=30, length=1_000)
TAGS: Final = parts.TextLimits(size=250, length=1_000)
SIZES: Final = parts.TextLimits(size=20, length=128)
MATERIALS: Final = parts.TextLimits(size=20, length=200)
PATTERNS: Final = parts.TextLimits(size=20, length=128)
CONDITIONS: Final = parts.TextLimits(size=1, length=128)

_KNOWN_TYPES: Final = frozenset(Product.Type.values())
_KNOWN_AVAILABILITIES: Final = frozenset(Product.Availability.values())


def check(product: Product, *, now_us: int) -> list[Violation]:
    """Holds a product against all rules at once.

    Neither `name`, which is made of branch and id, nor what only the service fills is looked at: `normalise` replaces
    them. Google's own sample catalog has bare ids for names.

    Args:
        product: As the client sent it; with the id and, where it has none, the type that the request or the catalog
            says. Without a type it is a PRIMARY.
        now_us: The time from which a ttl counts, in microseconds since the Unix epoch.

    Returns:
        The violations, roughly in the order of field numbers, at most `errors.MAX_VIOLATIONS`; empty if the product is
        accepted.
    """
    found = Findings()
    try:
        _check_identity(found, product)
        _check_texts(found, product)
        parts.check_attributes(found, product.attributes)
        parts.check_texts(found, "tags", product.tags, TAGS)
        if product.HasField("price_info"):
            parts.check_price_info(found, product.price_info)
        if product.HasField("rating"):
            parts.check_rating(found, product.rating)
        _check_times(found, product, now_us)
        _check_availability(found, product)
        _check_looks(found, product)
        parts.check_promotions(found, product.promotions)
    except Findings.Enough:
        pass
    return found


def normalise(product: Product, *, branch: str, now_us: int) -> None:
    """Brings an accepted product into normal form, in place.

    Its name is that of its id in the branch. A product without a type is a PRIMARY, and a PRIMARY's primary_product_id
    its own id, as Google returns it. An original_price of 0 becomes the price. A ttl becomes the expire_time. What only
    the service fills is emptied. retrievable_fields has no effect here; paths that JSON has no form for, such as
    `attributes.key_1`, are left out of it, so that the product can be read back.

    Args:
        product: Passed its check.
        branch: Canonical name, as `names.parse_branch` returns it.
        now_us: The time from which a ttl counts, in microseconds since the Unix epoch.
    """
    product.name = names.product(branch, product.id)
    product.type = product.type or Product.PRIMARY
    if product.type == Product.PRIMARY:
        product.primary_product_id = product.id
    if product.HasField("price_info"):
        price_info = product.price_info
        price_info.original_price = price_info.original_price or price_info.price
        price_info.ClearField("price_range")
    if product.HasField("ttl"):
        product.expire_time.CopyFrom(_expire_time(product.ttl, now_us))
    mask = product.retrievable_fields.paths
    if not _have_json_form(mask):
        mask[:] = [path for path in mask if _have_json_form([path])]
    product.ClearField("variants")
    product.ClearField("local_inventories")


def _check_identity(found: Findings, product: Product) -> None:
    product_id, product_type, primary_id = product.id, product.type or Product.PRIMARY, product.primary_product_id
    if not product_id:
        found.add(missing("id"))
    else:
        _check_id(found, "id", product_id)
    if product_type not in _KNOWN_TYPES:
        found.add(violation("type", f"must be PRIMARY (1), VARIANT (2) or COLLECTION (3), but is {product_type}."))
    if product_type == Product.VARIANT:
        _check_variant(found, product_id, primary_id)
    elif primary_id not in ("", product_id):
        rule = f"must be empty or the product's own id, unless it is a VARIANT, but is {paths.quoted(primary_id)}."
        found.add(violation("primary_product_id", rule))
    if product.collection_member_ids:
        _check_members(found, product, product_type)


def _check_id(found: Findings, field: str, product_id: str) -> None:
    if len(product_id) > names.PRODUCT_ID_LENGTH:
        found.add(limits.too_long(field, names.PRODUCT_ID_LENGTH, len(product_id)))
    elif not names.is_product_id(product_id):
        rule = "must not have control characters, nor parts between slashes that are empty, `.` or `..`"
        found.add(violation(field, f"{rule}, but is {paths.quoted(product_id)}.", "INVALID_RESOURCE_ID"))


def _check_variant(found: Findings, product_id: str, primary_id: str) -> None:
    if not primary_id:
        found.add(missing("primary_product_id"))
    elif primary_id == product_id:
        rule = f"must be the id of the PRIMARY that this is a VARIANT of, but is its own, {paths.quoted(primary_id)}."
        found.add(violation("primary_product_id", rule))
    else:
        _check_id(found, "primary_product_id", primary_id)


def _check_members(found: Findings, product: Product, product_type: int) -> None:
    members = product.collection_member_ids
    if product_type != Product.COLLECTION:
        found.add(violation("collection_member_ids", "must only be set on a COLLECTION.", "FORBIDDEN_FIELD"))
    if len(members) > MAX_MEMBERS:
        found.add(limits.too_many("collection_member_ids", MAX_MEMBERS, len(members)))
    for index, member in enumerate(members[:MAX_MEMBERS]):
        if not member:
            found.add(violation(f"collection_member_ids[{index}]", "must not be empty."))
        elif member == product.id:
            rule = f"must be the id of a PRIMARY or VARIANT, but is the collection's own, {paths.quoted(member)}."
            found.add(violation(f"collection_member_ids[{index}]", rule))
        else:
            _check_id(found, f"collection_member_ids[{index}]", member)


def _check_texts(found: Findings, product: Product) -> None:
    if product.gtin:
        parts.check_gtin(found, product.gtin)
    if product.categories:
        parts.check_texts(found, "categories", product.categories, CATEGORIES, empty_allowed=False)
    elif product.type in (Product.TYPE_UNSPECIFIED, Product.PRIMARY):
        found.add(missing("categories"))
    if not product.title:
        found.add(missing("title"))
    elif len(product.title) > TITLE_LENGTH:
        found.add(limits.too_long("title", TITLE_LENGTH, len(product.title)))
    parts.check_texts(found, "brands", product.brands, BRANDS)
    if len(product.description) > DESCRIPTION_LENGTH:
        found.add(limits.too_long("description", DESCRIPTION_LENGTH, len(product.description)))


def _check_times(found: Findings, product: Product, now_us: int) -> None:
    before = len(found)
    expire_time = None
    if product.HasField("ttl"):
        expire_time = _check_ttl(found, product.ttl, now_us)
    elif product.HasField("expire_time"):
        expire_time = product.expire_time
        limits.check_timestamp(found, "expire_time", expire_time)
    for field in ("available_time", "publish_time"):
        if product.HasField(field):
            limits.check_timestamp(found, field, getattr(product, field))
    if expire_time is not None and len(found) == before:
        _check_expires_last(found, product, expire_time)


def _check_ttl(found: Findings, ttl: Duration, now_us: int) -> Timestamp | None:
    if ttl.seconds < 0 or ttl.nanos < 0:
        found.add(violation("ttl", f"must not be negative, but is {ttl.seconds} s and {ttl.nanos} ns."))
        return None
    before = len(found)
    check_printable(found, "ttl", ttl)
    if len(found) == before and ttl.seconds + now_us // 1_000_000 >= limits.MAX_TIMESTAMP_S:
        found.add(violation("ttl", f"must end before the year 10000, but is {ttl.seconds} s."))
    return _expire_time(ttl, now_us) if len(found) == before else None


def _check_expires_last(found: Findings, product: Product, expire_time: Timestamp) -> None:
    expiration = "ttl" if product.HasField("ttl") else "expire_time"
    for field in ("available_time", "publish_time"):
        if product.HasField(field):
            time = getattr(product, field)
            if (expire_time.seconds, expire_time.nanos) <= (time.seconds, time.nanos):
                rule = f"must end later than {field}, {time.ToJsonString()}, but ends {expire_time.ToJsonString()}."
                found.add(violation(expiration, rule))


def _expire_time(ttl: Duration, now_us: int) -> Timestamp:
    """The moment when a ttl that starts at `now_us` ends, within what a Timestamp can say."""
    seconds, nanos = divmod(now_us * 1_000 + ttl.seconds * 1_000_000_000 + ttl.nanos, 1_000_000_000)
    return Timestamp(seconds=min(max(seconds, limits.MIN_TIMESTAMP_S), limits.MAX_TIMESTAMP_S), nanos=nanos)


def _check_availability(found: Findings, product: Product) -> None:
    if product.availability not in _KNOWN_AVAILABILITIES:
        known = ", ".join(f"{name} ({number})" for name, number in Product.Availability.items() if number)
        found.add(violation("availability", f"must be one of {known}, but is {product.availability}."))
    parts.check_fulfillment_info(found, product.fulfillment_info)


def _check_looks(found: Findings, product: Product) -> None:
    if len(product.uri) > URI_LENGTH:
        found.add(limits.too_long("uri", URI_LENGTH, len(product.uri)))
    parts.check_images(found, product.images)
    if product.HasField("audience"):
        parts.check_audience(found, product.audience)
    if product.HasField("color_info"):
        parts.check_color_info(found, product.color_info)
    parts.check_texts(found, "sizes", product.sizes, SIZES)
    parts.check_texts(found, "materials", product.materials, MATERIALS)
    parts.check_texts(found, "patterns", product.patterns, PATTERNS)
    parts.check_texts(found, "conditions", product.conditions, CONDITIONS)


def _have_json_form(mask_paths: Sequence[str]) -> bool:
    return all(map(_JSON_PATH.fullmatch, mask_paths))
