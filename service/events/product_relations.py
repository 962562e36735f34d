"""The rules of products that need to know other products (product.proto); what they need to know is an argument."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from generated.google.cloud.retail.v2.product_pb2 import Product
from service.events import errors, paths
from service.events.errors import Findings, RpcError, Violation, violation

MAX_VARIANTS: Final = 2_000  # of one primary product
RESOURCE_TYPE: Final = "retail.googleapis.com/Product"


def check_primary(product: Product, *, primary_type: int | None, other_variants: int) -> list[Violation]:
    """Holds a VARIANT against its primary product; other products have none, and pass.

    Args:
        product: Passed its own check.
        primary_type: Type of the product with the id `primary_product_id` in the same branch; None if there is none.
        other_variants: How many products beside this one are variants of that id.
    """
    if product.type != Product.VARIANT:
        return []
    field, primary_id = "primary_product_id", paths.quoted(product.primary_product_id)
    if primary_type is None:
        rule = f"must be the id of a product in the same branch, but {primary_id} does not exist there."
        return [violation(field, rule, "PRIMARY_NOT_FOUND")]
    if primary_type != Product.PRIMARY:
        return [violation(field, f"must be the id of a PRIMARY, but {primary_id} is a {_type_name(primary_type)}.")]
    if other_variants >= MAX_VARIANTS:
        rule = f"must be shared by at most {MAX_VARIANTS:,} variants, but {primary_id} has {other_variants:,} already."
        return [violation(field, rule, "TOO_MANY")]
    return []


def check_type(product: Product, stored_type: int | None) -> list[Violation]:
    """Holds the type of a product, which never changes, against that of the stored one.

    Args:
        product: In normal form.
        stored_type: Type of the product with its id in the same branch; None if there is none.
    """
    if stored_type in (None, product.type):
        return []
    rule = f"must stay {_type_name(stored_type)}, but is {_type_name(product.type)}; delete the product to change that."
    return [violation("type", rule, "IMMUTABLE_FIELD")]


def check_members(product: Product, types: Mapping[str, int]) -> list[Violation]:
    """Holds a COLLECTION against its members: each is a PRIMARY or a VARIANT, or does not exist.

    Args:
        product: Passed its own check.
        types: Types of those products in the same branch whose ids `collection_member_ids` has.
    """
    found = Findings()
    try:
        for index, member in enumerate(product.collection_member_ids):
            if types.get(member, Product.PRIMARY) not in (Product.PRIMARY, Product.VARIANT):
                rule = f"must be the id of a PRIMARY or VARIANT, but {paths.quoted(member)} is a COLLECTION."
                found.add(violation(f"collection_member_ids[{index}]", rule))
    except Findings.Enough:
        pass
    return found


def require_same_currency(product: Product, currencies: Collection[str]) -> None:
    """The variants of one primary product share one currency; a product without a currency goes with any.

    Args:
        product: In normal form.
        currencies: Currency codes of the other variants of the same primary product.

    Raises:
        RpcError: FAILED_PRECONDITION; a VARIANT has another currency than one of them.
    """
    code = product.price_info.currency_code
    others = sorted({other for other in currencies if other and other != code})
    if product.type == Product.VARIANT and code and others:
        text = (
            f"Variants of one primary product must share one currency, but product.price_info.currency_code is {code} "
            f"and other variants of {paths.quoted(product.primary_product_id)} have {', '.join(others)}."
        )
        raise errors.failed_precondition(text, reason="CURRENCY_MISMATCH", subject=product.name)


def check_delete(
    *, product_type: int, in_collection: bool, variants: int, allowed_variants: int = 1
) -> list[Violation]:
    """Holds the deletion of a product against the products that stand on it.

    Args:
        product_type: Of the product that is to be deleted.
        in_collection: Whether a COLLECTION of its branch has it.
        variants: How many products are its variants.
        allowed_variants: How many it may leave behind: one, but none where the request could ask for their deletion.

    Returns:
        Violations of the request's field `name`.
    """
    found = []
    if in_collection:
        found.append(violation("name", "must not be a product that a COLLECTION has.", "COLLECTION_MEMBER"))
    if product_type == Product.PRIMARY and variants > allowed_variants:
        most = "more than one variant" if allowed_variants else "variants; set force to delete them with it"
        rule = f"must not be a PRIMARY with {most}, but it has {variants:,}."
        found.append(violation("name", rule, "HAS_VARIANTS"))
    return found


def not_found(name: str) -> RpcError:
    """Returns NOT_FOUND in Google's words."""
    text = f'Product with name "{name}" does not exist.'
    return errors.not_found(text, resource_type=RESOURCE_TYPE, resource_name=name, reason="PRODUCT_NOT_FOUND")


def _type_name(number: int) -> str:
    return Product.Type.Name(Product.Type.ValueType(number)) if number in Product.Type.values() else str(number)
