"""The rules of a product's lists, attributes and sub-messages (product.proto). Each check adds what it finds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from generated.google.cloud.retail.v2.common_pb2 import (
    Audience,
    ColorInfo,
    CustomAttribute,
    FulfillmentInfo,
    Image,
    PriceInfo,
    Rating,
)
from generated.google.cloud.retail.v2.promotion_pb2 import Promotion
from service.events import limits, paths
from service.events.errors import Findings, missing, violation


class TextLimits(NamedTuple):
    """How many texts a list may have, and how many characters each of them."""

    size: int
    length: int


AUDIENCE: Final = TextLimits(size=5, length=128)
COLOR_FAMILIES: Final = TextLimits(size=5, length=128)
COLORS: Final = TextLimits(size=75, length=128)

GTIN_LENGTH: Final = 128  # characters
MAX_ATTRIBUTES: Final = 200
ATTRIBUTE_KEY_LENGTH: Final = 128  # characters
MAX_IMAGES: Final = 300
IMAGE_URI_LENGTH: Final = 5_000  # characters
MIN_RATING, MAX_RATING = 1, 5
MAX_PROMOTIONS: Final = 10
PROMOTION_ID_LENGTH: Final = 128  # characters
MAX_PLACES: Final = 3_000
PLACE_ID_LENGTH: Final = 30  # characters
FULFILLMENT_TYPES: Final = (
    "pickup-in-store",
    "ship-to-store",
    "same-day-delivery",
    "next-day-delivery",
    "custom-type-1",
    "custom-type-2",
    "custom-type-3",
    "custom-type-4",
    "custom-type-5",
)

_GTIN_SIZES: Final = (8, 12, 13, 14)  # digits
_INDEXABLE_KEY: Final = "[a-zA-Z0-9][a-zA-Z0-9_]*"
_PLACE_ID: Final = "[a-zA-Z0-9_-]+"
_PROMOTION_ID: Final = "[a-zA-Z][a-zA-Z0-9_]*"
_is_indexable_key = re.compile(_INDEXABLE_KEY).fullmatch
_is_place_id = re.compile(_PLACE_ID).fullmatch
_is_promotion_id = re.compile(_PROMOTION_ID).fullmatch


def check_texts(
    found: Findings, field: str, texts: Sequence[str], limit: TextLimits, *, empty_allowed: bool = True
) -> None:
    """A list of texts: how many, and how long."""
    if len(texts) > limit.size:
        found.add(limits.too_many(field, limit.size, len(texts)))
    for index, text in enumerate(texts[: limit.size]):
        if len(text) > limit.length:
            found.add(limits.too_long(f"{field}[{index}]", limit.length, len(text)))
        elif not (text or empty_allowed):
            found.add(violation(f"{field}[{index}]", "must not be empty."))


def check_gtin(found: Findings, gtin: str) -> None:
    """A GTIN by GS1's rule: from the right its digits weigh 1 and 3 in turn, and sum to a multiple of 10."""
    if len(gtin) > GTIN_LENGTH:
        found.add(limits.too_long("gtin", GTIN_LENGTH, len(gtin)))
    elif not (len(gtin) in _GTIN_SIZES and gtin.isascii() and gtin.isdigit()):
        found.add(violation("gtin", f"must have 8, 12, 13 or 14 digits and nothing else, but is {paths.quoted(gtin)}."))
    elif sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(gtin))) % 10:
        found.add(violation("gtin", f"must end in the digit that checks the others, but is {paths.quoted(gtin)}."))


def check_attributes(found: Findings, attributes: Mapping[str, CustomAttribute]) -> None:
    """Custom attributes, of which a product has stricter limits than an event; `searchable` is for texts."""
    if len(attributes) > MAX_ATTRIBUTES:
        found.add(limits.too_many("attributes", MAX_ATTRIBUTES, len(attributes)))
    for key, value in attributes.items():
        if len(key) > ATTRIBUTE_KEY_LENGTH:
            field = paths.entry("attributes", key)
            found.add(limits.too_long(field, ATTRIBUTE_KEY_LENGTH, len(key), "characters in its key"))
        elif value.indexable and not _is_indexable_key(key):
            rule = f"must have a key that matches {_INDEXABLE_KEY}, since it is indexable."
            found.add(violation(paths.entry("attributes", key), rule))
        if value.searchable and value.numbers:
            field = f"{paths.entry('attributes', key)}.searchable"
            found.add(violation(field, "must only be set with texts, but there are numbers.", "FORBIDDEN_FIELD"))
    limits.check_attributes(
        found, "attributes", {key: attributes[key] for key in attributes if len(key) <= ATTRIBUTE_KEY_LENGTH}
    )


