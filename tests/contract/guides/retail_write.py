"""retail user events guide: "Recording Real-time User Events" to "Recording Add-to-Cart Events", as printed."""
# ruff: noqa: F401, I001, I002 - as printed
# fmt: off

from google.cloud import retail
from google.protobuf.timestamp_pb2 import Timestamp
import time

client = retail.UserEventServiceClient()

# Record a product page view
page_view_event = retail.UserEvent(
    event_type="detail-page-view",
    visitor_id="visitor-123",
    session_id="session-456",
    user_info=retail.UserInfo(
        user_id="user-789",
        ip_address="192.168.1.100",
        user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36"
    ),
    product_details=[
        retail.ProductDetail(
            product=retail.Product(id="product-123"),
            quantity=1
        )
    ],
    uri="https://example.com/products/product-123",
    page_categories=["Electronics", "Laptops"]
)

request = retail.WriteUserEventRequest(
    parent="projects/my-project/locations/global/catalogs/default_catalog",
    user_event=page_view_event
)

recorded_event = client.write_user_event(request=request)
print(f"Recorded event: {recorded_event.event_type} at {recorded_event.event_time}")

# Record a purchase transaction
purchase_event = retail.UserEvent(
    event_type="purchase-complete",
    visitor_id="visitor-123",
    session_id="session-456",
    user_info=retail.UserInfo(
        user_id="user-789",
        ip_address="192.168.1.100"
    ),
    product_details=[
        retail.ProductDetail(
            product=retail.Product(id="laptop-456"),
            quantity=1
        ),
        retail.ProductDetail(
            product=retail.Product(id="mouse-789"),
            quantity=2
        )
    ],
    purchase_transaction=retail.PurchaseTransaction(
        id="txn-12345",
        revenue=1599.97,
        tax=128.00,
        cost=1200.00,
        currency_code="USD"
    ),
    uri="https://example.com/checkout/success",
    cart_id="cart-abc123"
)

request = retail.WriteUserEventRequest(
    parent="projects/my-project/locations/global/catalogs/default_catalog",
    user_event=purchase_event
)

recorded_event = client.write_user_event(request=request)
print(f"Recorded purchase: ${purchase_event.purchase_transaction.revenue}")

# Record a search event with results
search_event = retail.UserEvent(
    event_type="search",
    visitor_id="visitor-123",
    session_id="session-456",
    search_query="gaming laptop",
    filter='(categories: ANY("Electronics")) AND (price_info.price: [500, 2000])',
    order_by="price_info.price desc",
    offset=0,
    user_info=retail.UserInfo(
        user_id="user-789"
    ),
    uri="https://example.com/search?q=gaming+laptop",
    page_categories=["Search Results"]
)

request = retail.WriteUserEventRequest(
    parent="projects/my-project/locations/global/catalogs/default_catalog",
    user_event=search_event
)

recorded_event = client.write_user_event(request=request)
print(f"Recorded search for: {search_event.search_query}")

# Record add-to-cart event
add_to_cart_event = retail.UserEvent(
    event_type="add-to-cart",
    visitor_id="visitor-123",
    session_id="session-456",
    user_info=retail.UserInfo(
        user_id="user-789"
    ),
    product_details=[
        retail.ProductDetail(
            product=retail.Product(id="laptop-456"),
            quantity=1
        )
    ],
    cart_id="cart-abc123",
    uri="https://example.com/products/laptop-456",
    attribution_token="attribution_token_from_search_or_prediction" # If user came from search/recommendations
)

request = retail.WriteUserEventRequest(
    parent="projects/my-project/locations/global/catalogs/default_catalog",
    user_event=add_to_cart_event
)

recorded_event = client.write_user_event(request=request)
print(f"Recorded add-to-cart for product: {add_to_cart_event.product_details[0].product.id}")
