"""retail user events guide: "Inline Event Import", as printed; it goes on with the client of retail_write.py."""
# ruff: noqa: F821, I002 - as printed
# fmt: off

# Import events directly from code
events_to_import = [
    retail.UserEvent(
        event_type="page-view",
        visitor_id="visitor-111",
        product_details=[retail.ProductDetail(product=retail.Product(id="product-1"))]
    ),
    retail.UserEvent(
        event_type="add-to-cart",
        visitor_id="visitor-111",
        product_details=[retail.ProductDetail(product=retail.Product(id="product-1"), quantity=2)]
    ),
    retail.UserEvent(
        event_type="purchase-complete",
        visitor_id="visitor-111",
        product_details=[retail.ProductDetail(product=retail.Product(id="product-1"), quantity=2)],
        purchase_transaction=retail.PurchaseTransaction(
            id="txn-inline-1",
            revenue=199.98,
            currency_code="USD"
        )
    )
]

input_config = retail.UserEventInputConfig(
    user_event_inline_source=retail.UserEventInlineSource(
        user_events=events_to_import
    )
)

request = retail.ImportUserEventsRequest(
    parent="projects/my-project/locations/global/catalogs/default_catalog",
    input_config=input_config
)

operation = client.import_user_events(request=request)
result = operation.result()
print(f"Imported {result.import_summary.joined_events_count} events")