def check_price_info(found: Findings, price_info: PriceInfo) -> None:
    """Amounts that can be paid, and an original_price wherever something stands on it."""
    if price_info.currency_code:
        limits.check_currency(found, "price_info.currency_code", price_info.currency_code)
    for field in ("price", "original_price", "cost"):
        amount = getattr(price_info, field)
        if amount < 0:
            found.add(violation(f"price_info.{field}", f"must not be negative, but is {amount:.7g}."))
        else:
            limits.check_finite(found, f"price_info.{field}", amount)
    if 0 < price_info.original_price < price_info.price:
        rule = f"must not be below price, {price_info.price:.7g}, but is {price_info.original_price:.7g}."
        found.add(violation("price_info.original_price", rule))
    for field in ("price_effective_time", "price_expire_time"):
        if price_info.HasField(field):
            limits.check_timestamp(found, f"price_info.{field}", getattr(price_info, field))
    if not price_info.original_price and (
        price_info.HasField("price_effective_time") or price_info.HasField("price_expire_time")
    ):
        found.add(missing("price_info.original_price"))


def check_rating(found: Findings, rating: Rating) -> None:
    """Counts that are not negative, one for each of 1 to 5; a mean from 1 to 5, of which 0 is none."""
    if rating.rating_count < 0:
        found.add(violation("rating.rating_count", f"must not be negative, but is {rating.rating_count}."))
    if rating.average_rating and not MIN_RATING <= rating.average_rating <= MAX_RATING:
        rule = f"must be from {MIN_RATING} to {MAX_RATING}, but is {rating.average_rating:.7g}."
        found.add(violation("rating.average_rating", rule))
    if len(rating.rating_histogram) not in (0, MAX_RATING):
        rule = f"must have {MAX_RATING} values or none, but has {len(rating.rating_histogram):,}."
        found.add(violation("rating.rating_histogram", rule))
    for index, count in enumerate(rating.rating_histogram[:MAX_RATING]):
        if count < 0:
            found.add(violation(f"rating.rating_histogram[{index}]", f"must not be negative, but is {count}."))


def check_fulfillment_info(found: Findings, fulfillment_info: Sequence[FulfillmentInfo]) -> None:
    """Known ways of delivery, no way twice, and the places of each."""
    seen = set()
    for index, info in enumerate(fulfillment_info):
        field = f"fulfillment_info[{index}]"
        if not info.type:
            found.add(missing(f"{field}.type"))
        elif info.type not in FULFILLMENT_TYPES:
            rule = f"must be one of {', '.join(FULFILLMENT_TYPES)}, but is {paths.quoted(info.type)}."
            found.add(violation(f"{field}.type", rule))
        elif info.type in seen:
            found.add(violation(f"{field}.type", f"must be there once, but {info.type} is there again.", "DUPLICATE"))
        seen.add(info.type)
        _check_places(found, f"{field}.place_ids", info.place_ids)


def _check_places(found: Findings, field: str, place_ids: Sequence[str]) -> None:
    if len(place_ids) > MAX_PLACES:
        found.add(limits.too_many(field, MAX_PLACES, len(place_ids)))
    for index, place_id in enumerate(place_ids[:MAX_PLACES]):
        if len(place_id) > PLACE_ID_LENGTH:
            found.add(limits.too_long(f"{field}[{index}]", PLACE_ID_LENGTH, len(place_id)))
        elif not _is_place_id(place_id):
            found.add(violation(f"{field}[{index}]", f"must match {_PLACE_ID}, but is {paths.quoted(place_id)}."))


def check_images(found: Findings, images: Sequence[Image]) -> None:
    """Pictures that have a URI; sizes that are not negative."""
    if len(images) > MAX_IMAGES:
        found.add(limits.too_many("images", MAX_IMAGES, len(images)))
    for index, image in enumerate(images[:MAX_IMAGES]):
        if not image.uri:
            found.add(missing(f"images[{index}].uri"))
        elif len(image.uri) > IMAGE_URI_LENGTH:
            found.add(limits.too_long(f"images[{index}].uri", IMAGE_URI_LENGTH, len(image.uri)))
        for field in ("height", "width"):
            if (pixels := getattr(image, field)) < 0:
                found.add(violation(f"images[{index}].{field}", f"must not be negative, but is {pixels}."))


def check_audience(found: Findings, audience: Audience) -> None:
    """Genders and age groups."""
    check_texts(found, "audience.genders", audience.genders, AUDIENCE)
    check_texts(found, "audience.age_groups", audience.age_groups, AUDIENCE)


def check_color_info(found: Findings, color_info: ColorInfo) -> None:
    """Standard colours, and the shop's names for them."""
    check_texts(found, "color_info.color_families", color_info.color_families, COLOR_FAMILIES)
    check_texts(found, "color_info.colors", color_info.colors, COLORS)


def check_promotions(found: Findings, promotions: Sequence[Promotion]) -> None:
    """Promotions that have an id."""
    if len(promotions) > MAX_PROMOTIONS:
        found.add(limits.too_many("promotions", MAX_PROMOTIONS, len(promotions)))
    for index, promotion in enumerate(promotions[:MAX_PROMOTIONS]):
        field, promotion_id = f"promotions[{index}].promotion_id", promotion.promotion_id
        if not promotion_id:
            found.add(missing(field))
        elif len(promotion_id) > PROMOTION_ID_LENGTH:
            found.add(limits.too_long(field, PROMOTION_ID_LENGTH, len(promotion_id)))
        elif not _is_promotion_id(promotion_id):
            found.add(violation(field, f"must match {_PROMOTION_ID}, but is {paths.quoted(promotion_id)}."))
