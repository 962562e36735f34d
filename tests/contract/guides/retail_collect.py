"""retail user events guide: "Pixel Tracking Integration", as printed; it goes on with the client of retail_write.py."""
# ruff: noqa: F821, I002 - as printed
# fmt: off

# For web pixel tracking, you would typically use the collect_user_event method
# This is usually called from JavaScript, but here's how to use it from Python:

import json  # Departure: the page forgets it.
import urllib.parse

# Construct event data
event_data = {
    "eventType": "page-view",
    "visitorId": "visitor-123",
    "productDetails": [{"product": {"id": "product-456"}}],
    "uri": "https://example.com/products/product-456"
}

# URL encode the event data
encoded_event = urllib.parse.quote(json.dumps(event_data))

request = retail.CollectUserEventRequest(
    parent="projects/my-project/locations/global/catalogs/default_catalog",
    user_event=encoded_event,
    uri="https://example.com/products/product-456"
)

# This returns HttpBody suitable for pixel tracking
response = client.collect_user_event(request=request)
print("Event collected via pixel tracking")
