"""Events as they are read back: with what the catalog said of their products at the join."""

from __future__ import annotations

from collections.abc import Sequence

from generated.google.cloud.retail.v2.product_pb2 import Product
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events.record import product_ids
from service.storage.base import Store
from service.storage.writer import default_branch


def with_products(store: Store, catalog: str, events: Sequence[tuple[bytes, int | None]]) -> list[UserEvent]:
    """Events with their product details filled in.

    Args:
        store: Where products are.
        catalog: The catalog of the events.
        events: Payload and joined revision of each; one that is not joined stays as it was sent.

    Returns:
        For each its message. The details are those of the revision at which it joined; a price_info that the event
        brought itself wins over the catalog's (the proto's comment on ProductDetail.product).
    """
    messages = [UserEvent.FromString(payload) for payload, _ in events]
    wanted = {
        (product_id, revision)
        for message, (_, revision) in zip(messages, events, strict=True)
        if revision
        for product_id in product_ids(message)
    }
    if not wanted:
        return messages
    versions = store.products_at(default_branch(catalog), wanted)
    for message, (_, revision) in zip(messages, events, strict=True):
        for detail in message.product_details if revision else ():
            version = versions.get((detail.product.id, revision or 0))
            if version is None:
                continue
            own_price = detail.product.price_info if detail.product.HasField("price_info") else None
            product = Product.FromString(version.payload)
            if own_price is not None:
                product.price_info.CopyFrom(own_price)
            detail.product.CopyFrom(product)
    return messages
